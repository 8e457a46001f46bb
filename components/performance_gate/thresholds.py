"""Puts the thresholds of an EvalConfig beside what TFMA measured, slice by slice."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.slicer import slicer_lib

from skewgate.components.performance_gate.configuration import Wanted
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
class Found:
    """What is to be judged, and what could not be measured.

    Attributes:
        checks: for `decision.judge_bounds`.
        doubts: results, all inconclusive.
    """

    checks: list[BoundCheck] = dataclasses.field(default_factory=list)
    doubts: list[MetricResult] = dataclasses.field(default_factory=list)


def collect(
    wanted: list[Wanted],
    measured: Measurements,
    baseline: str | None,
    stored: Measurements | None = None,
    min_rows: int = 1,
) -> Found:
    """Returns a check for each threshold, bound and slice; what was not measured is a doubt.

    Args:
        wanted: the thresholds of the configuration.
        measured: what TFMA measured.
        baseline: name of the baseline model, None without one.
        stored: an earlier evaluation to compare with where there is no baseline model.
        min_rows: a slice with fewer rows is small, and no wonder if it lacks an interval.
    """
    found = Found()
    for each in wanted:
        slices = [key for key in measured.slices if _applies(each.spec, key)]
        if not slices:
            metric = label(each.key)
            reason = (
                f"{metric} could not be evaluated on {_named(each.spec)}: there is no such slice"
            )
            found.doubts.append(_doubt("", metric, reason))
        for slice_key in sorted(slices, key=name_of):
            if not each.is_change:
                _value(each, slice_key, measured, found)
            elif baseline is not None:
                _paired(each, slice_key, measured, baseline, found)
            elif stored is not None:
                _unpaired(each, slice_key, measured, stored, found)
    found.doubts = [_small(doubt, min_rows) for doubt in found.doubts]
    if baseline is None and stored is None and any(each.is_change for each in wanted):
        reason = "there is no baseline, so the change thresholds could not be checked"
        found.doubts.append(results.inconclusive(BASELINE_CHECK, reason))
    return found


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


def _doubt(name: str, metric: str, reason: str, **fields: Any) -> MetricResult:
    return MetricResult("", name, metric, Status.INCONCLUSIVE, reason, **fields)


def _bounds(wanted: Wanted) -> Iterator[tuple[str, float, bool]]:
    """Yields what is added to the metric's name, the bound, and whether it is a floor."""
    threshold = wanted.threshold
    if not wanted.is_change:
        if threshold.HasField("lower_bound"):
            yield "", threshold.lower_bound.value, True
        if threshold.HasField("upper_bound"):
            yield "", threshold.upper_bound.value, False
        return
    floor = threshold.direction == config_pb2.MetricDirection.HIGHER_IS_BETTER
    if threshold.HasField("absolute"):
        yield " change", threshold.absolute.value, floor
    if threshold.HasField("relative"):
        yield " relative change", threshold.relative.value, floor


def _missing(slice_metrics: SliceMetrics, metric: str, name: str, rows: int) -> MetricResult:
    """Returns the doubt about a metric that has no value, or no interval, on a slice."""
    if slice_metrics.left_out:
        reason = f"{metric} was left out: the EvalConfig's min_slice_size asks for more rows"
        return _doubt(name, metric, reason, cause=SMALL_SLICE)
    reason = f"{metric} could not be computed with an interval on {rows:,} rows"
    return _doubt(name, metric, reason, n_current=rows)


def _small(doubt: MetricResult, min_rows: int) -> MetricResult:
    """Gives a doubt about a metric without an interval its cause, if its slice is small."""
    small = bool(doubt.slice) and 0 < (doubt.n_current or 0) < min_rows
    return dataclasses.replace(doubt, cause=SMALL_SLICE) if small else doubt


def _value(wanted: Wanted, slice_key: SliceKey, measured: Measurements, found: Found) -> None:
    metrics, name = measured.slices[slice_key], name_of(slice_key)
    rows = measured.rows(slice_key)
    estimate = measured.estimate(slice_key, wanted.key)
    if estimate is None:
        found.doubts.append(_missing(metrics, label(wanted.key), name, rows))
        return
    for _, bound, floor in _bounds(wanted):
        found.checks.append(BoundCheck(name, label(wanted.key), estimate, bound, floor))


def _paired(
    wanted: Wanted, slice_key: SliceKey, measured: Measurements, baseline: str, found: Found
) -> None:
    """Compares with a baseline model on the same rows."""
    key = wanted.key._replace(is_diff=False)
    change = measured.resampled(slice_key, wanted.key)
    ours = measured.resampled(slice_key, key)
    theirs = measured.resampled(slice_key, key.make_baseline_key(baseline))
    _compare(wanted, slice_key, measured, (change, ours, theirs), found)


def _unpaired(
    wanted: Wanted, slice_key: SliceKey, measured: Measurements, stored: Measurements, found: Found
) -> None:
    """Compares with an earlier evaluation, of other rows."""
    key = wanted.key._replace(is_diff=False)
    theirs = stored.only_model(slice_key, key)
    if theirs is None:
        where = f"the slice {name_of(slice_key)}" if slice_key else "all data"
        reason = f"the stored evaluation has no {label(key)} with an interval on {where}"
        found.doubts.append(_doubt(name_of(slice_key), BASELINE_CHECK, reason))
        return
    ours = measured.resampled(slice_key, key)
    sides = [estimates.widened(each) for each in (ours, theirs) if each is not None]
    change = None
    if len(sides) == 2 and sides[0] is not None and sides[1] is not None:
        change = estimates.difference(sides[0], sides[1])
    _compare(wanted, slice_key, measured, (change, ours, theirs), found, theirs.n)


def _compare(
    wanted: Wanted,
    slice_key: SliceKey,
    measured: Measurements,
    values: tuple[Estimate | None, Estimate | None, Estimate | None],
    found: Found,
    n_baseline: int | None = None,
) -> None:
    change, ours, theirs = values
    name, rows = name_of(slice_key), measured.rows(slice_key)
    for suffix, bound, floor in _bounds(wanted):
        metric = label(wanted.key) + suffix
        estimate = _relative(change, ours, theirs, bound) if "relative" in suffix else change
        if estimate is None:
            found.doubts.append(_missing(measured.slices[slice_key], metric, name, rows))
        else:
            found.checks.append(BoundCheck(name, metric, estimate, bound, floor, n_baseline))


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
