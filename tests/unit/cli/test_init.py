"""`skewgate init`: what it writes, what it says, what it refuses."""

import json
import pathlib
import subprocess
import sys

import pytest

from skewgate.cli.main import main
from skewgate.scaffold import files
from tests.architecture import HEAVY
from tests.unit.cli.conftest import trips, write_csv


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_csv(trips(400, 1), tmp_path / "trips.csv")
    return tmp_path


def init(*words):
    return main(["init", *words, "--quiet"])


def test_all_files_are_written_and_named_with_the_commands_that_follow(data, capsys):
    assert init("trips.csv", "--label", "paid", "--out", "mine") == 0
    assert sorted(path.name for path in (data / "mine").iterdir()) == sorted(files.NAMES)
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "trips.csv: 400 rows, 6 columns"
    assert told[1] == "predicts paid (of 3 classes) from 5 columns"
    assert told[-2] == "next: skewgate run training --config mine/pipeline.yaml"


def test_the_working_directory_is_the_usual_folder(data):
    assert init("trips.csv", "--label", "paid") == 0
    assert (data / "pipeline.yaml").exists()


def test_nothing_is_replaced_unless_it_is_asked_for(data, capsys):
    (data / "drift.yaml").write_text("mine")
    (data / "trainer.py").write_text("mine")
    before = sorted(path.name for path in data.iterdir())
    assert init("trips.csv", "--label", "paid") == 2
    assert "has drift.yaml, trainer.py already" in capsys.readouterr().err
    assert sorted(path.name for path in data.iterdir()) == before
    assert (data / "drift.yaml").read_text() == "mine"
    assert init("trips.csv", "--label", "paid", "--force") == 0
    assert (data / "drift.yaml").read_text() != "mine"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["trips.csv"], "it may be fare, miles, hour, shared, paid. Fix: add --label NAME"),
        (["trips.csv", "--label", "pad"], "did you mean 'paid'"),
        (["trips.csv", "--label", "started"], "cannot be predicted: it holds times"),
        (["missing.csv", "--label", "paid"], "missing.csv"),
        (["trips.csv", "--label", "paid", "--serving", "missing.csv"], "missing.csv"),
        (["trips.csv", "--label", ""], "--label"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_nothing_is_written(data, capsys, words, told):
    assert init(*words, "--out", "mine") == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert told in error
    assert not (data / "mine").exists()


def test_statistics_are_no_rows(data, capsys):
    assert main(["profile", "trips.csv", "--out", "trips.pb", "--quiet"]) == 0
    assert init("trips.pb", "--label", "paid", "--out", "mine") == 2
    assert "holds statistics, not rows" in capsys.readouterr().err


def test_the_same_data_give_the_same_files(data):
    for folder in ("one", "two"):
        assert init("trips.csv", "--label", "paid", "--out", folder) == 0
    for name in set(files.NAMES) - {"pipeline.yaml"}:
        assert (data / "one" / name).read_bytes() == (data / "two" / name).read_bytes()


def test_nothing_heavy_is_loaded(data):
    code = (
        "import json, sys\n"
        "from skewgate.cli.main import main\n"
        "assert main(['init', 'trips.csv', '--label', 'paid', '--out', 'mine', '--quiet']) == 0\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    loaded = {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}
    assert loaded & set(HEAVY) == set()
    assert pathlib.Path("mine", "trainer.py").exists()
