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
from skewgate.metrics.hypergeometric import CountArray, likely_numbers, moments

BoolArray = npt.NDArray[np.bool_]
_SMOOTH = 10.0
"""Standard deviation of a number of values whose law is normal but for its skewness."""
_NEGLIGIBLE = 1e-12
"""Probability of what `likely_numbers` may leave out, and more."""


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
    bernstein = _bernstein(gap, variances, step)
    return min(1.0, float(np.sum(np.where(rare, bernstein, normal))))


def critical_gap(alpha: float, variances: FloatArray, rare: BoolArray, step: float) -> float:
    """Returns a gap whose `tail_bound` is at most `alpha`."""
    each = alpha / max(len(variances), 1)
    common = float(np.max(variances[~rare], initial=0.0))
    seldom = float(np.max(variances[rare], initial=0.0))
    normal = two_sided_z(each) * math.sqrt(common)
    log = math.log(2 / each) if np.any(rare) else 0.0
    return max(normal, log * step / 3 + math.sqrt((log * step / 3) ** 2 + 2 * log * seldom))


def p_value_of_gap(gap: float, pooled: CountArray, n_baseline: int, n_current: int) -> float:
    """Bounds the probability that some category's shares differ by `gap` if nothing changed.

    A sum over the categories of the probability that chance deals their values so unevenly: exact,
    or that of a normal law where a number of values has a standard deviation above 10.

    Args:
        gap: the difference, >= 0.
        pooled: values of each category on both sides together, shape (k,).
        n_baseline, n_current: N and M.

    Source: Fisher (1935) for the hypergeometric law; Boole's inequality.

    >>> round(p_value_of_gap(0.5, np.array([3, 5]), 4, 4), 4)  # 3 of 4 against none, twice
    0.2857
    """
    if gap <= 0:
        return 1.0
    counts, repeats = np.unique(pooled[pooled > 0], return_counts=True)
    spread = moments(counts, n_baseline, n_current)[1]
    harmonic = 1 / n_baseline + 1 / n_current
    chances = np.zeros(len(counts))
    smooth = spread > _SMOOTH
    chances[smooth] = _smooth_tail(gap, counts[smooth], n_baseline, n_current)
    if not smooth.all():
        few = counts[~smooth]
        numbers, weights = likely_numbers(few, n_baseline, n_current)
        gaps = np.abs(numbers / n_baseline - (few[:, None] - numbers) / n_current)
        exact = np.sum(weights, axis=1, where=gaps >= gap * (1 - 1e-9))
        # What is less likely than the numbers that were left out is bounded.
        variances = (spread[~smooth] * harmonic) ** 2
        step = 1 / min(n_baseline, n_current)
        bound = np.minimum(_bernstein(gap, variances, step), _NEGLIGIBLE)
        chances[~smooth] = np.where(exact > _NEGLIGIBLE, exact, bound)
    return min(1.0, float(np.sum(repeats * chances)))


def _smooth_tail(gap: float, counts: CountArray, n_baseline: int, n_current: int) -> FloatArray:
    """Returns the probability of a gap by the normal law, corrected for the skewness g.

    At z standard deviations the tails are larger and smaller by exp(g z^3 / 6) (Cramer 1938).
    """
    total = n_baseline + n_current
    spread = moments(counts, n_baseline, n_current)[1]
    z = gap / (spread * (1 / n_baseline + 1 / n_current))
    skewness = (1 - 2 * n_baseline / total) * (1 - 2 * counts / total) / spread
    # The correction is that of moderate deviations.
    change = np.minimum(np.abs(skewness) * z**3 / 6, z**2 / 4)
    return np.asarray(2 * special.ndtr(-z) * np.cosh(np.minimum(change, 300.0)))


def _bernstein(gap: float, variances: FloatArray, step: float) -> FloatArray:
    return np.asarray(2 * np.exp(-(gap**2) / (2 * (variances + gap * step / 3))))


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
    counts = np.rint(pooled[: len(gaps)]).astype(np.int64)
    pooled = (pooled / (shares.n_baseline + shares.n_current))[: len(gaps)]
    variances = pooled * (1 - pooled) * shares.harmonic
    smaller = min(shares.n_baseline, shares.n_current)
    rare = np.minimum(pooled, 1 - pooled) * smaller < 5
    return Measurement(
        value=min(max(float(np.max(gaps, initial=0.0)), lower), upper),
        lower=lower,
        upper=upper,
        p_value=p_value_of_gap(lower, counts, shares.n_baseline, shares.n_current),
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
