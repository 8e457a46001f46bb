"""One result for each metric and slice, and none that passes where rows were left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from skewgate.core.results import MetricResult, Status

_WORST_FIRST = (Status.FAIL, Status.INCONCLUSIVE, Status.PASS)


def doubted(results: Iterable[MetricResult], unusable: Mapping[str, str]) -> list[MetricResult]:
    """Returns results; what passed on a part of the rows of its slice is inconclusive.

    Which rows a model has no answer to is no matter of chance, so that the others may look better
    than all.

    Args:
        results: of metrics on slices.
        unusable: slice to why some of its rows were left out.

    >>> passed = MetricResult("", "payment:Cash", "auc", Status.PASS, "auc is 0.91")
    >>> (result,) = doubted([passed], {"payment:Cash": "without 3 of 90 rows"})
    >>> str(result.status), result.reason
    ('inconclusive', 'auc is 0.91, but without 3 of 90 rows')
    """
    return [
        dataclasses.replace(
            result,
            status=Status.INCONCLUSIVE,
            reason=f"{result.reason}, but {unusable[result.slice]}",
        )
        if result.status is Status.PASS and result.slice in unusable
        else result
        for result in results
    ]


def one_each(results: Iterable[MetricResult]) -> list[MetricResult]:
    """Returns one result for each feature, slice and metric, in order of their first ones.

    Several thresholds may be on one metric of one slice: a floor and a ceiling, one for all slices
    and one for this. The worst verdict is that of the metric, with the reasons of all that have it.
    A doubt has a cause, which a policy may allow, only if all doubts have that.

    >>> both = [MetricResult("", "", "auc", Status.PASS, "auc is 0.91: at least 0.8"),
    ...         MetricResult("", "", "auc", Status.FAIL, "auc is 0.91, and must be at most 0.9")]
    >>> [(str(result.status), result.reason) for result in one_each(both)]
    [('fail', 'auc is 0.91, and must be at most 0.9')]
    """
    groups: dict[tuple[str, str, str], list[MetricResult]] = {}
    for result in results:
        groups.setdefault((result.feature, result.slice, result.metric), []).append(result)
    return [_worst(group) for group in groups.values()]


def _worst(group: list[MetricResult]) -> MetricResult:
    if len(group) == 1:
        return group[0]
    status = min((result.status for result in group), key=_WORST_FIRST.index)
    same = [result for result in group if result.status is status]
    causes = {result.cause for result in same}
    return dataclasses.replace(
        same[0],
        reason="; ".join(dict.fromkeys(result.reason for result in same)),
        cause=causes.pop() if len(causes) == 1 else None,
    )
