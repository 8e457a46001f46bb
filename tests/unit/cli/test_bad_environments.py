"""Every command ends as its verdict says, or with one sentence and 2, wherever it runs."""

import itertools
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

import pytest

from skewgate.pipeline.settings import TAXI
from tests.forked import Server

OUT, IN = "OUT", "IN"
COMMANDS = {
    "drift": ["drift", IN, "now.csv", "--config", "drift.yaml", "--out", OUT, "--quiet"],
    "profile": ["profile", IN, "--out", OUT, "--quiet"],
    "merge": ["merge", IN, "rows.pb", "--out", OUT],
    "report": ["report", IN, "--out", OUT],
    "simulate": ["simulate", IN, "--spec", "spec.yaml", "--out", OUT, "--quiet"],
    "rehearse": ["rehearse", IN, "--spec", "spec.yaml", "--out", OUT, "--quiet"],
    "schema diff": ["schema", "diff", IN, "schema.pbtxt"],
    "run": ["run", "training", "--config", IN],
    "compile": [
        *("compile", "training", "--target", "kubeflow", "--image", "registry/image:1"),
        *("--pipeline-root", "minio://bucket/root", "--config", IN, "--out", OUT),
    ],
    "run --from-spec": ["run", "--from-spec", IN, "--root", OUT],
    "schedule": [
        *("schedule", "kubeflow", IN, "--host", "http://127.0.0.1:9", "--name", "n"),
        *("--cron", "0 1 * * *"),
    ],
}
GOOD = {"merge": "rows.pb", "report": "report", "schema diff": "schema.pbtxt"}
LIGHT = [name for name in COMMANDS if name not in ("run", "compile", "run --from-spec", "schedule")]
QUICK = [name for name in LIGHT if name != "rehearse"]
WRITES = [name for name in QUICK if OUT in COMMANDS[name]]


@pytest.fixture(scope="module")
def server():
    started = Server()
    yield started
    started.close()


def rows(path, shift=0.0):
    dice = random.Random(7)
    lines = [f"{dice.gauss(10 + shift, 2):.2f},{dice.choice(['Cash', 'Card'])}" for _ in range(300)]
    path.write_text("\n".join(["fare,paid", *lines, ""]))


@pytest.fixture(scope="module")
def folder(server, tmp_path_factory):
    """Inputs of every command."""
    folder = tmp_path_factory.mktemp("inputs")
    rows(folder / "rows.csv")
    rows(folder / "now.csv", 0.1)
    (folder / "drift.yaml").write_text("defaults: {numeric: {ks: 0.1}}\n")
    (folder / "spec.yaml").write_text(
        "windows: {number: 4}\nplants: [{kind: shift, column: fare, by: 1}]\n"
    )
    (folder / "schema.pbtxt").write_text('feature { name: "fare" type: FLOAT }\n')
    (folder / "unreadable.csv").write_text("a\n1\n")
    (folder / "unreadable").mkdir()
    (folder / "unreadable" / "rows.csv").write_text("a\n1\n")
    (folder / "loop.csv").symlink_to("loop.csv")
    (folder / "read-only").mkdir()
    for name, mode in (("unreadable.csv", 0), ("unreadable", 0), ("read-only", 0o555)):
        (folder / name).chmod(mode)
    assert server.run("profile", "rows.csv", "--out", "rows.pb", folder=folder).code == 0
    drift = ["drift", "rows.csv", "now.csv", "--out", "report", "--quiet"]
    assert server.run(*drift, folder=folder).code in (0, 3)
    yield folder
    (folder / "unreadable").chmod(0o700)


@pytest.fixture
def run(server, folder, tmp_path):
    """Returns a function that runs a command there; its error log would go to a folder of ours."""

    numbers = itertools.count()

    def run(command, given=None, out=None, **more):
        words = {
            IN: given if given is not None else GOOD.get(command, "rows.csv"),
            OUT: str(out if out is not None else tmp_path / f"{next(numbers)}.yaml"),
        }
        more["variables"] = {"XDG_STATE_HOME": str(tmp_path / "state"), **more.get("variables", {})}
        ended = server.run(
            *[words.get(word, word) for word in COMMANDS[command]], **{"folder": folder, **more}
        )
        assert b"Traceback" not in ended.out + ended.err
        assert b"did not expect" not in ended.err, ended.err
        assert not (tmp_path / "state").exists()
        return ended

    return run


def sentence(ended):
    assert ended.code == 2, ended
    (line,) = ended.err.decode().splitlines()
    assert line.startswith("skewgate: "), line
    return line


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "given",
    [
        *("unreadable.csv", "unreadable", "unreadable/rows.csv", "loop.csv", "rows.csv/below"),
        *("n" * 300, "/" + "a/" * 3000, "absent.yaml", ""),
    ],
    ids=lambda each: each[:20] or "empty",
)
def test_an_input_that_cannot_be_read_is_one_sentence(run, command, given):
    said = sentence(run(command, given, powerless=True))
    if (
        given.startswith("unreadable")
        and os.geteuid() == 0
        and command not in ("schedule", "report")
    ):
        assert re.search("Permission denied|may not do that", said)


