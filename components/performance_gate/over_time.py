"""Follows metrics over windows: a band from reference windows, and lasting changes."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Sequence
from typing import Any

from tensorflow_model_analysis.metrics import metric_types

from skewgate import decision
from skewgate.checks.performance.config import PerformanceConfig, Windows
from skewgate.components.performance_gate.configuration import Wanted
from skewgate.components.performance_gate.measured import Measurements
from skewgate.components.performance_gate.thresholds import label
from skewgate.core import results as results_lib
from skewgate.core.errors import InputError
from skewgate.core.results import BASELINE_CHECK, MetricResult, Status
from skewgate.decision import BandCheck, ChangeCheck
from skewgate.decision.bands import BAND, CHANGE_POINT
from skewgate.estimation import estimates
from skewgate.estimation.bands import Band, WindowValue, Worse, band
from skewgate.estimation.estimates import Estimate
from skewgate.report.report import Report


@dataclasses.dataclass(frozen=True)
class Coverage:
    """What LabelJoiner reported of the labels of each window.

    Attributes:
        feature: that names the windows of a row, "" if nothing is known.
        results: one per window.
        spans: window to its start and end, in seconds since 1970.
    """

    feature: str = ""
    results: tuple[MetricResult, ...] = ()
    spans: dict[str, tuple[float, float]] = dataclasses.field(default_factory=dict)

    def in_order(self, windows: Iterable[str]) -> list[str]:
        """Returns windows by their start, where it is known of all, else by their names.

        In the hour that comes twice in autumn names do not ascend with time.
        """
        windows = sorted(windows)
        if not all(window in self.spans for window in windows):
            return windows
        return sorted(windows, key=lambda window: self.spans[window][0])

    @functools.cached_property
    def incomplete(self) -> dict[str, MetricResult]:
        """The windows that lack too many labels, with what was found of them."""
        return {
            result.slice.partition(":")[2]: result
            for result in self.results
            if result.slice and result.status is not Status.PASS
        }


def read_coverage(report: Report, where: str, config: PerformanceConfig) -> Coverage:
    """Takes from the report of a LabelJoiner what it says of windows.

    Raises:
        InputError: it is a report of another kind, or its windows are those of another feature
            than the configuration follows.
    """
    if report.kind != "labels":
        raise InputError(
            where, f"is a {report.kind} report, not one of labels", "connect LabelJoiner's"
        )
    windows = report.details["labels"]["windows"]
    results = report.decision.results
    feature = min((r.slice.partition(":")[0] for r in results if r.slice), default="")
    if config.windows and feature not in ("", config.windows.feature):
        raise InputError(
            "performance.yaml: windows.feature",
            f"is {config.windows.feature}, and the label report is about {feature}",
            f"follow {feature}, or name it so in labels.yaml",
        )
    return Coverage(
        feature=feature,
        results=results,
        spans={each["name"]: (each["start"], each["end"]) for each in windows},
    )


@dataclasses.dataclass(frozen=True)
class _Series:
    """One metric over the windows, in order of time."""

    key: metric_types.MetricKey
    worse: Worse
    threshold: float | None
    found: dict[str, Estimate | None]


def judge(
    wanted: Sequence[Wanted],
    measured: Measurements,
    config: PerformanceConfig,
    coverage: Coverage,
) -> tuple[list[MetricResult], dict[str, Any]]:
    """Judges every window after the reference windows, and looks for lasting changes.

    Args:
        wanted: the thresholds of the EvalConfig: what is followed, and which side is worse.
        measured: with a slice for each window.
        config: with a section `windows`.
        coverage: which windows lack labels; they are no reference, and not judged.

    Returns:
        The results, and what the report draws, by metric.

    Raises:
        InputError: a metric to follow was not computed.
    """
    rules = config.windows
    assert rules is not None
    results: list[MetricResult] = []
    drawn: dict[str, Any] = {}
    bands: list[BandCheck] = []
    changes: list[ChangeCheck] = []
    known: dict[str, tuple[_Series, Band | None]] = {}
    for series in _series(wanted, measured, rules, coverage):
        name = label(series.key)
        values = _values(series, config.min_slice_rows, coverage.incomplete)
        apart = _apart(list(values), coverage.spans)
        normal = apart[: rules.reference]
        later = _after(normal, list(values), coverage.spans)
        if len(apart) <= rules.reference:
            reason = (
                f"{name} has {len(apart)} windows with enough labels and rows, and to follow it "
                f"{rules.reference + 1} are needed: {rules.reference} say what is normal"
            )
            results.append(results_lib.inconclusive(BASELINE_CHECK, reason))
            known[name] = series, None
            continue
        reference = [values[window] for window in normal]
        found = band(reference, rules.band_sigmas)
        known[name] = series, found
        rows = sum(each.n for each in reference)
        for window in later:
            estimate = series.found[window]
            assert estimate is not None
            lower, upper = estimate.bounds(config.significance.alpha)
            bands.append(
                BandCheck(
                    metric=name,
                    slice=f"{rules.feature}:{window}",
                    window=values[window],
                    band=found,
                    reference_rows=rows,
                    worse=series.worse,
                    lower=lower,
                    upper=upper,
                )
            )
        changes.append(
            ChangeCheck(
                metric=name,
                windows=[values[window] for window in apart],
                slices=[f"{rules.feature}:{window}" for window in apart],
                worse=series.worse,
            )
        )
    judged = [
        *decision.judge_change_points(changes, config.significance),
        *decision.judge_bands(bands, config.significance),
    ]
    for name, (series, found_band) in known.items():
        drawn[name] = _drawing(name, series, found_band, judged, config, coverage)
    return [*results, *judged], drawn


def _series(
    wanted: Sequence[Wanted], measured: Measurements, rules: Windows, coverage: Coverage
) -> list[_Series]:
    """Returns the metrics to follow, with their values in each window."""
    windows = {
        str(key[0][1]): key
        for key in measured.slices
        if len(key) == 1 and key[0][0] == rules.feature
    }
    followed: dict[metric_types.MetricKey, tuple[Worse, float | None]] = {}
    # A threshold on windows, or on every slice, says best what is worse; then one on the value.
    order = sorted(wanted, key=lambda each: (not _on_windows(each, rules), each.is_change))
    for each in (each for each in order if not each.is_across):
        bound = _one_bound(each) if _on_windows(each, rules) else None
        followed.setdefault(each.key._replace(is_diff=False), (_side(each), bound))
    if rules.metrics is not None:
        computed = {
            key
            for slice_key in windows.values()
            for key in measured.slices[slice_key].numbers
            if not key.is_diff
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


def _on_windows(wanted: Wanted, rules: Windows) -> bool:
    spec = wanted.spec
    return spec is None or (
        not wanted.is_across and not spec.feature_values and [*spec.feature_keys] == [rules.feature]
    )


def _side(wanted: Wanted) -> Worse:
    return "lower" if wanted.worse == "lower" else "higher" if wanted.worse else None


def _one_bound(wanted: Wanted) -> float | None:
    if wanted.is_change or wanted.worse is None:
        return None
    name = "lower_bound" if wanted.worse == "lower" else "upper_bound"
    return float(getattr(wanted.threshold, name).value)


def _values(
    series: _Series, min_rows: int, incomplete: dict[str, MetricResult]
) -> dict[str, WindowValue]:
    """Returns the windows that have enough rows and labels, with their standard errors."""
    found = {}
    for window, estimate in series.found.items():
        if estimate is None or estimate.n < min_rows or window in incomplete:
            continue
        error = estimates.standard_error(estimate)
        if error is not None:
            found[window] = WindowValue(window, estimate.value, error, estimate.n)
    return found


def _apart(windows: list[str], spans: dict[str, tuple[float, float]]) -> list[str]:
    """Returns windows none of which overlaps another: rolling windows share rows.

    >>> _apart(["a", "b", "c"], {"a": (0, 2), "b": (1, 3), "c": (2, 4)})
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


def _drawing(
    name: str,
    series: _Series,
    found: Band | None,
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
    for window in coverage.in_order({*series.found, *coverage.spans}):
        estimate = series.found.get(window)
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
        if found is None or estimate is None or error is None:
            limits.append((None, None))
        else:
            value = WindowValue(window, estimate.value, error, estimate.n)
            limits.append(found.limits(value))
    return {
        "points": points,
        "band": None
        if found is None
        else {
            "mean": found.mean,
            "lower": [low for low, _ in limits],
            "upper": [high for _, high in limits],
        },
        "threshold": series.threshold,
        "change_points": [
            {"window": r.slice.partition(":")[2], "before": r.null_value, "after": r.value}
            for r in changes
        ],
    }
