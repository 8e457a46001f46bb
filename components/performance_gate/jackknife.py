"""TFMA's metrics with standard errors by a delete-a-group jackknife, in one pass.

TFMA offers a jackknife too, and builds a branch of the Beam graph for each of its 20 samples; it
leaves a slice without any interval if one group is empty, and takes no notice of how many rows each
group has. Here every row goes to one group of an accumulator of TFMA's own combiners; leaving one
group out is a merge of the others. Groups are drawn at random for each row, so that an order of the
rows cannot make them alike, and are the same for all slices and models: differences are paired.

The parts of TFMA with a leading underscore are the same in 0.47 and 0.52; tests on both compare
every value with that of the stock Evaluator.
"""

from __future__ import annotations

import math
import numbers
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.api import types
from tensorflow_model_analysis.evaluators import evaluator, keras_util, metrics_validator
from tensorflow_model_analysis.evaluators import (
    metrics_plots_and_validations_evaluator as upstream,
)
from tensorflow_model_analysis.extractors import slice_key_extractor
from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.slicer import slicer_lib
from tensorflow_model_analysis.utils import model_util

from skewgate.components.performance_gate.matrices import faster
from skewgate.components.performance_gate.metric_errors import MetricError, names_of
from skewgate.components.performance_gate.sampling import (
    GROUP,
    GROUPS,
    Metrics,
    Sampled,
    SampleFn,
    standard_error,
)


def make_evaluator(
    config: config_pb2.EvalConfig, shared: list[types.EvalSharedModel], schema: Any
) -> evaluator.Evaluator:
    """Returns an evaluator that takes the place of TFMA's own for metrics, plots, validations.

    Args:
        config: completed; no metric has a query key.
        shared: the models, none if the examples hold the predictions.
        schema: for metrics that want it, or None.
    """
    return evaluator.Evaluator(
        stage_name="EvaluateWithJackknife",
        run_after=slice_key_extractor.SLICE_KEY_EXTRACTOR_STAGE_NAME,
        ptransform=_Evaluate(config, shared, schema),
    )


class _Evaluate(beam.PTransform):  # type: ignore[misc, unused-ignore]
    """Extracts of single rows to metrics, plots, attributions and validations by slice."""

    def __init__(
        self, config: config_pb2.EvalConfig, shared: list[types.EvalSharedModel], schema: Any
    ) -> None:
        super().__init__()
        self._config, self._shared, self._schema = config, shared, schema

    def _computations(self) -> Any:
        defaults = []
        options = self._config.options
        if not options.HasField("include_default_metrics") or options.include_default_metrics.value:
            for model in self._shared:
                if model.include_default_metrics and model.model_type == constants.TF_KERAS:
                    defaults += keras_util.metric_computations_using_keras_saved_model(
                        model.model_name, model.model_loader, self._config
                    )
        specified = upstream._filter_and_separate_computations(
            metric_specs.to_computations(
                self._config.metrics_specs, eval_config=self._config, schema=self._schema
            )
        )
        return [*defaults, *specified.non_derived_computations], specified

    def expand(self, extracts: beam.PCollection) -> dict[str, beam.PCollection]:
        computations, specified = self._computations()
        names = names_of(computations, specified.derived_computations)
        config = self._config
        baseline = model_util.get_baseline_model_spec(config)
        whole = bool(specified.cross_slice_computations or specified.ci_derived_computations)
        slices = (
            extracts
            | "Prepare" >> beam.ParDo(_Prepare(computations))
            | "FanoutSlices" >> slicer_lib.FanoutSlices()
        )
        sampled = (
            slices
            | "Sample" >> beam.CombinePerKey(SampleFn([c.combiner for c in computations], names))
            | "Derive" >> beam.Map(_derive, list(map(faster, specified.derived_computations)))
        )
        if not whole:
            sampled = sampled | "Prune" >> beam.Map(_prune)
        if config.cross_slicing_specs:
            across = sampled | "Across" >> _AcrossSlices(
                list(config.cross_slicing_specs), specified.cross_slice_computations
            )
            sampled = [sampled, across] | "WithAcross" >> beam.Flatten()
        skipped = metric_specs.metric_keys_to_skip_for_confidence_intervals(
            config.metrics_specs, eval_config=config
        )
        everything = (
            sampled
            | "Differences" >> beam.Map(_subtract, baseline.name if baseline else None)
            | "Errors" >> beam.Map(_with_errors, skipped)
            | "FromErrors"
            >> beam.Map(upstream._add_ci_derived_metrics, specified.ci_derived_computations)
            | "RemovePrivate" >> beam.MapTuple(upstream._remove_private_metrics)
        )
        if config.options.min_slice_size.value > 1:
            counts = slices | beam.Keys() | beam.combiners.Count.PerElement()
            everything = everything | "SmallSlices" >> slicer_lib.FilterOutSlices(
                counts, config.options.min_slice_size.value
            )
        outputs = {
            name: everything | f"Select[{name}]" >> beam.Map(upstream._filter_by_key_type, kind)
            for name, kind in (
                (constants.METRICS_KEY, metric_types.MetricKey),
                (constants.PLOTS_KEY, metric_types.PlotKey),
                (constants.ATTRIBUTIONS_KEY, metric_types.AttributionsKey),
            )
        }
        outputs[constants.VALIDATIONS_KEY] = outputs[
            constants.METRICS_KEY
        ] | "Validate" >> beam.Map(metrics_validator.validate_metrics, config)
        return outputs


