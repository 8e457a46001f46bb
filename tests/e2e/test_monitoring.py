"""`skewgate run monitoring` on the taxi rows: the drift of 2016, and what is planted."""

from __future__ import annotations

import json

import pandas as pd
import pytest


@pytest.fixture
def monitor(trained, skewgate):
    def run(name, rows=None, options=(), **changes):
        if rows is not None:
            changes["data"] = trained.write(f"{name}.csv", rows)
        settings = trained.settings(name, monitoring=changes)
        return skewgate("run", "monitoring", "--config", settings, *options)

    return run


def newest_report(workspace, kind):
    folder = workspace.root / "artifacts" / "taxi-monitoring" / kind
    newest = max(folder.iterdir(), key=lambda path: int(path.name))
    return json.loads((newest / "report.json").read_text())


def test_the_drift_of_2016_is_found_in_the_right_features(trained, monitor):
    outcome = monitor("real")
    assert outcome.code == 1
    assert "payment_type: linf" in outcome.err
    assert "trip_miles: ks" in outcome.err
    assert "trip_start_hour" not in outcome.err
    drift = newest_report(trained, "DriftEvaluator/drift_report")
    values = {(r["feature"], r["metric"]): r for r in drift["results"]}
    assert values["payment_type", "linf"]["value"] == pytest.approx(0.1445, abs=1e-4)
    ks = values["trip_miles", "ks"]
    assert ks["lower"] <= 0.15523305 <= ks["upper"]  # scipy.stats.ks_2samp on all values
    failed = {key for key, r in values.items() if r["status"] == "fail"}
    assert failed == {("payment_type", "linf"), ("trip_miles", "ks")}
    performance = newest_report(trained, "PerformanceGate/performance_report")
    labelled = int(trained.serving_rows["big_tipper"].notna().sum())
    assert 0 < labelled < len(trained.serving_rows)
    (auc,) = [r for r in performance["results"] if r["metric"] == "auc"]
    assert auc["lower"] < auc["value"] < auc["upper"]
    assert performance["current"]["rows"] == len(trained.serving_rows)
    assert performance["current"]["rows_labelled"] == labelled


def test_serving_like_training_passes(trained, monitor, quiet_serving):
    outcome = monitor("quiet", quiet_serving)
    assert outcome.code == 0, outcome.err
    assert "monitoring: passed" in outcome.out
    assert trained.states("monitoring")["QualityGate"] == "COMPLETE"


def test_a_new_payment_type_in_serving_stops_and_is_named(trained, monitor, quiet_serving):
    pushed = trained.pushed()
    rows = quiet_serving.copy()
    rows.loc[rows.index[:40], "payment_type"] = "Bitcoin"
    outcome = monitor("bitcoin", rows)
    assert outcome.code == 1
    assert "payment_type schema:ENUM_TYPE_UNEXPECTED_STRING_VALUES" in outcome.err
    assert "Bitcoin" in outcome.err
    assert trained.pushed() == pushed


def test_no_label_at_all_is_inconclusive_and_not_a_pass(monitor, quiet_serving):
    rows = quiet_serving.copy()
    rows["big_tipper"] = None
    outcome = monitor("unlabelled", rows)
    assert outcome.code == 3
    assert "auc could not be evaluated" in outcome.err


def test_a_damaged_baseline_stops_the_run_and_is_no_verdict(trained, monitor, quiet_serving):
    records = trained.root / "state" / "taxi-training"
    path = max(records.iterdir()) / "statistics" / "Split-train" / "FeatureStats.pb"
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 4
    path.write_bytes(damaged)
    try:
        outcome = monitor("damaged", quiet_serving.iloc[:-1])  # of which no cache knows
    finally:
        path.write_bytes(whole)
    assert outcome.code == 2
    assert f"{path}: its checksum does not match" in outcome.err


WEEK = 7 * 86_400
MONDAY = 1_393_804_800  # 2014-03-03


def test_a_late_run_judges_the_rows_of_its_own_window(trained, monitor, quiet_serving):
    """Rows of the week before the scheduled time count, whatever comes after, and when it runs."""
    rows = quiet_serving.sample(2000, random_state=3).reset_index(drop=True)
    rows["trip_start_timestamp"] = MONDAY - WEEK + (rows.index * 300) % WEEK
    later = rows.assign(trip_start_timestamp=rows["trip_start_timestamp"] + WEEK)
    later["payment_type"] = "Bitcoin"
    both = pd.concat([rows, later])
    window = {"by": "window", "name": "serving", "column": "trip_start_timestamp", "every": "1w"}
    scheduled = ("--scheduled-time", "2014-03-03T00:10:00Z")
    data = trained.write("windows.csv", both)
    changes = {"splits": window, "data": data}
    on_time = monitor("windows", None, scheduled, **changes)
    assert on_time.code == 0, on_time.err
    report = newest_report(trained, "DriftEvaluator/drift_report")
    assert report["current"]["rows"] == len(rows)
    assert report["current"]["window"] == "2014-02-24T00:00:00Z/2014-03-03T00:00:00Z"
    assert report["current"]["window_name"] == "2014-02-24"
    late = monitor("windows", None, ("--scheduled-time", "20140309235959"), **changes)
    assert late.code == 0, late.err
    assert trained.states("monitoring")["TabularExampleGen"] == "CACHED"
    assert compared_with_previous(trained) == (False, True)  # neither with itself, nor with "quiet"
    after = monitor("windows", None, ("--scheduled-time", "2014-03-10T00:10:00Z"), **changes)
    assert after.code == 1
    assert "Bitcoin" in after.err
    assert compared_with_previous(trained) == (True, False)


def compared_with_previous(workspace):
    """Says of the newest run whether drift was compared with rows before, and if these lacked."""
    results = newest_report(workspace, "SchemaSkewValidator/skew_report")["results"]
    metrics = {result["metric"] for result in results}
    return any(metric.startswith("drift:") for metric in metrics), "previous" in metrics
