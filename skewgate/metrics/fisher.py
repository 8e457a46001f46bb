"""Whether two proportions are equal: Fisher's exact test, at any size."""

from __future__ import annotations

import math

import numpy as np

from skewgate.core.distributions import FloatArray

_SMOOTH = 100.0
"""Standard deviation of a count whose law is as good as normal."""
_TIED = 1e-7
"""Tables whose probabilities differ relatively by less are equally probable."""
_REACH = 12
"""Standard deviations beyond which tables are too improbable to count."""
_FARTHEST = 100_000
"""Tables from the most probable one to a table whose p-value is 0 as a float."""


def proportions_p(k_baseline: int, n_baseline: int, k_current: int, n_current: int) -> float:
    """Returns the two-sided p-value that two proportions are equal.

    Fisher's exact test: the probability of all tables with these margins that are not more
    probable than the one seen. Where the number of successes on a side has a standard deviation
    above 100 if the proportions are equal, the pooled normal test, which is as good as equal there.

    Args:
        k_baseline, k_current: successes.
        n_baseline, n_current: trials, positive.

    Source: Fisher (1935); Pearson (1900) for the normal test.

    >>> round(proportions_p(30, 1000, 60, 1000), 5)
    0.00162
    """
    successes, trials = k_baseline + k_current, n_baseline + n_current
    if successes in (0, trials):  # no other table has these margins
        return 1.0
    center = successes * (n_current / trials)
    share = successes / trials
    spread = math.sqrt(center * (1 - share) * (n_baseline / max(trials - 1, 1)))
    if spread > _SMOOTH:
        z = (k_current / n_current - k_baseline / n_baseline) * math.sqrt(
            (n_baseline / trials) * n_current / (share * (1 - share))
        )
        return math.erfc(abs(z) / math.sqrt(2.0))
    if abs(k_current - center) > _FARTHEST:
        return 0.0
    reach = _REACH * spread + 60
    low = max(successes - n_baseline, 0, min(math.floor(center - reach), k_current - 60))
    high = min(successes, n_current, max(math.ceil(center + reach), k_current + 60))
    log = _log_probabilities(low, high, successes, n_baseline, n_current)
    probabilities = np.exp(log - log.max())
    seen = log[k_current - low]
    as_rare = float(np.sum(probabilities[log <= seen + _TIED]))
    return min(as_rare / float(np.sum(probabilities)), 1.0)


def _log_probabilities(
    low: int, high: int, successes: int, n_baseline: int, n_current: int
) -> FloatArray:
    """Returns logarithms of the hypergeometric probabilities from `low` to `high`.

    Up to a constant, they are sums of logarithms of ratios of neighbours, as those of factorials of
    large numbers would cancel.
    """
    x = np.arange(low, high, dtype=float)
    ratio = ((successes - x) / (x + 1)) * ((n_current - x) / (n_baseline - successes + x + 1))
    return np.concatenate(([0.0], np.cumsum(np.log(ratio))))
