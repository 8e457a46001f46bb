"""A value with its interval beside its threshold, on an axis that all rows of a table share."""

from __future__ import annotations

import dataclasses

from skewgate.core.results import MetricResult
from skewgate.report.charts.svg import finite

MIDDLE = 50
"""Where every bar has its threshold."""


@dataclasses.dataclass(frozen=True)
class Bar:
    """Places on an axis from 0 to 100 with the threshold in the middle.

    For a distance 0 is the value expected by chance and 100 twice the threshold. For a bound on
    a metric the axis is as wide as the interval needs. What lies beyond is put at the edge.
    """

    lower: int
    value: int
    upper: int


def bar_of(result: MetricResult) -> Bar | None:
    """Returns the bar of a result, or None where value or threshold is unknown."""
    value, threshold = finite(result.value), finite(result.threshold)
    if value is None or threshold is None:
        return None
    lower, upper = finite(result.lower), finite(result.upper)
    if lower is None:
        lower = value
    if upper is None:  # nothing bounds it
        upper = value if result.upper is None else float("inf")
    null = finite(result.null_value)
    if null is not None and threshold > 0:
        lower, value, upper = map(result.above_chance, (lower, value, upper))
        start, room = 0.0, threshold
    else:
        known = [abs(end - threshold) for end in (lower, value, upper) if finite(end) is not None]
        room = 1.1 * max(known) or 1.0
        start = threshold - room

    def place(number: float) -> int:
        return round(min(max((number - start) / room * MIDDLE, 0.0), 100.0))

    return Bar(place(lower), place(value), place(upper))
