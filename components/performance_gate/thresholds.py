"""Puts the thresholds of an EvalConfig beside what TFMA measured, slice by slice."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.slicer import slicer_lib

from skewgate.components.performance_gate.configuration import MetricThreshold
from skewgate.components.performance_gate.measured import (
    Measurements,
    SliceKey,
    is_across,
)
from skewgate.core import results
from skewgate.core.results import BASELINE_CHECK, SMALL_SLICE, MetricResult, Status
from skewgate.core.wording import listed, many
from skewgate.decision import BoundCheck
from skewgate.estimation import estimates
from skewgate.estimation.estimates import Estimate, Resampled, Unchanging

_ANY, _ALL = "any slice", "all data"


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
    slicing_specs: Sequence[config_pb2.SlicingSpec] = (),
) -> CollectedChecks:
    """Returns a check for each threshold, bound and slice; what was not measured is inconclusive.

    Args:
        thresholds: the thresholds of the configuration.
        measured: what TFMA measured.
        baseline: name of the baseline model, None without one.
        stored: an earlier evaluation to compare with where there is no baseline model.
        min_rows: a slice with fewer rows is small, and no wonder if it lacks an interval.
        slicing_specs: of the EvalConfig: a threshold on all slices is on those of each.
    """
    collected = CollectedChecks()
    names = names_of(measured.slices)
    lacking: dict[str, list[str]] = {}
    for threshold in thresholds:
        slices = [key for key in measured.slices if _applies(threshold.spec, key)]
        asked = [threshold.spec] if threshold.spec is not None else [*slicing_specs] or [None]
        for spec in asked:
            if not any(_applies(spec, key) for key in measured.slices):
                collected.unmeasured.append(_absent(label(threshold.key), spec))
        for slice_key in sorted(slices, key=names.__getitem__):
            place = _Place(slice_key, names[slice_key], measured)
            if not threshold.is_change:
                _value(threshold, place, collected)
            elif baseline is not None:
                _paired(threshold, place, baseline, collected)
            elif stored is not None and not _unpaired(threshold, place, stored, collected):
                lacking.setdefault(place.name, []).append(label(threshold.key))
    for name, metrics in lacking.items():
        on = f"the slice {name}" if name else "all data"
        reason = f"the stored evaluation has no {listed(metrics)} with an interval on {on}"
        collected.unmeasured.append(_unmeasured(name, BASELINE_CHECK, reason))
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


def names_of(slice_keys: Iterable[SliceKey]) -> dict[SliceKey, str]:
    """Returns the names of slices, each its own; "" is all data.

    Where two would have one name their values are in quotes.

    >>> list(names_of([(), (("payment", "Cash"),)]).values())
    ['', 'payment:Cash']
    >>> list(names_of([(("day", 3),), (("day", "3"),)]).values())
    ['day:3', "day:'3'"]
    """
    keys = list(slice_keys)
    plain = {key: _name_of(key, slicer_lib.stringify_slice_key) for key in keys}
    often = collections.Counter(plain.values())
    return {
        key: plain[key] if often[plain[key]] == 1 else _name_of(key, _in_quotes) for key in keys
    }


def _name_of(slice_key: SliceKey, of_one: Callable[[SliceKey], str]) -> str:
    if is_across(slice_key):
        first, second = (_name_of(part, of_one) or _ALL for part in slice_key)
        return f"{first} against {second}"
    return of_one(slice_key) if slice_key else ""


def _in_quotes(slice_key: SliceKey) -> str:
    return ", ".join(f"{column}:{value!r}" for column, value in slice_key)


@dataclasses.dataclass(frozen=True)
class _Place:
    """A slice, its name, and the evaluation that it is of."""

    key: SliceKey
    name: str
    measured: Measurements

    @property
    def rows(self) -> int:
        """The number of its rows."""
        return self.measured.rows(self.key)


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
        return _ANY
    if isinstance(spec, config_pb2.CrossSlicingSpec):
        others = " or ".join(map(_named, spec.slicing_specs)) or "others"
        return f"{_named(spec.baseline_spec)} against {others}"
    parts = [*spec.feature_keys, *(f"{k}={v}" for k, v in spec.feature_values.items())]
    return ", ".join(parts) or _ALL


def _absent(metric: str, spec: Any) -> MetricResult:
    """Returns the result of a metric on slices of which there is none."""
    where = _named(spec)
    name = "" if where in (_ANY, _ALL) else where.replace("=", ":")  # as reports name slices
    reason = f"{metric} could not be evaluated on {where}: there is no such slice"
    return _unmeasured(name, metric, reason)


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


def _missing(where: _Place, metric: str) -> MetricResult:
    """Returns the inconclusive result of a metric that has no value, or no interval, on a slice."""
    if where.measured.slices[where.key].left_out:
        reason = f"{metric} was left out: the EvalConfig's min_slice_size asks for more rows"
        return _unmeasured(where.name, metric, reason, cause=SMALL_SLICE)
    reason = f"{metric} could not be computed with an interval on {many(where.rows, 'row')}"
    return _unmeasured(where.name, metric, reason, n_current=where.rows)


def _small(result: MetricResult, min_rows: int) -> MetricResult:
    """Gives an inconclusive result its cause, if its slice is small."""
    small = bool(result.slice) and 0 < (result.n_current or 0) < min_rows
    return dataclasses.replace(result, cause=SMALL_SLICE) if small else result


def _value(threshold: MetricThreshold, where: _Place, collected: CollectedChecks) -> None:
    estimate = where.measured.estimate(where.key, threshold.key)
    if estimate is None:
        collected.unmeasured.append(_missing(where, label(threshold.key)))
        return
    for _, bound, floor in _bounds(threshold):
        collected.checks.append(
            BoundCheck(where.name, label(threshold.key), estimate, bound, floor)
        )


def _paired(
    threshold: MetricThreshold, where: _Place, baseline: str, collected: CollectedChecks
) -> None:
    """Compares with a baseline model on the same rows."""
    key = threshold.key._replace(is_diff=False)
    change = where.measured.resampled(where.key, threshold.key)
    ours = where.measured.resampled(where.key, key)
    theirs = where.measured.resampled(where.key, key.make_baseline_key(baseline))
    _compare(threshold, where, (change, ours, theirs), collected)


def _unpaired(
    threshold: MetricThreshold, where: _Place, stored: Measurements, collected: CollectedChecks
) -> bool:
    """Compares with an earlier evaluation, of other rows; says whether that has the metric."""
    key = threshold.key._replace(is_diff=False)
    theirs = stored.only_model(where.key, key)
    if theirs is None:
        return False
    ours = where.measured.resampled(where.key, key)
    sides = [estimates.widened(each) for each in (ours, theirs) if each is not None]
    change = None
    if len(sides) == 2 and sides[0] is not None and sides[1] is not None:
        change = estimates.difference(sides[0], sides[1])
    _compare(threshold, where, (change, ours, theirs), collected, theirs.n)
    return True


def _compare(
    threshold: MetricThreshold,
    where: _Place,
    values: tuple[Estimate | None, Estimate | None, Estimate | None],
    collected: CollectedChecks,
    n_baseline: int | None = None,
) -> None:
    change, ours, theirs = values
    for suffix, bound, floor in _bounds(threshold):
        metric = label(threshold.key) + suffix
        estimate = _relative(change, ours, theirs, bound) if "relative" in suffix else change
        if estimate is None:
            collected.unmeasured.append(_missing(where, metric))
        else:
            collected.checks.append(
                BoundCheck(where.name, metric, estimate, bound, floor, n_baseline)
            )


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
