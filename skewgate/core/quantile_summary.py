"""A quantile summary that knows how far each of its ranks may be off."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from skewgate.core import moments
from skewgate.core.distributions import FloatArray, NumericDistribution

CountArray = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Summary:
    """Bounds on how many values lie below and up to each of some points.

    Attributes:
        points: distinct values in ascending order, shape (k,); the first is the minimum of the
            values, the last the maximum.
        below_low, below_high: bounds on the number of values < point, shape (k,).
        upto_low, upto_high: bounds on the number of values <= point, shape (k,).
        n: number of values, >= 1.

    Source: the deterministic summaries of Manku, Rajagopalan and Lindsay (1998), with the two
    bounds on each rank of Greenwald and Khanna (2001), here on both sides of an atom.
    """

    points: FloatArray
    below_low: CountArray
    below_high: CountArray
    upto_low: CountArray
    upto_high: CountArray
    n: int

    def moments(self) -> tuple[float, float] | None:
        """Returns mean and standard deviation of the finite values, if all values are known.

        They are the same however the values came together; NaN where there is no finite value.
        None if some values lie between the points.
        """
        if not (
            np.array_equal(self.below_low, self.below_high)
            and np.array_equal(self.upto_low, self.upto_high)
            and np.array_equal(self.below_low[1:], self.upto_low[:-1])
        ):
            return None
        finite = np.isfinite(self.points)
        points, counts = self.points[finite], (self.upto_low - self.below_low)[finite]
        if not len(points):
            return math.nan, math.nan
        return moments.of_points(points, counts / counts.sum())

    def distribution(self, told: tuple[float, float] = (math.nan, math.nan)) -> NumericDistribution:
        """Returns what is known of the values.

        Args:
            told: mean and standard deviation of the finite values, for where `moments` has none.
        """
        mean, std = self.moments() or told
        return NumericDistribution(
            edges=self.points,
            left_lower=self.below_low / self.n,
            left_upper=self.below_high / self.n,
            right_lower=self.upto_low / self.n,
            right_upper=self.upto_high / self.n,
            n=self.n,
            rank_error=self.error / self.n,
            mean=mean,
            std=std,
        )

    @property
    def error(self) -> int:
        """The largest distance of the middle of a rank's bounds from the true rank."""
        spread = np.maximum(self.below_high - self.below_low, self.upto_high - self.upto_low)
        return int(np.max(spread) + 1) // 2


def from_sorted(values: FloatArray, size: int) -> Summary:
    """Summarises sorted values; the ranks of the points kept are exact.

    Args:
        values: ascending, without NaN, shape (n,), n >= 1.
        size: about how many points to keep; all of them if there are no more distinct values.

    >>> summary = from_sorted(np.array([1.0, 1.0, 2.0, 5.0]), 10)
    >>> summary.points, summary.below_low, summary.upto_low
    (array([1., 2., 5.]), array([0, 2, 3]), array([2, 3, 4]))
    """
    n = len(values)
    ends = np.flatnonzero(values[1:] != values[:-1]) + 1
    starts = np.concatenate([[0], ends])
    ends = np.concatenate([ends, [n]])
    if len(starts) > size:
        runs = np.searchsorted(starts, _ranks(n, size) - 1, side="right") - 1
        kept = runs[np.r_[True, runs[1:] != runs[:-1]]]
        starts, ends = starts[kept], ends[kept]
    # Zero has two signs, which are one value.
    return Summary(values[starts] + 0.0, starts, starts, ends, ends, n)


def merge(summaries: Sequence[Summary]) -> Summary:
    """Joins summaries of different values; keeps every point of each.

    Where a summary has no point of its own, its count there is known only to lie between those
    of its neighbouring points.
    """
    if len(summaries) == 1:
        return summaries[0]
    points = np.unique(np.concatenate([summary.points for summary in summaries]))
    totals = np.zeros((4, len(points)), np.int64)
    for summary in summaries:
        after = np.searchsorted(summary.points, points, side="right")
        own = np.searchsorted(points, summary.points)
        least = np.r_[0, summary.upto_low][after]
        most = np.r_[summary.below_high, summary.n][after]
        for total, elsewhere, exact in zip(
            totals,
            (least, most, least, most),
            (summary.below_low, summary.below_high, summary.upto_low, summary.upto_high),
            strict=True,
        ):
            here = elsewhere.copy()
            here[own] = exact
            total += here
    below_low, below_high, upto_low, upto_high = totals
    n = sum(summary.n for summary in summaries)
    return Summary(points, below_low, below_high, upto_low, upto_high, n)


def compress(summary: Summary, size: int) -> Summary:
    """Keeps about `size` points, at evenly spaced ranks and closer at both ends."""
    if len(summary.points) <= size:
        return summary
    middle = (summary.upto_low + summary.upto_high) / 2
    middle[-1] = summary.n
    chosen = np.searchsorted(middle, _ranks(summary.n, size), side="left")
    kept = np.unique(np.r_[0, np.minimum(chosen, len(middle) - 1), len(middle) - 1])
    return Summary(
        summary.points[kept],
        summary.below_low[kept],
        summary.below_high[kept],
        summary.upto_low[kept],
        summary.upto_high[kept],
        summary.n,
    )


def _ranks(n: int, size: int) -> CountArray:
    """Returns ascending ranks in [1, n]: evenly spaced ones, and powers of 2 from both ends.

    The extremes tell most about distances, and without points there one bucket would span them.
    """
    even = np.linspace(1, n, size).astype(np.int64)
    step = n // max(size, 1) + 1
    powers = 2 ** np.arange(step.bit_length() + 1)
    powers = powers[powers < n]
    ranks: CountArray = np.unique(np.concatenate([even, powers, n + 1 - powers]))
    return ranks


def summary_of(side: NumericDistribution) -> Summary:
    """Returns the counts behind the bounds of a distribution."""

    def least(share: FloatArray) -> CountArray:
        counts: CountArray = np.floor(share * side.n + 1e-6).astype(np.int64)
        return counts

    def most(share: FloatArray) -> CountArray:
        counts: CountArray = np.ceil(share * side.n - 1e-6).astype(np.int64)
        return counts

    return Summary(
        side.edges,
        least(side.left_lower),
        most(side.left_upper),
        least(side.right_lower),
        most(side.right_upper),
        n=side.n,
    )
