"""What a metric of categories could show at most: power that does not depend on any name.

3,000 texts that are all different look as unlike any other 3,000 such texts as can be, and so they
do if nothing changed: no distance between the two can tell anything. Whether one could is asked of
the frequencies alone. Each side keeps those of its values, and the two are taken to have no value
in common, which is as far apart as they can be; what chance then explains is taken off.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from skewgate.core.distributions import CategoricalDistribution, Distribution, FloatArray
from skewgate.core.results import Measurement
from skewgate.metrics.hypergeometric import nodes

_NOTHING = 1e-6
"""What rounding leaves of no effect at all."""
_DIFFERENT = 0.5
"""Share of the values of a side that are different ones, for `linf` to see no single one."""
_COMMON = 20
"""Values of a category on average from which on hardly anything is by chance."""

Term = Callable[[FloatArray, FloatArray], FloatArray]
"""Of the shares of a category on both sides to its part of a divergence."""


def frequencies(side: CategoricalDistribution) -> FloatArray:
    """Returns how often each category occurs, those without a name as one, shape (k,)."""
    counts = np.fromiter(side.counts.values(), float, len(side.counts))
    return np.append(counts, side.other) if side.other > 0 else counts


def if_disjoint(
    baseline: CategoricalDistribution, current: CategoricalDistribution, term: Term
) -> tuple[float, float]:
    """Returns what a divergence would be without a value in common, and its mean by chance.

    By chance the values of both sides are dealt to them anew, so that a category has a
    hypergeometric number of its values on the baseline.

    Args:
        baseline, current: only the frequencies count.
        term: 0 where both shares are equal.

    Source: Pitman (1937) for the permutation law.
    """
    before, now = frequencies(baseline), frequencies(current)
    nothing = np.zeros(1)
    value = float(np.sum(term(before / baseline.n, nothing)))
    value += float(np.sum(term(nothing, now / current.n)))
    pooled = np.rint(np.concatenate((before, now))).astype(np.int64)
    counts, repeats = np.unique(pooled, return_counts=True)
    mean = 0.0
    for chosen, numbers, chances in nodes(counts, baseline.n, current.n):
        rest = counts[chosen, None] - numbers
        parts = chances * term(numbers / baseline.n, rest / current.n)
        mean += float(np.sum(repeats[chosen, None] * parts))
    return value, mean


def are_common(baseline: CategoricalDistribution, current: CategoricalDistribution) -> bool:
    """Says whether values repeat so often on both sides that nothing needs to be computed.

    At most one value of twenty is then the only one of its category.
    """
    sides = (baseline, current)
    return all(_COMMON * (len(side.counts) + side.other) <= side.n for side in sides)


def are_disjoint(baseline: CategoricalDistribution, current: CategoricalDistribution) -> bool:
    """Says whether no value is on both sides, for certain."""
    return not (
        baseline.other or current.other or not baseline.counts.keys().isdisjoint(current.counts)
    )


def limited_divergence(
    measured: Measurement,
    baseline: Distribution,
    current: Distribution,
    term: Term,
    scale: Callable[[float], float] = float,
) -> Measurement:
    """Completes the measurement of a divergence; see `limited`.

    Args:
        measured: without what it could be at most.
        baseline, current: what was compared.
        term: of a category.
        scale: of the sum of all terms to the metric.
    """
    if not (
        isinstance(baseline, CategoricalDistribution)
        and isinstance(current, CategoricalDistribution)
    ):
        return measured
    if are_common(baseline, current):
        return measured
    value, mean = if_disjoint(baseline, current, term)
    return limited(measured, scale(max(value - mean, 0.0)), baseline, current)


def limited(
    measured: Measurement,
    most: float,
    baseline: CategoricalDistribution,
    current: CategoricalDistribution,
) -> Measurement:
    """Completes a measurement with what it could have been at most above chance.

    Where the two sides have no value in common, what was measured is just that, and is by chance
    all of what it is if nothing else can come out.

    Args:
        measured: without it.
        most: from the frequencies of the values.
        baseline, current: what was compared.

    Returns:
        With p = 1 where nothing could differ from chance: all values are equally probable then.
    """
    disjoint = are_disjoint(baseline, current)
    if most <= _NOTHING:
        expected = measured.value if disjoint else measured.null_value
        return dataclasses.replace(measured, p_value=1.0, null_value=expected, attainable=0.0)
    if disjoint:
        most = measured.above_chance(measured.upper)
    return dataclasses.replace(measured, attainable=most)


def largest_share(baseline: Distribution, current: Distribution) -> float:
    """Returns the share of the most frequent value of both sides where most values are different.

    Elsewhere it is inf: a category is common enough that another could become as common. Values
    without a name are taken to be as rare as the rarest that has one, as where only the most
    frequent ones are kept.
    """
    shares = []
    for side in (baseline, current):
        if not isinstance(side, CategoricalDistribution) or not side.counts:
            return math.inf
        rarest = min(side.counts.values()) + side.slack
        if len(side.counts) + side.other / rarest < _DIFFERENT * side.n:
            return math.inf
        shares.append((max(side.counts.values()) + side.slack) / side.n)
    return max(shares)
