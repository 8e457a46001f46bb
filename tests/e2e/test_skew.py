"""SchemaSkewValidator in both pipelines: rows that differ, drift since the run before."""

from __future__ import annotations

import json

import pytest

ROWS = """
rows:
  keys: [trip_id]
  slices: [[payment_type]]
min_slice_rows: 400
policy: {on_missing_previous: allow}
"""
KILOMETRES = 1.609344


@pytest.fixture
def monitor(trained, skewgate):
    def run(name, rows):
        contract = trained.root / "skew.yaml"
        contract.write_text(ROWS)
        data = trained.write(f"{name}.csv", rows)
        changes = {"data": data, "skew": str(contract)}
        settings = trained.settings(name, monitoring=changes)
        outcome = skewgate("run", "monitoring", "--config", settings)
        folder = trained.root / "artifacts/taxi-monitoring/SchemaSkewValidator/skew_report"
        newest = max(folder.iterdir(), key=lambda path: int(path.name))
        return outcome, json.loads((newest / "report.json").read_text())

    return run


def test_rows_that_serving_saw_as_training_did_pass(monitor, quiet_serving):
    outcome, report = monitor("same", quiet_serving)
    assert outcome.code == 0, outcome.err
    rows = {(r["feature"], r["slice"]): r for r in report["results"] if r["metric"] == "rows"}
    assert {r["status"] for r in rows.values()} == {"pass"}
    assert ("trip_miles", "payment_type_Credit Card") in rows
    assert rows["trip_miles", ""]["n_current"] == len(quiet_serving)
    (matching,) = [r for r in report["results"] if r["metric"] == "matching"]
    assert matching["status"] == "pass"


def test_kilometres_in_one_slice_are_found_with_the_slice(monitor, quiet_serving):
    rows = quiet_serving.copy()
    card = rows["payment_type"] == "Credit Card"
    rows.loc[card, "trip_miles"] *= KILOMETRES
    outcome, report = monitor("kilometres", rows)
    assert outcome.code == 1
    assert "trip_miles (payment_type_Credit Card)" in outcome.err
    failed = {
        (r["feature"], r["slice"], r["metric"]) for r in report["results"] if r["status"] == "fail"
    }
    assert ("trip_miles", "payment_type_Credit Card", "rows") in failed
    assert {(feature, metric) for feature, _, metric in failed} == {("trip_miles", "rows")}
    assert not any(name == "payment_type_Cash" for _, name, _ in failed)
    shown = report["details"]["rows"]["serving"]["features"]["trip_miles"]
    assert shown["kinds"]["different"] == len(rows[card & (rows["trip_miles"] > 0)])
    for sample in shown["samples"]:
        assert sample["serving"] == pytest.approx(sample["training"] * KILOMETRES, rel=1e-5)


def test_training_data_that_moved_since_the_run_before_stop(trained, skewgate):
    """The schema's drift comparators compare with the newest training run that went through."""
    pushed = trained.pushed()
    rows = trained.training_rows.copy()
    cash = rows.index[rows["payment_type"] == "Cash"]
    rows.loc[cash[: len(cash) // 2], "payment_type"] = "Credit Card"
    outcome = skewgate(
        "run",
        "training",
        "--config",
        trained.settings("moved", training={"data": trained.write("moved.csv", rows)}),
    )
    assert outcome.code == 1
    assert "payment_type drift:linf" in outcome.err
    assert "between previous and current" in outcome.err
    assert "Trainer" not in trained.states("training")
    assert trained.pushed() == pushed
