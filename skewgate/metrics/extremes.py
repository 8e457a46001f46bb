"""Finds values so far out that a few of them hide all others."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math

import numpy as np

from skewgate.core.distributions import FloatArray, NumericDistribution, middle
from skewgate.core.wording import many, rounded

_HALVES = (0.5, 0.75, 0.9, 0.97)
"""Shares of the values that the densest stretch holds; the next where one is a single value."""
_GAP = 3.0
"""Extreme values lie at least so many times as far out as the others."""
_FAR = 6.0
"""And at least so many half-widths of the densest stretch from its middle."""
_INDEX = 1.2
"""Index of a tail of single values that have no gap: its mean would hardly be finite."""
_MOST = 0.25
"""Largest share of a side's values that may be extreme."""
_MOST_CODES = 0.5
"""The same where they are no more than a few different numbers, such as -999."""
_CODES = 3
"""How many different numbers are a few."""
_LEAST = 0.05
"""Smallest share of a side's values that may be beside numbers that are most of them."""
_FEWEST = 20
"""Or how many values that must be."""


@dataclasses.dataclass(frozen=True)
class Fences:
    """The smallest and the largest value that are not extreme, on both sides together."""

    low: float
    high: float


def fences(baseline: NumericDistribution, current: NumericDistribution) -> Fences | None:
    """Returns where the extreme values begin, or None if there are none.

    The densest stretch of a side is the shortest that holds half of its values. From the middle of
    both stretches outwards, the first value that lies 3 times as far out as the one before it, and
    6 half-widths from the middle, is extreme, and so is all beyond it. Without such a gap it is the
    first beyond which only k values lie until one that is more than 3 and k^(1 / 1.2) times as far
    out. If that is more than a quarter of a side's values, or more than half where they are at most
    three different numbers, they are no exception but part of what the values are, and none is
    extreme.

    Source: Andrews et al. (1972) for the shortest half, which up to half of the values do not move;
    Hill (1975) for the index of a tail.
    """
    return _beside_codes(baseline, current) or _around_most(baseline, current)


def _dense_middle(
    baseline: NumericDistribution, current: NumericDistribution
) -> tuple[float, float] | None:
    """Returns middle and half-width of what the densest stretches of both sides span, if any."""
    stretches = [stretch for stretch in map(_densest, (baseline, current)) if stretch is not None]
    if not stretches:
        return None
    low, high = min(start for start, _ in stretches), max(end for _, end in stretches)
    center, reach = low / 2 + high / 2, high / 2 - low / 2
    return (center, reach) if reach > 0 else None


def _around_most(baseline: NumericDistribution, current: NumericDistribution) -> Fences | None:
    """Returns fences around values of which the densest stretch holds half."""
    found = _dense_middle(baseline, current)
    if found is None:
        return None
    center, reach = found
    counts = functools.partial(_counts_beyond, baseline, current)
    edges = np.concatenate((baseline.edges, current.edges))
    edges.sort(kind="stable")
    with np.errstate(over="ignore", invalid="ignore"):
        if max(edges[-1] - center, center - edges[0]) < _FAR * reach:
            return None
        low, high = (
            float(points[_last(np.abs(points - center), counts(points, upwards), reach)])
            for points, upwards in (
                (edges[edges <= center][::-1], False),
                (edges[edges >= center], True),
            )
        )
    ends = Fences(low, high)
    beyond = np.unique(edges[(edges < ends.low) | (edges > ends.high)])
    most = _MOST_CODES if len(beyond) <= _CODES else _MOST
    return ends if 0 < _largest_share_beyond(baseline, current, ends) <= most else None


def _largest_share_beyond(
    baseline: NumericDistribution, current: NumericDistribution, ends: Fences
) -> float:
    return max(1 - _inside(side, ends)[2] / side.n for side in (baseline, current))


def _may_be_codes(side: NumericDistribution) -> bool:
    """Says whether the outermost numbers at both ends are half of the values or more."""
    upto = np.concatenate(([0.0], side.cdf))
    between = upto[max(len(upto) - 1 - _CODES, 0)] - upto[min(_CODES, len(upto) - 1)]
    return bool(between <= 1 - _MOST_CODES)


def _beside_codes(baseline: NumericDistribution, current: NumericDistribution) -> Fences | None:
    """Returns fences beside a few outermost numbers that are half of a side's values or more."""
    if not any(map(_may_be_codes, (baseline, current))):
        return None
    edges = np.union1d(baseline.edges, current.edges)
    ways = itertools.product(range(_CODES + 1), repeat=2)
    for below, above in sorted(ways, key=sum, reverse=True):
        if not 0 < below + above <= min(_CODES, len(edges) - 1):
            continue
        ends = Fences(float(edges[below]), float(edges[len(edges) - 1 - above]))
        if _largest_share_beyond(baseline, current, ends) < _MOST_CODES:
            continue
        before, now = (without_extremes(side, ends) for side in (baseline, current))
        if before is None or now is None:
            continue
        if before.n < min(_LEAST * baseline.n, _FEWEST) or now.n < min(_LEAST * current.n, _FEWEST):
            continue
        middle_of_rest = _dense_middle(before, now)
        if middle_of_rest is None:
            continue
        ends = _around_most(before, now) or ends
        center, reach = middle_of_rest
        codes = np.concatenate((edges[:below], edges[len(edges) - above :]))
        with np.errstate(over="ignore"):
            inner = np.where(codes < center, center - ends.low, ends.high - center)
            distances = np.abs(codes - center)
        if np.all(distances >= np.maximum(_FAR * reach, _GAP * np.maximum(inner, reach))):
            return ends
    return None


