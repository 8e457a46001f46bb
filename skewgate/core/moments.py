"""Mean and standard deviation of numbers of any size.

The square of a number beyond 1e154 overflows, and that of one below 1e-154 loses digits. Such
numbers are divided by a power of two before they are squared, which changes no digit.
"""

from __future__ import annotations

import math

import numpy as np

from skewgate.core.distributions import FloatArray

Moments = tuple[float, float]
"""Mean and standard deviation (the population's, divided by n); NaN both if beyond floats."""
_SAFE = 400
"""Powers of two of which squares, and sums of as many as there may be, are far from both ends."""


def power(*arrays: FloatArray) -> int:
    """Returns the power of two by which finite numbers are to be divided before they are squared.

    It is 0 unless the largest is so large or so small that squares would suffer.

    >>> power(np.array([0.0, -3.0])), power(np.array([5e-200])), power(np.array([1.0, 1e200]))
    (0, -662, 665)
    """
    exponent = math.frexp(max(float(np.max(np.abs(array))) for array in arrays))[1]
    return exponent if abs(exponent) > _SAFE else 0


def of_values(ascending: FloatArray) -> Moments:
    """Returns the moments of finite values in ascending order, shape (n,), n >= 1.

    >>> of_values(np.array([0.0, 2.0])), of_values(np.array([0.0, 2e200]))
    ((1.0, 1.0), (1e+200, 1e+200))
    """
    exponent = power(ascending[[0, -1]])
    scaled = np.ldexp(ascending, -exponent) if exponent else ascending
    return _unscaled(float(np.mean(scaled)), float(np.std(scaled)), exponent)


def of_points(points: FloatArray, shares: FloatArray) -> Moments:
    """Returns the moments of finite points that have these shares, which add up to 1.

    Args:
        points: shape (k,), k >= 1.
        shares: >= 0, shape (k,).
    """
    exponent = power(points)
    scaled = np.ldexp(points, -exponent) if exponent else points
    mean = float(np.sum(shares * scaled)) if len(points) > 1 else float(scaled[0])
    return _unscaled(mean, math.sqrt(float(np.sum(shares * (scaled - mean) ** 2))), exponent)


def of_parts(means: FloatArray, stds: FloatArray, shares: FloatArray) -> Moments:
    """Returns the moments of all values of parts, of which moments and shares are known.

    Args:
        means: shape (k,), k >= 1; not finite where unknown.
        stds: >= 0, shape (k,); not finite where unknown.
        shares: of the values, >= 0, which add up to 1, shape (k,).

    Source: Chan, Golub and LeVeque (1979), for any number of parts.
    """
    if not (np.isfinite(means).all() and np.isfinite(stds).all()):
        return math.nan, math.nan
    exponent = power(means, stds)
    if exponent:
        means, stds = np.ldexp(means, -exponent), np.ldexp(stds, -exponent)
    mean = float(means[0] + np.sum(shares * (means - means[0])))
    variance = float(np.sum(shares * (stds**2 + (means - mean) ** 2)))
    return _unscaled(mean, math.sqrt(variance), exponent)


def _unscaled(mean: float, std: float, exponent: int) -> Moments:
    try:
        return math.ldexp(mean, exponent), math.ldexp(std, exponent)
    except OverflowError:
        return math.nan, math.nan
