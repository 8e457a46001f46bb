"""Verdicts on windows of a series: within the band of the reference, and without a new level."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from scipy import special

from skewgate.core.results import MetricResult, Status
from skewgate.core.wording import MOST_NEEDED, p_text, rounded, rounded_up
from skewgate.decision.correction import adjust, level
from skewgate.decision.policy import Significance
from skewgate.estimation.bands import Band, ChangePoint, WindowValue, Worse, change_points
from skewgate.estimation.change_points import SHORTEST

BAND, CHANGE_POINT = "band", "change point"
"""Second word of the names of these checks, after that of the metric."""


@dataclasses.dataclass(frozen=True)
class BandCheck:
    """A window beside what its reference windows lead to expect.

    Attributes:
        metric: name of the metric, without the word "band".
        slice: of the window, as in the results of the metric itself.
        window: one that is not a reference window.
        band: of the reference windows.
        reference_rows: rows of all reference windows together.
        worse: the bad side; None: either.
        lower, upper: bounds on the metric in this window, each one-sided at 1 - alpha; None: by
            the normal law from the window's standard error.
        feature: what the results say of the feature, such as a model output.
    """

    metric: str
    slice: str
    window: WindowValue
    band: Band
    reference_rows: int
    worse: Worse
    lower: float | None = None
    upper: float | None = None
    feature: str = ""


def judge_bands(checks: Sequence[BandCheck], significance: Significance) -> list[MetricResult]:
    """Gives every window its verdict.

    *fail*: the value lies beyond the band on the bad side, and after correction over all checks
    not by chance. *inconclusive*: it lies beyond the band, but it could be chance. *pass*: it lies
    within the band, or beyond it on the good side.
    """
    p_values = [check.band.p_value(check.window, check.worse) for check in checks]
    adjusted = adjust(p_values, significance.correction)
    alone = level(max(len(checks), 1), significance)
    return [
        _judge_band(check, p, q, significance.alpha, alone)
        for check, p, q in zip(checks, p_values, adjusted, strict=True)
    ]


def _judge_band(
    check: BandCheck, p_value: float, p_adjusted: float, alpha: float, alone: float
) -> MetricResult:
    window, band = check.window, check.band
    low, high = band.limits(window)
    below = check.worse == "lower" or (check.worse is None and window.value < band.mean)
    threshold = low if below else high
    beyond = window.value < low if below else window.value > high
    seen = f"{check.metric} of window {window.name} is {rounded(window.value, limit=threshold)}"
    ends = f"[{rounded(low, limit=window.value)}, {rounded(high, limit=window.value)}]"
    expected = (
        f"{ends}, the {band.sigmas:g} sigma band of {band.windows} reference "
        f"windows around {rounded(band.mean)}"
    )
    side = "below" if below else "above"
    if not beyond:
        status, reason = Status.PASS, f"{seen}, not {side} {expected}"
    elif p_adjusted <= alpha:
        status = Status.FAIL
        reason = f"{seen}, {side} {expected}, and not by chance (adjusted p {p_text(p_adjusted)})"
    else:
        status = Status.INCONCLUSIVE
        reason = (
            f"{seen}, {side} {expected}, but it could be chance (adjusted p {p_text(p_adjusted)}); "
            f"{_needed(check, alone)}"
        )
    z = -float(special.ndtri(alpha))
    return MetricResult(
        feature=check.feature,
        slice=check.slice,
        metric=f"{check.metric} {BAND}",
        status=status,
        reason=reason,
        value=window.value,
        lower=window.value - z * window.error if check.lower is None else check.lower,
        upper=window.value + z * window.error if check.upper is None else check.upper,
        threshold=threshold,
        p_value=p_value,
        p_adjusted=p_adjusted,
        n_baseline=check.reference_rows,
        n_current=window.n,
    )


def _needed(check: BandCheck, alone: float) -> str:
    """Says how many rows in this window would make its deviation significant by itself."""
    window, band = check.window, check.band
    tail = alone if check.worse is not None else alone / 2
    t = -float(special.stdtrit(band.windows - 1, tail))
    if t <= 0:
        return "more rows in this window would settle it"
    sampling = band.deviation(window) ** 2 - band.spread**2 - band.mean_error**2
    room = ((window.value - band.mean) / t) ** 2 - band.spread**2 - band.mean_error**2
    if room <= 0 or sampling <= 0 or not window.n * sampling / room <= MOST_NEEDED:
        return "more reference windows would settle it"
    rows = max(rounded_up(window.n * sampling / room), window.n + 1)
    return f"about {rows:,} rows in this window would settle it"


@dataclasses.dataclass(frozen=True)
class ChangeCheck:
    """A metric over windows in order of time.

    Attributes:
        metric: name of the metric, without the words "change point".
        windows: in order of time.
        slices: of each window, as in the results of the metric itself.
        worse: the bad direction; None: either.
        slice: that the whole series is about; "" for all data.
        feature: what the results say of the feature, such as a model output.
    """

    metric: str
    windows: Sequence[WindowValue]
    slices: Sequence[str]
    worse: Worse
    slice: str = ""
    feature: str = ""

    def __post_init__(self) -> None:
        if len(self.windows) != len(self.slices):
            raise ValueError(
                f"{self.metric} must have one slice a window, got {len(self.slices)} slices for "
                f"{len(self.windows)} windows"
            )


def judge_change_points(
    checks: Sequence[ChangeCheck], significance: Significance
) -> list[MetricResult]:
    """Looks in every series for lasting changes, each at its share of alpha.

    *fail*: the level changed for the worse; the result has the slice of the first window after the
    change. *pass*: it changed for the better, or no change was found, which is one result with
    the slice of the series. *inconclusive*: there are too few windows to find any; such a series
    takes no share.
    """
    decidable = sum(len(check.windows) >= 2 * SHORTEST for check in checks)
    alone = level(max(decidable, 1), significance)
    return [
        result
        for check in checks
        for result in _judge_changes(check, alone, significance.alpha / alone)
    ]


def _judge_changes(check: ChangeCheck, alone: float, number: float) -> list[MetricResult]:
    rows = [window.n for window in check.windows]
    whole = MetricResult(
        feature=check.feature,
        slice=check.slice,
        metric=f"{check.metric} {CHANGE_POINT}",
        status=Status.INCONCLUSIVE,
        reason=(
            f"{len(check.windows)} windows are too few to find a change in; at least "
            f"{2 * SHORTEST} are needed"
        ),
        n_current=sum(rows),
    )
    if len(check.windows) < 2 * SHORTEST:
        return [whole]
    found = change_points(check.windows, alone)
    if not found:
        reason = f"no change of {check.metric} in {len(check.windows)} windows"
        return [dataclasses.replace(whole, status=Status.PASS, reason=reason)]
    edges = [0, *(change.index for change in found), len(rows)]
    return [
        dataclasses.replace(
            whole,
            slice=check.slices[change.index],
            status=Status.FAIL if _is_worse(change, check.worse) else Status.PASS,
            reason=(
                f"{check.metric} changed from {rounded(change.before)} to {rounded(change.after)} "
                f"with window {change.window} (adjusted p "
                f"{p_text(min(change.p_value * number, 1.0))})"
            ),
            value=change.after,
            null_value=change.before,
            p_value=change.p_value,
            p_adjusted=min(change.p_value * number, 1.0),
            n_baseline=sum(rows[start : change.index]),
            n_current=sum(rows[change.index : end]),
        )
        for start, change, end in zip(edges, found, edges[2:], strict=False)
    ]


def _is_worse(change: ChangePoint, worse: Worse) -> bool:
    if worse is None:
        return True
    return (change.after < change.before) == (worse == "lower")
