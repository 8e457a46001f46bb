"""Follows metrics over windows: a band from reference windows, and lasting changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from tensorflow_model_analysis.metrics import metric_types

from skewgate import decision
from skewgate.checks.performance.config import PerformanceConfig, Windows
from skewgate.components.performance_gate.configuration import MetricThreshold
from skewgate.components.performance_gate.label_coverage import Coverage
from skewgate.components.performance_gate.measured import Measurements
from skewgate.components.performance_gate.thresholds import label
from skewgate.core import results as results_lib
from skewgate.core.errors import InputError
from skewgate.core.results import BASELINE_CHECK, SMALL_SLICE, MetricResult, Status
from skewgate.decision import BandCheck, ChangeCheck
from skewgate.decision.bands import BAND, CHANGE_POINT
from skewgate.estimation import estimates
from skewgate.estimation.bands import Band, WindowValue, Worse, band
from skewgate.estimation.estimates import Estimate


@dataclasses.dataclass(frozen=True)
class _Series:
    """One metric over the windows, in order of time."""

    key: metric_types.MetricKey
    worse: Worse
    bound: float | None
    estimates: dict[str, Estimate | None]


def judge(
    thresholds: Sequence[MetricThreshold],
    measured: Measurements,
    config: PerformanceConfig,
    coverage: Coverage,
    baseline: str | None,
) -> tuple[list[MetricResult], dict[str, Any]]:
    """Judges every window after the reference windows, and looks for lasting changes.

    Args:
        thresholds: the thresholds of the EvalConfig: what is followed, and which side is worse.
        measured: with a slice for each window.
        config: with a section `windows`.
        coverage: which windows lack labels; they are no reference, and not judged.
        baseline: the name of a baseline model, which is not followed, or None.

    Returns:
        The results, and what the report draws, by metric. A window after the reference windows
        that cannot be judged has an inconclusive result, unless `coverage` has one already.

    Raises:
        InputError: a metric to follow was not computed, or the order of the windows cannot be told.
    """
    rules = config.windows
    assert rules is not None
    results: list[MetricResult] = []
    charts: dict[str, Any] = {}
    band_checks: list[BandCheck] = []
    change_checks: list[ChangeCheck] = []
    bands_by_metric: dict[str, tuple[_Series, Band | None]] = {}
    for series in _series(thresholds, measured, rules, coverage, baseline):
        name = label(series.key)
        values = _values(series, config.min_slice_rows, coverage.incomplete)
        disjoint = _disjoint(list(values), coverage.spans)
        normal = disjoint[: rules.reference]
        later = _after(normal, list(series.estimates), coverage.spans)
        if len(disjoint) <= rules.reference:
            reason = (
                f"{name} has {len(disjoint)} windows with enough labels and rows, and to follow it "
                f"{rules.reference + 1} are needed: {rules.reference} say what is normal"
            )
            results.append(results_lib.inconclusive(BASELINE_CHECK, reason))
            bands_by_metric[name] = series, None
            continue
        reference = [values[window] for window in normal]
        normal_band = band(reference, rules.band_sigmas)
        bands_by_metric[name] = series, normal_band
        rows = sum(window.n for window in reference)
        for window in later:
            if window not in values:
                if window not in coverage.incomplete:
                    place = f"{rules.feature}:{window}"
                    results.append(_unjudged(name, place, series.estimates[window], config))
                continue
            estimate = series.estimates[window]
            assert estimate is not None
            lower, upper = estimate.bounds(config.significance.alpha)
            band_checks.append(
                BandCheck(
                    metric=name,
                    slice=f"{rules.feature}:{window}",
                    window=values[window],
                    band=normal_band,
                    reference_rows=rows,
                    worse=series.worse,
                    lower=lower,
                    upper=upper,
                )
            )
        change_checks.append(
            ChangeCheck(
                metric=name,
                windows=[values[window] for window in disjoint],
                slices=[f"{rules.feature}:{window}" for window in disjoint],
                worse=series.worse,
            )
        )
    judged = [
        *decision.judge_change_points(change_checks, config.significance),
        *decision.judge_bands(band_checks, config.significance),
    ]
    for name, (series, band_or_none) in bands_by_metric.items():
        charts[name] = _chart(name, series, band_or_none, judged, config, coverage)
    return [*results, *judged], charts


def _series(
    thresholds: Sequence[MetricThreshold],
    measured: Measurements,
    rules: Windows,
    coverage: Coverage,
    baseline: str | None,
) -> list[_Series]:
    """Returns the metrics to follow, with their values in each window."""
    windows = {
        str(key[0][1]): key
        for key in measured.slices
        if len(key) == 1 and key[0][0] == rules.feature
    }
    followed: dict[metric_types.MetricKey, tuple[Worse, float | None]] = {}
    # A threshold on windows, or on every slice, says best what is worse; then one on the value.
    order = sorted(thresholds, key=lambda each: (not _on_windows(each, rules), each.is_change))
    for threshold in (each for each in order if not each.is_across):
        bound = _one_bound(threshold) if _on_windows(threshold, rules) else None
        followed.setdefault(threshold.key._replace(is_diff=False), (_side(threshold), bound))
    if rules.metrics is not None:
        computed = {
            key
            for slice_key in windows.values()
            for key in measured.slices[slice_key].values
            if not key.is_diff and (baseline is None or key.model_name != baseline)
        }
        for name in rules.metrics:
            if windows and name not in {key.name for key in computed}:
                raise InputError(
                    "performance.yaml: windows.metrics",
                    f"name {name}, which was not computed; there are "
                    f"{', '.join(sorted({key.name for key in computed}))}",
                    "correct the name, or add the metric to the eval_config",
                )
        followed = {
            key: followed.get(key, (None, None))
            for key in sorted({*computed, *followed}, key=str)
            if key.name in rules.metrics
        }
    return [
        _Series(
            key,
            worse,
            bound,
            {name: measured.estimate(windows[name], key) for name in coverage.in_order(windows)},
        )
        for key, (worse, bound) in followed.items()
    ]


def _on_windows(threshold: MetricThreshold, rules: Windows) -> bool:
    spec = threshold.spec
    if spec is None:
        return True
    if threshold.is_across or spec.feature_values:
        return False
    return [*spec.feature_keys] == [rules.feature]


def _side(threshold: MetricThreshold) -> Worse:
    return "lower" if threshold.worse == "lower" else "higher" if threshold.worse else None


def _one_bound(threshold: MetricThreshold) -> float | None:
    if threshold.is_change or threshold.worse is None:
        return None
    name = "lower_bound" if threshold.worse == "lower" else "upper_bound"
    return float(getattr(threshold.proto, name).value)


def _values(
    series: _Series, min_rows: int, incomplete: dict[str, MetricResult]
) -> dict[str, WindowValue]:
    """Returns the windows that have enough rows and labels, with their standard errors."""
    values = {}
    for window, estimate in series.estimates.items():
        if estimate is None or estimate.n < min_rows or window in incomplete:
            continue
        error = estimates.standard_error(estimate)
        if error is not None:
            values[window] = WindowValue(window, estimate.value, error, estimate.n)
    return values


def _unjudged(
    name: str, place: str, estimate: Estimate | None, config: PerformanceConfig
) -> MetricResult:
    """Returns the result of a window that has too few rows, or no value with an error."""
    metric, small = f"{name} {BAND}", estimate is not None and estimate.n < config.min_slice_rows
    if estimate is not None and small:
        reason = (
            f"{name} is of {estimate.n:,} rows, and a window needs {config.min_slice_rows:,} to be "
            "judged"
        )
    else:
        reason = f"{name} could not be computed with an interval in this window"
    return MetricResult(
        "",
        place,
        metric,
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
    name: str,
    series: _Series,
    normal_band: Band | None,
    judged: Sequence[MetricResult],
    config: PerformanceConfig,
    coverage: Coverage,
) -> dict[str, Any]:
    """Returns what the report draws of one metric."""
    assert config.windows is not None
    feature = config.windows.feature
    status = {r.slice: r.status.value for r in judged if r.metric == f"{name} {BAND}"}
    changes = [r for r in judged if r.metric == f"{name} {CHANGE_POINT}" and r.slice]
    points: list[dict[str, Any]] = []
    limits: list[tuple[float | None, float | None]] = []
    for window in coverage.in_order({*series.estimates, *coverage.spans}):
        estimate = series.estimates.get(window)
        bounds = estimate.bounds(config.significance.alpha) if estimate else (None, None)
        error = estimates.standard_error(estimate) if estimate else None
        doubtful = estimate is None or estimate.n < config.min_slice_rows
        default = Status.INCONCLUSIVE if doubtful or window in coverage.incomplete else Status.PASS
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
        if normal_band is None or estimate is None or error is None:
            limits.append((None, None))
        else:
            value = WindowValue(window, estimate.value, error, estimate.n)
            limits.append(normal_band.limits(value))
    return {
        "points": points,
        "band": None
        if normal_band is None
        else {
            "mean": normal_band.mean,
            "lower": [low for low, _ in limits],
            "upper": [high for _, high in limits],
        },
        "threshold": series.bound,
        "change_points": [
            {"window": r.slice.partition(":")[2], "before": r.null_value, "after": r.value}
            for r in changes
        ],
    }
