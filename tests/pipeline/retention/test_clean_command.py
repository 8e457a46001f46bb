"""`skewgate clean`: what it prints, and what it refuses."""

from __future__ import annotations

import json
import shutil

import pytest

from skewgate.cli.main import main
from skewgate.pipeline import turns


@pytest.fixture
def clean(world, capfd):
    def run(*options):
        capfd.readouterr()
        code = main(["clean", "--config", str(world.config), *options])
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return run


def test_a_table_says_what_went_and_why_the_rest_stays(world, clean):
    code, out, err = clean()
    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["taxi-monitoring", "removed", "bytes", "kept", "bytes", "why", "kept"]
    by_kind = {line[0]: line[1:] for line in lines[1:] if not line[0].startswith("taxi")}
    assert by_kind["runs"] == ["0", "0"]  # of training, which never ran
    assert ["runs", "2", "2", "2", "within", "the", "limits"] in lines
    assert any(line[:2] == ["records", "of"] and line[4] == "2" for line in lines)
    assert world.records() == ["20261104"]


def test_a_dry_run_is_told_as_one_and_removes_nothing(world, clean):
    before = world.paths()
    code, out, _ = clean("--dry-run")
    assert code == 0
    assert out.startswith("taxi-monitoring")
    assert "to remove" in out.splitlines()[0]
    left = [path for path in world.paths() if not path.startswith("locks")]
    assert left == before


def test_json_says_the_same(clean):
    code, out, _ = clean("--json")
    told = json.loads(out)
    assert code == 0
    assert told["dry_run"] is False
    monitoring, training = told["pipelines"]
    assert [monitoring["pipeline"], training["pipeline"]] == ["taxi-monitoring", "taxi-training"]
    runs = monitoring["lines"][0]
    assert (runs["what"], runs["removed"], runs["kept"]) == ("runs", 2, 2)
    assert runs["why"] == {"within the limits": 2}


def test_what_is_not_understood_is_named(world, clean):
    note = world.root / "artifacts/taxi-monitoring/notes.txt"
    note.write_text("by hand")
    code, out, _ = clean()
    assert code == 0
    assert f"kept {note}: it is not the folder of a node" in out
    assert note.exists()


def test_it_takes_turns_with_runs(world, clean):
    with turns.turn(world.settings.root, "taxi-training", "first"):
        code, out, err = clean()
    assert code == 2
    assert out.startswith("taxi-monitoring")  # which is cleaned
    assert err.startswith("skewgate: taxi-training: run first (process ")
    assert err.endswith("Fix: wait until it ends, or give --wait.\n")


def test_without_limits_it_is_refused(world, clean):
    world.limit()
    code, _, err = clean()
    assert code == 2
    assert err == (
        f"skewgate: {world.config}: has no `retention`, so nothing is ever removed. "
        "Fix: add one, such as `retention: {keep: 90d}`.\n"
    )


def test_the_state_of_compiled_pipelines_is_cleaned_under_their_root(world, clean, tmp_path):
    shutil.copytree(world.root / "state", tmp_path / "cluster" / "state")
    before = world.paths()
    code, out, err = clean("--root", str(tmp_path / "cluster"))
    assert (code, err) == (0, "")
    assert world.paths() == before
    left = [path.name[:8] for path in (tmp_path / "cluster/state/taxi-monitoring").glob("2*")]
    assert left == ["20261104"]
    assert (tmp_path / "cluster/state/taxi-monitoring/removed.json").is_file()
    assert "records of the state" in out
    assert "artifacts" not in out


def test_without_settings_nothing_is_cleaned(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["clean"]) == 2
    assert capfd.readouterr().err == (
        "skewgate: pipeline.yaml: is not in this folder, and no --config was given. "
        "Fix: give --config FILE, or write pipeline.yaml for your data: skewgate init DATA.\n"
    )


def test_the_settings_of_the_working_directory_are_taken(world, capfd, monkeypatch):
    monkeypatch.chdir(world.config.parent)
    assert main(["clean", "--dry-run"]) == 0
    assert "to remove" in capfd.readouterr().out
