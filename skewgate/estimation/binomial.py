"""What a count out of n trials says of the share behind it."""

from __future__ import annotations

import math

from scipy import special


def _check(count: int, n: int) -> None:
    if not 0 <= count <= n or n < 1:
        raise ValueError(f"count must be in [0, n] and n at least 1, got {count} of {n}")


def bounds(count: int, n: int, alpha: float) -> tuple[float, float]:
    """Returns a lower and an upper confidence bound on the share, each at level 1 - alpha.

    Args:
        count: successes, in [0, n].
        n: trials, at least 1.
        alpha: probability that the share lies below the lower bound, and as much above the upper.

    Raises:
        ValueError: count or n is out of range.

    Source: Clopper and Pearson (1934), one-sided on either side.

    >>> [round(bound, 4) for bound in bounds(0, 299, 0.05)]
    [0.0, 0.01]
    """
    _check(count, n)
    lower = float(special.betaincinv(count, n - count + 1, alpha)) if count else 0.0
    upper = float(special.betaincinv(count + 1, n - count, 1 - alpha)) if count < n else 1.0
    return lower, upper


def p_at_least(count: int, n: int, share: float) -> float:
    """Returns the probability of at least `count` successes if the share is `share`.

    Raises:
        ValueError: count or n is out of range.

    Source: the regularised incomplete beta function; scipy.stats.binom.sf(count - 1, n, share).

    >>> round(p_at_least(3, 100, 0.01), 4)
    0.0794
    """
    _check(count, n)
    return float(special.betainc(count, n - count + 1, share)) if count else 1.0


def needed(count: int, n: int, share: float, alpha: float) -> float:
    """Returns about how many trials would tell the share seen from `share`; inf if none would.

    With no success, the number of trials without one that rules `share` out; else by the normal
    law at the share seen.

    Raises:
        ValueError: count or n is out of range.

    >>> math.ceil(needed(0, 100, 0.01, 0.05))
    299
    """
    _check(count, n)
    if not 0 < share < 1:
        return math.inf
    if count == 0:
        return math.log(alpha) / math.log1p(-share)
    seen = count / n
    gap = abs(seen - share)
    if gap == 0:
        return math.inf
    z = -float(special.ndtri(alpha))
    return max(z**2 * max(seen * (1 - seen), share * (1 - share)) / gap**2, float(n + 1))
