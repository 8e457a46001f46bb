"""`skewgate doctor` says what works, and ends with 2 if something that is installed does not."""

import json
import os
import subprocess
import sys

import pytest

from skewgate.stacks import fitting

SECRET = "AKIA-not-to-be-shown"


@pytest.fixture
def doctor():
    """Runs the command in a process of its own, with folders before all others on its path."""

    def run(*arguments, folders=(), **variables):
        path = os.pathsep.join([*map(str, folders), os.environ["PYTHONPATH"]])
        return subprocess.run(
            [sys.executable, "-m", "skewgate", "doctor", *arguments],
            env={**os.environ, "PYTHONPATH": path, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_a_good_installation_works(doctor):
    done = doctor()
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("skewgate ")
    assert lines[-1] == "All that is installed works."
    assert any(line.startswith("yes  drift, profile, merge, report") for line in lines)


def test_json_says_the_same_for_programs(doctor):
    done = doctor("--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["works"], found["problems"]) == (0, True, [])
    assert {"command": "drift", "works": True, "missing": [], "install": ""} in found["commands"]
    numpy = [each for each in found["packages"] if each["name"] == "numpy"]
    assert not found["packages"] or numpy[0]["version"]


def test_what_is_installed_and_does_not_load_is_broken(doctor, tmp_path):
    (tmp_path / "scipy.py").write_text("raise ImportError('cannot open libscipy.so')")
    done = doctor(folders=[tmp_path])
    assert done.returncode == 2
    assert done.stderr.startswith("skewgate: skewgate: does not load: ")
    assert "broken: skewgate: does not load: " in done.stdout
    assert "libscipy.so" in done.stderr


def test_a_command_whose_extra_is_missing_has_the_line_to_type(doctor, tmp_path):
    hidden = (
        "import importlib.util as util\n"
        "found = util.find_spec\n"
        "def find_spec(name, *more):\n"
        "    return None if name in ('tfx', 'kfp') else found(name, *more)\n"
        "util.find_spec = find_spec\n"
    )
    (tmp_path / "sitecustomize.py").write_text(hidden)
    done = doctor(folders=[tmp_path])
    assert done.returncode == 0, done.stderr  # what is not installed is not broken
    run = next(line for line in done.stdout.splitlines() if " run, clean" in line)
    assert run.startswith("no   run, clean: tfx")
    line = "pip install 'skewgate[tfx]'" if fitting.selected() else "no wheels for this machine"
    assert f" not installed; {line}" in run


def test_credentials_are_named_and_never_shown(doctor):
    for arguments in ((), ("--json",)):
        done = doctor(*arguments, AWS_ACCESS_KEY_ID=SECRET, AWS_SECRET_ACCESS_KEY=SECRET)
        assert "AWS_ACCESS_KEY_ID" in done.stdout
        assert SECRET not in done.stdout + done.stderr


def test_nothing_heavy_is_loaded(doctor):
    done = doctor(PYTHONPROFILEIMPORTTIME="1")
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not {"tensorflow", "apache_beam", "tfx", "kfp", "pandas"} & loaded
