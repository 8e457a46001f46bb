"""Kolmogorov-Smirnov: the largest distance of two empirical CDFs."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from skewgate.core.distributions import Distribution, FloatArray, NumericDistribution
from skewgate.core.results import Measurement
from skewgate.metrics.base import Metric
from skewgate.metrics.cdf import at, steps

_EXACT = 400
"""Product of both sizes up to which the exact law is taken."""


def ks_interval(
    baseline: NumericDistribution, current: NumericDistribution
) -> tuple[float, float, float]:
    """Returns (value, lower, upper) of sup |F - G|; the exact D lies in [lower, upper].

    The upper bound on F rises at the edges of F alone and the lower bound on G never falls, so
    that F - G is bounded by what it may be from each edge of F on; likewise for G - F.

    Args:
        baseline: the distribution with CDF F.
        current: the distribution with CDF G.

    Source: Smirnov (1939); scipy.stats.ks_2samp computes the same D from all values.
    """
    f, g = steps(baseline), steps(current)
    value = lower = upper = 0.0
    for own, own_steps, other, other_steps in (
        (baseline, f, current, g),
        (current, g, baseline, f),
    ):
        low, high, shared, same = at(other, own.edges, other_steps)
        own_upper = own_steps[1][1:]  # up to the next edge
        upper = max(upper, _largest(own_upper - low))
        lower = max(lower, _largest(own.right_lower - high))
        if len(shared):  # just before an edge of both sides
            before = own.left_lower[shared] - other.left_upper[same]
            lower = max(lower, _largest(before))
        twice = own.right_lower + np.minimum(own.right_upper, own_upper) - low - high
        value = max(value, _largest(np.abs(twice)) / 2)
    return min(max(value, lower), upper), lower, upper


def _largest(values: FloatArray) -> float:
    return float(np.maximum.reduce(values))


def ks_p_value(statistic: float, n_baseline: int, n_current: int) -> float:
    """Returns the two-sided p-value of a KS statistic: exact for few values, else asymptotic.

    Ties make it conservative: the true p-value is smaller.

    Source: Smirnov (1939), limiting law with n = n1 n2 / (n1 + n2); Hodges (1957) for the exact
    one, the share of lattice paths that stay closer to the diagonal.

    >>> round(ks_p_value(0.0192, 10_000, 10_000), 3)
    0.05
    """
    if n_baseline * n_current <= _EXACT:
        return _exact_p_value(statistic, *sorted((n_baseline, n_current)))
    effective = n_baseline * n_current / (n_baseline + n_current)
    return float(special.kolmogorov(math.sqrt(effective) * statistic))


def _exact_p_value(statistic: float, n: int, m: int) -> float:
    """Counts the orders of n and m values in which the CDFs stay closer than `statistic`.

    An order is a path over a lattice, from (0, 0) to (n, m).
    """
    apart = statistic * (1 - 1e-9)  # equal but for rounding is reached
    paths = np.zeros(m + 1)
    paths[0] = 1.0
    for i in range(n + 1):
        low = max(math.floor(m * (i / n - apart)) + 1, 0)
        high = min(math.ceil(m * (i / n + apart)) - 1, m)
        here = np.zeros(m + 1)
        if low <= high:
            here[low : high + 1] = np.cumsum(paths[low : high + 1])
        paths = here
    ways = math.comb(n + m, n)
    return min(max(1.0 - float(paths[m]) / ways, 1.0 / ways), 1.0)


def _measure(baseline: Distribution, current: Distribution, alpha: float) -> Measurement:
    if not (isinstance(baseline, NumericDistribution) and isinstance(current, NumericDistribution)):
        raise TypeError("ks compares numeric features")
    value, lower, upper = ks_interval(baseline, current)
    effective = baseline.n * current.n / (baseline.n + current.n)
    return Measurement(
        value=value,
        lower=lower,
        upper=upper,
        p_value=ks_p_value(lower, baseline.n, current.n),
        detectable=float(special.kolmogi(alpha)) / math.sqrt(effective),
    )


METRIC = Metric(
    name="ks",
    kinds=("numeric",),
    maximum=1.0,
    summary="largest difference of the two CDFs",
    measure=_measure,
    symmetric=("numeric",),
)
