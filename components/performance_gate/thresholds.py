"""Puts the thresholds of an EvalConfig beside what TFMA measured, slice by slice."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.slicer import slicer_lib

from skewgate.components.performance_gate.configuration import MetricThreshold
from skewgate.components.performance_gate.measured import (
    Measurements,
    SliceKey,
    SliceMetrics,
    is_across,
)
from skewgate.core import results
from skewgate.core.results import BASELINE_CHECK, SMALL_SLICE, MetricResult, Status
from skewgate.decision import BoundCheck
from skewgate.estimation import estimates
from skewgate.estimation.estimates import Estimate, Resampled, Unchanging


@dataclasses.dataclass
class CollectedChecks:
    """What is to be judged, and what could not be measured.

    Attributes:
        checks: for `decision.judge_bounds`.
        unmeasured: results, all inconclusive.
    """

    checks: list[BoundCheck] = dataclasses.field(default_factory=list)
    unmeasured: list[MetricResult] = dataclasses.field(default_factory=list)


def collect(
    thresholds: list[MetricThreshold],
    measured: Measurements,
    baseline: str | None,
    stored: Measurements | None = None,
    min_rows: int = 1,
) -> CollectedChecks:
    """Returns a check for each threshold, bound and slice; what was not measured is inconclusive.

    Args:
        thresholds: the thresholds of the configuration.
        measured: what TFMA measured.
        baseline: name of the baseline model, None without one.
        stored: an earlier evaluation to compare with where there is no baseline model.
        min_rows: a slice with fewer rows is small, and no wonder if it lacks an interval.
    """
    collected = CollectedChecks()
    for threshold in thresholds:
        slices = [key for key in measured.slices if _applies(threshold.spec, key)]
        if not slices:
            metric = label(threshold.key)
            where = _named(threshold.spec)
            reason = f"{metric} could not be evaluated on {where}: there is no such slice"
            collected.unmeasured.append(_unmeasured("", metric, reason))
        for slice_key in sorted(slices, key=name_of):
            if not threshold.is_change:
                _value(threshold, slice_key, measured, collected)
            elif baseline is not None:
                _paired(threshold, slice_key, measured, baseline, collected)
            elif stored is not None:
                _unpaired(threshold, slice_key, measured, stored, collected)
    collected.unmeasured = [_small(result, min_rows) for result in collected.unmeasured]
    if baseline is None and stored is None and any(threshold.is_change for threshold in thresholds):
        reason = "there is no baseline, so the change thresholds could not be checked"
        collected.unmeasured.append(results.inconclusive(BASELINE_CHECK, reason))
    return collected


def label(key: metric_types.MetricKey) -> str:
    """Returns the name of a metric with its model, output and class, where it has them.

    >>> label(metric_types.MetricKey("recall", sub_key=metric_types.SubKey(class_id=2)))
    'recall (classId:2)'
    """
    model = "" if key.model_name in ("", tfma.CANDIDATE_KEY) else key.model_name
    parts = [part for part in (model, key.output_name, str(key.sub_key or "")) if part]
    if key.aggregation_type:
        parts.append(str(key.aggregation_type))
    if key.example_weighted:
        parts.append("weighted")
    return f"{key.name} ({', '.join(parts)})" if parts else key.name


def name_of(slice_key: SliceKey) -> str:
    """Returns the name of a slice, "" for all data.

    >>> name_of((("payment", "Cash"),))
    'payment:Cash'
    """
    if is_across(slice_key):
        first, second = (name_of(part) or "all data" for part in slice_key)
        return f"{first} against {second}"
    return slicer_lib.stringify_slice_key(slice_key) if slice_key else ""


def _applies(spec: Any, slice_key: SliceKey) -> bool:
    if isinstance(spec, config_pb2.CrossSlicingSpec):
        return is_across(slice_key) and bool(
            slicer_lib.is_cross_slice_applicable(cross_slice_key=slice_key, cross_slicing_spec=spec)
        )
    if is_across(slice_key):
        return False
    return spec is None or bool(
        slicer_lib.SingleSliceSpec(spec=spec).is_slice_applicable(slice_key)
    )


def _named(spec: Any) -> str:
    if spec is None:
        return "any slice"
    if isinstance(spec, config_pb2.CrossSlicingSpec):
        others = " or ".join(map(_named, spec.slicing_specs)) or "others"
        return f"{_named(spec.baseline_spec)} against {others}"
    parts = [*spec.feature_keys, *(f"{k}={v}" for k, v in spec.feature_values.items())]
    return ", ".join(parts) or "all data"


def _unmeasured(name: str, metric: str, reason: str, **fields: Any) -> MetricResult:
    return MetricResult("", name, metric, Status.INCONCLUSIVE, reason, **fields)


def _bounds(threshold: MetricThreshold) -> Iterator[tuple[str, float, bool]]:
    """Yields what is added to the metric's name, the bound, and whether it is a floor."""
    proto = threshold.proto
    if not threshold.is_change:
        if proto.HasField("lower_bound"):
            yield "", proto.lower_bound.value, True
        if proto.HasField("upper_bound"):
            yield "", proto.upper_bound.value, False
        return
    floor = proto.direction == config_pb2.MetricDirection.HIGHER_IS_BETTER
    if proto.HasField("absolute"):
        yield " change", proto.absolute.value, floor
    if proto.HasField("relative"):
        yield " relative change", proto.relative.value, floor


