"""Builders of real artifacts for the executors under test."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils, standard_artifacts

SCHEMA = """
default_environment: "TRAINING"
default_environment: "SERVING"
feature {
  name: "fare" type: FLOAT
  presence { min_fraction: 1.0 min_count: 1 }
  float_domain { min: 0 }
}
feature {
  name: "payment" type: BYTES domain: "payment"
  presence { min_fraction: 1.0 min_count: 1 }
  skew_comparator { infinity_norm { threshold: 0.2 } }
}
feature {
  name: "label" type: INT
  presence { min_fraction: 1.0 min_count: 1 }
  not_in_environment: "SERVING"
}
string_domain { name: "payment" value: "Cash" value: "Card" }
"""


@pytest.fixture
def statistics_artifact(tmp_path: pathlib.Path) -> Callable[..., Any]:
    """Makes an ExampleStatistics artifact from data frames, one per split."""

    def make(name: str, rank_error: str | None = None, **splits: pd.DataFrame) -> Any:
        artifact = standard_artifacts.ExampleStatistics()
        artifact.uri = str(tmp_path / name)
        artifact.split_names = artifact_utils.encode_split_names(list(splits))
        if rank_error:
            artifact.set_string_custom_property("rank_error", rank_error)
        for split, frame in splits.items():
            options = tfdv.StatsOptions(num_quantiles_histogram_buckets=200, epsilon=0.001)
            statistics = tfdv.generate_statistics_from_dataframe(frame, options)
            folder = pathlib.Path(artifact_utils.get_split_uri([artifact], split))
            folder.mkdir(parents=True)
            (folder / "FeatureStats.pb").write_bytes(statistics.SerializeToString())
        return artifact

    return make


@pytest.fixture
def schema_artifact(tmp_path: pathlib.Path) -> Callable[..., Any]:
    """Makes a Schema artifact from text."""

    def make(text: str = SCHEMA) -> Any:
        artifact = standard_artifacts.Schema()
        artifact.uri = str(tmp_path / "schema")
        os.makedirs(artifact.uri, exist_ok=True)
        pathlib.Path(artifact.uri, "schema.pbtxt").write_text(text)
        return artifact

    return make


@pytest.fixture
def output(tmp_path: pathlib.Path) -> Callable[..., Any]:
    """Makes an empty output artifact with a folder of its own."""

    def make(kind: type, name: str) -> Any:
        artifact = kind()
        artifact.uri = str(tmp_path / "out" / name)
        os.makedirs(artifact.uri, exist_ok=True)
        return artifact

    return make


@pytest.fixture
def read_json() -> Callable[[Any], dict[str, Any]]:
    """Reads report.json of a report artifact."""

    def read(artifact: Any) -> dict[str, Any]:
        return json.loads(pathlib.Path(artifact.uri, "report.json").read_text())

    return read


@pytest.fixture
def beam_context(tmp_path: pathlib.Path) -> Any:
    """Returns the context of a Beam executor on the DirectRunner."""
    return base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=["--runner=DirectRunner", "--direct_num_workers=1"],
        tmp_dir=str(tmp_path / "tmp"),
        unique_id="1",
    )
