"""Population stability index."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from skewgate.metrics.base import Metric, Shares, box_bounds, shares_of
from skewgate.metrics.null import divergence_measurement
from skewgate.types import Distribution, FloatArray, Measurement

SMOOTHING = 0.5
"""Pseudo-count added to every bin on both sides, so that an empty bin has a finite logarithm."""


def psi_terms(baseline: FloatArray, current: FloatArray) -> FloatArray:
    """Returns each bin's part of the index, in nats; shares must be positive."""
    terms: FloatArray = (current - baseline) * np.log(current / baseline)
    return terms


def smooth(shares: FloatArray, n: int, smoothing: float = SMOOTHING) -> FloatArray:
    """Adds a pseudo-count to every bin and normalises again."""
    smoothed: FloatArray = (shares * n + smoothing) / (n + smoothing * shares.shape[-1])
    return smoothed


def psi(baseline: FloatArray, current: FloatArray, *, smoothing: float = SMOOTHING) -> float:
    """Population stability index, sum of (c - b) ln(c / b), in nats.

    Args:
        baseline: counts per bin, shape (k,), non-negative, sum > 0.
        current: counts over the same k bins.
        smoothing: pseudo-count added to every bin on both sides.

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
    sides = []
    baseline, current = np.asarray(baseline, float), np.asarray(current, float)
    if baseline.shape != current.shape:
        raise ValueError(f"shapes differ: {baseline.shape} and {current.shape}")
    for name, counts in (("baseline", baseline), ("current", current)):
        total = float(counts.sum())
        if np.any(counts < 0) or total <= 0:
            raise ValueError(f"{name} must hold non-negative counts with a positive sum")
        if smoothing <= 0 and np.any(counts == 0):
            raise ValueError(f"{name} has an empty bin, which needs smoothing > 0")
        sides.append((counts + smoothing) / (total + smoothing * len(counts)))
    return float(np.sum(psi_terms(*sides)))


def _measure(baseline: Distribution, current: Distribution, alpha: float) -> Measurement:
    raw = shares_of(baseline, current)
    shares = _smoothed(raw)
    value = float(np.sum(psi_terms(shares.baseline, shares.current)))
    lower, upper = box_bounds(shares, psi_terms)
    if raw.hidden_baseline > 0 or raw.hidden_current > 0:
        # Hidden categories may differ without limit, and how many there are decides how much the
        # smoothing takes off.
        lower, upper = 0.0, math.inf

    def statistic(left: FloatArray, right: FloatArray) -> FloatArray:
        sides = smooth(left, raw.n_baseline), smooth(right, raw.n_current)
        return np.asarray(np.sum(psi_terms(*sides), axis=-1))

    return divergence_measurement(value, lower, upper, raw.harmonic, statistic, raw, alpha)


def _smoothed(shares: Shares) -> Shares:
    n_baseline, n_current = shares.n_baseline, shares.n_current
    return dataclasses.replace(
        shares,
        baseline=smooth(shares.baseline, n_baseline),
        baseline_lower=smooth(shares.baseline_lower, n_baseline),
        baseline_upper=smooth(shares.baseline_upper, n_baseline),
        current=smooth(shares.current, n_current),
        current_lower=smooth(shares.current_lower, n_current),
        current_upper=smooth(shares.current_upper, n_current),
    )


METRIC = Metric(
    name="psi",
    kinds=("numeric", "categorical"),
    maximum=None,
    summary="population stability index in nats",
    measure=_measure,
)
