"""What two numeric distributions are known to be between their edges."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skewgate.core.distributions import FloatArray, NumericDistribution

IntArray = npt.NDArray[np.intp]


def steps(side: NumericDistribution) -> tuple[FloatArray, FloatArray]:
    """Returns bounds on the CDF F as step functions, lower and upper, each of shape (k + 1,).

    Where j of the k edges lie at or below x, lower[j] <= F(x) <= upper[j]: F is at least its right
    limit at the edge below and at most its left limit at the edge above, 0 below the first edge
    and 1 from the last one on.
    """
    lower, upper = np.empty(len(side.edges) + 1), np.empty(len(side.edges) + 1)
    lower[0] = upper[0] = 0.0
    lower[1:] = side.right_lower
    upper[1:-1] = side.left_upper[1:]
    lower[-1] = upper[-1] = 1.0
    return lower, upper


def below(side: NumericDistribution, points: FloatArray) -> IntArray:
    """Returns how many edges lie at or below each of `points`, shape (m,), the j of `steps`."""
    return side.edges.searchsorted(points, side="right")


def at(
    side: NumericDistribution, points: FloatArray, bounds: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray, IntArray, IntArray]:
    """Bounds P(X <= x) for each of `points`, shape (m,).

    Args:
        side: the distribution of X.
        points: in any order.
        bounds: the `steps` of `side`.

    Returns:
        Lower and upper bounds, shape (m,); which points lie on an edge, and on which one.
    """
    index = below(side, points)
    low, high = bounds[0].take(index), bounds[1].take(index)
    [shared] = (side.edges.take(index - 1) == points).nonzero()
    same = index[shared] - 1
    high[shared] = np.minimum(high[shared], side.right_upper[same])
    return low, high, shared, same