def _missing(slice_metrics: SliceMetrics, metric: str, name: str, rows: int) -> MetricResult:
    """Returns the inconclusive result of a metric that has no value, or no interval, on a slice."""
    if slice_metrics.left_out:
        reason = f"{metric} was left out: the EvalConfig's min_slice_size asks for more rows"
        return _unmeasured(name, metric, reason, cause=SMALL_SLICE)
    reason = f"{metric} could not be computed with an interval on {rows:,} rows"
    return _unmeasured(name, metric, reason, n_current=rows)


def _small(result: MetricResult, min_rows: int) -> MetricResult:
    """Gives an inconclusive result its cause, if its slice is small."""
    small = bool(result.slice) and 0 < (result.n_current or 0) < min_rows
    return dataclasses.replace(result, cause=SMALL_SLICE) if small else result


def _value(
    threshold: MetricThreshold,
    slice_key: SliceKey,
    measured: Measurements,
    collected: CollectedChecks,
) -> None:
    metrics, name = measured.slices[slice_key], name_of(slice_key)
    rows = measured.rows(slice_key)
    estimate = measured.estimate(slice_key, threshold.key)
    if estimate is None:
        collected.unmeasured.append(_missing(metrics, label(threshold.key), name, rows))
        return
    for _, bound, floor in _bounds(threshold):
        collected.checks.append(BoundCheck(name, label(threshold.key), estimate, bound, floor))


def _paired(
    threshold: MetricThreshold,
    slice_key: SliceKey,
    measured: Measurements,
    baseline: str,
    collected: CollectedChecks,
) -> None:
    """Compares with a baseline model on the same rows."""
    key = threshold.key._replace(is_diff=False)
    change = measured.resampled(slice_key, threshold.key)
    ours = measured.resampled(slice_key, key)
    theirs = measured.resampled(slice_key, key.make_baseline_key(baseline))
    _compare(threshold, slice_key, measured, (change, ours, theirs), collected)


def _unpaired(
    threshold: MetricThreshold,
    slice_key: SliceKey,
    measured: Measurements,
    stored: Measurements,
    collected: CollectedChecks,
) -> None:
    """Compares with an earlier evaluation, of other rows."""
    key = threshold.key._replace(is_diff=False)
    theirs = stored.only_model(slice_key, key)
    if theirs is None:
        where = f"the slice {name_of(slice_key)}" if slice_key else "all data"
        reason = f"the stored evaluation has no {label(key)} with an interval on {where}"
        collected.unmeasured.append(_unmeasured(name_of(slice_key), BASELINE_CHECK, reason))
        return
    ours = measured.resampled(slice_key, key)
    sides = [estimates.widened(each) for each in (ours, theirs) if each is not None]
    change = None
    if len(sides) == 2 and sides[0] is not None and sides[1] is not None:
        change = estimates.difference(sides[0], sides[1])
    _compare(threshold, slice_key, measured, (change, ours, theirs), collected, theirs.n)


def _compare(
    threshold: MetricThreshold,
    slice_key: SliceKey,
    measured: Measurements,
    values: tuple[Estimate | None, Estimate | None, Estimate | None],
    collected: CollectedChecks,
    n_baseline: int | None = None,
) -> None:
    change, ours, theirs = values
    name, rows = name_of(slice_key), measured.rows(slice_key)
    for suffix, bound, floor in _bounds(threshold):
        metric = label(threshold.key) + suffix
        estimate = _relative(change, ours, theirs, bound) if "relative" in suffix else change
        if estimate is None:
            collected.unmeasured.append(_missing(measured.slices[slice_key], metric, name, rows))
        else:
            collected.checks.append(BoundCheck(name, metric, estimate, bound, floor, n_baseline))


def _relative(
    change: Estimate | None, ours: Estimate | None, theirs: Estimate | None, bound: float
) -> Estimate | None:
    if change is None or ours is None or theirs is None or theirs.value == 0:
        return None
    if isinstance(change, Unchanging):
        size = abs(theirs.value)
        return Unchanging(change.value / theirs.value, change.scale / size, change.n)
    sides = estimates.widened(ours), estimates.widened(theirs)
    if not isinstance(change, Resampled) or sides[0] is None or sides[1] is None:
        return None
    return estimates.relative_change(change, sides[0], sides[1], bound)
