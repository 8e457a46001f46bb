"""Hellinger distance."""

from __future__ import annotations

import math

import numpy as np

from skewgate.core.distributions import Distribution, FloatArray
from skewgate.core.results import Measurement
from skewgate.metrics import attainable
from skewgate.metrics.base import Metric, box_bounds, largest_if_split, shares_of, total
from skewgate.metrics.null import divergence_law


def hellinger_terms(baseline: FloatArray, current: FloatArray) -> FloatArray:
    """Returns each bin's part of the squared distance."""
    terms: FloatArray = 0.5 * (np.sqrt(baseline) - np.sqrt(current)) ** 2
    return terms


def hellinger(baseline: FloatArray, current: FloatArray) -> float:
    """Hellinger distance of two sets of shares, the root of 1/2 sum (sqrt b - sqrt c)^2.

    Args:
        baseline: shares, shape (k,), non-negative, sum 1.
        current: shares over the same k bins.

    Returns:
        A float in [0, 1]: 0 only for equal shares, 1 for disjoint ones; symmetric.

    Raises:
        ValueError: the shapes differ, a share is negative, or a side does not sum to 1.

    Source: Hellinger (1909); Le Cam (1986) for this form, whose range is [0, 1].

    >>> round(hellinger(np.array([0.5, 0.5]), np.array([0.1, 0.9])), 6)
    0.32492
    """
    baseline, current = np.asarray(baseline, float), np.asarray(current, float)
    if baseline.shape != current.shape:
        raise ValueError(f"shapes differ: {baseline.shape} and {current.shape}")
    for name, side in (("baseline", baseline), ("current", current)):
        if np.any(side < 0) or not math.isclose(float(side.sum()), 1.0, abs_tol=1e-9):
            raise ValueError(f"{name} must hold non-negative shares that sum to 1")
    return math.sqrt(min(float(np.sum(hellinger_terms(baseline, current))), 1.0))


def _measure(baseline: Distribution, current: Distribution, alpha: float) -> Measurement:
    shares = shares_of(baseline, current)
    terms, lowest, highest = box_bounds(shares, hellinger_terms)
    if shares.hides:
        highest[-1] = largest_if_split(shares)
    # The sum of disjoint shares may round to a little more than 1, two sums differently.
    value, lower, upper = (
        math.sqrt(min(bound, 1.0))
        for bound in total(shares, hellinger_terms, terms, lowest, highest)
    )
    upper = max(upper, lower)

    # 8 H^2 N M / (N + M) follows chi-square if nothing changed (second-order expansion).
    law = divergence_law(hellinger_terms, shares.harmonic / 8, baseline, current, shares)
    measured = Measurement(
        value=min(max(value, lower), upper),
        lower=lower,
        upper=upper,
        p_value=law.p_value(lower**2),
        detectable=math.sqrt(max(law.critical(alpha) - law.mean_root**2, 0.0)),
        null_value=law.mean_root,
        in_quadrature=True,
    )
    return attainable.limited_divergence(measured, baseline, current, hellinger_terms, math.sqrt)


METRIC = Metric(
    name="hellinger",
    kinds=("numeric", "categorical"),
    maximum=1.0,
    summary="Hellinger distance of the shares",
    measure=_measure,
    symmetric=("categorical",),
)
