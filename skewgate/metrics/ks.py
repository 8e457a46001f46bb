"""Kolmogorov-Smirnov: the largest distance of two empirical CDFs."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from skewgate.metrics.base import Metric
from skewgate.types import Distribution, Measurement, NumericDistribution


def ks_interval(
    baseline: NumericDistribution, current: NumericDistribution
) -> tuple[float, float, float]:
    """Returns (value, lower, upper) of sup |F - G|; the exact D lies in [lower, upper].

    Args:
        baseline: the distribution with CDF F.
        current: the distribution with CDF G.

    Source: Smirnov (1939); scipy.stats.ks_2samp computes the same D from all values.
    """
    points = np.union1d(baseline.edges, current.edges)
    f_low, f_high = baseline.bounds_at(points)
    g_low, g_high = current.bounds_at(points)
    value = float(np.max(np.abs((f_low + f_high) - (g_low + g_high)) / 2, initial=0.0))
    lower = float(np.max(np.maximum(f_low - g_high, g_low - f_high), initial=0.0))
    upper = float(np.max(np.maximum(f_high - g_low, g_high - f_low), initial=0.0))
    # Just before a point both CDFs are still bounded by what came earlier.
    f_before_low, f_before_high = baseline.bounds_before(points)
    g_before_low, g_before_high = current.bounds_before(points)
    lower = max(
        lower,
        float(np.max(np.maximum(f_before_low - g_before_high, g_before_low - f_before_high))),
    )
    # Between two points F is at least its right limit at the left one and at most its left limit
    # at the right one.
    if len(points) > 1:
        rise = np.maximum(f_before_high[1:] - g_low[:-1], g_before_high[1:] - f_low[:-1])
        upper = max(upper, float(np.max(rise)))
    upper = min(upper, 1.0)
    return min(max(value, lower), upper), lower, upper


def ks_p_value(statistic: float, n_baseline: int, n_current: int) -> float:
    """Returns the asymptotic two-sided p-value of a KS statistic.

    Ties make it conservative: the true p-value is smaller.

    Source: Smirnov (1939), limiting law with n = n1 n2 / (n1 + n2).

    >>> round(ks_p_value(0.0192, 10_000, 10_000), 3)
    0.05
    """
    effective = n_baseline * n_current / (n_baseline + n_current)
    return float(special.kolmogorov(math.sqrt(effective) * statistic))


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
)
