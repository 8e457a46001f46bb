"""Builders of real artifacts for the executors under test."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import path_utils

from skewgate.components import artifact_types
from skewgate.components.performance_gate import executor as performance_executor
from skewgate.pipeline.settings import LOCAL_BEAM

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
        beam_pipeline_args=[*LOCAL_BEAM],
        tmp_dir=str(tmp_path / "tmp"),
        unique_id="1",
    )


class Gated:
    """What PerformanceGate wrote.

    Attributes:
        artifacts: the outputs by name.
        report: report.json.
    """

    def __init__(self, artifacts: dict[str, Any]) -> None:
        self.artifacts = artifacts
        folder = pathlib.Path(artifacts["performance_report"].uri)
        self.report = json.loads((folder / "report.json").read_text())

    @property
    def evaluation(self) -> str:
        """Where the evaluation is."""
        return str(self.artifacts["evaluation"].uri)

    def verdicts(self) -> dict[tuple[str, str], str]:
        """Returns the status of each result by slice and metric."""
        return {(r["slice"], r["metric"]): r["status"] for r in self.report["results"]}

    def results(self, metric: str) -> dict[str, dict[str, Any]]:
        """Returns the results of one metric by slice."""
        return {r["slice"]: r for r in self.report["results"] if r["metric"] == metric}

    def statuses(self, metric: str) -> dict[str, str]:
        """Returns the status of one metric by slice."""
        return {name: r["status"] for name, r in self.results(metric).items()}


@pytest.fixture(scope="session")
def write_examples() -> Callable[..., Any]:
    """Writes rows as an Examples artifact with the split eval, in one or several files."""

    def write(folder: pathlib.Path, rows: list[dict[str, Any]], files: int = 1) -> Any:
        artifact = standard_artifacts.Examples()
        artifact.uri = str(folder)
        artifact.split_names = artifact_utils.encode_split_names(["eval"])
        split = pathlib.Path(artifact_utils.get_split_uri([artifact], "eval"))
        split.mkdir(parents=True)
        for index in range(files):
            name = split / f"data_tfrecord-{index:05d}-of-{files:05d}.gz"
            with tf.io.TFRecordWriter(str(name), "GZIP") as writer:
                for row in rows[index::files]:
                    writer.write(_example(row))
        return artifact

    return write


def _example(row: dict[str, Any]) -> bytes:
    """Returns a serialized tf.Example; a value is a text, a number or a list of numbers."""
    example = tf.train.Example()
    for name, value in row.items():
        feature = example.features.feature[name]
        if isinstance(value, str):
            feature.bytes_list.value.append(value.encode("utf-8"))
        elif isinstance(value, int):
            feature.int64_list.value.append(value)
        else:
            feature.float_list.value.extend(value if isinstance(value, list) else [value])
    return bytes(example.SerializeToString())


@pytest.fixture(scope="session")
def model_artifact() -> Callable[..., Any]:
    """Makes a Model artifact whose serving model `save` writes to the folder that it is given."""

    def make(folder: pathlib.Path, save: Callable[[str], Any]) -> Any:
        artifact = standard_artifacts.Model()
        artifact.uri = str(folder)
        save(path_utils.serving_model_dir(artifact.uri))
        return artifact

    return make


@pytest.fixture(scope="session")
def gate() -> Callable[..., Gated]:
    """Runs the executor of PerformanceGate."""

    def run(
        folder: pathlib.Path,
        examples: Any,
        eval_config: str,
        model: Any = None,
        baseline_model: Any = None,
        schema: str | None = None,
        config: str = "{}",
        **inputs: Any,
    ) -> Gated:
        given = {"examples": examples, "model": model, "baseline_model": baseline_model, **inputs}
        if schema:
            given["schema"] = standard_artifacts.Schema()
            given["schema"].uri = str(folder / "schema")
            os.makedirs(given["schema"].uri)
            pathlib.Path(given["schema"].uri, "schema.pbtxt").write_text(schema)
        outputs = {
            "evaluation": standard_artifacts.ModelEvaluation(),
            "blessing": standard_artifacts.ModelBlessing(),
            "performance_report": artifact_types.PerformanceReport(),
        }
        for name, artifact in outputs.items():
            artifact.uri = str(folder / name)
            os.makedirs(artifact.uri)
        context = base_beam_executor.BaseBeamExecutor.Context(
            beam_pipeline_args=[*LOCAL_BEAM],
            tmp_dir=str(folder / "tmp"),
            unique_id="1",
        )
        performance_executor.Executor(context).Do(
            {name: [artifact] for name, artifact in given.items() if artifact is not None},
            {name: [artifact] for name, artifact in outputs.items()},
            {"eval_config": eval_config, "example_splits": '["eval"]', "config": config},
        )
        return Gated(outputs)

    return run
