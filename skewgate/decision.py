"""The one module that decides: measurements to verdicts, verdicts to a decision."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from skewgate import binomial
from skewgate.config import BasicPolicy, Policy, ShareRule, Significance
from skewgate.types import WARNING, Decision, Measurement, MetricResult, Status


@dataclasses.dataclass(frozen=True)
class Check:
    """One measurement with what it is judged by, before it is judged."""

    feature: str
    slice: str
    metric: str
    threshold: float
    measurement: Measurement
    n_baseline: int
    n_current: int


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


def adjust(p_values: Sequence[float], correction: str) -> list[float]:
    """Adjusts p-values for their number, as scipy.stats.false_discovery_control does.

    Args:
        p_values: any number of values in [0, 1].
        correction: "bh" (Benjamini and Hochberg 1995) or "none".

    >>> [round(p, 3) for p in adjust([0.01, 0.02, 0.9], "bh")]
    [0.03, 0.03, 0.9]
    """
    if correction == "none" or not p_values:
        return list(p_values)
    clipped = np.clip(np.asarray(p_values, float), 0.0, 1.0)
    order = np.argsort(clipped)
    scaled = clipped[order] * len(clipped) / np.arange(1, len(clipped) + 1)
    adjusted = np.empty_like(clipped)
    adjusted[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return [float(p) for p in np.minimum(adjusted, 1.0)]


def level(checks: int, significance: Significance) -> float:
    """Returns the level at which a single difference is found whatever the others show."""
    return significance.alpha / checks if significance.correction == "bh" else significance.alpha


def judge(checks: Sequence[Check], significance: Significance) -> list[MetricResult]:
    """Gives every check its verdict.

    *fail*: the whole interval lies above the threshold and the difference is significant after
    correction over all checks. *pass*: the whole interval lies below, and a difference of the
    size of the threshold would have been significant. *inconclusive*: anything else.
    """
    adjusted = adjust([check.measurement.p_value for check in checks], significance.correction)
    return [
        _judge_one(check, p, significance.alpha) for check, p in zip(checks, adjusted, strict=True)
    ]


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
    seen = f"{check.text} in {check.count:,} of {check.n:,} matched rows ({share:.3g})"
    allowed = f"the threshold of {check.threshold:g}"
    sure = f"with {1 - alpha:.0%} confidence"
    if share > check.threshold and p_adjusted <= alpha:
        status, reason = Status.FAIL, f"{seen}, above {allowed} and not by chance"
    elif share > check.threshold:
        status = Status.INCONCLUSIVE
        reason = f"{seen}, above {allowed}, but it could be chance; {_rows_needed(check, alpha)}"
    elif upper <= check.threshold or check.threshold == 0:
        status, reason = Status.PASS, f"{seen}, at most {upper:.3g} {sure}; {allowed} is met"
    else:
        status = Status.INCONCLUSIVE
        reason = (
            f"{seen}, but it could be up to {upper:.3g} {sure}, above {allowed}; "
            f"{_rows_needed(check, alpha)}"
        )
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
    )


def _rows_needed(check: ShareCheck, alpha: float) -> str:
    needed = binomial.needed(check.count, check.n, check.threshold, alpha)
    if not math.isfinite(needed):
        return "more rows are needed"
    return f"about {_rounded_up(needed):,} matched rows would settle it"


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
        f", {measured.value - measured.null_value:.3g} above what no change gives"
        if measured.null_value > 0
        else ""
    )
    value = f"{check.metric} is {measured.value:.3g}{beyond}"
    if above_lower > check.threshold:
        if p_adjusted <= alpha:
            status = Status.FAIL
            p = f"= {p_adjusted:.2g}" if p_adjusted > 0 else "< 1e-300"
            reason = (
                f"{value}, above the threshold of {check.threshold:g} and not by chance "
                f"(adjusted p {p}, {sizes})"
            )
        else:
            status = Status.INCONCLUSIVE
            reason = (
                f"{value}, above the threshold of {check.threshold:g}, but it could be chance "
                f"(adjusted p = {p_adjusted:.2g}, {sizes}); {_needed(check)}"
            )
    elif above_upper > check.threshold:
        status = Status.INCONCLUSIVE
        reason = (
            f"{value}, known only to lie in [{measured.lower:.3g}, {measured.upper:.3g}], which "
            f"holds the threshold of {check.threshold:g}; statistics of finer resolution, or the "
            "examples themselves, would settle it"
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
    needed = smaller * ratio ** (1.0 / check.measurement.size_exponent)
    if not math.isfinite(needed):
        return "more data are needed"
    return f"about {max(_rounded_up(needed), smaller + 1):,} values on each side would settle it"


def _rounded_up(number: float) -> int:
    """Rounds up to two digits: what is needed is not known better.

    >>> _rounded_up(1234.5)
    1300
    """
    unit = int(10 ** max(int(math.log10(max(number, 1.0))) - 1, 0))
    return math.ceil(number / unit) * unit


def decide(
    results: Iterable[MetricResult], policy: BasicPolicy, critical: frozenset[str] = frozenset()
) -> Decision:
    """Applies a policy to results; one with the severity "warning" counts for nothing.

    Args:
        results: verdicts; none at all means that nothing was checked, which is inconclusive.
        policy: what shuts the gate.
        critical: features that `block_on: critical` stops on.
    """
    everything = tuple(results) or (
        MetricResult("", "", "checks", Status.INCONCLUSIVE, "nothing was checked"),
    )
    failed = tuple(
        result
        for result in everything
        if result.status is Status.FAIL and result.severity != WARNING
    )
    unsure = tuple(
        result
        for result in everything
        if result.status is Status.INCONCLUSIVE and result.severity != WARNING
    )
    blocking = tuple(filter(_stops(failed, everything, policy, critical), failed))
    counted = tuple(result for result in unsure if policy.on_doubt(result.metric) == "block")
    # What is not sure blocks where it would block as a failure: a failure of a feature that the
    # policy lets pass must not be better off than a doubt about it.
    stops = _stops((*failed, *counted), everything, policy, critical)
    unsure_blocking = tuple(filter(stops, counted))
    if blocking:
        status = Status.FAIL
    elif unsure:
        status = Status.INCONCLUSIVE
    else:
        status = Status.PASS
    return Decision(
        status=status,
        blessed=not blocking and not unsure_blocking,
        results=everything,
        failures=(*blocking, *unsure_blocking),
        policy=policy.model_dump(mode="json"),
    )


def _stops(
    bad: tuple[MetricResult, ...],
    everything: tuple[MetricResult, ...],
    policy: BasicPolicy,
    critical: frozenset[str],
) -> Callable[[MetricResult], bool]:
    """Says which of the bad results stop a pipeline; one that belongs to no feature always does."""
    if not isinstance(policy, Policy):
        return lambda result: True
    if policy.block_on == "critical":
        return lambda result: result.feature in critical or not result.feature
    if isinstance(policy.block_on, ShareRule):
        features = {result.feature for result in everything if result.feature}
        share = len({result.feature for result in bad if result.feature}) / max(len(features), 1)
        beyond = share > policy.block_on.share
        return lambda result: beyond or not result.feature
    return lambda result: True


def join(decisions: Sequence[Decision], missing: int = 0) -> Decision:
    """Joins decisions: all must be blessed, and the worst status counts.

    Args:
        decisions: what the reports decided, each under its own policy.
        missing: number of reports that should be there and are not; each is inconclusive.
    """
    absent = tuple(
        MetricResult("", "", "report", Status.INCONCLUSIVE, "a report is missing")
        for _ in range(missing if decisions else max(missing, 1))
    )
    statuses = {decision.status for decision in decisions} | {result.status for result in absent}
    order = (Status.FAIL, Status.INCONCLUSIVE, Status.PASS)
    return Decision(
        status=next(status for status in order if status in statuses),
        blessed=not absent and all(decision.blessed for decision in decisions),
        results=(*absent, *(result for d in decisions for result in d.results)),
        failures=(*absent, *(result for d in decisions for result in d.failures)),
        policy={"require": "every report blessed"},
    )
