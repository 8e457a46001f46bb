"""Verdicts on how many predictions of a window have their label."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from skewgate.core.results import LOW_COVERAGE, OPEN_WINDOW, MetricResult, Status
from skewgate.core.wording import in_full, rounded

COVERAGE = "coverage"
"""Metric name of the results."""


@dataclasses.dataclass(frozen=True)
class CoverageCheck:
    """How many predictions of a window have their label.

    Attributes:
        slice: the window as TFMA names its slice, such as "window:2016-03-01".
        labelled, predicted: rows with a label and all rows, the latter at least 1.
        threshold: the smallest share that is enough, in (0, 1].
        open_until: until when labels may come, if that is not over yet.
    """

    slice: str
    labelled: int
    predicted: int
    threshold: float
    open_until: str | None = None


def judge_coverage(checks: Sequence[CoverageCheck]) -> list[MetricResult]:
    """Gives every window its verdict; that there is no window at all is inconclusive.

    *pass*: at least the share of the threshold is labelled. *inconclusive*: less is, with the cause
    "open_window" while labels may come and "low_coverage" after that. Nothing fails: too few labels
    say nothing of the model.

    >>> [result.status.value for result in judge_coverage([CoverageCheck("window:a", 4, 5, 0.8)])]
    ['pass']
    """
    if not checks:
        reason = "no prediction row lies in a window"
        return [MetricResult("", "", COVERAGE, Status.INCONCLUSIVE, reason)]
    return [_judge_one(check) for check in checks]


def _judge_one(check: CoverageCheck) -> MetricResult:
    value = check.labelled / check.predicted
    seen = (
        f"{check.labelled:,} of {check.predicted:,} predictions have their label "
        f"({rounded(value, 3, check.threshold)})"
    )
    cause, threshold = None, in_full(check.threshold)
    if value >= check.threshold:
        status, reason = Status.PASS, f"{seen}, enough for the threshold of {threshold}"
    else:
        status = Status.INCONCLUSIVE
        if check.open_until is not None:
            cause, why = OPEN_WINDOW, f"labels may come until {check.open_until}"
        else:
            cause, why = LOW_COVERAGE, "the time for labels is over"
        reason = f"{seen}, below the threshold of {threshold}, and {why}"
    return MetricResult(
        feature="",
        slice=check.slice,
        metric=COVERAGE,
        status=status,
        reason=reason,
        value=value,
        threshold=check.threshold,
        n_current=check.predicted,
        cause=cause,
    )
