"""Bins of equal baseline mass, whose ends are intervals where the values are not all known."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from skewgate.core.distributions import FloatArray, NumericDistribution, middle

IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]
Term = Callable[[FloatArray, FloatArray], FloatArray]
"""Of baseline and current shares of one shape to each bin's part of a sum."""


class Ends(NamedTuple):
    """Shares of the values up to the ends of k bins, each of shape (k + 1,), from 0 to 1.

    An end is known as an interval. The bounds hold the share of the values up to the end that the
    values themselves give, wherever in its interval that is.

    Attributes:
        baseline, current: best estimates, both at the same points.
        baseline_lower, baseline_upper, current_lower, current_upper: certain bounds.
    """

    baseline: FloatArray
    baseline_lower: FloatArray
    baseline_upper: FloatArray
    current: FloatArray
    current_lower: FloatArray
    current_upper: FloatArray

    @property
    def certain(self) -> bool:
        """Whether every share is known exactly."""
        return np.array_equal(self.baseline_lower, self.baseline_upper) and np.array_equal(
            self.current_lower, self.current_upper
        )


class _Places(NamedTuple):
    """Where ends lie among the edges of the baseline, each of shape (k - 1,).

    The place 2 j stands for just before the edge j, and 2 j + 1 for the edge itself.

    Attributes:
        lowest, guess, highest: bounds and estimate of the place.
        least, most: bounds on the baseline's share up to the end, by the quantile that it is.
    """

    lowest: IntArray
    guess: IntArray
    highest: IntArray
    least: FloatArray
    most: FloatArray


def find_ends(baseline: NumericDistribution, current: NumericDistribution, bins: int) -> Ends:
    """Bounds where bins of equal baseline mass end, and what both sides have up to there.

    The ends are the quantiles of the baseline, the smallest values with i / `bins` of the values
    at or below them. A value that is two quantiles or more (an atom) is cut off from the values
    below it as well, and so is the largest value, if it is one. A constant baseline gives three
    bins: below, at and above the constant.
    """
    places = _places(baseline, bins)
    three = np.stack((places.lowest, places.guess, places.highest))
    points, upto = baseline.edges[three >> 1], (three & 1).astype(bool)
    (own_low, own_high), (other_low, other_high) = (
        _shares_at(side, points, upto) for side in (baseline, current)
    )
    lower, upper = np.maximum(own_low[0], places.least), np.minimum(own_high[2], places.most)
    starts = _distinct(places)
    lower, upper = np.maximum.reduceat(lower, starts), np.minimum.reduceat(upper, starts)
    return Ends(
        *map(
            _whole,
            (
                middle(own_low[1], own_high[1])[starts],
                lower,
                np.maximum(upper, lower),
                middle(other_low[1], other_high[1])[starts],
                other_low[0][starts],
                np.maximum(other_high[2], other_low[0])[starts],
            ),
        )
    )


def _whole(shares: FloatArray) -> FloatArray:
    return np.concatenate(([0.0], shares, [1.0]))


def _places(baseline: NumericDistribution, bins: int) -> _Places:
    """Finds the quantiles of the baseline among its edges, and what is cut off before them."""
    if len(baseline.edges) == 1:
        both = np.array([0, 1])
        return _Places(both, both, both, np.zeros(2), np.ones(2))
    levels = np.arange(1, bins) / bins
    # A share is a whole number over n: it is a level, or differs by 1 / (bins n) at least.
    reached = levels - 0.5 / (bins * baseline.n)
    highest = np.minimum(
        2 * baseline.right_lower.searchsorted(reached) + 1,
        2 * baseline.left_lower.searchsorted(reached),
    )
    # An even place is any value between two edges.
    lowest = np.maximum(
        2 * baseline.right_upper.searchsorted(reached),
        2 * baseline.left_upper.searchsorted(reached) - 1,
    )
    lowest = np.minimum(np.maximum(lowest, 1), highest)
    at = baseline.cdf.searchsorted(reached)
    before = middle(baseline.left_lower[at], baseline.left_upper[at])
    guess = np.minimum(np.maximum(2 * at + (before < reached), lowest), highest)

    largest = 2 * len(baseline.edges) - 1
    equal = (lowest[:-1] == highest[1:]) & (lowest[1:] % 2 == 1)
    maybe_equal = highest[:-1] >= lowest[1:]
    seem_equal = (guess[:-1] == guess[1:]) & (guess[1:] % 2 == 1)
    cut_off = _first_of_run(equal, maybe_equal, lowest > 1) | (lowest == largest)
    maybe_cut_off = _first_of_run(maybe_equal, equal, highest > 1) | (highest == largest)
    seems_cut_off = _first_of_run(seem_equal, seem_equal, guess > 1) | (guess == largest)
    return _Places(
        lowest - 1 + ((lowest % 2 == 1) & ~maybe_cut_off),
        guess - seems_cut_off,
        highest - ((highest % 2 == 1) & cut_off),
        np.where(maybe_cut_off, 0.0, levels),
        np.where(cut_off, levels, 1.0),
    )


