"""Verdicts and a policy to a decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from skewgate.core.results import WARNING, Decision, MetricResult, Status
from skewgate.decision.policy import BasicPolicy, Policy, ShareRule


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
    counted = tuple(result for result in unsure if policy.on_doubt(result) == "block")
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
