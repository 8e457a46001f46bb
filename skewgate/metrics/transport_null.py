"""How far values seem to move when nothing changed: the null law of the transport distance."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from skewgate.core.distributions import FloatArray
from skewgate.metrics.laws import Drawn, Gamma, Law, Lone
from skewgate.metrics.relabelling import (
    FEW,
    LARGEST,
    Pooled,
    law_of_transport,
    law_of_transport_of_few,
)

POINTS = 64
"""Number of points that stand for all in the variance."""
_HALF_NORMAL = math.sqrt(2 / math.pi)  # mean of |Z| for a standard normal Z
_LONE = 1e-3  # relative spread of a distance that a single value far out makes


def null_law(
    values: Pooled | None, cdf: FloatArray, width: FloatArray, n_baseline: int, n_current: int
) -> Law | None:
    """Returns the law of the distance if nothing changed; None if all values are equal.

    Few values that are all known are dealt to the two sides one by one, and so are few values of
    one side among any number of the other; else the moments are computed. A distance that hardly
    varies is made by a single value far out, which moves it by the same on either side.

    Args:
        values: the pooled values, if they are few and all known.
        cdf, width, n_baseline, n_current: as for `null_moments`.
    """
    few = min(n_baseline, n_current)
    law: Drawn | Gamma
    if values is not None:
        law = law_of_transport(values, n_baseline, n_current)
    elif few <= FEW and n_baseline + n_current > LARGEST:
        total = n_baseline + n_current
        upto = np.asarray(np.maximum.accumulate(np.mean(cdf, axis=0)) * total, float)
        law = law_of_transport_of_few(upto, width, n_baseline, n_current)
    else:
        law = Gamma(*null_moments(cdf, width, n_baseline, n_current))
    if law.deviation > _LONE * law.mean:
        return law
    return Lone(law.mean) if law.mean > 0 else None


def null_moments(
    pooled: FloatArray, width: FloatArray, n_baseline: int, n_current: int
) -> tuple[float, float, float]:
    """Returns mean, standard deviation and skewness of the distance if nothing changed.

    The pooled values are dealt to the two sides at random. Where the pooled CDF is p, F - G then
    has variance p (1 - p) (1/N + 1/M) and is nearly normal; at points with odds o1 < o2 of lying
    below, the correlation is sqrt(o1 / o2). In a tail that holds few values the mean of |F - G| is
    that of a binomial split. The covariance of |F - G| at two points is that of half-normals,
    scaled to the means. The integrals of the covariances and of the third cumulants (as those of
    a quadratic form, with the skewness of half-normals or of a binomial split) are taken over 64
    points that divide the integral of the standard deviation evenly. Along a stretch the standard
    deviation is taken to change exponentially, as it does in a tail.

    Args:
        pooled: pooled CDF at both ends of each stretch, shape (2, m), in [0, 1].
        width: of the stretches, shape (m,).
        n_baseline, n_current: N and M.

    Returns:
        Mean and standard deviation in the unit of the feature, 0 if all values are equal;
        skewness, at least 1.

    Source: Pitman (1937) for the permutation law; del Barrio, Gine and Matran (1999) for the
    limit; de Moivre (1730) for the binomial's mean deviation; Kamat (1953) for half-normals.
    """
    total = n_baseline + n_current
    # Dealing without putting back: total / (total - 1) times what independent values would give.
    harmonic = (1 / n_baseline + 1 / n_current) * total / (total - 1)
    spread = _logarithmic_mean(*np.sqrt(pooled * (1 - pooled)))
    running = np.cumsum(spread * width)
    if len(running) == 0 or not 0 < running[-1] < math.inf:
        return 0.0, 0.0, 1.0
    chosen = running.searchsorted((np.arange(POINTS) + 0.5) * (running[-1] / POINTS))
    # The smaller root of p (1 - p) = spread^2, and which tail it is.
    square = spread[chosen] ** 2
    tail = square / (0.5 + np.sqrt(np.maximum(0.25 - square, 0.0)))
    odds = tail / (1 - tail)
    root = np.sqrt(np.where(np.sum(pooled[:, chosen], axis=0) > 1, 1 / odds, odds))
    chance = min(n_baseline, n_current) / total
    ratio = _mean_deviation(total * tail, chance)
    correlation = np.divide.outer(root, root)
    correlation = np.minimum(correlation, correlation.T)  # 1 at most
    shared = np.sqrt(1 - correlation**2) + correlation * np.arcsin(correlation) - 1
    shared = np.maximum(shared, 0.0) / (math.pi / 2 - 1)
    variance = float(np.sum((1 - np.multiply.outer(ratio, ratio)) * shared))
    skewness = np.maximum(1.0, (1 - 2 * chance) / np.sqrt(total * tail * chance * (1 - chance)))
    weight = np.sqrt(np.sqrt(1 - ratio**2) * np.cbrt(skewness))
    joint = np.sqrt(shared) * np.multiply.outer(weight, weight)
    third = float(np.sum((joint @ joint) * joint))
    scale = float(running[-1]) * math.sqrt(harmonic) / POINTS
    return (
        scale * float(np.sum(ratio)),
        scale * math.sqrt(max(variance, 0.0)),
        max(third / variance**1.5, 1.0) if variance > 0 else 1.0,
    )


def _logarithmic_mean(one: FloatArray, two: FloatArray) -> FloatArray:
    """Returns the mean of what goes from `one` to `two` exponentially; both are >= 0."""
    larger, smaller = np.maximum(one, two), np.minimum(one, two)
    mean: FloatArray = (larger + smaller) / 2
    apart = (smaller > 0) & (larger > 1.01 * smaller)
    mean[apart] = (larger[apart] - smaller[apart]) / np.log(larger[apart] / smaller[apart])
    return mean


def _mean_deviation(trials: FloatArray, chance: float) -> FloatArray:
    """Returns the mean absolute deviation of binomials over their standard deviations, (m,)."""
    ratio = np.full(len(trials), _HALF_NORMAL)
    few = (trials * chance < 100) & (trials > 0)
    k = trials[few]
    m = np.floor(k * chance) + 1
    log = (
        special.gammaln(k + 1)
        - special.gammaln(m + 1)
        - special.gammaln(k - m + 1)
        + m * math.log(chance)
        + (k - m + 1) * math.log1p(-chance)
    )
    ratio[few] = np.minimum(2 * m * np.exp(log) / np.sqrt(k * chance * (1 - chance)), 1.0)
    return ratio
