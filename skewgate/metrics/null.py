"""What a divergence is worth when nothing changed: its null law."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import special

from skewgate.core.distributions import FloatArray
from skewgate.core.results import Measurement
from skewgate.metrics.base import Shares

DRAWS = 200
"""Permutations drawn where a bin is too rare for the chi-square law."""
_LARGEST = 10**9  # numpy's limit on the total of a hypergeometric draw

Statistic = Callable[[FloatArray, FloatArray], FloatArray]
"""Of baseline and current shares, each of shape (..., k), to shape (...)."""


def divergence_measurement(
    value: float,
    lower: float,
    upper: float,
    per_unit: float,
    statistic: Statistic,
    shares: Shares,
    alpha: float,
) -> Measurement:
    """Completes a divergence with what no change would give.

    With enough values expected in every bin, divergence / per_unit follows chi-square with one
    degree of freedom less than there are bins. Where a bin is rarer, the law is that of
    random relabelling: the pooled rows are dealt to the two sides anew, and a gamma law with the
    mean and variance of the draws gives the tail. The draws are the same at every call.

    Args:
        value, lower, upper: the divergence and its certain bounds.
        per_unit: the scale of the chi-square law.
        statistic: the divergence as a function of two sets of shares.
        shares: what was compared.
        alpha: significance level for `detectable`.

    Source: Cochran (1954) for the rule of 5; Pitman (1937) for the permutation law.
    """
    upper = max(upper, lower)  # sums may round differently
    mean, variance = null_moments(statistic, shares, per_unit)
    shape, scale = mean**2 / variance, variance / mean
    critical = float(special.gammainccinv(shape, alpha)) * scale
    return Measurement(
        value=min(max(value, lower), upper),
        lower=lower,
        upper=upper,
        p_value=float(special.gammaincc(shape, lower / scale)),
        detectable=max(critical - mean, 0.0),
        null_value=mean,
        size_exponent=1.0,
    )


def null_moments(statistic: Statistic, shares: Shares, per_unit: float) -> tuple[float, float]:
    """Returns mean and variance of a divergence if nothing changed.

    A chi-square law is a gamma law too, so that both cases end in two moments.
    """
    pooled = np.rint(
        shares.baseline * shares.n_baseline + shares.current * shares.n_current
    ).astype(np.int64)
    total = int(pooled.sum())
    used = pooled[pooled > 0]
    smaller = min(shares.n_baseline, shares.n_current)
    degrees = max(len(used) - 1, 1)
    # The divergence's mean exceeds that of chi-square by up to degrees / expected count / 3,
    # which must be little beside its spread of sqrt(2 degrees).
    enough = 5 * max(math.sqrt(degrees / 2), 1)
    dense = len(used) == 0 or float(used.min()) / total * smaller >= enough
    if not dense and total < _LARGEST:
        n_baseline = min(max(round(float(shares.baseline.sum()) * shares.n_baseline), 1), total - 1)
        generator = np.random.default_rng(0)
        dealt = generator.multivariate_hypergeometric(
            pooled, n_baseline, size=DRAWS, method="marginals"
        )
        rest = pooled - dealt
        values = statistic(dealt / n_baseline, rest / (total - n_baseline))
        mean, variance = float(np.mean(values)), float(np.var(values, ddof=1))
        if mean > 0 and variance > 0:
            return mean, variance
    return degrees * per_unit, 2.0 * degrees * per_unit**2
