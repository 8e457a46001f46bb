"""Runs TFMA on the rows of examples whose labels have come."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from typing import Any

import apache_beam as beam
import tensorflow_model_analysis as tfma
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_model_analysis.proto import config_pb2
from tfx_bsl.tfxio import tensor_adapter, tf_example_record

from skewgate.checks.performance import eval_configs
from skewgate.components.performance_gate import (
    completion,
    configuration,
    jackknife,
    metric_errors,
    resampling,
    rows,
    saved_models,
    screening,
    segments,
)
from skewgate.components.support.handover import Handover
from skewgate.core.errors import InputError


@dataclasses.dataclass(frozen=True)
class Job:
    """One evaluation.

    Attributes:
        folders: of gzip TFRecords, one per split.
        models: URIs of the artifacts "model" and "baseline_model", None for what is not there.
        config: from `completion.complete`.
        output: where TFMA writes.
        schema: gives the examples their types.
        selection: which rows are evaluated.
        plan: what of a row must be there to be counted.
        left_out: where to write how many rows could not be counted, for `screening.read`.
        collector: what else to collect of each segment, or None.
    """

    folders: list[str]
    models: dict[str, str | None]
    config: config_pb2.EvalConfig
    output: str
    schema: schema_pb2.Schema | None
    selection: rows.Selection
    plan: screening.Plan
    left_out: Handover
    collector: segments.Collector | None = None

    def shared_models(self) -> list[Any]:
        """Returns the models as TFMA loads them, none if the rows hold the predictions.

        Raises:
            InputError: there is no model to run, or it lacks the signature or an output.
        """
        if configuration.is_logged(self.config, self.models["model"] is not None):
            return []
        candidates = sum(not spec.is_baseline for spec in self.config.model_specs)
        if candidates != 1:
            raise InputError(
                "eval_config.pbtxt",
                f"has {candidates} model_specs that are not a baseline, but there is one model",
                "keep one of them, or leave the model out if the rows hold the predictions",
            )
        models = []
        for spec in self.config.model_specs:
            uri = self.models["baseline_model" if spec.is_baseline else "model"]
            if uri is None:
                raise InputError(
                    "PerformanceGate",
                    "has no model, and no model_spec of the eval_config names a prediction_key",
                    "give it the model, or name the feature that holds the predictions",
                )
            models.append(
                tfma.default_eval_shared_model(
                    eval_saved_model_path=saved_models.find(
                        uri, spec, eval_configs.asked_of_outputs(self.config, spec.name)
                    ),
                    model_name=spec.name,
                    eval_config=self.config,
                )
            )
        return models


def run(make_pipeline: Callable[[], beam.Pipeline], job: Job) -> list[rows.RowCounts]:
    """Evaluates, and returns for each folder how many rows were read, labelled and evaluated.

    Raises:
        InputError: there is no model to run, it lacks the signature or an output or cannot be fed,
            a metric cannot be computed of the rows, or the model has several outputs and segments
            are asked for.
    """
    if job.collector is not None:
        segments.check_outputs(job.config)
    shared = job.shared_models()
    pipeline = make_pipeline()
    with saved_models.naming_wrong_inputs(), metric_errors.naming_metrics(), pipeline:
        batches = []
        for index, folder in enumerate(job.folders):
            source = tf_example_record.TFExampleRecord(
                os.path.join(folder, "*"),
                telemetry_descriptors=["PerformanceGate"],
                schema=job.schema,
                raw_record_column_name=tfma.ARROW_INPUT_COLUMN,
            )
            batches.append(
                pipeline
                | f"Read[{index}]" >> source.BeamSource()
                | f"Select[{index}]" >> beam.ParDo(rows.Select(job.selection, index))
            )
        adapter = None
        if job.schema is not None:
            adapter = tensor_adapter.TensorAdapterConfig(
                arrow_schema=source.ArrowSchema(),
                tensor_representations=source.TensorRepresentations(),
            )
        _evaluate(batches | beam.Flatten(), job, shared, adapter)
    return rows.counts(pipeline.result, len(job.folders))


def _evaluate(batches: beam.PCollection, job: Job, shared: list[Any], adapter: Any) -> None:
    """Adds TFMA's extractors, evaluator and writers to the pipeline."""
    models = shared[0] if len(shared) == 1 else shared or None
    config = job.config if shared else completion.without_changes(job.config)
    extracts = batches | tfma.BatchedInputsToExtracts() | "Mark" >> beam.Map(screening.mark)
    if job.collector is not None:
        extracts = extracts | beam.Map(segments.keep_batch)
    for extractor in tfma.default_extractors(
        eval_config=config, eval_shared_model=models, tensor_adapter_config=adapter
    ):
        if extractor.stage_name == segments.TAPPED:
            extracts, examples = screening.screen(extracts, job.plan)
            if job.collector is not None:
                _ = extracts | "CollectSegments" >> job.collector
                extracts = extracts | beam.Map(segments.drop_batch)
        extracts = extracts | extractor.stage_name >> extractor.ptransform
    extracts = (extracts, examples) | "LeaveOut" >> screening.Router(job.left_out)
    if resampling.is_ours(job.config):
        evaluators = [jackknife.make_evaluator(job.config, shared, job.schema)]
    else:
        evaluators = tfma.default_evaluators(
            eval_config=config, eval_shared_model=models, schema=job.schema
        )
    evaluation = {}
    for each in evaluators:
        evaluation.update(extracts | each.stage_name >> each.ptransform)
    _ = evaluation | tfma.WriteResults(
        writers=tfma.default_writers(
            output_path=job.output, eval_shared_model=models, eval_config=config
        )
    )
