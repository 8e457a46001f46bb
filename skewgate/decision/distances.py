"""Verdicts on distances between two distributions."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence

from skewgate.core.results import Measurement, MetricResult, Status
from skewgate.core.wording import MOST_NEEDED, interval, p_text, rounded, rounded_up
from skewgate.decision.correction import adjust
from skewgate.decision.extremes import deciding
from skewgate.decision.policy import Significance


@dataclasses.dataclass(frozen=True)
class Check:
    """One measurement with what it is judged by, before it is judged.

    Attributes:
        note: says what was measured, for the reason; "" for all values.
    """

    feature: str
    slice: str
    metric: str
    threshold: float
    measurement: Measurement
    n_baseline: int
    n_current: int
    note: str = dataclasses.field(default="", kw_only=True)


def judge(checks: Sequence[Check], significance: Significance) -> list[MetricResult]:
    """Gives every check its verdict.

    *fail*: the whole interval lies above the threshold and the difference is significant after
    correction over all checks. *pass*: the whole interval lies below, and a difference of the
    size of the threshold would have been significant. *inconclusive*: anything else.

    Where a few extreme values could hide the rest, `deciding` says what is judged.
    """
    checks = [deciding(check, significance.alpha) for check in checks]
    adjusted = adjust([check.measurement.p_value for check in checks], significance.correction)
    return [
        _judge_one(check, p, significance.alpha) for check, p in zip(checks, adjusted, strict=True)
    ]


def in_doubt(results: Iterable[MetricResult]) -> frozenset[str]:
    """Names the features with a verdict that more exact values, not more data, could settle."""
    return frozenset(
        result.feature
        for result in results
        if result.status is Status.INCONCLUSIVE
        and result.threshold is not None
        and result.lower is not None
        and result.upper is not None
        and result.null_value is not None
        and result.lower - result.null_value <= result.threshold
        and result.upper - result.null_value > result.threshold
    )


def _judge_one(check: Check, p_adjusted: float, alpha: float) -> MetricResult:
    measured = check.measurement
    above_lower = measured.lower - measured.null_value
    above_upper = measured.upper - measured.null_value
    sizes = f"{check.n_baseline:,} baseline and {check.n_current:,} current values"
    beyond = (
        f", {rounded(measured.value - measured.null_value, 3)} more than expected by chance"
        if measured.null_value > 0
        else ""
    )
    name = f"{check.metric} {check.note}".strip()
    value = f"{name} is {rounded(measured.value, 3)}{beyond}"
    if above_lower > check.threshold:
        if p_adjusted <= alpha:
            status = Status.FAIL
            reason = (
                f"{value}, above the threshold of {check.threshold:g} and not by chance "
                f"(adjusted p {p_text(p_adjusted)}, {sizes})"
            )
        else:
            status = Status.INCONCLUSIVE
            reason = (
                f"{value}, above the threshold of {check.threshold:g}, but it could be chance "
                f"(adjusted p {p_text(p_adjusted)}, {sizes}); {_needed(check)}"
            )
    elif not above_upper <= check.threshold:  # or unknown
        status = Status.INCONCLUSIVE
        reason = (
            f"{value}, known only to lie in {interval(measured.lower, measured.upper, 3)}, which "
            f"contains the threshold of {check.threshold:g}; statistics of finer resolution, or "
            "the examples themselves, would settle it"
        )
    elif measured.detectable > check.threshold:
        status = Status.INCONCLUSIVE
        reason = (
            f"{value}, but with {sizes} a difference of {check.threshold:g} cannot be told from "
            f"chance; {_needed(check)}"
        )
    else:
        status = Status.PASS
        reason = f"{value}, not above the threshold of {check.threshold:g}"
    return MetricResult(
        feature=check.feature,
        slice=check.slice,
        metric=check.metric,
        status=status,
        reason=reason,
        value=measured.value,
        lower=measured.lower,
        upper=measured.upper,
        null_value=measured.null_value,
        threshold=check.threshold,
        p_value=measured.p_value,
        p_adjusted=p_adjusted,
        n_baseline=check.n_baseline,
        n_current=check.n_current,
    )


def _needed(check: Check) -> str:
    """Says how many values would settle a check, from how `detectable` shrinks with size."""
    smaller = max(min(check.n_baseline, check.n_current), 1)
    ratio = max(check.measurement.detectable / check.threshold, 1.0)
    if math.isinf(ratio):
        return "more data are needed"
    needed = smaller * min(ratio, MOST_NEEDED) ** (1.0 / check.measurement.size_exponent)
    if needed > MOST_NEEDED:
        return "no number of values that can be had would settle it, a higher threshold would"
    return f"about {max(rounded_up(needed), smaller + 1):,} values on each side would settle it"
