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
        p_value=float(special.gammaincc(shape, lower / scale)),
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
    names = sorted(baseline.counts.keys() | current.counts.keys())
    pooled = np.array([baseline.counts.get(n, 0.0) + current.counts.get(n, 0.0) for n in names])
    missed = _missed(pooled, baseline, current)
    share = pooled / current.n
    mean = float(np.sum(share * missed))
    variance = float(np.sum(share**2 * missed * (1 - missed)))
    # A chance too small for a float is still a chance.
    smallest = float(np.finfo(float).tiny) ** 0.5
    return min(max(mean, smallest), 1.0), max(variance, smallest)


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
