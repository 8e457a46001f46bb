"""Cleaning up after runs: rows, records, artifacts and logs together, and kills on the way."""

from __future__ import annotations

import os

import pytest

from skewgate.core.errors import InputError
from skewgate.pipeline.retention import cleaning
from tests.pipeline.retention import kills, worlds

REPORTS = "artifacts/taxi-monitoring/DriftEvaluator/drift_report"


def lines(cleaned):
    return {line.what: line for line in cleaned.lines}


def below(world, folder):
    return sorted(path.name for path in (world.root / folder).iterdir())


def test_nothing_is_removed_without_the_key(world):
    world.limit()
    before = world.paths()
    with pytest.raises(InputError, match="has no `retention`, so nothing is ever removed"):
        world.clean()
    assert world.paths() == before


def test_what_is_beyond_the_limits_goes_everywhere(world):
    cleaned = world.clean()
    assert {each[:8] for each in world.run_ids()} == {"20261102", "20261104"}
    assert world.records() == ["20261104"]
    assert below(world, REPORTS) == ["19"]
    assert below(world, "artifacts/taxi-monitoring/TabularExampleGen/examples") == ["1"]
    assert sorted(each[16:24] for each in below(world, "logs")) == ["20261102", "20261104"]
    found = lines(cleaned)
    assert (found["runs"].removed, found["runs"].kept) == (2, 2)
    assert (found["records of the state"].removed, found["records of the state"].kept) == (2, 1)
    assert found["logs"].removed == 2
    assert found["artifacts"].removed_bytes > 1_000
    assert cleaned.unknown == ()


def test_failed_runs_have_a_limit_of_their_own(world):
    world.limit(runs=10, failed_runs=0)
    world.clean()
    assert {each[:8] for each in world.run_ids()} == {"20261101", "20261103", "20261104"}


def test_a_second_time_there_is_nothing_left_to_do(world):
    world.clean()
    before = world.paths()
    cleaned = world.clean()
    assert cleaned.removed == 0
    assert world.paths() == before


def test_a_dry_run_removes_nothing_and_tells_the_same(world):
    before, run_ids = world.paths(), world.run_ids()
    told = world.clean(dry_run=True)
    assert (world.paths(), world.run_ids()) == (before, run_ids)
    done = world.clean()
    assert [(line.what, line.removed, line.kept) for line in told.lines] == [
        (line.what, line.removed, line.kept) for line in done.lines
    ]


def test_a_record_that_a_kept_run_compared_with_stays(world):
    folder = f"{world.settings.state_root}/taxi-monitoring/20261103T000000.000000Z/statistics"
    world.run(5, previous=folder)
    world.clean()
    assert world.records() == ["20261103", "20261105"]


def test_what_another_pipeline_refers_to_stays(world):
    """By its ML Metadata, whatever its limits are, and by its records."""
    reports = [world.root / REPORTS / number for number in ("4", "14")]
    for report in reports:
        assert report.is_dir()
    run_id = world.run(1, pipeline="training", previous=str(reports[0]))
    record = world.root / "state" / "taxi-training" / "20261101T000000.000000Z" / "record.json"
    text = record.read_text().replace(
        "/artifacts/taxi-training/TabularExampleGen/examples/1", f"/{REPORTS}/14"
    )
    record.write_text(text)
    assert run_id in world.run_ids("training")
    world.clean()
    assert below(world, REPORTS) == ["14", "19", "4"]


def test_a_link_to_elsewhere_stays_and_so_does_what_it_leads_to(world, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (world.root / REPORTS / "6").symlink_to(tmp_path / "elsewhere")
    cleaned = world.clean()
    assert cleaned.unknown == (
        (str(world.root / REPORTS / "6"), "is not the folder of an execution"),
    )
    assert (world.root / REPORTS / "6").is_dir()


def test_records_that_are_not_believed_stay_and_are_told(world):
    state = world.root / "state" / "taxi-monitoring"
    (state / "20261102T000000.000000Z").mkdir()
    (state / "20261102T000000.000000Z" / "record.json").write_text("")
    (state / "backup").mkdir()
    cleaned = world.clean()
    told = {path.rpartition("/")[2]: problem for path, problem in cleaned.unknown}
    assert told.pop("backup") == "is no record"
    ((name, problem),) = told.items()
    assert (name, problem) == ("20261102T000000.000000Z", "is empty")


def test_half_a_record_goes(world):
    state = world.root / "state" / "taxi-monitoring"
    for name in ("20261101T120000.000000Z", "20261119T235959.000000Z"):
        (state / name / "statistics").mkdir(parents=True)
    assert world.clean().unknown == ()
    assert world.records() == ["20261104"]


def test_what_cannot_be_removed_is_named_and_the_rest_waits(world, monkeypatch):
    def refuse(path, *rest, **more):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(InputError, match=r"cannot be removed: Permission denied\. Fix: check"):
        world.clean()
    monkeypatch.undo()
    world.clean()
    assert below(world, REPORTS) == ["19"]


def test_artifacts_whose_ml_metadata_is_lost_stay(world):
    os.unlink(world.database())
    before = [path for path in world.paths() if path.startswith("artifacts")]
    cleaned = world.clean()
    assert [path for path in world.paths() if path.startswith("artifacts")] == before
    why = lines(cleaned)["artifacts"].why
    assert list(why) == ["no ML Metadata says which run it belongs to"]


def test_a_moved_root_keeps_what_its_runs_and_records_name(world):
    """URIs in rows and records are those of the old place."""
    moved = world.folder / "moved"
    world.root.rename(moved)
    settings = world.settings.model_copy(update={"root": str(moved)})
    cleaning.clean(settings, "monitoring", now=worlds.NOW.timestamp())
    moved.rename(world.root)
    assert below(world, REPORTS) == ["19"]
    assert below(world, "artifacts/taxi-monitoring/TabularExampleGen/examples") == ["1"]


@pytest.mark.parametrize(("inside", "stride"), [(False, 2), (True, 11)])
def test_a_kill_leaves_nothing_that_misleads_and_the_next_time_completes(world, inside, stride):
    """Every kill is in tests/long/test_clean_kills.py."""
    assert kills.everywhere(world, inside=inside, stride=stride) > 8
