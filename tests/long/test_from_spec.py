"""Compiled pipelines on taxi rows, by the commands of their containers, without a cluster."""

from __future__ import annotations

import json
import pathlib
import shutil

import pytest
from tfx.dsl.experimental.conditionals import conditional
from tfx.orchestration import pipeline

from skewgate.cli.main import main
from skewgate.components.quality_gate.component import QualityGate
from skewgate.kubeflow.compile import compiler, options
from skewgate.pipeline import settings
from skewgate.pipeline.taxi import data
from skewgate.storage import s3
from tests import validated_rows

ROWS = 1500


BUCKETS = {"kubeflow": "minio://bucket", "vertex": "gs://bucket"}


def gates(target: str):
    """Returns a pipeline with a gate that withholds and what is behind it.

    For Kubeflow there is also a gate that raises, with something behind.
    """
    validating = validated_rows.nodes(BUCKETS[target])
    report = validating[-1].outputs["skew_report"]
    withholding = QualityGate([report], on_failure="withhold").with_id("Withholding")
    with conditional.Cond(
        withholding.outputs["decision"].future()[0].custom_property("blessed") == 1
    ):
        guarded = QualityGate([report]).with_id("BehindWithholding")
    nodes = [*validating, withholding, guarded]
    if target == "kubeflow":
        raising = QualityGate([report]).with_id("Raising")
        stopped = QualityGate([report], on_failure="withhold").with_id("BehindRaising")
        stopped.add_upstream_node(raising)
        nodes += [raising, stopped]
    return pipeline.Pipeline(
        pipeline_name="gates",
        pipeline_root="/nowhere",
        components=nodes,
        beam_pipeline_args=list(settings.LOCAL_BEAM),
    )


@pytest.fixture(scope="module")
def server(s3_serving):
    """The URL of an S3 server, which has what is on `minio://`."""
    with s3_serving("bucket") as variables, pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield variables["AWS_ENDPOINT_URL_S3"]


@pytest.fixture(scope="module")
def place(tmp_path_factory, server) -> pathlib.Path:
    """A folder with both compiled pipelines, their schemas and their rows."""
    folder = tmp_path_factory.mktemp("spec")
    data.prepare(str(folder / "taxi"))
    with open(folder / "taxi" / "data" / "training.csv", encoding="utf-8") as stream:
        rows = "".join(line for _, line in zip(range(ROWS + 1), stream, strict=False))
    planted = {"kubeflow": rows.replace("Cash", "Barter"), "vertex": rows}
    for target, bucket in BUCKETS.items():
        store = folder / "objects" / bucket.replace("://", "/")
        for name in ("schema", "rows"):
            (store / name).mkdir(parents=True)
        shutil.copy(settings.TAXI.parent / "schema.pbtxt", store / "schema")
        (store / "rows" / "rows.csv").write_text(planted[target])
        how = options.load(None, target=target, image="a/b:1", pipeline_root=f"{bucket}/taxi")
        compiled = compiler.compile_pipeline(gates(target), how)
        if target == "kubeflow":
            s3.upload(str(store), bucket)
            shutil.rmtree(store)
        compiler.write(compiled, how, str(folder / f"gates{options.ENDINGS[target]}"))
    return folder


def run(place, target, *more):
    """Runs a pipeline; returns the exit code and what is known of each task."""
    path = place / f"gates{options.ENDINGS[target]}"
    given = ["--root", str(place), "--parameter", f"data={BUCKETS[target]}/rows", *more]
    code = main(["run", "--from-spec", str(path), *given])
    newest = max((place / "runs").iterdir())
    return code, json.loads((newest / "run.json").read_text())["tasks"]


def test_good_rows_pass_the_gate(place, capsys):
    code, tasks = run(place, "vertex")
    assert {name: task["state"] for name, task in tasks.items()} == dict.fromkeys(tasks, "COMPLETE")
    assert code == 0
    assert "gates: passed" in capsys.readouterr().out
    (examples,) = tasks["TabularExampleGen"]["outputs"]["examples"]
    assert examples["metadata"]["rows_all"] == ROWS
    assert examples["metadata"]["input_fingerprint"]  # which the driver found
    assert examples["uri"].startswith("gs://bucket/taxi/gates/")


def test_a_planted_failure_stops_what_is_behind_each_gate_and_leaves_the_reports(
    place, server, capsys, preloaded_prefix
):
    quickly = f"--command-prefix={preloaded_prefix}"
    code, tasks = run(place, "kubeflow", "--object-store", server, quickly)
    assert {name: task["state"] for name, task in tasks.items()} == {
        "Schema": "COMPLETE",
        "TabularExampleGen": "COMPLETE",
        "SkewStatisticsGen": "COMPLETE",
        "SchemaSkewValidator": "COMPLETE",
        "Withholding": "COMPLETE",
        "BehindWithholding": "SKIPPED",
        "Raising": "SHUT",
        "BehindRaising": "SKIPPED",
    }
    assert (code, tasks["Raising"]["exit_code"], tasks["Raising"]["outputs"]) == (1, 1, {})
    (decision,) = tasks["Withholding"]["outputs"]["decision"]
    assert (decision["metadata"]["blessed"], decision["metadata"]["status"]) == (0, "fail")
    for artifact in (decision, *tasks["SchemaSkewValidator"]["outputs"]["skew_report"]):
        with s3.open_object(f"{artifact['uri']}/report.json", "r") as stream:
            report = json.load(stream)
        assert any(result["feature"] == "payment_type" for result in report["results"])
    said = capsys.readouterr().err
    assert said.startswith("skewgate: gates: Raising: the gate is shut (fail):")
    assert "payment_type" in said
    assert "see minio://bucket/taxi/gates/" in said
    assert "Traceback" not in said
