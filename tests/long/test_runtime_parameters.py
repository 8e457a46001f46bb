"""What a run of a compiled pipeline may choose: the files, their span, and whose state it sees."""

from __future__ import annotations

import json
import pathlib

import pytest

from skewgate.cli.main import main
from skewgate.components.state_recorder.component import StateRecorder
from skewgate.kubeflow.compile import compiler, options
from skewgate.pipeline import common, deployments, settings
from skewgate.pipeline.taxi import data

ROWS = {1: 300, 2: 200, 3: 100}
IMAGE = f"a/b@sha256:{7:064}"
"""Named by its digest: else nothing is cached."""
BUCKETS = {"kubeflow": "minio://bucket", "vertex": "gs://bucket"}


def pipeline(folder: pathlib.Path, target: str):
    """Returns a part of monitoring: the rows, and for Kubeflow their statistics and the state."""
    taxi = settings.load(settings.TAXI)
    section = taxi.monitoring.model_copy(update={"data": f"{folder}/rows/day-{{SPAN}}/*.csv"})
    place = deployments.cluster(taxi, common.MONITORING, f"{folder}/shared")
    schema, examples, statistics = common.ingest(taxi, section, place)
    if target == "vertex":
        return common.assemble(taxi, common.MONITORING, place, [schema, examples])
    state = common.lookup(taxi, common.MONITORING, place, examples)
    recorder = StateRecorder(
        state_root=place.state_root,
        pipeline=common.MONITORING,
        model_name=common.model_name(taxi, place),
        statistics=statistics.outputs["statistics"],
        examples=examples.outputs["examples"],
    )
    recorder.add_upstream_node(state)
    nodes = [schema, examples, statistics, state, recorder]
    return common.assemble(taxi, common.MONITORING, place, nodes)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> pathlib.Path:
    """A folder with the pipeline, compiled for both targets, and rows of three days."""
    folder = tmp_path_factory.mktemp("parameters")
    data.prepare(str(folder / "taxi"))
    lines = (folder / "taxi" / "data" / "serving.csv").read_text().splitlines(keepends=True)
    for span, count in ROWS.items():
        day = folder / "rows" / f"day-{span}"
        day.mkdir(parents=True)
        (day / "a.csv").write_text("".join(lines[: count + 1]))
    (folder / "rows" / "other.csv").write_text("".join(lines[:51]))
    for target, bucket in BUCKETS.items():
        how = options.load(None, target=target, image=IMAGE, pipeline_root=f"{bucket}/taxi")
        compiled = compiler.compile_pipeline(pipeline(folder, target), how)
        compiler.write(compiled, how, str(folder / f"taxi{options.ENDINGS[target]}"))
    return folder


def run(folder, target, *more, **parameters):
    """Runs a pipeline; returns the exit code and what is known of each task."""
    given = [f"--parameter={name.replace('_', '-')}={text}" for name, text in parameters.items()]
    root = folder / target
    path = str(folder / f"taxi{options.ENDINGS[target]}")
    code = main(["run", "--from-spec", path, "--root", str(root), *given, *more])
    newest = max((root / "runs").iterdir(), key=lambda each: each.stat().st_mtime)
    return code, json.loads((newest / "run.json").read_text())["tasks"]


def rows(tasks):
    (examples,) = tasks["TabularExampleGen"]["outputs"]["examples"]
    return examples["metadata"]["rows_serving"]


def previous(tasks):
    """Returns the span of the statistics that a run is compared with; None if there are none."""
    (found,) = tasks["StateLookup"]["outputs"]["previous_statistics"]
    metadata = found["metadata"]
    return None if "absent" in metadata else metadata["span"]


def test_a_run_sees_the_rows_of_its_span_and_the_state_of_its_model(folder, preloaded_prefix):
    quickly = f"--command-prefix={preloaded_prefix}"
    code, tasks = run(folder, "kubeflow", quickly, span="1")
    assert (code, rows(tasks), previous(tasks)) == (0, ROWS[1], None)
    code, tasks = run(folder, "kubeflow", quickly, span="2", model_name="bus")
    assert (code, rows(tasks), previous(tasks)) == (0, ROWS[2], None)
    code, tasks = run(folder, "kubeflow", quickly, span="2")
    assert (code, rows(tasks), previous(tasks)) == (0, ROWS[2], 1)
    state = folder / "shared" / "state"
    counts = {each.name: len(list(each.iterdir())) for each in state.iterdir()}
    assert counts == {"taxi-monitoring": 2, "bus-monitoring": 1}


def test_a_span_that_has_no_file_stops_the_run_in_one_sentence(folder, capsys):
    code, tasks = run(folder, "kubeflow", span="9")
    assert code == 2
    assert tasks["TabularExampleGen"]["state"] == "FAILED"
    assert tasks["StateRecorder"]["state"] == "SKIPPED"
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("skewgate: taxi-monitoring: TabularExampleGen: ")
    assert "/rows/day-{SPAN}/*.csv: no file of span 9. Fix: " in line


def test_the_cache_tells_spans_and_patterns_apart(folder):
    """Vertex AI asks the driver before it looks into its cache."""
    reads = []
    for given in ({"span": "1"}, {"span": "1"}, {}, {"pattern": "other.csv"}):
        code, tasks = run(folder, "vertex", "--cache", **given)
        assert code == 0
        reads.append((rows(tasks), tasks["TabularExampleGen"]["state"]))
    assert reads == [
        (ROWS[1], "COMPLETE"),
        (ROWS[1], "CACHED"),
        (ROWS[3], "COMPLETE"),  # the newest
        (50, "COMPLETE"),
    ]
