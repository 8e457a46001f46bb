"""Evaluations by hand, and PerformanceGate on rows that hold their predictions."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import tensorflow as tf
from tensorflow_model_analysis.metrics import metric_types
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils, standard_artifacts

from skewgate import tables
from skewgate.components import artifact_types
from skewgate.components.performance_gate import executor
from skewgate.components.performance_gate.measured import Measured, Measurements, SliceMetrics
from skewgate.pipeline.settings import LOCAL_BEAM

COUNT = metric_types.MetricKey("example_count")


@pytest.fixture(scope="session")
def measurements() -> Callable[..., Measurements]:
    """Makes an evaluation: slice key to rows, and metric key to value, error and freedom."""

    def make(config: Any, slices: dict[Any, tuple[int, dict[Any, Any]]]) -> Measurements:
        return Measurements(
            {
                key: SliceMetrics(
                    {
                        COUNT: Measured(float(rows)),
                        **{name: Measured(*number) for name, number in numbers.items()},
                    }
                )
                for key, (rows, numbers) in slices.items()
            },
            config,
        )

    return make


@pytest.fixture(scope="session")
def frame_examples() -> Callable[..., Any]:
    """Writes a data frame as an Examples artifact with the split eval."""

    def make(folder: pathlib.Path, frame: pd.DataFrame, counted: int | None = None) -> Any:
        artifact = standard_artifacts.Examples()
        artifact.uri, artifact.split_names = str(folder), '["eval"]'
        split = pathlib.Path(artifact_utils.get_split_uri([artifact], "eval"))
        split.mkdir(parents=True)
        records = tables.encode(pa.Table.from_pandas(frame, preserve_index=False), "rows")
        with tf.io.TFRecordWriter(str(split / "data.gz"), "GZIP") as writer:
            for record in records:
                writer.write(record)
        if counted is not None:
            artifact.set_int_custom_property("rows_eval", counted)
        return artifact

    return make


class Run:
    """What PerformanceGate wrote.

    Attributes:
        artifacts: the outputs by name.
        report: report.json.
    """

    def __init__(self, artifacts: dict[str, Any]) -> None:
        self.artifacts = artifacts
        folder = pathlib.Path(artifacts["performance_report"].uri)
        self.report = json.loads((folder / "report.json").read_text())

    def results(self, metric: str) -> dict[str, dict[str, Any]]:
        """Returns the results of one metric by slice."""
        return {r["slice"]: r for r in self.report["results"] if r["metric"] == metric}

    def statuses(self, metric: str) -> dict[str, str]:
        """Returns the status of one metric by slice."""
        return {name: r["status"] for name, r in self.results(metric).items()}


@pytest.fixture(scope="session")
def run_gate() -> Callable[..., Run]:
    """Runs the executor on a real Beam runner."""

    def run(
        folder: pathlib.Path, examples: Any, eval_config: str, config: str = "{}", **inputs: Any
    ) -> Run:
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
        executor.Executor(context).Do(
            {"examples": [examples], **{name: [each] for name, each in inputs.items()}},
            {name: [artifact] for name, artifact in outputs.items()},
            {"eval_config": eval_config, "example_splits": '["eval"]', "config": config},
        )
        return Run(outputs)

    return run
