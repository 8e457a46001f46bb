"""L-infinity: the largest difference of a category's shares."""

from __future__ import annotations

import math

import numpy as np

from skewgate.metrics.base import Metric, shares_of, two_sided_p, two_sided_z
from skewgate.types import Distribution, Measurement


def _measure(baseline: Distribution, current: Distribution, alpha: float) -> Measurement:
    shares = shares_of(baseline, current)
    gaps = np.abs(shares.baseline - shares.current)
    if shares.hidden_baseline > 0 or shares.hidden_current > 0:
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
    pooled = (pooled / (shares.n_baseline + shares.n_current))[: len(gaps)]
    spread = np.sqrt(np.maximum(pooled * (1 - pooled), 0.0) * shares.harmonic)
    z = np.divide(np.maximum(low, 0.0), spread, out=np.zeros_like(spread), where=spread > 0)
    categories = max(len(gaps), 1)
    return Measurement(
        value=min(max(float(np.max(gaps, initial=0.0)), lower), upper),
        lower=lower,
        upper=upper,
        # The most surprising of k categories: Bonferroni over them.
        p_value=min(1.0, categories * two_sided_p(float(np.max(z, initial=0.0)))),
        detectable=two_sided_z(alpha / categories) * math.sqrt(0.25 * shares.harmonic),
    )


METRIC = Metric(
    name="linf",
    kinds=("categorical",),
    maximum=1.0,
    summary="largest difference of a category's shares",
    measure=_measure,
)
