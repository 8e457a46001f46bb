"""`skewgate run training` on the taxi rows: what passes, what stops, what is cached."""

from __future__ import annotations

import json
import pathlib
import re

import pytest
import tensorflow_model_analysis as tfma

GATES = {"DataGate", "ModelGate"}


def test_a_good_model_is_pushed_and_every_verdict_has_a_report(trained):
    reports = list((trained.root / "artifacts").glob("taxi-training/*/*/*/report.json"))
    kinds = {json.loads(path.read_text())["kind"] for path in reports}
    assert kinds == {"skew", "performance", "decision"}
    (evaluation,) = (trained.root / "artifacts/taxi-training/PerformanceGate/evaluation").iterdir()
    assert tfma.load_eval_result(str(evaluation)).slicing_metrics


def test_running_again_uses_the_cache_and_compares_with_the_model_before(trained, skewgate):
    pushed, recorded = trained.pushed(), list(trained.root.glob("state/taxi-training/*"))
    outcome = skewgate("run", "training", "--config", trained.settings("again"))
    assert outcome.code == 0
    assert trained.pushed() == pushed  # an unchanged run leaves nothing new
    assert list(trained.root.glob("state/taxi-training/*")) == recorded
    states = trained.states("training")
    assert GATES | {"Trainer", "PerformanceGate", "Pusher"} <= set(states)
    assert set(states.values()) <= {"COMPLETE", "CACHED"}
    cached = {node for node, state in states.items() if state == "CACHED"}
    # Not SchemaSkewValidator: the run before has given it statistics to measure drift from.
    assert {"TabularExampleGen", "SkewStatisticsGen", "Trainer"} <= cached
    folder = trained.root / "artifacts/taxi-training/PerformanceGate/performance_report"
    newest = max(folder.iterdir(), key=lambda path: int(path.name))
    results = json.loads((newest / "report.json").read_text())["results"]
    assert {r["metric"] for r in results} == {"auc", "auc change", "binary_accuracy"}
    assert re.search(r"\[(\d+)/\1\] StateRecorder", outcome.out)
    assert "training: passed" in outcome.out


def test_a_deleted_baseline_is_not_the_first_model(trained, skewgate):
    """Which performance.yaml allows."""
    newest = max((trained.root / "state" / "taxi-training").iterdir())
    kept = json.loads((newest / "record.json").read_text())["artifacts"]["model"]
    model, pushed = pathlib.Path(kept["uri"]), trained.pushed()
    hidden = model.rename(trained.root / "hidden")
    outcome = skewgate("run", "training", "--config", trained.settings("deleted"))
    hidden.rename(model)
    assert outcome.code == 2
    assert f"{model}: is the model of taxi-training, but is gone." in outcome.err
    assert trained.pushed() == pushed


def negative_fare(rows):
    rows.loc[rows.index[5], "fare"] = -12.5
    return rows


def missing_column(rows):
    return rows.drop(columns="trip_miles")


@pytest.mark.parametrize(
    ("plant", "culprit"),
    [(negative_fare, "fare schema:FLOAT_TYPE_SMALL_FLOAT"), (missing_column, "trip_miles schema:")],
)
def test_bad_training_data_stop_before_the_trainer(trained, skewgate, plant, culprit):
    pushed = trained.pushed()
    name = plant.__name__
    bad = trained.write(f"{name}.csv", plant(trained.training_rows.copy()))
    outcome = skewgate(
        "run", "training", "--config", trained.settings(name, training={"data": bad})
    )
    assert outcome.code == 1
    assert culprit in outcome.err
    assert "report.html" in outcome.err
    assert "Traceback" not in outcome.err
    states = trained.states("training")
    assert states["DataGate"] == "FAILED"
    assert "Trainer" not in states
    assert trained.pushed() == pushed


def test_a_much_worse_model_is_not_pushed(trained, skewgate):
    pushed = trained.pushed()
    rows = trained.training_rows.copy()
    train = rows["trip_start_timestamp"] < 1420070400  # 2015-01-01: the labels for evaluation stay
    rows.loc[train, "big_tipper"] = 1 - rows.loc[train, "big_tipper"]
    flipped = trained.write("flipped.csv", rows)
    outcome = skewgate(
        "run", "training", "--config", trained.settings("flipped", training={"data": flipped})
    )
    assert outcome.code == 1
    assert "  auc is 0." in outcome.err
    assert "auc change" in outcome.err
    states = trained.states("training")
    assert states["Trainer"] == "COMPLETE"
    assert states["ModelGate"] == "FAILED"
    assert "Pusher" not in states
    assert trained.pushed() == pushed
    blessings = pathlib.Path(trained.root, "artifacts/taxi-training/PerformanceGate/blessing")
    newest = max(blessings.iterdir(), key=lambda path: int(path.name))
    assert [path.name for path in newest.iterdir()] == ["NOT_BLESSED"]


def test_a_model_that_fails_one_payment_type_is_blocked_and_the_type_named(trained, skewgate):
    pushed = trained.pushed()
    rows = trained.training_rows.copy()
    train = rows["trip_start_timestamp"] < 1420070400  # 2015-01-01: the labels for evaluation stay
    rows.loc[train & (rows["payment_type"] == "No Charge"), "big_tipper"] = 1
    flipped = trained.write("no_charge.csv", rows)
    outcome = skewgate(
        "run", "training", "--config", trained.settings("no_charge", training={"data": flipped})
    )
    assert outcome.code == 1
    assert "binary_accuracy (payment_type:No Charge): binary_accuracy is 0 in" in outcome.err
    folder = trained.root / "artifacts/taxi-training/PerformanceGate/performance_report"
    newest = max(folder.iterdir(), key=lambda path: int(path.name))
    report = json.loads((newest / "report.json").read_text())
    status = {(r["slice"], r["metric"]): r["status"] for r in report["results"]}
    assert status["", "binary_accuracy"] == "pass"
    assert status["", "auc"] == "pass"
    assert [name for name, found in status.items() if found == "fail"] == [
        ("payment_type:No Charge", "binary_accuracy")
    ]
    assert status["payment_type:Dispute", "binary_accuracy"] == "inconclusive"  # 3 trips
    worst = report["details"]["segments"]["worst"]
    assert any("payment_type=No Charge" in each["segment"] for each in worst)
    assert trained.pushed() == pushed