def _first_of_run(
    equals_next: BoolArray, equals_previous: BoolArray, above_minimum: BoolArray
) -> BoolArray:
    """Says which quantiles are the first of several that are one value above the minimum.

    Args:
        equals_next: whether each quantile but the last equals the next one, shape (k - 1,).
        equals_previous: whether each quantile but the first equals the one before it, (k - 1,).
        above_minimum: whether each quantile is above the smallest value, shape (k,).
    """
    return np.append(equals_next, False) & ~np.append(False, equals_previous) & above_minimum


def _distinct(places: _Places) -> IntArray:
    """Returns the first of the ends at each place, where it is certain that they are one."""
    known = places.lowest == places.highest
    same = known[1:] & known[:-1] & (places.lowest[1:] == places.lowest[:-1])
    return np.append(True, ~same).nonzero()[0]


def _shares_at(
    side: NumericDistribution, points: FloatArray, upto: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Bounds P(X <= point), or P(X < point) where not `upto`; all of one shape."""
    edges, last = side.edges, len(side.edges) - 1
    index = np.where(
        upto, edges.searchsorted(points, side="right"), edges.searchsorted(points, side="left")
    )
    below, above = np.maximum(index - 1, 0), np.minimum(index, last)
    lower = np.where(index > 0, side.right_lower[below], 0.0)
    upper = np.where(index <= last, side.left_upper[above], 1.0)
    on_edge = ~upto & (edges[above] == points)
    lower = np.where(on_edge, np.maximum(lower, side.left_lower[above]), lower)
    on_edge = upto & (edges[below] == points)
    upper = np.where(on_edge, np.minimum(upper, side.right_upper[below]), upper)
    return lower, upper


def sum_bounds(
    ends: Ends, term: Term, lowest: FloatArray, highest: FloatArray
) -> tuple[float, float]:
    """Bounds a sum over bins that share their ends: what one bin gains there its neighbour loses.

    A sum of terms that are convex in the shares is convex in the ends, so that it is largest at a
    corner of the box of possible ends; as each term depends on two ends only, that corner is found
    end by end. Every point of the box has an opposite one, and by convexity the sums at both are
    together at least twice that at the centre: no sum is below twice that at the centre less the
    largest. Where the intervals of two ends overlap, the bin between them counts by its own bounds.

    Args:
        ends: of k bins.
        term: jointly convex in two shares.
        lowest, highest: bounds on the term of each bin by itself, shape (k,).

    Returns:
        Lower and upper bound of the sum; the sum of `lowest` may be a better lower bound.

    Source: Bellman (1957) for the search end by end.
    """
    low, high = ends.baseline_lower, ends.baseline_upper
    other_low, other_high = ends.current_lower, ends.current_upper
    apart = (low[1:] >= high[:-1]) & (other_low[1:] >= other_high[:-1])
    terms = term(
        _between_corners(low, low, high, high),
        _between_corners(other_low, other_high, other_low, other_high),
    )
    terms[~apart] = 0.0
    most = np.zeros(4)
    for corners in terms:
        most = np.maximum.reduce(most[:, None] + corners)
    largest = float(np.maximum.reduce(most))
    centre = term(_differences(middle(low, high)), _differences(middle(other_low, other_high)))
    least = 2 * float(np.sum(centre[apart])) - largest
    return (
        least + float(np.sum(lowest[~apart])),
        largest + float(np.sum(highest[~apart])),
    )


def _between_corners(*corners: FloatArray) -> FloatArray:
    """Returns the share of each bin from every corner of its first end to every one of its last.

    Args:
        corners: shares up to the ends, four of shape (k + 1,).

    Returns:
        Shares of the k bins, shape (k, 4, 4): by bin, corner of the first end and of the last.
    """
    upto = np.stack(corners, axis=1)
    shares: FloatArray = np.maximum(upto[1:, None, :] - upto[:-1, :, None], 0.0)
    return shares


def _differences(upto: FloatArray) -> FloatArray:
    shares: FloatArray = np.maximum(upto[1:] - upto[:-1], 0.0)
    return shares
