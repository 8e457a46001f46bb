"""What a divergence is worth when nothing changed: its null law."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from skewgate.core.distributions import Distribution, FloatArray, NumericDistribution
from skewgate.core.results import Measurement
from skewgate.metrics import relabelling
from skewgate.metrics.base import BINS, Shares
from skewgate.metrics.hypergeometric import CountArray, moments, nodes
from skewgate.metrics.laws import Cautious, Drawn, Gamma, Law
from skewgate.metrics.relabelling import DRAWS, MOST_WAYS, Statistic, log_ways

_DENSE = 20
"""Values expected in every bin for the chi-square law to be close enough."""
_FEW_BINS = 20
"""Bins up to which draws take no longer than moments."""
_MANY_CATEGORIES = 100
"""Categories from which on the values of small sides are not dealt one by one, but in all ways."""
_LARGEST = 10**9  # numpy's limit on the total of a hypergeometric draw

Terms = Callable[[FloatArray, FloatArray], FloatArray]
"""Of baseline and current shares, each of shape (..., k), to each bin's part, same shape."""


def divergence_law(
    terms: Terms,
    per_unit: float,
    baseline: Distribution,
    current: Distribution,
    shares: Shares,
) -> Law:
    """Returns the law of a divergence if nothing changed: that of random relabelling.

    The pooled values are dealt to the two sides anew. Up to 600 values that are all known, this is
    done one by one, and bins are cut anew each time. With enough values expected in every bin,
    divergence / per_unit follows chi-square with one degree of freedom less than there are bins.
    Else the counts of up to 20 bins are drawn, and those of any number of bins where a side has at
    most 100 values; of other bins the three moments are computed.

    Args:
        terms: each bin's part of the divergence.
        per_unit: the scale of the chi-square law.
        baseline, current: what is compared.
        shares: the same on common bins or categories.

    Source: Cochran (1954) for the chi-square law; Pitman (1937) for the permutation law.
    """

    def statistic(left: FloatArray, right: FloatArray) -> FloatArray:
        return np.asarray(np.sum(terms(left, right), axis=-1))

    pooled = np.rint(
        shares.baseline * shares.n_baseline + shares.current * shares.n_current
    ).astype(np.int64)
    degrees = max(int(np.count_nonzero(pooled)) - 1, 1)
    chi_square = Gamma(degrees * per_unit, math.sqrt(2.0 * degrees) * per_unit)
    one_by_one = _one_by_one(statistic, baseline, current, shares, pooled)
    if one_by_one is not None:
        return one_by_one if _varies(one_by_one) else Cautious((one_by_one, chi_square))
    total, used = int(pooled.sum()), pooled[pooled > 0]
    smaller = min(shares.n_baseline, shares.n_current)
    # The divergence's mean exceeds that of chi-square by up to degrees / expected count / 3,
    # which must be little beside its spread of sqrt(2 degrees).
    enough = _DENSE * max(math.sqrt(degrees / 2), 1)
    if total < 2 or float(used.min()) / total * smaller >= enough:
        return chi_square
    n_baseline = min(max(round(float(shares.baseline.sum()) * shares.n_baseline), 1), total - 1)
    if len(used) <= _FEW_BINS:
        drawn = _drawn(statistic, used, n_baseline, total - n_baseline)
    elif min(n_baseline, total - n_baseline) <= relabelling.FEW:
        drawn = relabelling.law_over_categories_of_few(terms, used, n_baseline, total - n_baseline)
    else:
        return _from_moments(terms, used, n_baseline, total - n_baseline) or chi_square
    if not _varies(drawn):
        return Cautious((drawn, chi_square))
    if not isinstance(baseline, NumericDistribution):
        return drawn
    return Cautious((drawn, _drawn_for_fitted_bins(statistic, shares)))


def divergence_measurement(
    value: float, lower: float, upper: float, law: Law, alpha: float
) -> Measurement:
    """Completes a divergence with what no change would give.

    Args:
        value, lower, upper: the divergence and its certain bounds.
        law: of the divergence if nothing changed.
        alpha: significance level for `detectable`.
    """
    upper = max(upper, lower)  # sums may round differently
    return Measurement(
        value=min(max(value, lower), upper),
        lower=lower,
        upper=upper,
        p_value=law.p_value(lower),
        detectable=max(law.critical(alpha) - law.mean, 0.0),
        null_value=law.mean,
        size_exponent=1.0,
    )


