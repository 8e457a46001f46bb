"""`skewgate run monitoring` on the taxi rows: the drift of 2016, and what is planted."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def monitor(trained, skewgate):
    def run(name, rows=None, **changes):
        if rows is not None:
            changes["data"] = trained.write(f"{name}.csv", rows)
        settings = trained.settings(name, monitoring=changes)
        return skewgate("run", "monitoring", "--config", settings)

    return run


def newest_report(workspace, kind):
    folder = workspace.root / "artifacts" / "monitoring" / kind
    newest = max(folder.iterdir(), key=lambda path: int(path.name))
    return json.loads((newest / "report.json").read_text())


def test_the_drift_of_2016_is_found_in_the_right_features(trained, monitor):
    outcome = monitor("real")
    assert outcome.code == 1
    assert "payment_type linf" in outcome.err
    assert "trip_miles ks" in outcome.err
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
