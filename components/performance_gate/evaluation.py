"""Runs TFMA on the labelled rows of examples."""

from __future__ import annotations

import os
from collections.abc import Iterator

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute
import tensorflow_model_analysis as tfma
from apache_beam.metrics import Metrics, MetricsFilter
from google.protobuf import json_format, text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.utils import path_utils
from tfx_bsl.tfxio import tensor_adapter, tf_example_record

from skewgate.errors import InputError

_NAMESPACE = "skewgate.performance_gate"


def parse_eval_config(text: str) -> tfma.EvalConfig:
    """Parses a tfma.EvalConfig in text or JSON format.

    Raises:
        InputError: it is neither, names no label, or sets no threshold.
    """
    where = "eval_config.pbtxt"
    config = tfma.EvalConfig()
    try:
        if text.lstrip().startswith("{"):
            json_format.Parse(text, config)
        else:
            text_format.Parse(text, config)
    except (text_format.ParseError, json_format.ParseError) as error:
        raise InputError(where, f"is not a tfma.EvalConfig ({error})", "correct it") from error
    if not config.model_specs or not all(spec.label_key for spec in config.model_specs):
        raise InputError(where, "every model_spec must name its label_key", "add label_key")
    found = tfma.metrics.metric_thresholds_from_metrics_specs(
        config.metrics_specs, eval_config=config
    )
    pairs = [(key.name, threshold) for key, pairs in found.items() for _, threshold in pairs]
    if not pairs:
        raise InputError(
            where, "sets no threshold, so nothing would be decided", "add a threshold to a metric"
        )
    for name, threshold in pairs:
        bounds = {field.name for field, _ in threshold.ListFields()} - {"direction"}
        if not bounds:
            raise InputError(where, f"sets a threshold without a bound on {name}", "add the bound")
    return config


def complete(config: tfma.EvalConfig, *, has_baseline: bool) -> tfma.EvalConfig:
    """Returns the configuration with TFMA's defaults; without a baseline changes are left out."""
    utils = getattr(tfma, "utils", tfma)
    completed = utils.update_eval_config_with_defaults(
        config, has_baseline=has_baseline, rubber_stamp=True
    )
    utils.verify_eval_config(completed)
    return completed


def run(
    pipeline: beam.Pipeline,
    folders: list[str],
    models: dict[str, str | None],
    config: tfma.EvalConfig,
    output: str,
    schema: schema_pb2.Schema | None,
) -> list[tuple[int, int]]:
    """Evaluates models on the labelled rows of some folders of gzip TFRecords.

    Args:
        pipeline: an empty Beam pipeline.
        folders: one per split.
        models: URIs of the artifacts "model" and, if there is one, "baseline_model".
        config: from `complete`.
        output: where TFMA writes.
        schema: gives the examples their types.

    Returns:
        For each folder the number of rows read and the number of those with a label.
    """
    shared = [
        tfma.default_eval_shared_model(
            eval_saved_model_path=path_utils.serving_model_path(
                models["baseline_model" if spec.is_baseline else "model"]
            ),
            model_name=spec.name,
            eval_config=config,
        )
        for spec in config.model_specs
    ]
    label = config.model_specs[0].label_key
    with pipeline:
        batches = []
        for index, folder in enumerate(folders):
            source = tf_example_record.TFExampleRecord(
                os.path.join(folder, "*"),
                telemetry_descriptors=["PerformanceGate"],
                schema=schema,
                raw_record_column_name=tfma.ARROW_INPUT_COLUMN,
            )
            batches.append(
                pipeline
                | f"Read[{index}]" >> source.BeamSource()
                | f"Labelled[{index}]" >> beam.ParDo(_Labelled(label, index))
            )
        adapter = None
        if schema is not None:
            adapter = tensor_adapter.TensorAdapterConfig(
                arrow_schema=source.ArrowSchema(),
                tensor_representations=source.TensorRepresentations(),
            )
        _ = (
            batches
            | beam.Flatten()
            | tfma.ExtractEvaluateAndWriteResults(
                eval_shared_model=shared[0] if len(shared) == 1 else shared,
                eval_config=config,
                output_path=output,
                tensor_adapter_config=adapter,
            )
        )
    found = pipeline.result.metrics().query(MetricsFilter().with_namespace(_NAMESPACE))
    counts = {counter.key.metric.name: counter.result for counter in found["counters"]}
    return [
        (counts.get(f"read[{index}]", 0), counts.get(f"labelled[{index}]", 0))
        for index in range(len(folders))
    ]


class _Labelled(beam.DoFn):
    """Keeps and counts the rows whose label has arrived."""

    def __init__(self, label: str, index: int) -> None:
        self._label = label
        self._read = Metrics.counter(_NAMESPACE, f"read[{index}]")
        self._labelled = Metrics.counter(_NAMESPACE, f"labelled[{index}]")

    def process(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Takes one batch of the source."""
        self._read.inc(batch.num_rows)
        for kept in labelled_rows(batch, self._label):
            self._labelled.inc(kept.num_rows)
            yield kept


def labelled_rows(batch: pa.RecordBatch, label: str) -> Iterator[pa.RecordBatch]:
    """Yields the rows of a batch whose label has arrived, or nothing if none has."""
    index = batch.schema.get_field_index(label)
    if index < 0 or pa.types.is_null(batch.schema.field(index).type):
        return
    lengths = pa.compute.fill_null(pa.compute.list_value_length(batch.column(index)), 0)
    kept = batch.filter(pa.compute.greater(lengths, 0))
    if kept.num_rows:
        yield kept
