"""SchemaSkewValidator in both pipelines: rows that differ, slices, drift since the run before."""

from __future__ import annotations

import json

import pytest

from skewgate.cli.main import main
from skewgate.pipeline import settings as settings_lib

CONTRACTS = settings_lib.DEFAULT.parent
KEY = """
feature {
  name: "trip_id"
  type: INT
  value_count { min: 1 max: 1 }
  presence { min_fraction: 1.0 min_count: 1 }
}
"""
SLICES = """
min_slice_rows: 400
policy: {on_missing_previous: allow}
"""
ROWS = """
rows:
  keys: [trip_id]
  slices: [[payment_type]]
"""
KILOMETRES = 1.609344


@pytest.fixture(scope="module")
def keyed(workspace, tmp_path_factory):
    """Returns a workspace whose rows have a key, after one training run that pushed a model."""
    root = tmp_path_factory.mktemp("keyed")
    rows = workspace.training_rows.assign(trip_id=range(len(workspace.training_rows)))
    place = type(workspace)(root, rows, workspace.serving_rows)
    (root / "data").mkdir()
    (root / "schema.pbtxt").write_text((CONTRACTS / "schema.pbtxt").read_text() + KEY)
    (root / "slices.yaml").write_text(SLICES)
    (root / "skew.yaml").write_text(ROWS + SLICES)
    drift = (CONTRACTS / "drift.yaml").read_text()
    drift = drift.replace(
        "features:\n", "slices: [[payment_type]]\nfeatures:\n  trip_id: {ignore: true}\n", 1
    )
    drift = drift.replace("on_inconclusive: block", "on_inconclusive: allow")
    (root / "drift.yaml").write_text(drift)
    settings = place.settings(
        "keyed",
        prepare=None,
        schema=str(root / "schema.pbtxt"),
        training={
            "data": place.write("training.csv", rows),
            "skew": str(root / "slices.yaml"),
        },
        monitoring={"drift": str(root / "drift.yaml")},
    )
    assert main(["run", "training", "--config", settings]) == 0
    return place


@pytest.fixture
def monitor(keyed, skewgate):
    def run(name, rows):
        settings = keyed.settings(
            name,
            prepare=None,
            schema=str(keyed.root / "schema.pbtxt"),
            training={"data": str(keyed.root / "data" / "training.csv")},
            monitoring={
                "data": keyed.write(f"{name}.csv", rows),
                "drift": str(keyed.root / "drift.yaml"),
                "skew": str(keyed.root / "skew.yaml"),
            },
        )
        outcome = skewgate("run", "monitoring", "--config", settings)
        folder = keyed.root / "artifacts/monitoring/SchemaSkewValidator/skew_report"
        newest = max(folder.iterdir(), key=lambda path: int(path.name))
        return outcome, json.loads((newest / "report.json").read_text())

    return run


@pytest.fixture(scope="module")
def served(keyed):
    """Returns rows that were trained on, as serving saw them."""
    before_2015 = keyed.training_rows.query("trip_start_timestamp < 1420070400")
    return before_2015.sample(3000, random_state=5)


def test_rows_that_serving_saw_as_training_did_pass(monitor, served):
    outcome, report = monitor("same", served)
    assert outcome.code == 0, outcome.err
    rows = {(r["feature"], r["slice"]): r for r in report["results"] if r["metric"] == "rows"}
    assert {r["status"] for r in rows.values()} == {"pass"}
    assert ("trip_miles", "payment_type_Credit Card") in rows
    assert rows["trip_miles", ""]["n_current"] == len(served)
    (matching,) = [r for r in report["results"] if r["metric"] == "matching"]
    assert matching["status"] == "pass"


def test_kilometres_in_one_slice_are_found_by_row_and_by_slice(monitor, served):
    rows = served.copy()
    card = rows["payment_type"] == "Credit Card"
    rows.loc[card, "trip_miles"] *= KILOMETRES
    outcome, report = monitor("kilometres", rows)
    assert outcome.code == 1
    assert "trip_miles rows (payment_type_Credit Card)" in outcome.err
    failed = {
        (r["feature"], r["slice"], r["metric"]) for r in report["results"] if r["status"] == "fail"
    }
    assert ("trip_miles", "payment_type_Credit Card", "rows") in failed
    assert ("trip_miles", "payment_type_Credit Card", "skew:jsd") in failed
    assert {feature for feature, _, _ in failed} == {"trip_miles"}
    assert not any(name == "payment_type_Cash" for _, name, _ in failed)


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
