"""How many values of a category, or of a bin, chance deals to one of two sides."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import special

from skewgate.core.distributions import FloatArray

CountArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
_SMOOTH = 10.0
"""Standard deviation of a number of values that is smooth enough for a quadrature."""


def moments(counts: CountArray, n_baseline: int, n_current: int) -> tuple[FloatArray, FloatArray]:
    """Returns mean and standard deviation of the number of values on the baseline.

    Args:
        counts: of a category on both sides together, shape (u,), at most N + M.
        n_baseline, n_current: N and M, number of values of each side.
    """
    total = n_baseline + n_current
    center = counts * (n_baseline / total)
    spread = np.sqrt(center * (n_current / total) * ((total - counts) / max(total - 1, 1)))
    return center, spread


def likely_numbers(
    counts: CountArray, n_baseline: int, n_current: int
) -> tuple[FloatArray, FloatArray]:
    """Returns the numbers of values on the baseline that are likely, and their probabilities.

    Args:
        counts, n_baseline, n_current: as for `moments`.

    Returns:
        Two arrays of shape (u, w); what lies beyond 8 standard deviations and 10 values is left
        out, and a row that has fewer numbers is filled with a probability of 0.

    >>> numbers, probabilities = likely_numbers(np.array([2]), 2, 4)
    >>> numbers.tolist(), probabilities.round(4).tolist()
    ([[0.0, 1.0, 2.0]], [[0.4, 0.5333, 0.0667]])
    """
    center, spread = moments(counts, n_baseline, n_current)
    reach = 8 * spread + 10
    low = np.maximum(np.maximum(np.floor(center - reach), counts - n_current), 0)
    high = np.minimum(np.minimum(np.ceil(center + reach), counts), n_baseline)
    places = np.arange(int(np.max(high - low)) + 1)
    numbers = np.minimum(low[:, None] + places, high[:, None])
    others = counts[:, None] - numbers
    log = -(
        special.gammaln(numbers + 1)
        + special.gammaln(others + 1)
        + special.gammaln(n_baseline - numbers + 1)
        + special.gammaln(n_current - others + 1)
    )
    weights = np.exp(log - log.max(axis=1, keepdims=True))
    weights[places > (high - low)[:, None]] = 0.0
    return numbers, weights / weights.sum(axis=1, keepdims=True)


def nodes(
    counts: CountArray, n_baseline: int, n_current: int
) -> Iterator[tuple[BoolArray, FloatArray, FloatArray]]:
    """Yields numbers of values on the baseline that stand for all, and their weights.

    They are all likely numbers, or where these have a standard deviation above 10, the nodes of a
    quadrature over a normal law.

    Args:
        counts, n_baseline, n_current: as for `moments`.

    Yields:
        Which of the counts, shape (u,), and of these as many numbers and weights as
        `likely_numbers` returns. The weights of a count add up to 1.
    """
    smooth = moments(counts, n_baseline, n_current)[1] > _SMOOTH
    for chosen, find in ((~smooth, likely_numbers), (smooth, _of_normal_law)):
        if chosen.any():
            yield chosen, *find(counts[chosen], n_baseline, n_current)


def _of_normal_law(
    counts: CountArray, n_baseline: int, n_current: int
) -> tuple[FloatArray, FloatArray]:
    center, spread = moments(counts, n_baseline, n_current)
    places, weights = _quadrature()
    numbers = np.clip(center[:, None] + spread[:, None] * places, 0, counts[:, None])
    return numbers, np.tile(weights, (len(counts), 1))


@functools.lru_cache(maxsize=1)
def _quadrature() -> tuple[FloatArray, FloatArray]:
    places, weights = special.roots_hermitenorm(16)
    return places, weights / weights.sum()
