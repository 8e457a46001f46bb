"""Jensen-Shannon divergence, base 2."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from skewgate.core.distributions import Distribution, FloatArray
from skewgate.core.results import Measurement
from skewgate.metrics import attainable
from skewgate.metrics.base import Metric, box_bounds, largest_if_split, shares_of, total
from skewgate.metrics.null import divergence_law, divergence_measurement


def jsd_terms(baseline: FloatArray, current: FloatArray) -> FloatArray:
    """Returns each bin's part of the divergence, in bits; a share of 0 contributes no log."""
    middle = (baseline + current) / 2
    terms: FloatArray = special.rel_entr(baseline, middle) + special.rel_entr(current, middle)
    return terms / (2 * math.log(2))


def jsd(baseline: FloatArray, current: FloatArray) -> float:
    """Jensen-Shannon divergence (not its root) of two sets of shares, base 2.

    Args:
        baseline: shares, shape (k,), non-negative, sum 1.
        current: shares over the same k bins.

    Returns:
        A float in [0, 1]: 0 only for equal shares, 1 for disjoint ones; symmetric.

    Raises:
        ValueError: the shapes differ, a share is negative, or a side does not sum to 1.

    Source: Lin (1991), eq. 3.14 with equal weights; the square of
    scipy.spatial.distance.jensenshannon with base 2.

    >>> round(jsd(np.array([0.5, 0.5]), np.array([0.4, 0.6])), 6)
    0.007299
    """
    baseline, current = np.asarray(baseline, float), np.asarray(current, float)
    if baseline.shape != current.shape:
        raise ValueError(f"shapes differ: {baseline.shape} and {current.shape}")
    for name, side in (("baseline", baseline), ("current", current)):
        if np.any(side < 0) or not math.isclose(float(side.sum()), 1.0, abs_tol=1e-9):
            raise ValueError(f"{name} must hold non-negative shares that sum to 1")
    return min(max(float(np.sum(jsd_terms(baseline, current))), 0.0), 1.0)


def _measure(baseline: Distribution, current: Distribution, alpha: float) -> Measurement:
    shares = shares_of(baseline, current)
    terms, lowest, highest = box_bounds(shares, jsd_terms)
    if shares.hides:
        highest[-1] = largest_if_split(shares)
    # The sums may round to a little less than 0 or more than 1.
    value, lower, upper = (
        min(max(bound, 0.0), 1.0) for bound in total(shares, jsd_terms, terms, lowest, highest)
    )
    # 8 ln2 JSD N M / (N + M) follows chi-square if nothing changed (second-order expansion).
    per_unit = shares.harmonic / (8 * math.log(2))
    law = divergence_law(jsd_terms, per_unit, baseline, current, shares)
    measured = divergence_measurement(value, lower, upper, law, alpha)
    return attainable.limited_divergence(measured, baseline, current, jsd_terms)


METRIC = Metric(
    name="jsd",
    kinds=("numeric", "categorical"),
    maximum=1.0,
    summary="Jensen-Shannon divergence in bits",
    measure=_measure,
    symmetric=("categorical",),
)
