"""Windows of a day, and what is known of their labels."""

from __future__ import annotations

from skewgate.checks.performance.label_coverage import Coverage
from skewgate.core.results import MetricResult, Status

DAY = 86_400


def days(number):
    return [f"2016-03-{day:02d}" for day in range(1, number + 1)]


def covered(number, **open_or_low):
    """Coverage of days, those named in "open" or "low" incomplete."""
    results, spans = [], {}
    for index, name in enumerate(days(number)):
        cause = next((cause for cause, names in open_or_low.items() if name in names), None)
        status = Status.INCONCLUSIVE if cause else Status.PASS
        results.append(
            MetricResult("", f"window:{name}", "coverage", status, "half its labels", cause=cause)
        )
        spans[name] = (index * DAY, (index + 1) * DAY)
    return Coverage("window", tuple(results), spans)
