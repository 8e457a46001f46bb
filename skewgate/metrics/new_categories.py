"""Share of current values that the baseline never showed."""

from __future__ import annotations

from scipy import stats

from skewgate.metrics.base import Metric
from skewgate.types import CategoricalDistribution, Distribution, Measurement


def _measure(baseline: Distribution, current: Distribution, alpha: float) -> Measurement:
    if not (
        isinstance(baseline, CategoricalDistribution)
        and isinstance(current, CategoricalDistribution)
    ):
        raise TypeError("new_categories compares categorical features")
    unseen = sum(count for name, count in current.counts.items() if name not in baseline.counts)
    # A category hidden in the baseline's `other` is not new, one in the current's may be.
    lower = 0.0 if baseline.other > 0 else unseen / current.n
    upper = (unseen + current.other) / current.n
    # What the next value brings that was never seen before: Good (1953), with one singleton more
    # than observed, so that a baseline without singletons still admits some surprise.
    singletons = sum(count == 1 for count in baseline.counts.values())
    expected = min((singletons + 1) / (baseline.n + 1), 1.0)
    observed = round(lower * current.n)
    null_value = singletons / baseline.n
    critical = float(stats.binom.isf(alpha, current.n, expected) + 1) / current.n
    return Measurement(
        value=unseen / current.n,
        lower=lower,
        upper=upper,
        p_value=float(stats.binom.sf(observed - 1, current.n, expected)),
        detectable=max(critical - null_value, 0.0),
        null_value=null_value,
    )


METRIC = Metric(
    name="new_categories",
    kinds=("categorical",),
    maximum=1.0,
    summary="share of current values in categories unseen in the baseline",
    measure=_measure,
)
