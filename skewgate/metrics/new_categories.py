"""Share of current values that the baseline never showed."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from skewgate.core.distributions import CategoricalDistribution, Distribution, FloatArray
from skewgate.core.results import Measurement
from skewgate.core.wording import listed, rounded_percent
from skewgate.metrics import attainable
from skewgate.metrics.base import Metric
from skewgate.metrics.explaining import MOST_NAMED
from skewgate.metrics.laws import Gamma
from skewgate.metrics.relabelling import LARGEST, MOST_WAYS, law_over_categories

_SMOOTH = 30.0
"""Standard deviation of a number of values whose law is as good as a gamma law."""
_NEGLIGIBLE = 1e-15
"""A chance that makes no difference."""


def _measure(baseline: Distribution, current: Distribution, alpha: float) -> Measurement:
    if not (
        isinstance(baseline, CategoricalDistribution)
        and isinstance(current, CategoricalDistribution)
    ):
        raise TypeError("new_categories compares categorical features")
    new = sorted(count for name, count in current.counts.items() if name not in baseline.counts)
    unseen = math.fsum(new)
    # A category hidden in the baseline's `other` is not new; there are at most as many of them as
    # values. One hidden in the current's `other` may be new.
    hidden = math.ceil(baseline.other)
    lower = math.fsum(new[: max(len(new) - hidden, 0)]) / current.n
    upper = min((unseen + current.other) / current.n, 1.0)
    mean, variance = unseen_moments(baseline, current)
    shape, scale = mean**2 / variance, variance / mean
    critical = float(special.gammainccinv(shape, alpha)) * scale
    measured = Measurement(
        value=unseen / current.n,
        lower=lower,
        upper=upper,
        p_value=unseen_p_value(lower, baseline, current),
        detectable=max(critical - mean, 1 / current.n),
        null_value=mean,
    )
    if attainable.are_common(baseline, current):
        return measured
    pooled = np.concatenate([attainable.frequencies(side) for side in (baseline, current)])
    expected = float(np.sum(pooled / current.n * _missed(pooled, baseline, current)))
    return attainable.limited(measured, 1.0 - expected, baseline, current)


def unseen_moments(
    baseline: CategoricalDistribution, current: CategoricalDistribution
) -> tuple[float, float]:
    """Returns mean and variance of the unseen share if nothing changed.

    The pooled rows are dealt to the two sides at random. A category that occurs k times in all
    misses the baseline with probability (M / (N + M))^k, to first order, and then brings its k
    values to the current side. Rare categories therefore surprise, frequent ones do not.

    Source: Pitman (1937) for the permutation law; Good (1953) for the mass of the unseen.
    """
    pooled = _pooled(baseline, current)
    missed = _missed(pooled, baseline, current)
    share = pooled / current.n
    mean = float(np.sum(share * missed))
    variance = float(np.sum(share**2 * missed * (1 - missed)))
    # A chance too small for a float is still a chance.
    smallest = float(np.finfo(float).tiny) ** 0.5
    return min(max(mean, smallest), 1.0), max(variance, smallest)


def _pooled(baseline: CategoricalDistribution, current: CategoricalDistribution) -> FloatArray:
    """Returns how often each category occurs on both sides together, ordered by name."""
    names = sorted(baseline.counts.keys() | current.counts.keys())
    return np.array([baseline.counts.get(n, 0.0) + current.counts.get(n, 0.0) for n in names])


def unseen_p_value(
    share: float, baseline: CategoricalDistribution, current: CategoricalDistribution
) -> float:
    """Returns the probability of an unseen share at least as large if nothing changed.

    Each category that occurs k times in all is unseen by itself with the probability that all k of
    its values come to the current side; their number of values is summed up exactly where it varies
    little, and else has a gamma law.

    Args:
        share: of the current values.
        baseline, current: the two sides.

    Source: as for `unseen_moments`.
    """
    n, total = current.n, baseline.n + current.n
    pooled = np.rint(_pooled(baseline, current)).astype(np.int64)
    counts, repeats = np.unique(pooled, return_counts=True)
    possible = (counts > 0) & (counts <= n)
    counts, repeats = counts[possible], repeats[possible]
    missed = np.exp(
        special.gammaln(n + 1)
        - special.gammaln(n - counts + 1)
        - special.gammaln(total + 1)
        + special.gammaln(total - counts + 1)
    )
    missed = np.minimum(missed, 1.0)
    values = share * n - 1e-6
    if values <= 0:
        return 1.0
    small = total <= LARGEST and math.comb(total, n) <= MOST_WAYS
    if small and int(pooled.sum()) == total:
        return law_over_categories(_unseen, pooled, baseline.n, n).p_value(share)
    mean = float(np.sum(repeats * counts * missed))
    variance = float(np.sum(repeats * counts**2 * missed * (1 - missed)))
    if variance > _SMOOTH**2:
        return Gamma(mean, math.sqrt(variance)).p_value(values)
    start, law = 0, np.ones(1)
    for count, repeat, chance in zip(counts.astype(int), repeats, missed, strict=True):
        if repeat * chance < _NEGLIGIBLE:
            continue
        center, reach = repeat * chance, 10 * math.sqrt(repeat * chance * (1 - chance)) + 20
        low, high = max(math.floor(center - reach), 0), min(math.ceil(center + reach), repeat)
        steps = np.zeros((high - low) * count + 1)
        steps[::count] = _binomial(np.arange(low, high + 1), int(repeat), float(chance))
        start, law = start + low * count, np.convolve(law, steps)
    first = max(math.ceil(values) - start, 0)
    reached = float(np.sum(law[first:])) if first < len(law) else 0.0
    return min(max(reached, _NEGLIGIBLE * math.exp(-values)), 1.0)


def _unseen(before: FloatArray, now: FloatArray) -> FloatArray:
    return np.asarray(np.sum(np.where(before > 0, 0.0, now), axis=-1))


def _binomial(numbers: FloatArray, trials: int, chance: float) -> FloatArray:
    log = special.gammaln(trials + 1) - special.gammaln(numbers + 1)
    log -= special.gammaln(trials - numbers + 1)
    log += special.xlogy(numbers, chance) + special.xlog1py(trials - numbers, -chance)
    probabilities: FloatArray = np.exp(log)
    return probabilities


def _missed(
    pooled: FloatArray, baseline: CategoricalDistribution, current: CategoricalDistribution
) -> FloatArray:
    """Returns with which probability categories miss the baseline, by their counts, shape (k,)."""
    missed: FloatArray = (current.n / (baseline.n + current.n)) ** pooled
    return missed


def _explain(baseline: Distribution, current: Distribution) -> str:
    known = baseline.counts if isinstance(baseline, CategoricalDistribution) else {}
    counts = current.counts if isinstance(current, CategoricalDistribution) else {}
    new = {name: count for name, count in counts.items() if name not in known}
    if not new:
        return ""
    largest = sorted(new, key=lambda name: (-new[name], name))
    texts = [f"{name!r} ({rounded_percent(new[name] / current.n)})" for name in largest]
    return f"new: {listed(texts, MOST_NAMED)}"


METRIC = Metric(
    name="new_categories",
    kinds=("categorical",),
    maximum=1.0,
    summary="share of current values in categories unseen in the baseline",
    measure=_measure,
    explain=_explain,
)
