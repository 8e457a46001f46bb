"""Both taxi pipelines, compiled, run by their containers' commands, beside LocalDagRunner.

All that the compiled ones leave is on an S3 server, as on an open-source Kubeflow: artifacts, which
the launcher brings and takes; rows, state and pushed models, which tasks reach themselves.
"""

from __future__ import annotations

import functools
import itertools
import json
import pathlib

import pandas as pd
import pytest
import yaml

from skewgate.cli import run
from skewgate.cli.main import main
from skewgate.pipeline import settings as settings_lib
from skewgate.storage import s3

ROOT, ROWS = "minio://bucket/taxi", "minio://rows"
COMPARED = ("status", "value", "lower", "upper", "threshold", "n_baseline", "n_current")


@pytest.fixture(scope="module")
def server(s3_serving):
    """Returns the URL of an S3 server."""
    with s3_serving("bucket", "rows") as variables, pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield variables["AWS_ENDPOINT_URL_S3"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, taxi_settings, server) -> pathlib.Path:
    """Returns a folder with settings, data and both compiled pipelines; the rows are on the server.

    Each has a name that only the server and the parameter `data` know.
    """
    folder = tmp_path_factory.mktemp("compiled")
    content = taxi_settings(str(folder / "local"))
    (folder / "pipeline.yaml").write_text(yaml.safe_dump(content))
    settings_lib.load(folder / "pipeline.yaml").prepare_data()
    for pipeline in ("training", "monitoring"):
        arguments = ["--target", "kubeflow", "--image", "skewgate:test", "--pipeline-root", ROOT]
        arguments += ["--config", str(folder / "pipeline.yaml")]
        arguments += ["--parameter", f"data={ROWS}/first"]
        assert main(["compile", pipeline, *arguments, "--out", f"{folder}/{pipeline}.yaml"]) == 0
    s3.upload(str(folder / "local" / "data"), f"{ROWS}/first")
    return folder


def run_local(folder, pipeline):
    """Runs a pipeline with LocalDagRunner; returns the exit code and the report of each node."""
    outcome = run.execute(pipeline, str(folder / "pipeline.yaml"))
    return outcome.exit_code, {node: report(each.uri) for node, each in outcome.reports}


@pytest.fixture
def run_spec(folder, server, preloaded_prefix):
    """What runs a compiled pipeline; returns the exit code, the tasks and the report of each."""
    place = ["--root", str(folder / "cluster"), "--object-store", server]
    return functools.partial(_run_spec, folder, [*place, "--command-prefix", preloaded_prefix])


def _run_spec(folder, place, pipeline, *options):
    code = main(["run", "--from-spec", str(folder / f"{pipeline}.yaml"), *place, *options])
    newest = max((folder / "cluster" / "runs").iterdir(), key=lambda path: path.stat().st_mtime)
    tasks = json.loads((newest / "run.json").read_text())["tasks"]
    found = {}
    for name, task in tasks.items():
        for artifact in itertools.chain.from_iterable(task["outputs"].values()):
            if s3.exists(f"{artifact['uri']}/report.json"):
                with s3.open_object(f"{artifact['uri']}/report.json", "r") as stream:
                    found[name] = json.load(stream)
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


def test_compiled_pipelines_decide_as_local_ones_and_find_what_earlier_runs_left(
    folder, run_spec, capsys
):
    code, local = run_local(folder, "training")
    assert code == 0
    first_code, first, trained = run_spec("training")
    assert first_code == 0
    assert {task["state"] for task in first.values()} == {"COMPLETE"}
    assert local.keys() == trained.keys()
    (served,) = first["Pusher"]["outputs"]["pushed_model"]
    assert served["metadata"]["pushed_destination"].startswith(f"{ROOT}/serving/taxi/")
    # A model is not trained twice to the last digit; what is said of the rows is the same.
    assert verdicts({"v": local["SchemaSkewValidator"]}) == verdicts(
        {"v": trained["SchemaSkewValidator"]}
    )
    assert statuses(local["PerformanceGate"]) == statuses(trained["PerformanceGate"])

    rows = pd.read_csv(folder / "local" / "data" / "training.csv", dtype=str)
    rows.loc[5, "fare"] = "-12.5"
    with s3.open_object(f"{ROWS}/planted/training.csv", "w") as stream:
        rows.to_csv(stream, index=False)
    capsys.readouterr()
    bad_code, bad, _ = run_spec("training", "--parameter", f"data={ROWS}/planted")
    assert bad_code == 1
    assert (bad["DataGate"]["state"], bad["Trainer"]["state"]) == ("SHUT", "SKIPPED")
    assert (bad["Pusher"]["state"], bad["StateRecorder"]["state"]) == ("SKIPPED", "SKIPPED")
    assert "fare schema:FLOAT_TYPE_SMALL_FLOAT" in capsys.readouterr().err

    again_code, again, retrained = run_spec("training")
    assert again_code == 0
    (trained_model,) = first["Trainer"]["outputs"]["model"]
    (found,) = again["StateLookup"]["outputs"]["model"]
    assert found["metadata"]["stands_for"] == trained_model["uri"]
    # What was trained again to the last bit is not pushed again.
    newest = f"{ROOT}/serving/taxi/{max(s3.children(f'{ROOT}/serving/taxi')[0], key=int)}"
    (pushed,) = again["Pusher"]["outputs"]["pushed_model"]
    assert pushed["metadata"]["pushed_destination"] == newest
    (new_model,) = again["Trainer"]["outputs"]["model"]
    served_now, trained_now = (
        content(f"{place}/saved_model.pb")
        for place in (newest, f"{new_model['uri']}/Format-Serving")
    )
    assert served_now == trained_now
    records = sorted(s3.children(f"{ROOT}/state/taxi-training")[0])
    record = json.loads(content(f"{ROOT}/state/taxi-training/{records[-1]}/record.json"))
    assert record["artifacts"]["model"]["uri"] == new_model["uri"]
    assert "auc change" in {metric for _, metric in statuses(retrained["PerformanceGate"])}
    compared = {r["metric"]: r["status"] for r in retrained["SchemaSkewValidator"]["results"]}
    assert compared["drift:linf"] == "pass"

    local_code, local = run_local(folder, "monitoring")
    code, tasks, monitored = run_spec("monitoring")
    assert (local_code, code) == (1, 1)
    assert tasks["QualityGate"]["state"] == "SHUT"
    assert tasks["StateRecorder"]["state"] == "SKIPPED"
    for node in ("SchemaSkewValidator", "DriftEvaluator"):
        assert verdicts({node: local[node]}) == verdicts({node: monitored[node]})
    failed = {(r["feature"], r["metric"]) for r in monitored["DriftEvaluator"]["failures"]}
    assert failed == {("payment_type", "linf"), ("trip_miles", "ks")}


def content(uri):
    with s3.open_object(uri, "rb") as stream:
        return stream.read()


def statuses(found):
    return {(r["slice"], r["metric"]): r["status"] for r in found["results"]}
