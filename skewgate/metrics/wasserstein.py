"""Wasserstein distance: how far the values moved, in standard deviations of the baseline."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from skewgate.core import moments
from skewgate.core.distributions import Distribution, FloatArray, NumericDistribution
from skewgate.core.results import Bulk, Measurement, above_chance
from skewgate.metrics import extremes
from skewgate.metrics.base import Metric
from skewgate.metrics.cdf import below, steps
from skewgate.metrics.fisher import proportions_p
from skewgate.metrics.relabelling import pool
from skewgate.metrics.transport_null import null_law

_ROUNDING = 1e-10  # relative error that a mean over many values may have
_LAST_BITS = 2.0**-48  # part of the mean by which the standard deviation may be off, far from 0
_EQUAL = 1e-12  # shares that differ by less are equal but for rounding
_UNEQUAL = 0.05  # p-value of shares of extreme values that are not the same


def wasserstein(baseline: FloatArray, current: FloatArray) -> float:
    """First Wasserstein distance of two samples over the baseline's standard deviation.

    Args:
        baseline: finite values, shape (n,), n >= 1.
        current: finite values, shape (m,), m >= 1.

    Returns:
        A float >= 0 without a unit, 0 only if both have the same distribution; inf if the baseline
        is constant and the current values are not all the same constant.

    Raises:
        ValueError: a side is empty or holds a value that is not finite.

    Source: Vallender (1974): W1 is the integral of |F - G|; scipy.stats.wasserstein_distance
    computes the same, numpy.std the divisor where no square leaves the floats.

    >>> wasserstein([0.0, 2.0], [3.0, 5.0])
    3.0
    """
    sides = [np.sort(np.asarray(side, float)) for side in (baseline, current)]
    for name, values in zip(("baseline", "current"), sides, strict=True):
        if values.size == 0 or not np.all(np.isfinite(values)):
            raise ValueError(f"{name} must hold finite values and at least one")
    points = np.sort(np.concatenate(sides), kind="stable")
    f, g = (side.searchsorted(points[:-1], side="right") / len(side) for side in sides)
    distance = float(np.sum(np.abs(f - g) * np.diff(points)))
    if _constant(sides[0]):
        return 0.0 if distance <= _equal_within(*sides) else math.inf
    return _in_units(distance, moments.of_values(sides[0])[1])


def _equal_within(*ascending: FloatArray) -> float:
    """Returns the distance of values of this size that rounding may make: four of the last bits."""
    return 2.0**-50 * max(float(np.max(np.abs(side[[0, -1]]))) for side in ascending)


def _constant(ascending: FloatArray) -> bool:
    """Says whether values are all the same but for rounding, such as 0.3 and 0.1 + 0.2."""
    least, largest = float(ascending[0]), float(ascending[-1])
    return least == largest or largest - least <= _equal_within(ascending) < math.inf


def _in_units(distance: float, std: float) -> float:
    """Divides a distance by a standard deviation, which is 0 if the baseline is constant."""
    if distance == 0:
        return 0.0
    return distance / std if std > 0 else math.inf


@dataclasses.dataclass(frozen=True)
class _Stretches:
    """What is known of both CDFs on the m stretches between neighbouring edges of either side.

    Attributes:
        width: in the unit of the feature, shape (m,).
        baseline, current: lower and upper bound of the CDF inside the stretch, shape (2, m).
        baseline_line, current_line: estimate of the CDF at both ends, shape (2, m).
    """

    width: FloatArray
    baseline: FloatArray
    current: FloatArray
    baseline_line: FloatArray
    current_line: FloatArray


def _stretches(baseline: NumericDistribution, current: NumericDistribution) -> _Stretches:
    points = np.concatenate((baseline.edges, current.edges))
    points.sort(kind="stable")
    points = points[np.isfinite(points)]
    inside = [_inside(side, points) for side in (baseline, current)]
    return _Stretches(points[1:] - points[:-1], *(i[0] for i in inside), *(i[1] for i in inside))


def _inside(side: NumericDistribution, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns bounds and line of one side, as in _Stretches."""
    lower, upper = steps(side)
    index = below(side, points[:-1])
    # Between two edges the values are taken to lie evenly, so that the CDF is a line.
    start = np.minimum(np.r_[0.0, side.cdf], upper)
    start[1], start[-1] = lower[1], 1.0  # as if the minimum were a single value
    end = np.minimum(upper[1:-1], start[2:])
    slope, origin = np.zeros(len(start)), np.zeros(len(start))
    with np.errstate(over="ignore"):
        slope[1:-1] = np.maximum(end - start[1:-1], 0.0) / np.diff(side.edges)
    origin[1:-1] = side.edges[:-1]
    origin[slope == 0] = 0.0  # an infinite edge among them
    line = start.take(index) + slope.take(index) * (
        np.stack((points[:-1], points[1:])) - origin.take(index)
    )
    return np.stack((lower.take(index), upper.take(index))), line


