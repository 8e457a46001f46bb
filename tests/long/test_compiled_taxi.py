"""Both taxi pipelines, compiled, run by their containers' commands, beside LocalDagRunner."""

from __future__ import annotations

import json
import pathlib

import pandas as pd
import pytest
import yaml

from skewgate.cli.main import main
from skewgate.pipeline import records
from skewgate.pipeline import settings as settings_lib

ROOT, SHARED = "minio://bucket/taxi", "gs://bucket/shared"
COMPARED = ("status", "value", "lower", "upper", "threshold", "n_baseline", "n_current")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> pathlib.Path:
    """Returns a folder with settings, data and both compiled pipelines."""
    folder = tmp_path_factory.mktemp("compiled")
    content = yaml.safe_load(settings_lib.DEFAULT.read_text())
    contracts = settings_lib.DEFAULT.parent
    content["root"] = str(folder / "local")
    content["schema"] = str(contracts / content["schema"])
    content["training"]["train_steps"] = 300
    for section in ("training", "monitoring"):
        for contract in ("skew", "performance", "eval_config", "drift"):
            if contract in content[section]:
                content[section][contract] = str(contracts / content[section][contract])
    (folder / "pipeline.yaml").write_text(yaml.safe_dump(content))
    settings_lib.load(folder / "pipeline.yaml").prepare_data()
    for pipeline in ("training", "monitoring"):
        arguments = ["--target", "kubeflow", "--image", "skewgate:test", "--pipeline-root", ROOT]
        arguments += ["--shared-root", SHARED, "--config", str(folder / "pipeline.yaml")]
        assert main(["compile", pipeline, *arguments, "--out", f"{folder}/{pipeline}.yaml"]) == 0
    return folder


def run_local(folder, pipeline):
    """Runs a pipeline with LocalDagRunner; returns the exit code and the report of each node."""
    code = main(["run", pipeline, "--config", str(folder / "pipeline.yaml")])
    nodes = records.last_run(str(folder / "local" / "metadata.sqlite"), f"taxi-{pipeline}")
    return code, {node.node: report(r.uri) for node in nodes for r in node.reports}


def run_spec(folder, pipeline, *options):
    """Runs a compiled pipeline; returns the exit code, the tasks and the report of each."""
    root = ["--root", str(folder / "cluster")]
    code = main(["run", "--from-spec", str(folder / f"{pipeline}.yaml"), *root, *options])
    newest = max((folder / "cluster" / "runs").iterdir(), key=lambda path: path.stat().st_mtime)
    tasks = json.loads((newest / "run.json").read_text())["tasks"]
    found = {}
    for name, task in tasks.items():
        for artifacts in task["outputs"].values():
            for artifact in artifacts:
                place = folder / "cluster" / "objects" / artifact["uri"].replace("://", "/")
                if (place / "report.json").exists():
                    found[name] = report(place)
    return code, tasks, found


def report(uri):
    return json.loads((pathlib.Path(uri) / "report.json").read_text())


def verdicts(reports):
    """Returns what was decided of every check, and on which numbers."""
    return {
        (node, r["feature"], r["slice"], r["metric"]): {name: r[name] for name in COMPARED}
        for node, found in reports.items()
        for r in found["results"]
    }


def test_compiled_pipelines_decide_as_local_ones_and_find_what_earlier_runs_left(folder, capsys):
    code, local = run_local(folder, "training")
    assert code == 0
    first_code, first, trained = run_spec(folder, "training")
    assert first_code == 0
    assert {task["state"] for task in first.values()} == {"COMPLETE"}
    assert local.keys() == trained.keys()
    (served,) = first["Pusher"]["outputs"]["pushed_model"]
    assert "/bucket/shared/serving/taxi/" in served["metadata"]["pushed_destination"]
    # A model is not trained twice to the last digit; what is said of the rows is the same.
    assert verdicts({"v": local["SchemaSkewValidator"]}) == verdicts(
        {"v": trained["SchemaSkewValidator"]}
    )
    assert statuses(local["PerformanceGate"]) == statuses(trained["PerformanceGate"])

    rows = pd.read_csv(folder / "local" / "data" / "training.csv", dtype=str)
    rows.loc[5, "fare"] = "-12.5"
    planted = folder / "planted"
    planted.mkdir()
    rows.to_csv(planted / "training.csv", index=False)
    capsys.readouterr()
    bad_code, bad, _ = run_spec(folder, "training", "--parameter", f"data={planted}")
    assert bad_code == 1
    assert (bad["DataGate"]["state"], bad["Trainer"]["state"]) == ("SHUT", "SKIPPED")
    assert (bad["Pusher"]["state"], bad["StateRecorder"]["state"]) == ("SKIPPED", "SKIPPED")
    assert "fare schema:FLOAT_TYPE_SMALL_FLOAT" in capsys.readouterr().err

    again_code, again, retrained = run_spec(folder, "training")
    assert again_code == 0
    (pushed,) = first["Trainer"]["outputs"]["model"]
    (found,) = again["StateLookup"]["outputs"]["model"]
    assert found["uri"] == pushed["uri"]
    assert found["uri"].startswith(ROOT)
    assert "auc change" in {metric for _, metric in statuses(retrained["PerformanceGate"])}
    compared = {r["metric"]: r["status"] for r in retrained["SchemaSkewValidator"]["results"]}
    assert compared["drift:linf"] == "pass"

    local_code, local = run_local(folder, "monitoring")
    code, tasks, monitored = run_spec(folder, "monitoring")
    assert (local_code, code) == (1, 1)
    assert tasks["QualityGate"]["state"] == "SHUT"
    assert tasks["StateRecorder"]["state"] == "SKIPPED"
    for node in ("SchemaSkewValidator", "DriftEvaluator"):
        assert verdicts({node: local[node]}) == verdicts({node: monitored[node]})
    failed = {(r["feature"], r["metric"]) for r in monitored["DriftEvaluator"]["failures"]}
    assert failed == {("payment_type", "linf"), ("trip_miles", "ks")}


def statuses(found):
    return {(r["slice"], r["metric"]): r["status"] for r in found["results"]}
