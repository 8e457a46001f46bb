"""The command, the Python face and DriftEvaluator give the same bytes of a report."""

import json
import pathlib
import shutil

import numpy as np
import pandas as pd
import pytest
from tfx.types import artifact_utils, standard_artifacts

import skewgate
from skewgate.cli.main import main
from skewgate.components.drift_evaluator import executor

CONFIG = "features: {fare: {ks: 0.1, wasserstein: 0.2}}\nslices: [[paid]]\n"
OWN = {"run_id", "time", "checksum", "baseline", "current"}
"""What a run says of itself and of where its data are."""


def trips(rows, seed, fare):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "fare": np.round(4 * fare * rng.lognormal(2.0, 0.5, rows)) / 4,
            "area": rng.integers(1, 77, rows),
            "paid": rng.choice(["Cash", "Card", "Été"], rows),
            "tip": np.where(rng.random(rows) < 0.3, np.nan, rng.gamma(2.0, 1.0, rows)),
        }
    )


@pytest.fixture
def statistics(tmp_path):
    """Paths of the statistics of two years."""
    paths = [tmp_path / "before.pb", tmp_path / "now.pb"]
    for path, frame in zip(paths, (trips(900, 1, 1.0), trips(700, 2, 1.5)), strict=True):
        skewgate.profile(frame, slices=[["paid"]]).save(path)
    return paths


@pytest.fixture
def reports(statistics, tmp_path, output):
    """What each of the three wrote, by its name."""
    (tmp_path / "drift.yaml").write_text(CONFIG)
    by_command, by_python = tmp_path / "command", tmp_path / "python"
    arguments = ["drift", *map(str, statistics), "--config", str(tmp_path / "drift.yaml")]
    assert main([*arguments, "--out", str(by_command), "--quiet"]) == 1
    skewgate.compare(*statistics, tmp_path / "drift.yaml").save(by_python)
    inputs = {}
    names = ("baseline_statistics", "statistics")
    for name, path in zip(names, statistics, strict=True):
        artifact = standard_artifacts.ExampleStatistics()
        artifact.uri = str(tmp_path / name)
        artifact.split_names = artifact_utils.encode_split_names(["train"])
        folder = pathlib.Path(artifact_utils.get_split_uri([artifact], "train"))
        folder.mkdir(parents=True)
        shutil.copy(path, folder / "FeatureStats.pb")
        inputs[name] = [artifact]
    artifact = output(skewgate.DriftReport, "drift_report")
    executor.Executor().Do(inputs, {"drift_report": [artifact]}, {"config": CONFIG})
    return {"command": by_command, "python": by_python, "component": pathlib.Path(artifact.uri)}


def found(folder):
    """Returns the bytes of what a report says of the data."""
    content = json.loads((folder / "report.json").read_text("utf-8"))
    assert content.keys() >= OWN
    return json.dumps({name: value for name, value in content.items() if name not in OWN}).encode()


def test_three_ways_give_the_same_bytes(reports):
    command, python, component = (found(reports[name]) for name in reports)
    assert python == command
    assert component == command
    assert len(json.loads(command)["results"]) > 20


def test_each_writes_the_same_files(reports):
    names = [sorted(path.name for path in folder.iterdir()) for folder in reports.values()]
    assert names == [["metrics.prom", "report.html", "report.json"]] * 3