def _interval(
    baseline: NumericDistribution, current: NumericDistribution, stretches: _Stretches
) -> tuple[float, float, float]:
    """Returns (value, lower, upper) of the integral of |F - G|, in the unit of the feature.

    The exact distance lies in [lower, upper]. Where both means are known, their difference is a
    lower bound too.

    Args:
        baseline: the distribution with CDF F; its edges are finite.
        current: the distribution with CDF G; its edges are finite.
        stretches: of the two.

    Source: Vallender (1974); Villani (2009), remark 6.6, for the bound by the means.
    """
    (f_low, f_high), (g_low, g_high) = stretches.baseline, stretches.current
    width = stretches.width
    lower = float(np.dot(np.maximum(np.maximum(f_low - g_high, g_low - f_high), 0.0), width))
    upper = float(np.dot(np.maximum(f_high - g_low, g_high - f_low), width))
    first, last = stretches.baseline_line - stretches.current_line
    # The mean of |x| as x goes from `first` to `last`.
    total = np.abs(first) + np.abs(last)
    crossing = first * last < 0
    mean = np.where(
        crossing,
        np.divide(first**2 + last**2, 2 * total, out=np.zeros_like(total), where=crossing),
        total / 2,
    )
    value = float(np.dot(mean, width))
    if not (baseline.n_infinite or current.n_infinite):  # the means are those of all values
        apart = abs(baseline.mean - current.mean)
        apart -= _ROUNDING * (abs(baseline.mean) + abs(current.mean))
        apart -= baseline.moments_error + current.moments_error
        if apart > lower:  # False if a mean is unknown
            lower = min(apart, upper)
    return min(max(value, lower), upper), lower, upper


def std_interval(side: NumericDistribution) -> tuple[float, float, float]:
    """Returns (value, lower, upper) of the standard deviation (population, divided by n).

    All three are the same where it is known exactly; where it is not known at all, they follow
    from the bounds on the CDF.

    Args:
        side: a distribution whose edges are finite.

    Source: Hoeffding (1940): the variance is the integral of F(min(x, y)) (1 - F(max(x, y))).
    """
    if _constant(side.edges):
        return 0.0, 0.0, 0.0
    # Both extremes occur.
    least = float(side.edges[-1] - side.edges[0]) / math.sqrt(2 * side.n)
    if 0 < side.std < math.inf:
        error = side.moments_error
        if math.isfinite(side.mean):
            error += _LAST_BITS * abs(side.mean)
        lower = max(side.std - error, min(least, side.std)) if error else side.std
        return side.std, lower, side.std + error
    low, high = (bound[1:-1] for bound in steps(side))
    width = np.diff(side.edges)
    exponent = moments.power(width)
    scaled = np.ldexp(width, -exponent)
    start = np.minimum(side.cdf[:-1], high)

    def root(below_both: FloatArray, above_both: FloatArray) -> float:
        """Of twice the integral over x < y; half of each square on the diagonal counts."""
        mass, rest = below_both * scaled, (1 - above_both) * scaled
        squares = max(float(np.dot(2 * np.cumsum(mass) - mass, rest)), 0.0)
        return float(np.ldexp(math.sqrt(squares), exponent))

    lower, upper = root(low, high), root(high, low)
    lower = max(lower, least)
    return min(max(root(start, start), lower), upper), lower, max(upper, lower)


