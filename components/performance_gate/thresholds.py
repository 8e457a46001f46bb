"""Judges TFMA's metrics by the thresholds of an EvalConfig, with their confidence intervals."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.slicer import slicer_lib

from skewgate.types import MetricResult, Status


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A metric's value with its confidence interval; without one all three are equal."""

    value: float
    lower: float
    upper: float

    def over(self, divisor: float) -> Estimate:
        """Divides by a positive or negative number; by 0 nothing is known."""
        if math.isclose(divisor, 0.0):
            return Estimate(math.nan, math.nan, math.nan)
        low, high = sorted((self.lower / divisor, self.upper / divisor))
        return Estimate(self.value / divisor, low, high)


SliceMetrics = dict[metric_types.MetricKey, Estimate]


def load(path: str) -> dict[tuple[Any, ...], SliceMetrics]:
    """Reads the metrics that TFMA wrote: slice key to metric key to estimate."""
    loaded: dict[tuple[Any, ...], SliceMetrics] = {}
    for record in tfma.load_metrics(path):
        if record.HasField("cross_slice_key"):
            continue
        key = slicer_lib.deserialize_slice_key(record.slice_key)
        metrics = loaded.setdefault(key, {})
        for item in record.metric_keys_and_values:
            if item.value.HasField("double_value"):
                value = item.value.double_value.value
                low, high = value, value
                if item.HasField("confidence_interval"):
                    interval = item.confidence_interval
                    low = interval.lower_bound.double_value.value
                    high = interval.upper_bound.double_value.value
                metrics[metric_types.MetricKey.from_proto(item.key)] = Estimate(value, low, high)
    return loaded


def has_change(config: tfma.EvalConfig) -> bool:
    """Says whether a configuration sets a threshold on the change against a baseline."""
    found = tfma.metrics.metric_thresholds_from_metrics_specs(
        config.metrics_specs, eval_config=config
    )
    return any(
        isinstance(threshold, config_pb2.GenericChangeThreshold)
        for pairs in found.values()
        for _, threshold in pairs
    )


def judge(
    config: tfma.EvalConfig, metrics: dict[tuple[Any, ...], SliceMetrics]
) -> list[MetricResult]:
    """Returns one result per bound, metric and slice; what was not evaluated is inconclusive.

    Args:
        config: the completed EvalConfig.
        metrics: from `load`.
    """
    baselines = [spec.name for spec in config.model_specs if spec.is_baseline]
    wanted = tfma.metrics.metric_thresholds_from_metrics_specs(
        config.metrics_specs, eval_config=config
    )
    results = []
    for key, pairs in wanted.items():
        if key.model_name in baselines:
            continue
        for spec, threshold in pairs:
            if isinstance(spec, config_pb2.CrossSlicingSpec):
                reason = f"{key.name}: thresholds across slices are not judged"
                results.append(MetricResult("", "", key.name, Status.INCONCLUSIVE, reason))
                continue
            found = [slice_key for slice_key in metrics if _applies(spec, slice_key)]
            measured = [slice_key for slice_key in found if key in metrics[slice_key]]
            for slice_key in measured:
                results += _judge_one(key, threshold, slice_key, metrics[slice_key], baselines[:1])
            if not measured:
                where = _named(spec) if spec is not None else "any slice"
                reason = f"{key.name} could not be evaluated on {where}: no labelled row"
                results.append(MetricResult("", "", key.name, Status.INCONCLUSIVE, reason))
    return results


def _applies(spec: Any, slice_key: tuple[Any, ...]) -> bool:
    return spec is None or slicer_lib.SingleSliceSpec(spec=spec).is_slice_applicable(slice_key)


def _named(spec: Any) -> str:
    parts = [*spec.feature_keys, *(f"{k}={v}" for k, v in spec.feature_values.items())]
    return ", ".join(parts) or "all data"


def _judge_one(
    key: metric_types.MetricKey,
    threshold: Any,
    slice_key: tuple[Any, ...],
    metrics: SliceMetrics,
    baseline: list[str],
) -> list[MetricResult]:
    name = slicer_lib.stringify_slice_key(slice_key) if slice_key else ""
    rows = next((int(e.value) for k, e in metrics.items() if k.name == "example_count"), None)
    estimate = metrics[key]
    bounds: list[tuple[str, Estimate, float, bool]] = []  # name, estimate, bound, is a floor
    if isinstance(threshold, config_pb2.GenericValueThreshold):
        if threshold.HasField("lower_bound"):
            bounds.append((key.name, estimate, threshold.lower_bound.value, True))
        if threshold.HasField("upper_bound"):
            bounds.append((key.name, estimate, threshold.upper_bound.value, False))
    else:
        floor = threshold.direction == config_pb2.MetricDirection.HIGHER_IS_BETTER
        if threshold.HasField("absolute"):
            bounds.append((f"{key.name} change", estimate, threshold.absolute.value, floor))
        if threshold.HasField("relative"):
            before = metrics[key.make_baseline_key(baseline[0])].value
            relative = estimate.over(before)
            bounds.append(
                (f"{key.name} relative change", relative, threshold.relative.value, floor)
            )
    return [
        _verdict(metric, name, found, bound, floor, rows) for metric, found, bound, floor in bounds
    ]


def _verdict(
    metric: str, name: str, found: Estimate, bound: float, floor: bool, rows: int | None
) -> MetricResult:
    """Compares an interval with a bound: beyond it, clear of it, or holding it."""
    relation = "at least" if floor else "at most"
    interval = f"{metric} is {found.value:.4g} in [{found.lower:.4g}, {found.upper:.4g}]"
    count = "" if rows is None else f" on {rows:,} rows"
    if not all(map(math.isfinite, (found.value, found.lower, found.upper))):
        status, reason = Status.INCONCLUSIVE, f"{metric} could not be computed{count}"
    elif (found.lower >= bound) if floor else (found.upper <= bound):
        status, reason = Status.PASS, f"{interval}{count}: {relation} {bound:g}, as it must be"
    elif (found.upper < bound) if floor else (found.lower > bound):
        status, reason = Status.FAIL, f"{interval}{count}, and must be {relation} {bound:g}"
    else:
        status = Status.INCONCLUSIVE
        reason = f"{interval}{count}, which does not settle whether it is {relation} {bound:g}"
    return MetricResult(
        feature="",
        slice=name,
        metric=metric,
        status=status,
        reason=reason,
        value=found.value,
        lower=found.lower,
        upper=found.upper,
        threshold=bound,
        n_current=rows,
    )
