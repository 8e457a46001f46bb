"""Follows metrics over windows: a band from reference windows, and lasting changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from skewgate import decision
from skewgate.checks.performance.config import PerformanceConfig
from skewgate.checks.performance.label_coverage import Coverage
from skewgate.core import results as results_lib
from skewgate.core.results import BASELINE_CHECK, SMALL_SLICE, MetricResult, Status
from skewgate.core.wording import many
from skewgate.decision import BandCheck, ChangeCheck
from skewgate.decision.bands import BAND, CHANGE_POINT
from skewgate.estimation import estimates
from skewgate.estimation.bands import Band, WindowValue, Worse, band
from skewgate.estimation.estimates import Estimate


@dataclasses.dataclass(frozen=True)
class Series:
    """One metric over the windows.

    Attributes:
        name: of the metric, which no other series has.
        worse: the bad side; None: either.
        bound: a threshold on each window, which a report draws, or None.
        estimates: window to what is known of the metric there; None if it has no value with an
            interval.
    """

    name: str
    worse: Worse
    bound: float | None
    estimates: Mapping[str, Estimate | None]


@dataclasses.dataclass(frozen=True)
class _Followed:
    """A series, and which of its windows serve for what.

    Attributes:
        windows: all that are known, in order of time.
        values: those that can be judged.
        apart: those of them that share no rows, in order of time.
        normal: those of these that say what is normal.
        later: the windows after these, judged or not.
        band: what the reference windows lead to expect; None if they are too few.
    """

    series: Series
    windows: list[str]
    values: dict[str, WindowValue]
    apart: list[str]
    normal: list[str]
    later: list[str]
    band: Band | None


def judge(
    followed: Sequence[Series],
    config: PerformanceConfig,
    coverage: Coverage,
    unusable: Mapping[str, str] | None = None,
) -> tuple[list[MetricResult], dict[str, Any]]:
    """Judges every window after the reference windows, and looks for lasting changes.

    Args:
        followed: the metrics, with their values in each window.
        config: with a section `windows`.
        coverage: which windows lack labels; they are no reference, and not judged.
        unusable: window to "without" which rows it was evaluated, and why. Such a window is no
            reference either, and inconclusive.

    Returns:
        The results, and what the report draws, by metric. For each series a window after the
        reference windows has one result, unless it lacks labels, which `coverage` has a result
        for, or shares rows with a reference window; and there is at least one on lasting changes,
        or one that says what the reference lacks.

    Raises:
        InputError: the order of the windows cannot be told.
    """
    unusable = unusable or {}
    results: list[MetricResult] = []
    band_checks: list[BandCheck] = []
    change_checks: list[ChangeCheck] = []
    prepared = [_prepare(series, config, coverage, unusable) for series in followed]
    for each in prepared:
        results += _unjudged(each, config, coverage, unusable)
        if each.band is None:
            results.append(_without_reference(each, config))
            continue
        band_checks += _band_checks(each, each.band, config)
        feature = _feature(config)
        change_checks.append(
            ChangeCheck(
                metric=each.series.name,
                windows=[each.values[window] for window in each.apart],
                slices=[f"{feature}:{window}" for window in each.apart],
                worse=each.series.worse,
            )
        )
    results += decision.judge_change_points(change_checks, config.significance)
    results += decision.judge_bands(band_checks, config.significance)
    charts = {each.series.name: _chart(each, results, config, coverage) for each in prepared}
    return results, charts


def _feature(config: PerformanceConfig) -> str:
    assert config.windows is not None
    return config.windows.feature


def _prepare(
    series: Series, config: PerformanceConfig, coverage: Coverage, unusable: Collection[str]
) -> _Followed:
    rules = config.windows
    assert rules is not None
    windows = coverage.in_order({*series.estimates, *coverage.complete})
    values, lacking = {}, {*coverage.incomplete, *unusable}
    for window in windows:
        estimate = series.estimates.get(window)
        if estimate is None or estimate.n < config.min_slice_rows:
            continue
        error = estimates.standard_error(estimate)
        if error is not None and window not in lacking:
            values[window] = WindowValue(window, estimate.value, error, estimate.n)
    apart = _disjoint(list(values), coverage.spans)
    made = None
    normal = apart[: rules.reference]
    if len(apart) > rules.reference:
        made = band([values[window] for window in normal], rules.band_sigmas)
        later = _after(normal, windows, coverage.spans)
    else:
        # Windows that cannot be judged must not turn the ones after them into reference windows.
        countable = [window for window in windows if window not in coverage.incomplete]
        first = _disjoint(countable, coverage.spans)[: rules.reference]
        later = _after(first, windows, coverage.spans) if len(first) == rules.reference else []
    return _Followed(series, windows, values, apart, normal, later, made)


def _band_checks(followed: _Followed, made: Band, config: PerformanceConfig) -> Iterator[BandCheck]:
    rows = sum(followed.values[window].n for window in followed.normal)
    for window in followed.later:
        estimate = followed.series.estimates.get(window)
        if window not in followed.values or estimate is None:
            continue
        lower, upper = estimate.bounds(config.significance.alpha)
        yield BandCheck(
            metric=followed.series.name,
            slice=f"{_feature(config)}:{window}",
            window=followed.values[window],
            band=made,
            reference_rows=rows,
            worse=followed.series.worse,
            lower=lower,
            upper=upper,
        )


def _without_reference(followed: _Followed, config: PerformanceConfig) -> MetricResult:
    rules = config.windows
    assert rules is not None
    reason = (
        f"{followed.series.name} has {many(len(followed.apart), 'window')} with enough labels and "
        f"rows, and to follow it {rules.reference + 1} are needed: {rules.reference} say what is "
        "normal"
    )
    return results_lib.inconclusive(BASELINE_CHECK, reason)


def _unjudged(
    followed: _Followed,
    config: PerformanceConfig,
    coverage: Coverage,
    unusable: Mapping[str, str],
) -> Iterator[MetricResult]:
    """Yields the results of later windows that cannot be judged."""
    for window in followed.later:
        judged = followed.band is not None and window in followed.values
        if judged or window in coverage.incomplete:
            continue
        estimate = followed.series.estimates.get(window)
        small = estimate is not None and estimate.n < config.min_slice_rows
        if window in unusable:
            reason = f"{followed.series.name} was computed {unusable[window]}"
            small = False
        elif estimate is not None and small:
            reason = (
                f"{followed.series.name} is of {many(estimate.n, 'row')}, and a window needs "
                f"{config.min_slice_rows:,} to be judged"
            )
        elif window in followed.values:
            reason = f"{followed.series.name} has no band to be judged by in this window"
        else:
            reason = f"{followed.series.name} could not be computed with an interval in this window"
        yield MetricResult(
            "",
            f"{_feature(config)}:{window}",
            f"{followed.series.name} {BAND}",
            Status.INCONCLUSIVE,
            reason,
            n_current=estimate.n if estimate else None,
            cause=SMALL_SLICE if small else None,
        )


def _disjoint(windows: list[str], spans: dict[str, tuple[float, float]]) -> list[str]:
    """Returns windows none of which overlaps another: rolling windows share rows.

    >>> _disjoint(["a", "b", "c"], {"a": (0, 2), "b": (1, 3), "c": (2, 4)})
    ['a', 'c']
    """
    kept: list[str] = []
    for window in windows:
        if kept and window in spans and spans[window][0] < spans[kept[-1]][1]:
            continue
        kept.append(window)
    return kept


def _after(
    normal: list[str], windows: list[str], spans: dict[str, tuple[float, float]]
) -> list[str]:
    """Returns the windows that share no row with the last reference window or one before it.

    >>> _after(["a"], ["a", "b", "c"], {"a": (0, 2), "b": (1, 3), "c": (2, 4)})
    ['c']
    """
    if not normal:
        return []
    after = windows[windows.index(normal[-1]) + 1 :]
    return [
        window
        for window in after
        if window not in spans or spans[window][0] >= spans[normal[-1]][1]
    ]


def _chart(
    followed: _Followed,
    results: Sequence[MetricResult],
    config: PerformanceConfig,
    coverage: Coverage,
) -> dict[str, Any]:
    """Returns what the report draws of one metric."""
    feature, series, made = _feature(config), followed.series, followed.band
    status = {r.slice: r.status.value for r in results if r.metric == f"{series.name} {BAND}"}
    changes = [r for r in results if r.metric == f"{series.name} {CHANGE_POINT}" and r.slice]
    points: list[dict[str, Any]] = []
    limits: list[tuple[float | None, float | None]] = []
    for window in coverage.in_order({*followed.windows, *coverage.spans}):
        estimate = series.estimates.get(window)
        bounds = estimate.bounds(config.significance.alpha) if estimate else (None, None)
        error = estimates.standard_error(estimate) if estimate else None
        default = Status.PASS if window in followed.values else Status.INCONCLUSIVE
        points.append(
            {
                "window": window,
                "value": estimate.value if estimate else None,
                "lower": bounds[0],
                "upper": bounds[1],
                "n": estimate.n if estimate else 0,
                "status": status.get(f"{feature}:{window}", default.value),
            }
        )
        if made is None or estimate is None or error is None:
            limits.append((None, None))
        else:
            limits.append(made.limits(WindowValue(window, estimate.value, error, estimate.n)))
    return {
        "points": points,
        "band": None
        if made is None
        else {
            "mean": made.mean,
            "lower": [low for low, _ in limits],
            "upper": [high for _, high in limits],
        },
        "threshold": series.bound,
        "change_points": [
            {"window": r.slice.partition(":")[2], "before": r.null_value, "after": r.value}
            for r in changes
        ],
    }