@pytest.mark.parametrize("command", WRITES)
@pytest.mark.parametrize(
    "out",
    [
        *("read-only/out", "unreadable/out", "loop.csv/out", "rows.csv/out", "n" * 300),
        *("/proc/nothing/out", "/dev/full"),
    ],
    ids=lambda each: each[:20],
)
def test_an_output_that_cannot_be_written_is_one_sentence(run, folder, command, out):
    said = sentence(run(command, out=folder / out, powerless=True))
    assert re.search("cannot be written: |must be a folder", said)


ENVIRONMENTS = {
    "without a home": {"variables": {"HOME": None, "XDG_STATE_HOME": None}},
    "a home that is gone": {"variables": {"HOME": "/nowhere", "XDG_STATE_HOME": None}},
    "TMPDIR gone": {"variables": {"TMPDIR": "/nowhere"}},
    "no temporary folder": {
        "code": "import tempfile; tempfile._candidate_tempdir_list = lambda: ['/nowhere']"
    },
    "no languages": {"variables": {"LANG": None, "LC_ALL": None, "LANGUAGE": None}},
    "all streams closed": {"closed": [0, 1, 2]},
}


@pytest.mark.parametrize("command", QUICK)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_a_command_does_not_need_changes_nothing(run, command, environment):
    assert run(command).code == run(command, **ENVIRONMENTS[environment]).code


SCARCE = {
    "6 files": {"limits": {"RLIMIT_NOFILE": 6}},
    "9 files": {"limits": {"RLIMIT_NOFILE": 9}},
    "12 files": {"limits": {"RLIMIT_NOFILE": 12}},
    "files of 1 kB": {"limits": {"RLIMIT_FSIZE": 1000}},
    "a folder that is gone": {
        "code": "import os, tempfile; d = tempfile.mkdtemp(); os.chdir(d); os.rmdir(d)"
    },
}


@pytest.mark.parametrize("command", QUICK)
@pytest.mark.parametrize("scarce", SCARCE)
def test_what_is_scarce_is_one_sentence_or_enough(run, command, scarce):
    ended = run(command, **SCARCE[scarce])
    if ended.code not in (0, 3):
        sentence(ended)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a user who runs nothing else")
@pytest.mark.parametrize("command", ["drift", "profile", "simulate", "rehearse"])
def test_without_threads_no_signal_ends_a_command(run, command):
    code = "import os; os.setgid(54321); os.setuid(54321)"
    said = sentence(run(command, code=code, limits={"RLIMIT_NPROC": 3}))
    assert said.startswith("skewgate: system: the system starts no more threads")


def test_a_package_that_is_missing_is_named_with_its_cure(run, folder):
    said = sentence(run("report", missing=["jinja2"]))
    assert said == (
        "skewgate: jinja2: is not installed, and this command needs it. Fix: pip install "
        "'skewgate', in the environment of this command."
    )


def test_a_package_that_is_missing_at_the_start_is_no_verdict(folder):
    code = (
        "import sys; sys.modules['pydantic'] = None\nfrom skewgate.cli.main import entry\nentry()"
    )
    words = [sys.executable, "-c", code, "drift", "rows.csv", "now.csv"]
    ended = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert ended.stderr.startswith("skewgate: pydantic: is not installed")
    assert ended.stderr.count("\n") == 1


def test_an_environment_without_tfx_says_what_to_install(folder, tmp_path):
    shutil.copytree(TAXI.parent, tmp_path / "taxi")
    settings = tmp_path / "taxi" / "pipeline.yaml"
    text = TAXI.read_text().replace("root: .skewgate/taxi", f"root: {tmp_path / 'root'}")
    settings.write_text(re.sub(r"(?m)^prepare: .*$", "", text))
    (tmp_path / "root" / "data").mkdir(parents=True)
    (tmp_path / "root" / "data" / "training.csv").write_text("trip_start_timestamp\n1388534400\n")
    code = "import sys; sys.modules['tfx'] = None\nfrom skewgate.cli.main import entry\nentry()"
    words = [sys.executable, "-c", code, "run", "training", "--config", str(settings)]
    ended = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert ended.stderr.startswith("skewgate: tfx: is not installed")
    assert ended.stderr.count("\n") == 1


RAISES = """
from skewgate.cli import drift
def run(options):
    raise {}
drift.run = run
"""


def test_whoever_interrupts_gets_no_verdict(run):
    ended = run("drift", code=RAISES.format("KeyboardInterrupt"))
    assert (ended.code, ended.err) == (2, b"skewgate: interrupted\n")


def test_a_fault_is_one_sentence_and_its_traceback_a_file(server, folder, tmp_path):
    code = RAISES.format("KeyError('fare\\x1b[31m')")
    variables = {"XDG_STATE_HOME": str(tmp_path)}
    ended = server.run("drift", "a", "b", code=code, variables=variables, folder=folder)
    found = re.search(r"The traceback is in (\S+)\. Fix: please report it", sentence(ended))
    assert "raise KeyError" not in ended.err.decode()
    assert "KeyError: 'fare\\x1b[31m'" in pathlib.Path(found[1]).read_text()
