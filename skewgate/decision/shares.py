"""Verdicts on the share of rows that have a property."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from skewgate.core.results import MetricResult, Status
from skewgate.core.wording import MOST_NEEDED, in_full, rounded, rounded_up
from skewgate.decision.correction import adjust
from skewgate.decision.policy import Significance
from skewgate.estimation import binomial


@dataclasses.dataclass(frozen=True)
class ShareCheck:
    """How many of n rows have a property, with the largest share that is allowed.

    Attributes:
        metric: name of the check.
        text: what was counted, for the reason, such as "fare differs".
        threshold: in [0, 1).
        count, n: rows that have the property, and rows looked at, at least 1.
    """

    feature: str
    slice: str
    metric: str
    text: str
    threshold: float
    count: int
    n: int


def judge_shares(checks: Sequence[ShareCheck], significance: Significance) -> list[MetricResult]:
    """Gives every share its verdict, the rows being a sample of all that there will be.

    *fail*: the share seen is above the threshold and, after correction over all checks, not by
    chance. *pass*: the upper confidence bound on the share is not above the threshold; a threshold
    of 0 is met by no row at all. *inconclusive*: anything else. The interval of the results is
    that of Clopper and Pearson at the level of `significance`.
    """
    p_values = [binomial.p_at_least(check.count, check.n, check.threshold) for check in checks]
    adjusted = adjust(p_values, significance.correction)
    return [
        _judge_share(check, p, q, significance.alpha)
        for check, p, q in zip(checks, p_values, adjusted, strict=True)
    ]


def _judge_share(
    check: ShareCheck, p_value: float, p_adjusted: float, alpha: float
) -> MetricResult:
    share = check.count / check.n
    lower, upper = binomial.bounds(check.count, check.n, alpha)
    shown, highest = (rounded(value, 3, check.threshold) for value in (share, upper))
    seen = f"{check.text} in {check.count:,} of {check.n:,} matched rows ({shown})"
    needed = None
    allowed = f"the threshold of {in_full(check.threshold)}"
    sure = f"with {1 - alpha:.0%} confidence"
    if share > check.threshold and p_adjusted <= alpha:
        status, reason = Status.FAIL, f"{seen}, above {allowed} and not by chance"
    elif share > check.threshold:
        status = Status.INCONCLUSIVE
        reason = f"{seen}, above {allowed}, but it could be chance; {_told(check, alpha)}"
        needed = _needed(check, alpha)
    elif upper <= check.threshold or check.threshold == 0:
        status, reason = (
            Status.PASS,
            f"{seen}, at most {highest} {sure}; {allowed} is met",
        )
    else:
        status = Status.INCONCLUSIVE
        reason = (
            f"{seen}, but it could be up to {highest} {sure}, above {allowed}; "
            f"{_told(check, alpha)}"
        )
        needed = _needed(check, alpha)
    return MetricResult(
        feature=check.feature,
        slice=check.slice,
        metric=check.metric,
        status=status,
        reason=reason,
        value=share,
        lower=lower,
        upper=upper,
        threshold=check.threshold,
        p_value=p_value,
        p_adjusted=p_adjusted,
        n_baseline=check.n,
        n_current=check.n,
        needed=needed,
    )


def _told(check: ShareCheck, alpha: float) -> str:
    """Says what would settle a check."""
    needed = _needed(check, alpha)
    if needed is None:
        return "more rows are needed"
    return f"about {needed:,} matched rows would settle it"


def _needed(check: ShareCheck, alpha: float) -> int | None:
    """Returns how many matched rows would settle a check; None if nobody can have so many."""
    needed = binomial.needed(check.count, check.n, check.threshold, alpha)
    return rounded_up(needed) if needed <= MOST_NEEDED else None
