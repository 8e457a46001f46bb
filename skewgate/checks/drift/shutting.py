"""Whether a policy can shut the gate on the features that two data sets have."""

from __future__ import annotations

from collections.abc import Sequence, Set

from skewgate import metrics
from skewgate.checks.drift.config import DriftConfig, can_exceed
from skewgate.core.errors import InputError
from skewgate.core.results import MetricResult
from skewgate.decision.policy import ShareRule


def check(
    results: Sequence[MetricResult], config: DriftConfig, critical: Set[str], where: str
) -> None:
    """Refuses a policy by which nothing that could be found here would shut the gate.

    Args:
        results: of every check of two data sets.
        config: whose policy it is.
        critical: features that `block_on: critical` stops on.
        where: the config's name, for messages.

    Raises:
        InputError: no critical feature has a check that can fail, or too few features have one
            for the share.
    """
    features = {result.feature for result in results if result.feature}
    able = {result.feature for result in results if result.feature and _can_fail(result)}
    if not features:
        return
    rule = config.policy.block_on
    if rule == "critical" and not able & critical:
        raise InputError(
            where,
            "policy.block_on is critical, and no critical feature has a check that can fail on "
            "these data, so nothing can shut the gate",
            "give a critical feature a threshold for what it is, numbers or categories",
        )
    if isinstance(rule, ShareRule) and len(able) / len(features) <= rule.share:
        raise InputError(
            where,
            f"policy.block_on.share is {rule.share:g}, and {len(able)} of {len(features)} features "
            "have a check that can fail, so nothing can shut the gate",
            "give a smaller share, or more features a threshold that a value can exceed",
        )


def _can_fail(result: MetricResult) -> bool:
    """Says whether a check could have failed, whatever the data: without a threshold it did."""
    if result.threshold is None or result.metric not in metrics.REGISTRY:
        return True
    return can_exceed(result.metric, result.threshold)
