"""L-infinity: the largest difference of a category's shares."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from skewgate.core.distributions import Distribution, FloatArray
from skewgate.core.results import Measurement
from skewgate.metrics.attainable import largest_share
from skewgate.metrics.base import Metric, shares_of, two_sided_z

BoolArray = npt.NDArray[np.bool_]


def tail_bound(gap: float, variances: FloatArray, rare: BoolArray, step: float) -> float:
    """Bounds the probability that some category's shares differ by `gap` if nothing changed.

    A sum over the categories: the normal law, and for rare ones Bernstein's bound, which holds at
    every sample size.

    Args:
        gap: the difference, >= 0.
        variances: of each category's difference, shape (k,).
        rare: which categories have an expected count below 5 on the smaller side, shape (k,).
        step: the largest change that one value can make, 1 / min(N, M).

    Source: Bernstein (1927), for sums of bounded independent variables; Boole's inequality.

    >>> common, seldom = np.array([False]), np.array([True])
    >>> round(tail_bound(0.05, np.array([0.0005]), common, 0.001), 4)
    0.0253
    >>> round(tail_bound(0.05, np.array([0.0005]), seldom, 0.001), 4)
    0.178
    """
    if gap <= 0:
        return 1.0
    spread = np.sqrt(np.maximum(variances, np.finfo(float).tiny))
    normal = 2 * special.ndtr(-gap / spread)
    bernstein = 2 * np.exp(-(gap**2) / (2 * (variances + gap * step / 3)))
    return min(1.0, float(np.sum(np.where(rare, bernstein, normal))))


def critical_gap(alpha: float, variances: FloatArray, rare: BoolArray, step: float) -> float:
    """Returns a gap whose `tail_bound` is at most `alpha`."""
    each = alpha / max(len(variances), 1)
    common = float(np.max(variances[~rare], initial=0.0))
    seldom = float(np.max(variances[rare], initial=0.0))
    normal = two_sided_z(each) * math.sqrt(common)
    log = math.log(2 / each) if np.any(rare) else 0.0
    return max(normal, log * step / 3 + math.sqrt((log * step / 3) ** 2 + 2 * log * seldom))


def _measure(baseline: Distribution, current: Distribution, alpha: float) -> Measurement:
    shares = shares_of(baseline, current)
    gaps = np.abs(shares.baseline - shares.current)
    if shares.hides:
        gaps = gaps[:-1]  # the last bin is many categories, not one
    low = np.maximum(
        shares.baseline_lower - shares.current_upper, shares.current_lower - shares.baseline_upper
    )[: len(gaps)]
    high = np.maximum(
        shares.baseline_upper - shares.current_lower, shares.current_upper - shares.baseline_lower
    )[: len(gaps)]
    lower = float(np.max(low, initial=0.0))
    upper = float(np.max(high, initial=max(shares.hidden_baseline, shares.hidden_current)))
    pooled = shares.baseline * shares.n_baseline + shares.current * shares.n_current
    pooled = (pooled / (shares.n_baseline + shares.n_current))[: len(gaps)]
    variances = pooled * (1 - pooled) * shares.harmonic
    smaller = min(shares.n_baseline, shares.n_current)
    rare = np.minimum(pooled, 1 - pooled) * smaller < 5
    return Measurement(
        value=min(max(float(np.max(gaps, initial=0.0)), lower), upper),
        lower=lower,
        upper=upper,
        p_value=tail_bound(lower, variances, rare, 1 / smaller),
        detectable=critical_gap(alpha, variances, rare, 1 / smaller),
        attainable=largest_share(baseline, current),
    )


METRIC = Metric(
    name="linf",
    kinds=("categorical",),
    maximum=1.0,
    summary="largest difference of a category's shares",
    measure=_measure,
    symmetric=("categorical",),
)
