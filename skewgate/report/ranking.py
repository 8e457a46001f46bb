"""The order in which a person should look at results: the worst first."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable

from skewgate.core.results import MetricResult, Status

_ORDER = {Status.FAIL: 0, Status.INCONCLUSIVE: 1, Status.PASS: 2}


def excess(result: MetricResult) -> float:
    """Says how bad a result is among those of its status; larger is worse.

    For a distance: how often the threshold fits into what is measured above the value expected
    by chance, by the certain bound for a failure, so that 1 is the threshold itself. For a
    bound on a metric: how far the value is from it, as a share of it; below 0 unless it failed.
    Infinite where a failure has no number, such as a feature that is gone.
    """
    value, threshold = result.value, result.threshold
    failed = result.status is Status.FAIL
    if value is None or threshold is None or not math.isfinite(value):
        return math.inf if failed else -math.inf
    if result.null_value is not None and threshold > 0:
        known = result.lower if failed and result.lower is not None else value
        return result.above_chance(known) / threshold
    gap = abs(value - threshold) / (abs(threshold) or 1.0)
    return gap if failed else -gap


def worst_first(
    results: Iterable[MetricResult], blocking: Collection[MetricResult] = ()
) -> list[MetricResult]:
    """Orders by status; then what blocks, then all data before slices, then by `excess`.

    Args:
        results: in any order.
        blocking: those that shut the gate.
    """
    stops = set(blocking)
    return sorted(
        results,
        key=lambda r: (
            _ORDER[r.status],
            r not in stops,
            r.slice != "",
            -excess(r),
            r.slice,
            r.feature,
            r.metric,
        ),
    )