def _at_infinity(side: NumericDistribution) -> tuple[float, float] | None:
    """Returns the shares of -inf and of inf, or None if they are not certain.

    Next to an infinite edge there may be finite values of any size, unless the CDF is exact.
    """
    if side.edges[0] == side.edges[-1]:
        return float(np.isneginf(side.edges[0])), float(np.isposinf(side.edges[0]))
    low, high = (bound[1:-1] for bound in steps(side))
    shares = [0.0, 0.0]
    if np.isneginf(side.edges[0]):
        if high[0] > low[0] + _EQUAL:
            return None
        shares[0] = float(low[0])
    if np.isposinf(side.edges[-1]):
        if high[-1] > low[-1] + _EQUAL:
            return None
        shares[1] = 1 - float(low[-1])
    return shares[0], shares[1]


def _infinite_alike(baseline: NumericDistribution, current: NumericDistribution) -> bool:
    """Whether both sides certainly have the same shares of -inf and of inf, mostly none."""
    if not (baseline.n_infinite or current.n_infinite):
        return True
    one, two = _at_infinity(baseline), _at_infinity(current)
    return one is not None and two is not None and bool(np.allclose(one, two, rtol=0, atol=_EQUAL))


def _unknown() -> Measurement:
    """Returns what is said where a distance may be infinite: nothing for certain."""
    return Measurement(math.inf, 0.0, math.inf, p_value=1.0, detectable=math.inf)


def _measure(baseline: Distribution, current: Distribution, alpha: float) -> Measurement:
    if not (isinstance(baseline, NumericDistribution) and isinstance(current, NumericDistribution)):
        raise TypeError("wasserstein compares numeric features")
    whole = _measure_all(baseline, current, alpha)
    ends = extremes.fences(baseline, current)
    if ends is None:
        return whole
    before, now = (extremes.without_extremes(side, ends) for side in (baseline, current))
    if before is None or now is None:
        return whole
    counts = (baseline.n - before.n, baseline.n, current.n - now.n, current.n)
    several = max(counts[0], counts[2]) > 1
    if not math.isfinite(whole.upper) and several and proportions_p(*counts) <= _UNEQUAL:
        return whole
    bulk = extremes.named(baseline, current, ends)
    measured = _measure_all(before, now, alpha)
    return dataclasses.replace(whole, bulk=Bulk(measured, bulk, before.n, now.n))


def _measure_all(
    baseline: NumericDistribution, current: NumericDistribution, alpha: float
) -> Measurement:
    """Measures all values, extreme ones too."""
    if not _infinite_alike(baseline, current):
        return _unknown()
    with np.errstate(over="ignore", invalid="ignore"):
        stretches = _stretches(baseline, current)
        value, lower, upper = _interval(baseline, current, stretches)
        std, std_lower, std_upper = std_interval(baseline)
    if not (math.isfinite(upper) and math.isfinite(std_upper)):
        return _unknown()
    n, m = baseline.n, current.n
    lines = n * stretches.baseline_line + m * stretches.current_line
    cdf = np.clip(lines / (n + m), 0.0, 1.0)
    law = null_law(pool(baseline, current), cdf, stretches.width, n, m)
    if std_upper == 0 and upper <= _equal_within(baseline.edges, current.edges):
        value, lower, upper, law = 0.0, 0.0, 0.0, None
    mean, above = 0.0, 0.0 if upper == 0 else math.inf
    if law is not None:
        mean = law.mean
        above = max(above_chance(law.critical(alpha), mean, in_quadrature=True), 0.0)
    null_value = mean / std if std > 0 else 0.0
    if not (math.isfinite(null_value) and math.isfinite(mean)):
        return _unknown()
    return Measurement(
        value=_in_units(value, std),
        lower=_in_units(lower, std_upper),
        upper=_in_units(upper, std_lower),
        p_value=law.p_value(lower) if law is not None and lower > 0 else 1.0,
        detectable=_in_units(above, std),
        null_value=null_value,
        in_quadrature=True,
    )


METRIC = Metric(
    name="wasserstein",
    kinds=("numeric",),
    maximum=None,
    summary="Wasserstein distance in standard deviations of the baseline",
    measure=_measure,
)
