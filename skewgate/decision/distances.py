"""Verdicts on distances between two distributions."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from typing import Protocol

from skewgate.core.results import Measurement, MetricResult, Status
from skewgate.core.wording import MOST_NEEDED, in_full, interval, p_text, rounded, rounded_up
from skewgate.decision.correction import adjust, level
from skewgate.decision.extremes import deciding
from skewgate.decision.policy import Significance

_ROUNDING = 1e-9


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


class Comparison(Protocol):
    """What a measurement can be made of."""

    def check(self, level: float) -> Check:
        """Measures; `level` is the significance level that a lone difference must reach."""


def measure_and_judge(
    comparisons: Sequence[Comparison], significance: Significance
) -> list[MetricResult]:
    """Measures every comparison and gives it its verdict, in the same order; see `judge`."""
    alone = level(max(len(comparisons), 1), significance)
    checks = [comparison.check(alone) for comparison in comparisons]
    decided = [deciding(check, significance.alpha) for check in checks]
    able = list(map(can_fail, decided))
    among_fewer = level(max(sum(able), 1), significance)
    if among_fewer != alone:  # what seemed too small to be seen among all may be seen among these
        checks = [
            comparison.check(among_fewer)
            if is_able and part.measurement.detectable > part.threshold
            else check
            for comparison, check, part, is_able in zip(
                comparisons, checks, decided, able, strict=True
            )
        ]
    return judge(checks, significance)


def can_fail(check: Check) -> bool:
    """Says whether the check could fail, whatever the values are, on data of this size and sort.

    It could not where a number is missing (NaN), where nothing that could be measured would be
    significant, or where values as frequent as these cannot be further beyond chance than the
    threshold (`Measurement.attainable`). Such a check is none of those that the others are
    corrected for.

    Source: Tarone (1990): what cannot be significant need not be corrected for.
    """
    measured = check.measurement
    blind = measured.p_value >= 1.0 and measured.detectable == math.inf
    return not (_is_unknown(measured) or blind) and measured.attainable > check.threshold


def judge(checks: Sequence[Check], significance: Significance) -> list[MetricResult]:
    """Gives every check its verdict.

    *fail*: the whole interval lies above the threshold and the difference is significant after
    correction over all checks that can fail. *pass*: the whole interval lies below, and a
    difference of the size of the threshold would have been significant, and could have been there.
    *inconclusive*: anything else.

    Where a few extreme values could hide the rest, `deciding` says what is judged.
    """
    checks = [deciding(check, significance.alpha) for check in checks]
    adjusted = adjust(
        [check.measurement.p_value if can_fail(check) else math.nan for check in checks],
        significance.correction,
    )
    return [
        _judge_one(check, p, significance.alpha) for check, p in zip(checks, adjusted, strict=True)
    ]


def _is_unknown(measured: Measurement) -> bool:
    """Says whether a number is NaN, or becomes it above what chance gives."""
    numbers = (
        measured.value,
        measured.above_chance(measured.lower),
        measured.above_chance(measured.upper),
        measured.p_value,
        measured.detectable,
        measured.attainable,
    )
    return any(map(math.isnan, numbers))


def _is_powerless(check: Check) -> bool:
    """Says whether what was measured means nothing, since chance explains all that could be there.

    Where it is below the threshold with what chance gives, which alone may be above, the values of
    both sides are much the same ones: nothing of a difference is hidden by chance.
    """
    measured = check.measurement
    if measured.attainable > check.threshold or measured.upper <= 0:
        return False
    return not measured.upper <= check.threshold < measured.with_chance(measured.attainable)


def in_doubt(results: Iterable[MetricResult]) -> frozenset[str]:
    """Names the features with a verdict that more exact values, not more data, could settle."""
    return frozenset(
        result.feature
        for result in results
        if result.threshold is not None
        and result.lower is not None
        and result.upper is not None
        and result.null_value is not None
        and _is_close(result, result.lower, result.upper, result.null_value, result.threshold)
    )


def _is_close(
    result: MetricResult, lower: float, upper: float, null_value: float, threshold: float
) -> bool:
    """Says whether more exact values could change a verdict.

    What no change gives is estimated from the same values: where these were thinned it may be off
    by some percent, and so may the verdict beside a threshold. A difference that could be chance at
    the lower end of its interval may be significant at the upper end.
    """
    if math.isclose(lower, upper, rel_tol=1e-9):
        return False
    margin = null_value / 10
    chance = result.status is Status.INCONCLUSIVE
    below = result.above_chance(lower) - margin <= threshold
    return (below or chance) and result.above_chance(upper) + margin > threshold


def _judge_one(check: Check, p_adjusted: float, alpha: float) -> MetricResult:
    status, reason, needed = _verdict(check, p_adjusted, alpha)
    measured = check.measurement
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
        in_quadrature=measured.in_quadrature or None,
        needed=needed,
    )


def _verdict(check: Check, p_adjusted: float, alpha: float) -> tuple[Status, str, int | None]:
    """Returns the verdict, why, and how many values a side would settle it if these are too few."""
    measured, threshold = check.measurement, in_full(check.threshold)
    sizes = f"{check.n_baseline:,} baseline and {check.n_current:,} current values"
    if _is_unknown(measured):
        return (
            Status.INCONCLUSIVE,
            f"{_name(check)} could not be computed from {sizes}",
            None,
        )
    value = _value(check)
    if _is_powerless(check):
        most = rounded(max(measured.attainable, 0.0), 3, check.threshold)
        return (
            Status.INCONCLUSIVE,
            f"{value}, but its values repeat so rarely that even entirely different ones would be "
            f"at most {most} above chance, and the threshold is {threshold}: {check.metric} cannot "
            "tell; drop the check, or group the values",
            None,
        )
    if measured.above_chance(measured.lower) > check.threshold:
        if p_adjusted <= alpha:
            return (
                Status.FAIL,
                f"{value}, above the threshold of {threshold} and not by chance "
                f"(adjusted p {p_text(p_adjusted)}, {sizes})",
                None,
            )
        return (
            Status.INCONCLUSIVE,
            f"{value}, above the threshold of {threshold}, but it could be chance "
            f"(adjusted p {p_text(p_adjusted)}, {sizes}); {_told(check)}",
            _needed(check),
        )
    if not measured.above_chance(measured.upper) <= check.threshold:
        limit = measured.with_chance(check.threshold)
        return (
            Status.INCONCLUSIVE,
            f"{value}, known only to lie in {interval(measured.lower, measured.upper, 3, limit)}, "
            f"which contains the threshold of {threshold}; finer statistics, or the rows "
            "themselves, would settle it",
            None,
        )
    if measured.detectable > check.threshold:
        return (
            Status.INCONCLUSIVE,
            f"{value}, but with {sizes} a difference of {threshold} cannot be told from "
            f"chance; {_told(check)}",
            _needed(check),
        )
    return Status.PASS, f"{value}, not above the threshold of {threshold}", None


def _value(check: Check) -> str:
    """Says what was measured; what is compared with the threshold stays on its side of it."""
    measured = check.measurement
    if measured.null_value <= 0:
        return f"{_name(check)} is {rounded(measured.value, 3, check.threshold)}"
    apart = measured.value - measured.null_value
    if abs(apart) < _ROUNDING * measured.value:
        apart = 0.0
    found = f"{_name(check)} is {rounded(measured.value, 3)}"
    if apart < 0:
        return f"{found}, {rounded(-apart, 3)} less than expected by chance"
    beyond = measured.above_chance(measured.value) if apart else 0.0
    above = rounded(beyond, 3, check.threshold)
    if measured.in_quadrature:
        return f"{found}, {above} after allowing for chance"
    return f"{found}, {above} more than expected by chance"


def _name(check: Check) -> str:
    return f"{check.metric} {check.note}".strip()


def _told(check: Check) -> str:
    """Says what would settle a check."""
    needed = _needed(check)
    if needed is not None:
        return f"about {needed:,} values on each side would settle it"
    if math.isinf(_ratio(check)):
        return "more data are needed"
    return "no realistic number of values would settle it, but a higher threshold would"


def _needed(check: Check) -> int | None:
    """Returns how many values on each side would settle a check; None if no number is known.

    It follows from how `detectable` shrinks with size.
    """
    smaller, ratio = max(min(check.n_baseline, check.n_current), 1), _ratio(check)
    if math.isinf(ratio):
        return None
    needed = smaller * min(ratio, MOST_NEEDED) ** (1.0 / check.measurement.size_exponent)
    return None if needed > MOST_NEEDED else max(rounded_up(needed), smaller + 1)


def _ratio(check: Check) -> float:
    """Returns how often the threshold fits into the smallest value that would be significant."""
    return max(check.measurement.detectable / check.threshold, 1.0)
