"""Change of the share of examples without a value; NaN counts as missing."""

from __future__ import annotations

import math

from skewgate.core.distributions import Distribution, n_rows, n_without_value
from skewgate.core.results import Measurement
from skewgate.core.wording import rounded_percent
from skewgate.metrics.base import Metric, two_sided_p, two_sided_z


def proportions_p(k_baseline: int, n_baseline: int, k_current: int, n_current: int) -> float:
    """Returns the two-sided p-value that two proportions are equal.

    The pooled normal test, or Fisher's exact test where an expected count is below 5.

    Args:
        k_baseline, k_current: successes.
        n_baseline, n_current: trials, positive.

    Source: Pearson (1900); Fisher (1935); the rule of 5 is Cochran's (1954).

    >>> round(proportions_p(30, 1000, 60, 1000), 5)
    0.00121
    """
    successes, trials = k_baseline + k_current, n_baseline + n_current
    if successes in (0, trials):  # no other table has these margins
        return 1.0
    pooled = successes / trials
    if min(pooled, 1 - pooled) * min(n_baseline, n_current) < 5:
        from scipy import stats  # over a second, which most comparisons can do without

        table = [[k_baseline, n_baseline - k_baseline], [k_current, n_current - k_current]]
        return min(float(stats.fisher_exact(table)[1]), 1.0)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n_baseline + 1 / n_current))
    return two_sided_p((k_current / n_current - k_baseline / n_baseline) / spread)


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
