"""Population stability index."""

from __future__ import annotations

import math

import numpy as np

from skewgate.core.distributions import Distribution, FloatArray
from skewgate.core.results import Measurement
from skewgate.metrics import attainable
from skewgate.metrics.base import Metric, Shares, box_bounds, nearest, shares_of, total
from skewgate.metrics.null import divergence_law, divergence_measurement

SMOOTHING = 0.5
"""Values added to every bin inside the logarithm, so that an empty bin has a finite one.

In units of the harmonic mean of both sizes: with equal sizes it is half a value on each side.
"""


def psi_terms(baseline: FloatArray, current: FloatArray, offset: float) -> FloatArray:
    """Returns each bin's part of the index, in nats.

    Args:
        baseline, current: shares of one shape, plus `offset` positive.
        offset: what `smoothing_offset` returns.
    """
    terms: FloatArray = (current - baseline) * np.log((current + offset) / (baseline + offset))
    return terms


def smoothing_offset(n_baseline: float, n_current: float, smoothing: float = SMOOTHING) -> float:
    """Returns the share that smoothing adds to every bin inside the logarithm.

    It is the same on both sides and whatever the number of bins, so that equal shares have index
    0 and a bin that is empty on both sides adds nothing.

    >>> smoothing_offset(1000, 1000)
    0.0005
    """
    return smoothing * (1.0 / n_baseline + 1.0 / n_current) / 2


def psi(baseline: FloatArray, current: FloatArray, *, smoothing: float = SMOOTHING) -> float:
    """Population stability index, sum of (c - b) ln((c + e) / (b + e)), in nats.

    b and c are shares, e is `smoothing` (1/N + 1/M) / 2.

    Args:
        baseline: counts per bin, shape (k,), non-negative, sum N > 0.
        current: counts over the same k bins, sum M > 0.
        smoothing: values added to every bin inside the logarithm, in units of the harmonic mean
            of N and M.

    Returns:
        A float >= 0; 0 only if the two sets of shares are equal; symmetric.

    Raises:
        ValueError: shapes differ, a count is negative, a side sums to 0, or a bin is empty
            without smoothing.

    Source: Siddiqi (2006), Credit Risk Scorecards; symmetrised Kullback-Leibler divergence,
    Jeffreys (1946). Null law: Yurdakul and Naranjo (2020).

    >>> round(psi([50, 50], [40, 60], smoothing=0), 4)
    0.0405
    """
    baseline, current = np.asarray(baseline, float), np.asarray(current, float)
    if baseline.shape != current.shape:
        raise ValueError(f"shapes differ: {baseline.shape} and {current.shape}")
    totals = []
    for name, counts in (("baseline", baseline), ("current", current)):
        totals.append(float(counts.sum()))
        if np.any(counts < 0) or totals[-1] <= 0:
            raise ValueError(f"{name} must hold non-negative counts with a positive sum")
        if smoothing <= 0 and np.any(counts == 0):
            raise ValueError(f"{name} has an empty bin, which needs smoothing > 0")
    offset = smoothing_offset(totals[0], totals[1], smoothing)
    return float(np.sum(psi_terms(baseline / totals[0], current / totals[1], offset)))


def hidden_bounds(shares: Shares, offset: float) -> tuple[float, float]:
    """Bounds what the hidden categories add to the index, however many they are.

    With K categories the sum is at least K times the term of their mean shares (the term is
    convex), which is the term of their sums at K times the offset. It is largest if no category
    is on both sides and each side has as few of them as can be: a category with share b on the
    baseline alone adds b ln(1 + b / offset), which is at most b ln(1 + r / offset) if none has
    more than r, and r is at most all of the hidden mass.
    """
    near_b, near_c = (side[-1:] for side in nearest(shares))
    lower = float(psi_terms(near_b, near_c, max(shares.n_hidden, 1) * offset)[0])
    upper = sum(
        mass * math.log1p(mass / offset)
        for mass in (float(shares.baseline_upper[-1]), float(shares.current_upper[-1]))
    )
    return lower, max(upper, lower)


def _measure(baseline: Distribution, current: Distribution, alpha: float) -> Measurement:
    shares = shares_of(baseline, current)
    offset = smoothing_offset(shares.n_baseline, shares.n_current)

    def terms(left: FloatArray, right: FloatArray) -> FloatArray:
        return psi_terms(left, right, offset)

    estimate, lowest, highest = box_bounds(shares, terms)
    if shares.hides:
        lowest[-1], highest[-1] = hidden_bounds(shares, offset)
    value, lower, upper = total(shares, terms, estimate, lowest, highest)
    law = divergence_law(terms, shares.harmonic, baseline, current, shares)
    measured = divergence_measurement(value, lower, upper, law, alpha)
    return attainable.limited_divergence(measured, baseline, current, terms)


METRIC = Metric(
    name="psi",
    kinds=("numeric", "categorical"),
    maximum=None,
    summary="population stability index in nats",
    measure=_measure,
    symmetric=("categorical",),
)
