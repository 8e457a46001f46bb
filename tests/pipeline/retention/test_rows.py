"""Rows of ML Metadata go by SQL, and ML Metadata itself finds nothing amiss after it."""

from __future__ import annotations

import contextlib
import os
import sqlite3

import pytest

from skewgate.core.errors import InputError
from skewgate.pipeline.retention import metadata, rows
from skewgate.pipeline.retention.facts import Metadata
from tests.pipeline.retention.worlds import World, count

TABLES = (
    "Artifact",
    "ArtifactProperty",
    "Association",
    "Attribution",
    "Context",
    "ContextProperty",
    "Event",
    "EventPath",
    "Execution",
    "ExecutionProperty",
    "ParentContext",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Three runs; the third takes the rows and statistics of the first from the cache."""
    world = World(tmp_path_factory.mktemp("world"))
    world.run(1)
    world.run(2)
    world.run(3, cached={"TabularExampleGen": 1, "SkewStatisticsGen": 2})
    world.save()
    return world


@pytest.fixture
def world(built):
    built.restore()
    return built


def known(world):
    found = metadata.read(world.database())
    return found, {run.run_id[:8]: run for run in found.runs}


def remove(world, *days, dry_run=False):
    _, runs = known(world)
    gone = [runs[f"202611{day:02d}"] for day in days]
    executions = {number for run in gone for number in run.executions}
    return rows.remove(world.database(), [run.run_id for run in gone], executions, dry_run=dry_run)


def test_what_is_known_of_runs(world):
    found, runs = known(world)
    assert [len(run.executions) for run in runs.values()] == [5, 5, 5]
    assert all(run.good for run in found.runs)
    assert found.last_execution == 15
    assert found.loose == set()
    first, _, third = runs.values()
    examples = f"{world.root}/artifacts/taxi-monitoring/TabularExampleGen/examples/1"
    assert examples in first.uris & third.uris
    assert third.records == {"20261103T000000.000000Z"}
    assert first.started == 1_793_491_200.0
    assert sorted(found.working_folders.values()) == list(range(1, 16))


@pytest.mark.parametrize(
    ("options", "good"),
    [
        ({}, True),
        ({"state": 4}, False),  # failed
        ({"state": 2}, False),  # killed while it was running
        ({"nodes": ("TabularExampleGen", "DriftEvaluator")}, False),  # killed between two nodes
    ],
)
def test_a_run_went_through_if_all_nodes_did_and_the_last_has_recorded(tmp_path, options, good):
    world = World(tmp_path)
    world.run(4, **options)
    (run,) = metadata.read(world.database()).runs
    assert run.good is good


def test_the_rows_of_a_run_go_and_those_of_others_stay_whole(world):
    store = world.store()
    examples, statistics = store.get_artifacts_by_id([1, 2])
    done = remove(world, 1, 2)
    assert {each[:8] for each in world.run_ids()} == {"20261103"}
    assert {each.id for each in store.get_executions()} == set(range(11, 16))
    kept = store.get_artifacts_by_id([1, 2])
    assert kept == [examples, statistics]  # which the third run has read
    assert len(store.get_artifacts()) == 5
    by_event = {each.artifact_id for each in store.get_events_by_execution_ids(range(11, 16))}
    assert by_event == {each.id for each in store.get_artifacts()}
    assert done.removed > 100
    assert done.kept == sum(count(world.database(), table) for table in TABLES)


def test_nothing_dangles(world):
    remove(world, 1, 2)
    checks = {
        "Event": "execution_id NOT IN (SELECT id FROM Execution) OR artifact_id NOT IN "
        "(SELECT id FROM Artifact)",
        "EventPath": "event_id NOT IN (SELECT id FROM Event)",
        "Association": "execution_id NOT IN (SELECT id FROM Execution) OR context_id NOT IN "
        "(SELECT id FROM Context)",
        "Attribution": "artifact_id NOT IN (SELECT id FROM Artifact) OR context_id NOT IN "
        "(SELECT id FROM Context)",
        "ArtifactProperty": "artifact_id NOT IN (SELECT id FROM Artifact)",
        "ExecutionProperty": "execution_id NOT IN (SELECT id FROM Execution)",
        "ParentContext": "context_id NOT IN (SELECT id FROM Context)",
    }
    for table, condition in checks.items():
        assert count(world.database(), f"{table} WHERE {condition}") == 0, table


def test_keys_of_the_cache_go_with_the_last_result_under_them(world):
    store = world.store()
    remove(world, 1, 2)
    keys = {each.name for each in store.get_contexts_by_type("execution_cache")}
    assert {"TabularExampleGen-1", "SkewStatisticsGen-2"} <= keys
    assert len(keys) == 5
    (cached,) = store.get_executions_by_context(
        store.get_context_by_type_and_name("execution_cache", "TabularExampleGen-1").id
    )
    assert cached.id == 11
    assert len(store.get_contexts_by_type("node")) == 5
    assert len(store.get_contexts_by_type("pipeline")) == 1


def test_no_id_is_given_again(world):
    remove(world, 3)
    world.run(4)
    _, runs = known(world)
    assert runs["20261104"].executions == frozenset(range(16, 21))
    remove(world, 1, 2, 4)
    world.run(5)
    assert known(world)[1]["20261105"].executions == frozenset(range(21, 26))


def test_counting_changes_nothing_and_tells_what_removing_does(world):
    before = [count(world.database(), table) for table in TABLES]
    counted = remove(world, 1, dry_run=True)
    assert [count(world.database(), table) for table in TABLES] == before
    done = remove(world, 1)
    assert (counted.removed, counted.kept) == (done.removed, done.kept)


def test_the_file_shrinks_and_nothing_is_rewritten_for_little(world):
    with contextlib.closing(sqlite3.connect(world.database())) as connection:
        connection.execute(  # a parameter may hold a schema of many columns
            "UPDATE ExecutionProperty SET string_value = hex(randomblob(100000)) "
            "WHERE execution_id = 7"
        )
        connection.commit()
    full = os.path.getsize(world.database())
    few = remove(world, 1)
    assert few.freed == 0
    assert few.bytes == full
    most = remove(world, 2)
    assert most.freed > 200_000
    assert os.path.getsize(world.database()) == most.bytes == full - most.freed


def test_an_execution_of_no_run_is_told_apart(world):
    store = world.store()
    execution = store.get_executions_by_id([4])[0]
    execution.ClearField("id")
    execution.name = "another"
    (number,) = store.put_executions([execution])
    assert metadata.read(world.database()).loose == {number}


def test_another_schema_is_refused_in_one_sentence(world):
    with contextlib.closing(sqlite3.connect(world.database())) as connection:
        connection.execute("UPDATE MLMDEnv SET schema_version = 11")
        connection.commit()
    with pytest.raises(InputError) as refused:
        metadata.read(world.database())
    assert str(refused.value) == (
        f"{world.database()}: has the ML Metadata schema 11, but rows are only removed from "
        "schema 10. Fix: remove `retention` from pipeline.yaml, or update skewgate."
    )


@pytest.mark.parametrize("content", [b"", b"no database" * 999])
def test_what_is_no_database_is_refused(tmp_path, content):
    path = tmp_path / "x.sqlite"
    path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be used as the ML Metadata of a pipeline"):
        metadata.read(str(path))


def test_without_a_database_nothing_is_known(tmp_path):
    assert metadata.read(str(tmp_path / "none.sqlite")) is None


def test_an_empty_database_knows_no_run(tmp_path):
    world = World(tmp_path)
    world.store()
    assert metadata.read(world.database()) == Metadata()
