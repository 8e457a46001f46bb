"""Verdicts on metrics that must reach a bound, by what the sample says of them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from skewgate.core.results import SMALL_SLICE, MetricResult, Status
from skewgate.core.wording import (
    MOST_NEEDED,
    in_full,
    interval,
    many,
    p_text,
    rounded,
    rounded_up,
)
from skewgate.decision.correction import adjust
from skewgate.decision.policy import Significance
from skewgate.estimation.estimates import Estimate


@dataclasses.dataclass(frozen=True)
class BoundCheck:
    """One metric of one slice with the bound that it must reach.

    Attributes:
        metric: name of the check, such as "auc" or "auc change".
        bound: what the metric must reach.
        floor: whether the metric must be at least the bound, or else at most.
        n_baseline: rows of a stored evaluation that it is compared with.
    """

    slice: str
    metric: str
    estimate: Estimate
    bound: float
    floor: bool
    n_baseline: int | None = None


def judge_bounds(
    checks: Sequence[BoundCheck], significance: Significance, min_rows: int = 1
) -> list[MetricResult]:
    """Gives every check its verdict.

    *pass*: the confidence interval, at level 1 - alpha on either side, clears the bound. This needs
    no correction for the number of checks: a gate that opens only if all pass lets a metric beyond
    its bound through with a probability of at most alpha (intersection-union test, Berger 1982).
    *fail*: the interval lies beyond the bound, and does so after correction over all checks, for
    among many slices some lie beyond it by chance. *inconclusive*: anything else, and slices with
    fewer than `min_rows` rows, with the cause "small_slice" unless it is all data: who lets small
    slices pass still wants some rows. What is small, or NaN, is none of those that the others are
    corrected for.
    """
    large = [check for check in checks if check.estimate.n >= min_rows]
    p_values = [_p_value(check) for check in large]
    adjusted = iter(zip(p_values, adjust(p_values, significance.correction), strict=True))
    return [
        _judge(check, *next(adjusted), significance.alpha)
        if check.estimate.n >= min_rows
        else _small(check, min_rows, significance.alpha)
        for check in checks
    ]


def _p_value(check: BoundCheck) -> float:
    if math.isnan(check.estimate.value):
        return math.nan
    if check.floor:
        return check.estimate.p_at_least(check.bound)
    return check.estimate.p_at_most(check.bound)


def _judge(check: BoundCheck, p_value: float, p_adjusted: float, alpha: float) -> MetricResult:
    lower, upper = check.estimate.bounds(alpha)
    cleared = lower >= check.bound if check.floor else upper <= check.bound
    beyond = upper < check.bound if check.floor else lower > check.bound
    must = f"{'at least' if check.floor else 'at most'} {in_full(check.bound)}"
    seen = _seen(check, lower, upper)
    if math.isnan(check.estimate.value):
        rows = many(check.estimate.n, "row")
        status = Status.INCONCLUSIVE
        reason = f"{check.metric} could not be computed on {rows}, and must be {must}"
    elif cleared:
        status, reason = Status.PASS, f"{seen}, {must} as required"
    elif beyond and p_adjusted <= alpha:
        status = Status.FAIL
        reason = f"{seen}, and must be {must}; not by chance (adjusted p {p_text(p_adjusted)})"
    elif beyond:
        status = Status.INCONCLUSIVE
        reason = (
            f"{seen}, and must be {must}, but among all checks this could be chance (adjusted p "
            f"{p_text(p_adjusted)}); {_told(check, alpha)}"
        )
    else:
        status = Status.INCONCLUSIVE
        reason = f"{seen}, which leaves open whether it is {must}; {_told(check, alpha)}"
    result = _result(check, status, reason, lower, upper, p_value, p_adjusted)
    if status is Status.INCONCLUSIVE and not math.isnan(check.estimate.value):
        return dataclasses.replace(result, needed=_needed(check, alpha))
    return result


def _small(check: BoundCheck, min_rows: int, alpha: float) -> MetricResult:
    lower, upper = check.estimate.bounds(alpha)
    reason = (
        f"{check.metric} is {rounded(check.estimate.value)} on {many(check.estimate.n, 'row')}, "
        f"fewer than the {min_rows:,} that min_slice_rows asks for"
    )
    result = _result(check, Status.INCONCLUSIVE, reason, lower, upper)
    return dataclasses.replace(result, cause=SMALL_SLICE if check.slice else None)


def _seen(check: BoundCheck, lower: float, upper: float) -> str:
    value = f"{check.metric} is {rounded(check.estimate.value, limit=check.bound)}"
    known = "" if lower == upper else f" in {interval(lower, upper, limit=check.bound)}"
    return f"{value}{known} on {many(check.estimate.n, 'row')}"


def _told(check: BoundCheck, alpha: float) -> str:
    """Says what would settle a check."""
    needed = _needed(check, alpha)
    return "more rows are needed" if needed is None else f"about {needed:,} rows would settle it"


def _needed(check: BoundCheck, alpha: float) -> int | None:
    """Returns how many rows would settle a check; None if nobody can have so many."""
    needed = check.estimate.needed(check.bound, alpha)
    return max(rounded_up(needed), check.estimate.n + 1) if needed <= MOST_NEEDED else None


def _result(
    check: BoundCheck,
    status: Status,
    reason: str,
    lower: float,
    upper: float,
    p_value: float | None = None,
    p_adjusted: float | None = None,
) -> MetricResult:
    return MetricResult(
        feature="",
        slice=check.slice,
        metric=check.metric,
        status=status,
        reason=reason,
        value=check.estimate.value,
        lower=lower,
        upper=upper,
        threshold=check.bound,
        p_value=p_value,
        p_adjusted=p_adjusted,
        n_baseline=check.n_baseline,
        n_current=check.estimate.n,
    )
