"""`skewgate run monitoring` on logged predictions whose labels come in days later."""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pandas as pd
import pytest

from skewgate.pipeline import settings as settings_lib

DAY = 86_400
LABELS = """
version: 1
key: [trip_id]
labels: [big_tipper]
prediction_time: trip_start_timestamp
label_time: arrived_at
horizon: 5d
as_of: {as_of}
windows: {{every: 672h}}
min_coverage: 0.8
policy: {{on_open_window: allow}}
"""
EVAL_CONFIG = """
model_specs { prediction_key: "prediction" label_key: "big_tipper" }
metrics_specs {
  metrics {
    class_name: "BinaryAccuracy"
    threshold { value_threshold { lower_bound { value: 0.7 } } }
  }
}
"""
PERFORMANCE = """
version: 1
windows: {reference: 8}
policy: {on_open_window: allow, on_small_slice: allow}
"""
PREDICTION = """
feature { name: "prediction" type: FLOAT not_in_environment: "TRAINING" }
"""


def scores(model: pathlib.Path, rows: pd.DataFrame) -> np.ndarray:
    """Returns what the pushed model says of rows."""
    import pyarrow as pa
    import tensorflow as tf

    from tests import encoding

    records = encoding.encode(pa.Table.from_pandas(rows, preserve_index=False), "rows")
    signature = tf.saved_model.load(str(model)).signatures["serving_default"]
    return signature(examples=tf.constant(records))["outputs"].numpy().ravel()


@pytest.fixture(scope="module")
def logged(trained):
    """Returns the trips of 2013 and 2014 with logged predictions; 27 windows of 28 days."""
    rows = trained.training_rows.query("trip_start_timestamp < 1420070400")
    rows = rows.sort_values("trip_start_timestamp").reset_index(drop=True)
    (newest,) = trained.pushed()[-1:]
    rows["prediction"] = scores(trained.root / "serving" / "taxi" / newest, rows).astype("float32")
    return rows


@pytest.fixture
def monitor(trained, skewgate):
    def run(name, rows, labels, as_of):
        contracts = settings_lib.TAXI.parent
        schema = trained.root / "logged_schema.pbtxt"
        schema.write_text((trained.root / "keyed_schema.pbtxt").read_text() + PREDICTION)
        files = {"labels.yaml": LABELS.format(as_of=as_of), "performance.yaml": PERFORMANCE}
        files["logged_eval_config.pbtxt"] = EVAL_CONFIG
        drift = (contracts / "drift.yaml").read_text()
        ignored = "\nfeatures:\n  trip_id: {ignore: true}\n  prediction: {ignore: true}\n"
        files["logged_drift.yaml"] = drift.replace("\nfeatures:\n", ignored)
        for file, text in files.items():
            (trained.root / file).write_text(text)
        monitoring = {
            "data": trained.write(f"{name}.csv", rows.drop(columns="big_tipper")),
            "labels": {
                "data": trained.write(f"{name}_labels.csv", labels),
                "config": str(trained.root / "labels.yaml"),
            },
            "eval_config": str(trained.root / "logged_eval_config.pbtxt"),
            "performance": str(trained.root / "performance.yaml"),
            "drift": str(trained.root / "logged_drift.yaml"),
        }
        settings = trained.settings(name, monitoring=monitoring, schema=str(schema))
        outcome = skewgate("run", "monitoring", "--config", settings)
        folder = trained.root / "artifacts/taxi-monitoring/PerformanceGate/performance_report"
        newest = max(folder.iterdir(), key=lambda path: int(path.name))
        return outcome, json.loads((newest / "report.json").read_text())

    return run


def labels_of(rows, seed):
    """Returns a label for each trip, some minutes to four days after it, in another order."""
    random = np.random.default_rng(seed)
    delays = random.uniform(600, 4 * DAY, len(rows)).astype("int64")
    labels = rows[["trip_id", "big_tipper"]].assign(
        arrived_at=rows["trip_start_timestamp"] + delays
    )
    return labels.sample(frac=1.0, random_state=seed)


def window_of(rows):
    start = rows["trip_start_timestamp"] // (28 * DAY) * (28 * DAY)
    return pd.to_datetime(start, unit="s").dt.strftime("%Y-%m-%d")


def test_labels_that_come_in_time_pass_and_open_windows_are_not_judged(logged, monitor):
    names = sorted(window_of(logged).unique())
    as_of = int(pd.Timestamp(names[-1], tz="UTC").timestamp()) + 14 * DAY
    outcome, report = monitor("in_time", logged, labels_of(logged, seed=5), as_of)
    assert outcome.code == 0, outcome.err
    results = {(r["slice"], r["metric"]): r for r in report["results"]}
    last = results[f"window:{names[-1]}", "coverage"]
    assert (last["status"], last["cause"]) == ("inconclusive", "open_window")
    judged = [slice_ for slice_, metric in results if metric == "binary_accuracy band"]
    assert set(judged) < {f"window:{name}" for name in names[8:-1]}
    assert len(judged) >= 15
    assert {results[slice_, "binary_accuracy band"]["status"] for slice_ in judged} == {"pass"}
    assert results["", "binary_accuracy change point"]["status"] == "pass"
    counts = report["current"]
    assert counts["rows"] == len(logged)
    assert counts["rows_evaluated"] < counts["rows_labelled"] < counts["rows"]


def test_a_drop_is_found_in_its_window_and_half_of_the_labels_decide_nothing(logged, monitor):
    rows = logged.copy()
    windows = window_of(rows)
    names = sorted(windows.unique())
    dropped, halved = names[17], names[12]
    credit = rows["payment_type"] == "Credit Card"
    rows.loc[credit & (windows >= dropped), "big_tipper"] = (
        1 - rows.loc[credit & (windows >= dropped), "big_tipper"]
    )
    labels = labels_of(rows, seed=7)
    # Of one earlier window only the trips that the model got wrong have their label, which is half.
    wrong = (rows["prediction"] >= 0.5) != (rows["big_tipper"] == 1)
    in_halved = rows[windows == halved]
    kept = in_halved.index[wrong[in_halved.index]].union(in_halved.index[: len(in_halved) // 2])
    lost = in_halved.index.difference(kept)
    labels = labels[~labels["trip_id"].isin(rows.loc[lost, "trip_id"])]
    as_of = int(rows["trip_start_timestamp"].max()) + 30 * DAY
    outcome, report = monitor("dropped", rows, labels, as_of)
    assert outcome.code == 1
    results = {(r["slice"], r["metric"]): r for r in report["results"]}
    change = [r for (_, metric), r in results.items() if metric == "binary_accuracy change point"]
    assert [(r["slice"], r["status"]) for r in change] == [(f"window:{dropped}", "fail")]
    bands = {
        slice_: r["status"] for (slice_, m), r in results.items() if m == "binary_accuracy band"
    }
    assert bands[f"window:{dropped}"] == "fail"
    before = [name for name in names if name < dropped and f"window:{name}" in bands]
    assert before
    assert "fail" not in {bands[f"window:{name}"] for name in before}
    half = results[f"window:{halved}", "coverage"]
    assert (half["status"], half["cause"]) == ("inconclusive", "low_coverage")
    assert f"window:{halved}" not in bands
    assert {r["status"] for (s, _), r in results.items() if s == f"window:{halved}"} == {
        "inconclusive"
    }
    assert f"binary_accuracy change point (window:{dropped})" in outcome.err
