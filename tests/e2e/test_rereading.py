"""`skewgate run monitoring` reads rows again where the statistics leave a verdict open."""

from __future__ import annotations

import json
import pathlib

import pytest

from skewgate.components.support import state_reading
from skewgate.pipeline import settings as settings_lib

EXACT = 0.15523305  # of trip_miles; scipy.stats.ks_2samp on all values


def test_the_pushed_model_leads_to_the_rows_it_was_trained_on(trained):
    pushed = state_reading.State(str(trained.root / "state"), "taxi-training").last()
    examples = pushed.record.artifacts["examples"]
    assert set(json.loads(examples.properties["split_names"])) == {"train", "eval"}
    rows = examples.custom_properties
    assert rows["rows_train"] + rows["rows_eval"] == len(trained.training_rows)
    assert rows["file_format"] == "tfrecords_gzip"
    assert pathlib.Path(examples.uri, "Split-train").is_dir()


@pytest.mark.parametrize(("threshold", "verdict"), [(EXACT - 5e-4, "fail"), (EXACT + 5e-4, "pass")])
def test_a_threshold_within_the_interval_is_settled(trained, skewgate, threshold, verdict):
    drift = settings_lib.TAXI.parent / "drift.yaml"
    text = drift.read_text().replace(
        "trip_miles: {critical: true}", f"trip_miles: {{critical: true, ks: {threshold}}}"
    )
    contract = trained.root / f"drift_{verdict}.yaml"
    contract.write_text(text)
    settings = trained.settings(f"settled_{verdict}", monitoring={"drift": str(contract)})
    assert skewgate("run", "monitoring", "--config", settings).code == 1
    reports = trained.root / "artifacts" / "taxi-monitoring" / "DriftEvaluator" / "drift_report"
    newest = max(reports.iterdir(), key=lambda path: int(path.name))
    report = json.loads((newest / "report.json").read_text())
    assert report["baseline"]["settled"] == report["current"]["settled"] == ["trip_miles"]
    (ks,) = [r for r in report["results"] if (r["feature"], r["metric"]) == ("trip_miles", "ks")]
    assert ks["status"] == verdict
    assert ks["lower"] == pytest.approx(EXACT, abs=1e-8)
    assert ks["upper"] == pytest.approx(EXACT, abs=1e-8)
