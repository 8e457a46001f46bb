"""Runs the real pipelines on the real taxi rows, once per session, in one folder."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
import yaml

from skewgate.cli.main import main
from skewgate.pipeline import records
from skewgate.pipeline import settings as settings_lib
from skewgate.pipeline.taxi import data

KEY = """
feature { name: "trip_id" type: INT value_count { min: 1 max: 1 } }
"""
"""The taxi rows have no key; the training rows of these tests get one."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a user sees of one `skewgate run`."""

    code: int
    out: str
    err: str


@dataclasses.dataclass(frozen=True)
class Workspace:
    """A folder in which both pipelines run, and the rows to plant things in."""

    root: pathlib.Path
    training_rows: pd.DataFrame
    serving_rows: pd.DataFrame

    def settings(self, name: str, **changes: dict[str, Any] | str) -> str:
        """Writes a settings file: the taxi settings, a key for rows, and some sections changed."""
        content = yaml.safe_load(settings_lib.TAXI.read_text())
        contracts = settings_lib.TAXI.parent
        content["root"] = str(self.root)
        schema = self.root / "keyed_schema.pbtxt"
        schema.write_text((contracts / "schema.pbtxt").read_text() + KEY)
        content["schema"] = str(schema)
        content["training"]["train_steps"] = 300
        drift = self.root / "keyed_drift.yaml"
        text = (contracts / "drift.yaml").read_text()
        drift.write_text(text.replace("\nfeatures:\n", "\nfeatures:\n  trip_id: {ignore: true}\n"))
        content["monitoring"]["drift"] = str(drift)
        for section in ("training", "monitoring"):
            for contract in ("skew", "performance", "eval_config"):
                content[section][contract] = str(contracts / content[section][contract])
        for key, change in changes.items():
            if isinstance(change, dict):
                content.setdefault(key, {}).update(change)
            else:
                content[key] = change
        path = self.root / f"{name}.yaml"
        path.write_text(yaml.safe_dump(content))
        return str(path)

    def write(self, name: str, rows: pd.DataFrame) -> str:
        """Writes rows as a CSV file and returns its path."""
        path = self.root / "data" / name
        rows.to_csv(path, index=False)
        return str(path)

    def pushed(self) -> list[str]:
        """Lists the models that were pushed."""
        folder = self.root / "serving" / "taxi"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def states(self, pipeline: str) -> dict[str, str]:
        """Returns node to state of a pipeline's last run, whose log is the newest."""
        logs = (self.root / "logs").glob(f"taxi-{pipeline}-*.log")
        log = max(logs, key=lambda path: path.stat().st_mtime_ns)
        run_id = log.stem.removeprefix(f"taxi-{pipeline}-")
        database = str(self.root / "metadata" / f"taxi-{pipeline}.sqlite")
        return {node.node: node.state for node in records.of_run(database, run_id)}


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Returns a workspace with the taxi rows in it."""
    root = tmp_path_factory.mktemp("taxi")
    data.prepare(str(root))
    types = {"big_tipper": "Int64", "trip_seconds": "Int64"}
    for column in ("community_area", "census_tract"):
        types |= {f"pickup_{column}": "Int64", f"dropoff_{column}": "Int64"}
    training, serving = (
        pd.read_csv(root / "data" / f"{name}.csv", dtype=types) for name in ("training", "serving")
    )
    training["trip_id"] = range(len(training))
    training.to_csv(root / "data" / "training.csv", index=False)
    return Workspace(root, training, serving)


@pytest.fixture
def skewgate(capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs the command line in this process, so that TFX is imported once for all tests."""

    def run(*arguments: str) -> Outcome:
        capfd.readouterr()
        code = main(arguments)
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def trained(workspace: Workspace) -> Workspace:
    """Returns the workspace after one training run that pushed a model."""
    assert main(["run", "training", "--config", workspace.settings("trained")]) == 0
    assert len(workspace.pushed()) == 1
    return workspace


@pytest.fixture(scope="session")
def quiet_serving(workspace: Workspace) -> pd.DataFrame:
    """Returns 2,500 labelled rows of the training years: serving without any drift."""
    before_2015 = workspace.training_rows.query("trip_start_timestamp < 1420070400")
    return before_2015.sample(2500, random_state=11)