def _varies(law: Drawn) -> bool:
    return law.deviation > 1e-9 * law.mean


def _one_by_one(
    statistic: Statistic,
    baseline: Distribution,
    current: Distribution,
    shares: Shares,
    pooled: CountArray,
) -> Drawn | None:
    """Returns the law over small sides whose values are all known; None for others."""
    sizes = shares.n_baseline, shares.n_current
    if sum(sizes) > relabelling.LARGEST or shares.hides:
        return None
    if isinstance(baseline, NumericDistribution):
        values = relabelling.pool(baseline, current)
        if values is None:
            return None
        return relabelling.law_over_bins(statistic, values, *sizes, BINS)
    many = np.count_nonzero(pooled) > _MANY_CATEGORIES
    if int(pooled.sum()) != sum(sizes) or (many and math.comb(sum(sizes), sizes[0]) > MOST_WAYS):
        return None
    return relabelling.law_over_categories(statistic, pooled, *sizes)


def _drawn(statistic: Statistic, pooled: CountArray, n_baseline: int, n_current: int) -> Drawn:
    """Returns the law over bins that were there before, from their pooled counts, shape (k,)."""
    generator = np.random.default_rng(0)
    if n_baseline + n_current < _LARGEST:
        dealt = generator.multivariate_hypergeometric(
            pooled, n_baseline, size=DRAWS, method="marginals"
        )
        rest = pooled - dealt
    else:  # so many that it makes no difference whether they are put back
        shares = pooled / pooled.sum()
        dealt, rest = (generator.multinomial(n, shares, DRAWS) for n in (n_baseline, n_current))
    values = statistic(dealt / n_baseline, rest / n_current)
    return Drawn(np.sort(values), log_ways(n_baseline, n_current), complete=False)


def _drawn_for_fitted_bins(statistic: Statistic, shares: Shares) -> Drawn:
    """Returns the law over bins that end at certain ranks of the baseline's values.

    The probabilities of such bins have a Dirichlet law with the counts of the baseline, whatever
    the law of the values is, if these are continuous.

    Source: Wilks (1962), section 8.7, for the probabilities between order statistics.
    """
    generator = np.random.default_rng(1)
    counts = np.rint(shares.baseline * shares.n_baseline)
    counts[-1] += 1
    masses = generator.standard_gamma(counts, size=(DRAWS, len(counts)))
    masses /= masses.sum(axis=1, keepdims=True)
    dealt = generator.multinomial(shares.n_current, masses)
    values = statistic(shares.baseline, dealt / shares.n_current)
    ways = log_ways(shares.n_baseline, shares.n_current)
    return Drawn(np.sort(values), ways, complete=False)


def _from_moments(
    terms: Terms, pooled: CountArray, n_baseline: int, n_current: int
) -> Gamma | None:
    """Returns the law over many bins from its moments; None if it does not vary.

    A bin with a pooled count K has a hypergeometric number of values on the baseline, from which
    the mean of its part follows. Given that these numbers add up to N, the bins are taken to be
    independent but for the regression of their parts on the numbers.

    Source: Morris (1975), Central limit theorems for multinomial sums.
    """
    counts, repeats = np.unique(pooled, return_counts=True)
    center, spread = moments(counts, n_baseline, n_current)
    mean, covariance, sums = 0.0, 0.0, []
    for chosen, numbers, chances in nodes(counts, n_baseline, n_current):
        weights = chances * repeats[chosen, None]
        parts = terms(numbers / n_baseline, (counts[chosen, None] - numbers) / n_current)
        means = np.sum(weights * parts, axis=1) / repeats[chosen]
        off, apart = numbers - center[chosen, None], parts - means[:, None]
        mean += float(np.sum(means * repeats[chosen]))
        covariance += float(np.sum(weights * off * apart))
        sums.append((weights, off, apart))
    slope = covariance / max(float(np.sum(repeats * spread**2)), 1e-300)
    second = sum(float(np.sum(w * (part - slope * off) ** 2)) for w, off, part in sums)
    third = sum(float(np.sum(w * (part - slope * off) ** 3)) for w, off, part in sums)
    if not (mean > 0 and second > (1e-9 * mean) ** 2):
        return None
    # Of k bins, k - 1 are free.
    deviation = math.sqrt(second * len(pooled) / (len(pooled) - 1))
    return Gamma(mean, deviation, max(third / second**1.5, 2 * deviation / mean))
