"""Change of the share of examples without a value; NaN counts as missing."""

from __future__ import annotations

import math

from skewgate.core.distributions import Distribution, n_rows, n_without_value
from skewgate.core.results import Measurement
from skewgate.core.wording import rounded_percent
from skewgate.metrics.base import Metric, two_sided_z
from skewgate.metrics.fisher import proportions_p


def _measure(baseline: Distribution, current: Distribution, alpha: float) -> Measurement:
    total = [n_rows(side) for side in (baseline, current)]
    rarer = [n_without_value(side) for side in (baseline, current)]
    if 2 * sum(rarer) > sum(total):  # p and 1 - p are alike, to the last digit
        rarer = [rows - missing for rows, missing in zip(total, rarer, strict=True)]
    change = abs(rarer[1] * total[0] - rarer[0] * total[1]) / (total[0] * total[1])
    # The worst spread that a change this close to the pooled rate could have.
    rate = min(0.5, max(sum(rarer), 5) / sum(total))
    return Measurement(
        value=change,
        lower=change,
        upper=change,
        p_value=proportions_p(rarer[0], total[0], rarer[1], total[1]),
        detectable=two_sided_z(alpha)
        * math.sqrt(rate * (1 - rate) * (1 / total[0] + 1 / total[1])),
    )


def _explain(baseline: Distribution, current: Distribution) -> str:
    before, now = (n_without_value(side) / n_rows(side) for side in (baseline, current))
    return (
        f"{rounded_percent(before, now)} of the baseline rows have no value, and "
        f"{rounded_percent(now, before)} of the current ones"
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