def _counts_beyond(
    baseline: NumericDistribution, current: NumericDistribution, points: FloatArray, upwards: bool
) -> FloatArray:
    """Returns about how many values of both sides lie above the points, or below them, (m,)."""
    counts = np.zeros(len(points))
    for side in (baseline, current):
        upto = np.concatenate(([0.0], side.cdf))
        if upwards:
            counts += side.n * (1 - upto[side.edges.searchsorted(points, side="right")])
        else:
            counts += side.n * upto[side.edges.searchsorted(points)]
    return np.rint(counts)


def _last(distances: FloatArray, beyond: FloatArray, reach: float) -> int:
    """Returns the index of the last distance that is not extreme, of ascending ones.

    Args:
        distances: from the middle, shape (m,).
        beyond: how many values lie farther out, shape (m,).
        reach: half-width of the densest stretches.
    """
    inner, following = np.maximum(distances[:-1], reach), distances[1:]
    far = following >= _FAR * reach
    gaps = far & (following >= _GAP * inner)
    last = int(np.argmax(gaps)) if gaps.any() else len(distances) - 1
    ratio = distances[last] / inner[:last]
    more = np.maximum(beyond[:last] - beyond[last], 1)
    sparse = far[:last] & (ratio >= _GAP) & (np.log(more) <= _INDEX * np.log(ratio))
    return int(np.argmax(sparse)) if sparse.any() else last


def _densest(side: NumericDistribution) -> tuple[float, float] | None:
    """Returns the ends of the shortest stretch that holds half of the values.

    If all of these are equal, more of them are asked for; a side of nearly equal values is
    described by that value alone. None if the stretch is not finite.
    """
    upto = side.cdf
    before = np.concatenate(([0.0], upto[:-1]))
    finite = np.isfinite(side.edges)
    low = high = math.nan
    for share in _HALVES:
        last = upto.searchsorted(before + share * (1 - 1e-9))
        held = last < len(upto)
        held[held] &= finite[last[held]]
        first = np.flatnonzero(held & finite)
        if not len(first):
            break
        with np.errstate(over="ignore"):
            shortest = first[np.argmin(side.edges[last[first]] - side.edges[first])]
        low, high = float(side.edges[shortest]), float(side.edges[last[shortest]])
        if high > low:
            break
    return None if math.isnan(low) else (low, high)


def _inside(side: NumericDistribution, ends: Fences) -> tuple[int, int, int]:
    """Returns the first and the last edge between the fences, and about how many values are.

    Of values between two edges, one of which is extreme, nobody knows what they are.
    """
    first = int(side.edges.searchsorted(ends.low))
    last = int(side.edges.searchsorted(ends.high, side="right")) - 1
    if first > last:
        return first, last, 0
    under = middle(side.left_lower[first], side.left_upper[first])
    upto = middle(side.right_lower[last], side.right_upper[last])
    return first, last, round(float(upto - under) * side.n)


def without_extremes(side: NumericDistribution, ends: Fences) -> NumericDistribution | None:
    """Returns the distribution of the values between two fences; None if there are none.

    With a to a' of all values below the first edge that stays and t to t' up to the last, of what
    is left a CDF from F to F' is at least (F - a') / (t' - a') and at most (F' - a) / (t - a).
    """
    first, last, n = _inside(side, ends)
    if first == 0 and last == len(side.edges) - 1:
        return side
    if n < 1:
        return None
    kept = slice(first, last + 1)
    under, most_under = side.left_lower[first], side.left_upper[first]
    upto, most_upto = side.right_lower[last], side.right_upper[last]

    def least(bounds: FloatArray) -> FloatArray:
        share = (bounds[kept] - most_under) / (most_upto - most_under)
        return np.asarray(np.clip(share, 0.0, 1.0))

    def most(bounds: FloatArray) -> FloatArray:
        mass = max(upto - under, 1 / side.n)  # that of one value
        return np.asarray(np.clip((bounds[kept] - under) / mass, 0.0, 1.0))

    return dataclasses.replace(
        side,
        edges=side.edges[kept],
        left_lower=least(side.left_lower),
        left_upper=np.append(0.0, most(side.left_upper)[1:]),
        right_lower=np.append(least(side.right_lower)[:-1], 1.0),
        right_upper=most(side.right_upper),
        n=n,
        mean=math.nan,
        std=math.nan,
        moments_error=0.0,
    )


def named(baseline: NumericDistribution, current: NumericDistribution, ends: Fences) -> str:
    """Names the extreme values of both sides, such as "1 baseline value of 3.4e+38"."""
    told = []
    for label, side in (("baseline", baseline), ("current", current)):
        first, last, _ = _inside(side, ends)
        upto = np.append(side.cdf, 0.0)  # of nothing, at -1
        for values, share in (
            (side.edges[:first], upto[first - 1]),
            (side.edges[last + 1 :], 1 - upto[last]),
        ):
            if len(values):
                count = many(max(round(side.n * float(share)), 1), f"{label} value")
                least, largest = rounded(float(values[0])), rounded(float(values[-1]))
                among = f"of {least}" if least == largest else f"from {least} to {largest}"
                told.append(f"{count} {among}")
    return ", ".join(told)
