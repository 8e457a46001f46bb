"""What lies under the root: each thing is told by its place and name, and no link is followed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from skewgate.core import temporary
from skewgate.pipeline.retention import folders
from skewgate.pipeline.retention.facts import Artifact, Leftover, Log, Scratch, Unknown, Version
from tests.pipeline.retention.worlds import World

NAMED = "from skewgate.core import temporary; print(temporary.path_in('.').name)"


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def write(world, *paths):
    for path in paths:
        file = world.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)


def found(world, pipeline="monitoring"):
    return {
        item.path.removeprefix(f"{world.root}/"): item
        for item in folders.items(world.settings, pipeline)
    }


def kinds(world, pipeline="monitoring"):
    return {path: type(item) for path, item in found(world, pipeline).items()}


def test_nothing_lies_under_a_root_that_is_not_there(world):
    assert found(world) == {}


def test_artifacts_are_told_by_node_output_and_execution(world):
    start = "artifacts/taxi-monitoring/DriftEvaluator/drift_report"
    write(world, f"{start}/17/report.json", f"{start}/17/below/x", f"{start}/9/report.json")
    write(world, "artifacts/taxi-training/Trainer/model/3/saved_model.pb")
    items = found(world)
    assert items.keys() == {f"{start}/17", f"{start}/9"}
    report = items[f"{start}/17"]
    assert isinstance(report, Artifact)
    assert (report.place, report.execution) == (("DriftEvaluator", "drift_report", "17"), 17)
    assert (report.files, report.bytes) == (2, len(f"{start}/17/report.json{start}/17/below/x"))


def test_what_tfx_keeps_for_itself_is_told_from_artifacts(world):
    system = world.root / "artifacts/taxi-monitoring/QualityGate/.system"
    for name in ("executor_execution/8", "driver_execution/17960", "stateful_working_dir/cd2c"):
        (system / name).mkdir(parents=True)
    write(world, "artifacts/taxi-monitoring/QualityGate/.system/news/x")
    start = "artifacts/taxi-monitoring/QualityGate/.system"
    assert kinds(world) == {
        f"{start}/executor_execution/8": Scratch,
        f"{start}/driver_execution/17960": Scratch,
        f"{start}/stateful_working_dir/cd2c": Scratch,
        f"{start}/news": Unknown,
    }
    assert found(world)[f"{start}/executor_execution/8"].name == ""
    assert found(world)[f"{start}/stateful_working_dir/cd2c"].name == "cd2c"


def test_what_a_killed_process_left_is_told_by_its_name(world):
    node = "artifacts/taxi-monitoring/DriftEvaluator"
    write(
        world,
        f"{node}/drift_report/.0123456789abcdef/report.json",
        f"{node}/drift_report/.17.removed/report.html",
        f"{node}/drift_report/18/.fedcba9876543210/report.json",
        "serving/taxi/.0123456789abcdef.partial/saved_model.pb",
    )
    leftover = {path for path, kind in kinds(world).items() if kind is Leftover}
    assert leftover == {
        f"{node}/drift_report/.0123456789abcdef",
        f"{node}/drift_report/.17.removed",
        f"{node}/drift_report/18/.fedcba9876543210",
    }
    assert kinds(world, "training") == {"serving/taxi/.0123456789abcdef.partial": Leftover}


def test_what_a_process_writes_is_left_over_once_that_has_ended(world):
    node = "artifacts/taxi-monitoring/DriftEvaluator/drift_report"
    own = temporary.path_in(world.root / node).name
    ended = subprocess.run(
        [sys.executable, "-c", NAMED], capture_output=True, text=True, check=True
    )
    other = ended.stdout.strip()
    write(world, f"{node}/{own}/report.json", f"{node}/{other}/report.json")
    assert kinds(world) == {f"{node}/{own}": Unknown, f"{node}/{other}": Leftover}


def test_what_is_none_of_these_is_not_understood(world):
    node = "artifacts/taxi-monitoring/DriftEvaluator"
    write(
        world,
        "artifacts/taxi-monitoring/notes.txt",
        f"{node}/notes.txt",
        f"{node}/drift_report/notes.txt",
        f"{node}/drift_report/17-backup/report.json",
        f"{node}/drift_report/017/report.json",
        f"{node}/drift_report/.hidden",
        "artifacts/taxi-monitoring/TabularExampleGen/content.json",  # every run writes it anew
    )
    assert set(kinds(world).values()) == {Unknown}
    assert len(found(world)) == 6


def test_links_are_not_followed(world, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("x" * 1000)
    output = world.root / "artifacts/taxi-monitoring/DriftEvaluator/drift_report"
    (output / "7").mkdir(parents=True)
    (output / "6").symlink_to(elsewhere)
    (output / "7" / "link").symlink_to(elsewhere)
    items = found(world)
    start = "artifacts/taxi-monitoring/DriftEvaluator/drift_report"
    assert isinstance(items[f"{start}/6"], Unknown)
    assert items[f"{start}/7"].files == 1
    assert items[f"{start}/7"].bytes < 1000


def test_logs_of_other_pipelines_in_the_same_root_are_not_ours(world):
    run_id = "20261101T000000Z-0123abcd"
    write(
        world,
        f"logs/taxi-monitoring-{run_id}.log",
        f"logs/taxi-training-{run_id}.log",
        f"logs/taxi-monitoring-monitoring-{run_id}.log",
        "logs/taxi-monitoring-notes.log",
        f"logs/taxi-monitoring-{run_id}.txt",
    )
    (log,) = found(world).values()
    assert isinstance(log, Log)
    assert log.run_id == run_id


def test_versions_of_the_model_are_of_the_training_pipeline(world):
    write(
        world,
        "serving/taxi/1796054560/saved_model.pb",
        "serving/taxi/notes.txt",
        "serving/taxi-2/1796054560/saved_model.pb",
    )
    assert kinds(world, "training") == {
        "serving/taxi/1796054560": Version,
        "serving/taxi/notes.txt": Unknown,
    }
    assert kinds(world) == {}
