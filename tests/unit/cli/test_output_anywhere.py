"""Commands say the same on every terminal, and refuse in one sentence where they cannot write."""

import io
import json
import os
import shutil
import subprocess
import sys

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from skewgate.cli import console
from skewgate.cli.main import main
from skewgate.core import streams
from skewgate.core.errors import InputError

LONG = "très long " * 30
NAMES = ("größe", "東京", "²", LONG)
SCHEMA = 'feature {{ name: "größe" type: {} }} feature {{ name: "東京" type: BYTES }}'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Data, two reports whose windows have odd names, and two schemas."""
    folder = tmp_path_factory.mktemp("terminals")
    for name, shift in (("alt.csv", 0), ("neu-é-新.csv", 300)):
        rows = {each: [float(n % 97 + shift) for n in range(500)] for each in NAMES}
        pa.csv.write_csv(pa.table(rows), folder / name)
    for window in ("²", "九" * 80):
        words = [*both(folder), "--quiet", "--out", folder / "reports" / window]
        assert main(["drift", *map(str, words)]) == 1
    for name, kind in (("a.pbtxt", "INT"), ("b.pbtxt", "FLOAT")):
        (folder / name).write_text(SCHEMA.format(kind), encoding="utf-8")
    return folder


def both(folder):
    return [folder / "alt.csv", folder / "neu-é-新.csv"]


def words_of(command, folder):
    """Returns the words of a command, and its exit code."""
    name, *options = command.split(" --")
    options = [f"--{option}" for option in options]
    words, code = {
        "drift": (["drift", *both(folder), "--quiet"], 1),
        "report": (["report", folder / "reports" / "²"], 0),
        "reports": (["report", folder / "reports"], 0),
        "profile": (["profile", both(folder)[1], "--out", folder / "neu.pb"], 0),
        "schema diff": (["schema", "diff", folder / "a.pbtxt", folder / "b.pbtxt"], 1),
        "missing": (["drift", folder / "keine-東京.csv", folder / "alt.csv"], 2),
    }[name]
    return [*map(str, words), *options], code


@pytest.fixture
def on_a_terminal(monkeypatch, tmp_path):
    """Returns a function that runs a command on a terminal, and returns its code and output."""

    def run(words, encoding):
        path = tmp_path / "said"
        with monkeypatch.context() as patch:
            for name in ("stdout", "stderr"):
                like = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
                patch.setattr(sys, name, like)
                said = streams.user_stream(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND))
                patch.setattr(sys, name, said)
            code = main(words)
            sys.stdout.close()
            sys.stderr.close()
        said = path.read_bytes().decode(encoding)
        path.unlink()
        return code, said

    return run


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize(
    "command", ["drift", "report", "reports", "profile", "schema diff --unified", "missing"]
)
def test_every_command_ends_as_its_verdict_says_on_every_terminal(
    command, encoding, folder, on_a_terminal
):
    words, expected = words_of(command, folder)
    code, said = on_a_terminal(words, encoding)
    assert code == expected
    assert said


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize(
    "command", ["drift --json", "report --json", "reports --json", "schema diff --json"]
)
def test_json_says_the_same_on_every_terminal(command, encoding, folder, on_a_terminal):
    words, expected = words_of(command, folder)
    code, said = on_a_terminal(words, encoding)
    assert code == expected
    found, usual = json.loads(said), json.loads(on_a_terminal(words, "utf-8")[1])
    for name in (
        ("run_id", "time", "checksum") if isinstance(found, dict) and "run_id" in found else ()
    ):
        assert found.pop(name)
        assert usual.pop(name)
    assert found == usual


def sentence(result):
    """What a command said that ended with bad input."""
    assert (result.code, result.out) == (2, "")
    (line,) = [each for each in result.err.splitlines() if not each.startswith("read ")]
    return line


@pytest.mark.parametrize("command", ["drift", "profile", "report", "reports", "simulate"])
@pytest.mark.parametrize("out", ["file/below", "n" * 300, "/proc/nothing/here"])
def test_where_nothing_can_be_written_one_sentence_says_so(command, out, folder, run, tmp_path):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "spec.yaml").write_text("plants: [{kind: shift, column: größe, by: 1}]", "utf-8")
    if command == "simulate":
        words = ["simulate", folder / "alt.csv", "--spec", tmp_path / "spec.yaml"]
    else:
        words = [word for word in words_of(command, folder)[0] if not word.endswith(".pb")]
        words = [word for word in words if word != "--out"]
    said = sentence(run(*words, "--out", tmp_path / out))
    assert "cannot be written: " in said


@pytest.mark.parametrize("command", ["drift", "profile", "report", "simulate"])
def test_a_path_of_300_letters_is_no_file(command, run, tmp_path):
    (tmp_path / "spec.yaml").write_text("plants: [{kind: shift, column: a, by: 1}]")
    words = {
        "drift": ["n" * 300, "n" * 300],
        "profile": ["n" * 300, "--out", tmp_path / "a.pb"],
        "report": ["n" * 300],
        "simulate": ["n" * 300, "--spec", tmp_path / "spec.yaml", "--out", tmp_path / "sim"],
    }[command]
    assert "no such f" in sentence(run(command, *words))


def test_names_of_files_need_not_be_utf_8(on_a_terminal, folder, tmp_path):
    csv, parquet, out = (
        f"{tmp_path}/{os.fsdecode(name)}" for name in (b"\xe9.csv", b"\xe9.parquet", b"out-\xe9")
    )
    shutil.copy(both(folder)[0], csv)
    with open(parquet, "wb") as sink:
        pa.parquet.write_table(pa.csv.read_csv(both(folder)[1]), sink)
    for words in ([parquet, csv], [csv, parquet]):
        code, said = on_a_terminal(["drift", *words, "--quiet", "--out", out], "utf-8")
        assert code == 1
        assert f"Report: {tmp_path}/out-\\udce9/report.html" in said
        with open(os.path.join(out, "report.json"), encoding="utf-8") as file:
            assert json.load(file)["current"]["uri"] == words[1]


@pytest.mark.parametrize("kind", ["folder", "no folder"])
def test_a_log_that_cannot_be_written_is_one_sentence(kind, tmp_path):
    (tmp_path / "file").write_text("in the way")
    log = tmp_path / "file" / "log" if kind == "no folder" else tmp_path
    with (
        pytest.raises(InputError, match=r"cannot be written: .*Fix: change `root`"),
        console.redirected(log),
    ):
        pass


@pytest.mark.parametrize(
    "variables",
    [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"COLUMNS": "1"}],
    ids=str,
)
def test_the_command_itself_runs_in_the_c_locale_and_in_one_column(variables, folder):
    command = [sys.executable, "-m", "skewgate", "drift", *map(str, both(folder)), "--quiet"]
    ended = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (1, b"")
    assert (b"gr\\xf6\\xdfe" if "LC_ALL" in variables else "größe".encode()) in ended.stdout
