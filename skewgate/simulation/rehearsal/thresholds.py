"""Suggests thresholds that chance alone exceeds in no more than a wanted share of the windows."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from skewgate import metrics
from skewgate.core.results import Status
from skewgate.estimation import binomial
from skewgate.simulation.rehearsal.chance import CONFIDENCE, Chance, Check, Comparison

_DIGITS = 2
"""Of a threshold that is suggested."""
_ROOM = 1 + 1e-9


@dataclasses.dataclass(frozen=True)
class Rate:
    """How many of some comparisons have an alarm.

    Attributes:
        alarms: those that have.
        comparisons: all.
    """

    alarms: int
    comparisons: int

    @property
    def interval(self) -> tuple[float, float]:
        """Bounds on the rate, each one-sided at CONFIDENCE (Clopper and Pearson)."""
        return binomial.bounds(self.alarms, self.comparisons, 1 - CONFIDENCE)


@dataclasses.dataclass(frozen=True)
class Suggestion:
    """A threshold for one check.

    Attributes:
        feature, metric: of the check.
        now: the threshold of the configuration.
        threshold: the one suggested, rounded up to two digits; None if it would be above what the
            metric can reach, so that the check cannot be used on windows of this size.
        chance: what chance alone calls for.
        detectable: the smallest threshold at which a window of this size can pass; inf if there is
            none.
        in_order: the largest value of the windows as they are, and which window it is.
    """

    feature: str
    metric: str
    now: float
    threshold: float | None
    chance: float
    detectable: float
    in_order: tuple[float, int]

    @property
    def reason(self) -> str:
        """Says which of the three decides."""
        value, window = self.in_order
        if value >= max(self.chance, self.detectable):
            return f"window {window} of the data"
        return "rows of a window" if self.detectable >= self.chance else "chance"


@dataclasses.dataclass(frozen=True)
class Suggestions:
    """Thresholds for all checks, and how sure they are.

    Attributes:
        wanted: the rate of false alarms per window asked for.
        checks: in order of metric and feature.
        now: alarms of the present configuration on comparisons that differ by chance alone.
        now_inconclusive: such comparisons with an inconclusive check.
        by_chance: those that exceed a suggested threshold, of comparisons held out.
        in_order: windows as they are that exceed a suggested threshold.
    """

    wanted: float
    checks: tuple[Suggestion, ...]
    now: Rate
    now_inconclusive: Rate
    by_chance: Rate
    in_order: Rate


def suggest(
    chance: Chance,
    windows: Mapping[int, Comparison],
    now: Mapping[Check, float],
    wanted: float,
) -> Suggestions:
    """Suggests thresholds.

    Each check's scale is the largest value that chance gave it in the first comparisons, or what
    is detectable if that is larger. All scales are multiplied by one factor, of at least 1: the
    smallest that so few comparisons held out exceed that the upper bound of their share is at most
    the wanted rate. That is an order statistic of one number per comparison, the largest ratio of
    value to scale, hence the bound holds for all checks of a window together. Last, a threshold is
    raised to what the windows as they are have shown.

    Args:
        chance: comparisons that differ by chance alone.
        windows: comparisons with the windows as they are, by number.
        now: the thresholds of the configuration.
        wanted: rate of false alarms per window.

    Source: Wilks (1941) for tolerance limits by order statistics.
    """
    scales = {check: _scale(check, chance) for check in now}
    ratios = np.sort([_ratio(each, scales) for each in chance.held_out])[::-1]
    allowed = _allowed(len(ratios), wanted)
    factor = max(1.0, float(ratios[allowed]))
    checks = []
    for check in sorted(now, key=lambda check: (check[1], check[0])):
        found = [(each.values.get(check, 0.0), number) for number, each in windows.items()]
        in_order = max(found, key=lambda pair: (pair[0], -pair[1]))
        largest = max((each.values.get(check, 0.0) for each in chance.first), default=0.0)
        smallest = chance.detectable.get(check, 0.0)
        raised = max(scales[check] * factor, in_order[0], 1e-9)
        checks.append(
            Suggestion(
                feature=check[0],
                metric=check[1],
                now=now[check],
                threshold=_within(raised, check[1]),
                chance=largest * factor,
                detectable=smallest,
                in_order=in_order,
            )
        )
    limits = {(each.feature, each.metric): each.threshold or math.inf for each in checks}
    return Suggestions(
        wanted=wanted,
        checks=tuple(checks),
        now=_rate(chance.held_out, Status.FAIL),
        now_inconclusive=_rate(chance.held_out, Status.INCONCLUSIVE),
        by_chance=_exceeding(chance.held_out, limits),
        in_order=_exceeding(list(windows.values()), limits),
    )


def _scale(check: Check, chance: Chance) -> float:
    largest = max((each.values.get(check, 0.0) for each in chance.first), default=0.0)
    return max(largest, chance.detectable.get(check, 0.0), 1e-9)


def _ratio(comparison: Comparison, scales: Mapping[Check, float]) -> float:
    return max((comparison.values.get(c, 0.0) / scale for c, scale in scales.items()), default=0.0)


def _allowed(comparisons: int, rate: float) -> int:
    """Returns how many comparisons may exceed so that their rate is surely at most `rate`."""
    allowed = -1
    while binomial.bounds(allowed + 1, comparisons, 1 - CONFIDENCE)[1] <= rate:
        allowed += 1
    return max(allowed, 0)


def _rate(comparisons: Sequence[Comparison], status: Status) -> Rate:
    found = [each.failed if status is Status.FAIL else each.inconclusive for each in comparisons]
    return Rate(sum(count > 0 for count in found), len(found))


def _exceeding(comparisons: Sequence[Comparison], limits: Mapping[Check, float]) -> Rate:
    above = [
        any(value > limits.get(check, math.inf) for check, value in each.values.items())
        for each in comparisons
    ]
    return Rate(sum(above), len(above))


def _within(least: float, metric: str) -> float | None:
    """Returns a threshold of at least so much, or None if the metric cannot reach it."""
    if math.isinf(least):
        return None
    threshold, maximum = rounded_up(least), metrics.REGISTRY[metric].maximum
    return None if maximum is not None and threshold > maximum else threshold


def rounded_up(value: float) -> float:
    """Rounds a positive number up to two digits.

    >>> rounded_up(0.0412), rounded_up(0.041), rounded_up(123.4)
    (0.042, 0.041, 130.0)
    """
    step = 10.0 ** (math.floor(math.log10(value)) - _DIGITS + 1)
    return float(f"{math.ceil(value / step / _ROOM) * step:.{_DIGITS}g}")
