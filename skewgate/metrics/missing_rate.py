"""Change of the share of examples without a value; NaN counts as missing."""

from __future__ import annotations

import math

from skewgate.core.distributions import Distribution, n_rows, n_without_value
from skewgate.core.results import Measurement
from skewgate.core.wording import rounded_percent
from skewgate.metrics.base import Metric, two_sided_z
from skewgate.metrics.fisher import proportions_p


def _measure(baseline: Distribution, current: Distribution, alpha: float) -> Measurement:
    missing = [n_without_value(side) for side in (baseline, current)]
    total = [n_rows(side) for side in (baseline, current)]
    change = abs(missing[1] / total[1] - missing[0] / total[0])
    pooled = sum(missing) / sum(total)
    # The worst spread that a change this close to the pooled rate could have.
    rate = min(0.5, max(pooled, 5 / sum(total)))
    return Measurement(
        value=change,
        lower=change,
        upper=change,
        p_value=proportions_p(missing[0], total[0], missing[1], total[1]),
        detectable=two_sided_z(alpha)
        * math.sqrt(rate * (1 - rate) * (1 / total[0] + 1 / total[1])),
    )


def _explain(baseline: Distribution, current: Distribution) -> str:
    before, now = (n_without_value(side) / n_rows(side) for side in (baseline, current))
    return (
        f"{rounded_percent(before)} of the baseline rows have no value, and "
        f"{rounded_percent(now)} of the current ones"
    )


METRIC = Metric(
    name="missing_rate",
    kinds=("numeric", "categorical", "empty"),
    maximum=1.0,
    summary="absolute change of the share of missing values",
    measure=_measure,
    explain=_explain,
    per_row=True,
    symmetric=("numeric", "categorical", "empty"),
)
