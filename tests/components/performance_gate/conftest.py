"""Evaluations by hand, and PerformanceGate on rows that hold their predictions."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import tensorflow as tf
from tensorflow_model_analysis.metrics import metric_types
from tfx.types import artifact_utils, standard_artifacts

from skewgate.components.performance_gate.measured import MeasuredValue, Measurements, SliceMetrics
from tests import encoding

COUNT = metric_types.MetricKey("example_count")


@pytest.fixture(scope="session")
def measurements() -> Callable[..., Measurements]:
    """Makes an evaluation: slice key to rows, and metric key to value, error and freedom."""

    def make(config: Any, slices: dict[Any, tuple[int, dict[Any, Any]]]) -> Measurements:
        return Measurements(
            {
                key: SliceMetrics(
                    {
                        COUNT: MeasuredValue(float(rows)),
                        **{name: MeasuredValue(*number) for name, number in numbers.items()},
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
        records = encoding.encode(pa.Table.from_pandas(frame, preserve_index=False), "rows")
        with tf.io.TFRecordWriter(str(split / "data.gz"), "GZIP") as writer:
            for record in records:
                writer.write(record)
        if counted is not None:
            artifact.set_int_custom_property("rows_eval", counted)
        return artifact

    return make