class _Prepare(upstream._PreprocessorDoFn):  # type: ignore[misc, unused-ignore]
    """TFMA's preprocessing, and a group for each row."""

    def start_bundle(self) -> None:
        super().start_bundle()
        self._random: np.random.Generator | None = None

    def process(self, extracts: types.Extracts) -> Iterator[types.Extracts]:
        if self._random is None:
            # What a bundle begins with differs between bundles and is the same in the next run.
            first = repr((extracts.get(constants.LABELS_KEY), extracts.get("predictions")))
            self._random = np.random.default_rng(zlib.crc32(first.encode("utf-8")))
        group = int(self._random.integers(GROUPS))
        for prepared in super().process(extracts):
            prepared[GROUP] = group
            yield prepared


def _derive(element: tuple[Any, Sampled], derived: Sequence[Any]) -> tuple[Any, Sampled]:
    """Adds the metrics that are computed from others."""
    slice_key, sampled = element

    def add(metrics: Metrics) -> Metrics:
        for computation in derived:
            try:
                metrics = {**metrics, **computation.result(metrics)}
            except Exception as error:
                raise MetricError(names_of([computation])[0], error) from error
        return metrics

    return slice_key, sampled.apply(add)


def _prune(element: tuple[Any, Sampled]) -> tuple[Any, Sampled]:
    """Takes away what only other metrics are computed from, and samples that give no error.

    The matrices behind one AUC are 40,000 numbers, and there are as many in each sample.
    """
    slice_key, sampled = element

    def public(metrics: Metrics) -> Metrics:
        return {k: v for k, v in metrics.items() if not upstream._is_private_metrics(k)}

    without = {
        group: {k: v for k, v in public(metrics).items() if isinstance(v, numbers.Real)}
        for group, metrics in sampled.without.items()
    }
    return slice_key, Sampled(public(sampled.full), without, sampled.rows)


class _AcrossSlices(beam.PTransform):  # type: ignore[misc, unused-ignore]
    """Compares slices with each other, as an EvalConfig's cross_slicing_specs say."""

    def __init__(self, specs: list[config_pb2.CrossSlicingSpec], computations: list[Any]) -> None:
        super().__init__()
        self._specs, self._computations = specs, computations

    def expand(self, sampled: beam.PCollection) -> beam.PCollection:
        return sampled | beam.FlatMap(
            _across, beam.pvalue.AsList(sampled), self._specs, self._computations
        )


def _across(
    element: tuple[Any, Sampled],
    everything: list[tuple[Any, Sampled]],
    specs: list[config_pb2.CrossSlicingSpec],
    computations: list[Any],
) -> Iterator[tuple[Any, Sampled]]:
    """Compares one slice with every other that a specification compares it with."""
    ours, sampled = element
    for spec in specs:
        if not _applies([spec.baseline_spec], ours):
            continue
        for theirs, other in everything:
            compared = (
                _applies(spec.slicing_specs, theirs)
                if spec.slicing_specs
                else not _applies([spec.baseline_spec], theirs)
            )
            if not compared:
                continue
            groups = sampled.without.keys() | other.without.keys()
            yield (
                (ours, theirs),
                Sampled(
                    _compare(sampled.full, other.full, computations),
                    {
                        # A slice without a row of the group loses nothing with it.
                        group: _compare(
                            sampled.without.get(group, sampled.full),
                            other.without.get(group, other.full),
                            computations,
                        )
                        for group in sorted(groups)
                    },
                    {g: sampled.rows.get(g, 0) + other.rows.get(g, 0) for g in sorted(groups)},
                ),
            )


def _applies(specs: Iterable[config_pb2.SlicingSpec], slice_key: Any) -> bool:
    return any(
        slicer_lib.SingleSliceSpec(spec=spec).is_slice_applicable(slice_key) for spec in specs
    )


def _compare(ours: Metrics, theirs: Metrics, computations: list[Any]) -> Metrics:
    differences = {
        key: ours[key] - value
        for key, value in theirs.items()
        if key in ours
        and not upstream._is_private_metrics(key)
        and not isinstance(key, metric_types.PlotKey | metric_types.AttributionsKey)
        and upstream._is_metric_diffable(value)
    }
    for computation in computations:
        differences.update(computation.cross_slice_comparison(ours, theirs))
    return differences


def _subtract(element: tuple[Any, Sampled], baseline: str | None) -> tuple[Any, Sampled]:
    """Adds the differences between the candidate's metrics and the baseline's."""
    slice_key, sampled = element

    def add(metrics: Metrics) -> Metrics:
        changes = {}
        for key, value in metrics.items():
            if upstream._is_private_metrics(key) or key.is_diff or key.model_name == baseline:
                continue
            before = key.make_baseline_key(baseline)
            if before in metrics and upstream._is_metric_diffable(value):
                changes[key.make_diff_key()] = value - metrics[before]
        return {**metrics, **changes}

    return slice_key, sampled.apply(add) if baseline else sampled


def _with_errors(element: tuple[Any, Sampled], skipped: frozenset[Any]) -> tuple[Any, Metrics]:
    """Gives every number its standard error, unless it is one of those that have none."""
    slice_key, sampled = element
    with_errors: Metrics = {}
    for key, value in sampled.full.items():
        with_errors[key] = value
        if key in skipped or not isinstance(value, numbers.Real) or len(sampled.without) < 2:
            continue
        samples = [metrics.get(key, math.nan) for metrics in sampled.without.values()]
        if not np.isfinite([*samples, value]).all():
            continue
        rows = [sampled.rows[group] for group in sampled.without]
        with_errors[key] = types.ValueWithTDistribution(
            sample_mean=float(np.mean(samples)),
            sample_standard_deviation=standard_error(float(value), samples, rows),
            sample_degrees_of_freedom=len(samples) - 1,
            unsampled_value=value,
        )
    return slice_key, with_errors
