"""Deals the pooled values of two sides to them anew, as chance does if nothing changed."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from skewgate.core.distributions import Distribution, FloatArray, NumericDistribution
from skewgate.metrics.hypergeometric import CountArray
from skewgate.metrics.laws import Drawn

LARGEST = 600
"""Most values on both sides together that are dealt one by one."""
DRAWS = 999
"""Ways to deal that are drawn."""
MOST_WAYS = 4000
"""Ways to deal of which all are tried instead."""
FEW = 100
"""Most values on the smaller side whose places among any number of others are drawn."""

Statistic = Callable[[FloatArray, FloatArray], FloatArray]
"""Of baseline and current shares, each of shape (..., k), to shape (...)."""


def log_ways(n_baseline: int, n_current: int) -> float:
    """Returns the logarithm of the number of ways to deal values to two sides."""
    sizes = (n_baseline + n_current, n_baseline, n_current)
    whole, *parts = (math.lgamma(size + 1) for size in sizes)
    return max(whole - sum(parts), 0.0)


@dataclasses.dataclass(frozen=True)
class Deals:
    """Ways to deal values in ascending order to two sides.

    Attributes:
        baseline: how many of the first r values the baseline gets, r = 0 to T; shape (b, T + 1).
        places: which of the T values the baseline gets, ascending; shape (b, N).
        log_ways: logarithm of the number of ways that there are.
        complete: whether these are all of them.
    """

    baseline: npt.NDArray[np.int16]
    places: npt.NDArray[np.int16]
    log_ways: float
    complete: bool

    def law(self, values: FloatArray) -> Drawn:
        """Returns the law of a statistic from its value for each way, shape (b,)."""
        return Drawn(np.sort(values), self.log_ways, self.complete)


@functools.lru_cache(maxsize=8)
def deals(n_baseline: int, n_current: int) -> Deals:
    """Returns all ways to deal, or DRAWS of them; the same at every call.

    Args:
        n_baseline, n_current: N and M, each at least 1; their sum T is at most LARGEST.
    """
    total = n_baseline + n_current
    ways = math.comb(total, n_baseline)
    complete = ways <= MOST_WAYS
    labels = np.zeros((ways if complete else DRAWS, total), bool)
    if complete:
        smaller = min(n_baseline, n_current)
        chosen = np.array(list(itertools.combinations(range(total), smaller)))
        np.put_along_axis(labels, chosen, True, axis=1)
        if smaller < n_baseline:
            labels = ~labels
    else:
        labels[:, :n_baseline] = True
        labels = np.random.default_rng(0).permuted(labels, axis=1)
    baseline = np.zeros((len(labels), total + 1), np.int16)
    np.cumsum(labels, axis=1, out=baseline[:, 1:])
    places = np.nonzero(labels)[1].reshape(len(labels), n_baseline).astype(np.int16)
    return Deals(baseline, places, math.log(ways), complete)


@dataclasses.dataclass(frozen=True)
class Pooled:
    """The values of both sides together.

    Attributes:
        points: the different values in ascending order, shape (k,).
        ends: how many values are at most each of them, shape (k,); the last is T.
    """

    points: FloatArray
    ends: CountArray


def pool(baseline: Distribution, current: Distribution) -> Pooled | None:
    """Pools two small sides; None if they are too large, or their values are not all known."""
    if not (isinstance(baseline, NumericDistribution) and isinstance(current, NumericDistribution)):
        return None
    if baseline.n + current.n > LARGEST:
        return None
    counts = [_counts(side) for side in (baseline, current)]
    if counts[0] is None or counts[1] is None:
        return None
    points, places = np.unique(np.concatenate((baseline.edges, current.edges)), return_inverse=True)
    totals = np.bincount(places.reshape(-1), np.concatenate((counts[0], counts[1])))
    ends = np.cumsum(np.rint(totals).astype(np.int64))
    return Pooled(points, ends) if ends[-1] == baseline.n + current.n else None


def _counts(side: NumericDistribution) -> CountArray | None:
    """Returns how often each edge occurs, or None if that is not known exactly."""
    known = (
        np.array_equal(side.right_lower, side.right_upper)
        and np.array_equal(side.left_lower, side.left_upper)
        and np.array_equal(side.right_lower[:-1], side.left_lower[1:])
    )
    if not known:
        return None
    upto = np.rint(side.right_lower * side.n).astype(np.int64)
    counts: CountArray = np.diff(upto, prepend=0)
    return counts


def law_over_categories(
    statistic: Statistic, pooled: CountArray, n_baseline: int, n_current: int
) -> Drawn:
    """Returns the law of a statistic over categories whose pooled counts are given, shape (k,)."""
    dealt = deals(n_baseline, n_current)
    upto = dealt.baseline[:, np.concatenate(([0], np.cumsum(pooled)))]
    counts = np.diff(upto, axis=1).astype(float)
    return dealt.law(statistic(counts / n_baseline, (pooled - counts) / n_current))


def law_over_bins(
    statistic: Statistic, pooled: Pooled, n_baseline: int, n_current: int, bins: int
) -> Drawn:
    """Returns the law of a statistic over bins that are cut at quantiles of the baseline.

    For each way to deal the bins are cut anew, as `bins.find_ends` finds them: a bin that is fitted
    to one side has another law than one that was there before.
    """
    dealt = deals(n_baseline, n_current)
    group = pooled.ends.searchsorted(np.arange(len(dealt.baseline[0]) - 1), side="right")
    ranks = np.ceil(np.arange(1, bins) * n_baseline / bins - 1e-9).astype(np.int64) - 1
    at = group[dealt.places[:, ranks]]
    smallest, largest = (group[dealt.places[:, [end]]] for end in (0, -1))
    constant = smallest == largest
    atom = at == largest
    atom[:, 1:] |= at[:, 1:] == at[:, :-1]
    # A cut is the number of groups below it; one at 0 or twice makes a bin without a value.
    cuts = np.where((at < largest) | constant, at + 1, 0)
    if atom.any():
        below_atom = np.where(atom & ((at > smallest) | constant), at, 0)
        cuts = np.concatenate((below_atom, cuts), axis=1)
    cuts.sort(axis=1)
    rows = np.concatenate(([0], pooled.ends))
    edges = np.zeros((len(cuts), cuts.shape[1] + 2), np.int64)
    edges[:, 1:-1], edges[:, -1] = rows[cuts], rows[-1]
    upto = np.take_along_axis(dealt.baseline, edges, axis=1).astype(float)
    counts = np.diff(upto, axis=1)
    others = np.diff(edges, axis=1) - counts
    return dealt.law(statistic(counts / n_baseline, others / n_current))


def law_of_transport(pooled: Pooled, n_baseline: int, n_current: int) -> Drawn:
    """Returns the law of the integral of |F - G|, in the unit of the values."""
    dealt = deals(n_baseline, n_current)
    ends = pooled.ends[:-1]
    # With c of the first e values on the baseline, F - G is c / N - (e - c) / M.
    gaps = dealt.baseline[:, ends] * (1 / n_baseline + 1 / n_current)
    gaps -= ends / n_current
    finite = np.isfinite(pooled.points)
    width = np.diff(np.where(finite, pooled.points, 0.0))
    width[~(finite[1:] & finite[:-1])] = 0.0
    return dealt.law(np.abs(gaps, out=gaps) @ width)


def law_of_transport_of_few(
    upto: FloatArray, width: FloatArray, n_baseline: int, n_current: int
) -> Drawn:
    """Returns the law of the integral of |F - G| where one side has few values, of the other any.

    Which of the T pooled values the smaller side gets is drawn, without putting back.

    Args:
        upto: how many of the pooled values lie at or below each stretch, ascending, shape (m,).
        width: of the stretches, shape (m,).
        n_baseline, n_current: N and M; the smaller at most FEW.
    """
    few, many = sorted((n_baseline, n_current))
    places = _without_repeats(few, few + many)
    own = np.arange(few + 1) * (1 / few + 1 / many)
    # From the i-th place on the difference is own[i] - upto / many, up to the next place.
    turns = upto.searchsorted(own * many)
    start = np.zeros((len(places), few + 2), np.intp)
    start[:, 1:-1] = upto.searchsorted(places.reshape(-1), side="right").reshape(places.shape)
    start[:, -1] = len(width)
    first, last = start[:, :-1], start[:, 1:]
    turn = np.clip(turns, first, last)
    sums = np.concatenate(([0.0], np.cumsum(width)))
    moments = np.concatenate(([0.0], np.cumsum(width * upto))) / many
    parts = own * (2 * sums[turn] - sums[first] - sums[last])
    parts -= 2 * moments[turn] - moments[first] - moments[last]
    values = np.maximum(np.sum(parts, axis=1), 0.0)
    return Drawn(np.sort(values), log_ways(few, many), complete=False)


def law_over_categories_of_few(
    terms: Statistic, pooled: CountArray, n_baseline: int, n_current: int
) -> Drawn:
    """Returns the law of a sum over categories where one side has few values, of the other any.

    Which of the T pooled values the smaller side gets is drawn, without putting back. Most
    categories get none of them: their terms are added once.

    Args:
        terms: of each category, from its shares; shapes as for a Statistic, without the sum.
        pooled: values of each category on both sides together, shape (k,).
        n_baseline, n_current: N and M; the smaller at most FEW.
    """
    few = min(n_baseline, n_current)

    def of_smaller(counts: FloatArray, whole: CountArray) -> FloatArray:
        sides = (counts, whole - counts) if n_baseline == few else (whole - counts, counts)
        return terms(sides[0] / n_baseline, sides[1] / n_current)

    places = _without_repeats(few, n_baseline + n_current)
    chosen = np.cumsum(pooled).searchsorted(places, side="right")
    chosen += np.arange(DRAWS)[:, None] * len(pooled)
    found, counts = np.unique(chosen, return_counts=True)
    draw, category = np.divmod(found, len(pooled))
    without = of_smaller(np.zeros(len(pooled)), pooled)
    more = of_smaller(counts.astype(float), pooled[category]) - without[category]
    values = np.sum(without) + np.bincount(draw, more, minlength=DRAWS)
    return Drawn(np.sort(values), log_ways(n_baseline, n_current), complete=False)


@functools.lru_cache(maxsize=8)
def _without_repeats(few: int, total: int) -> CountArray:
    """Returns DRAWS times `few` different whole numbers below `total`, ascending."""
    generator = np.random.default_rng(0)
    places = np.sort(generator.integers(0, total, (DRAWS, few)), axis=1)
    while True:
        rows, columns = np.nonzero(places[:, 1:] == places[:, :-1])
        if not len(rows):
            return places
        places[rows, columns] = generator.integers(0, total, len(rows))
        places[np.unique(rows)] = np.sort(places[np.unique(rows)], axis=1)
