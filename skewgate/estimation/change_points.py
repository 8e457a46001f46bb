"""Where to cut a stretch of windows in two that differ in level."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from skewgate.core.distributions import FloatArray
from skewgate.estimation.random_effects import between_windows, weights_of

SHORTEST = 2
"""Windows on either side of a change; what a single window does is the band's business."""
_SHORTEST_SEED = 6


def best_cut(values: FloatArray, variances: FloatArray) -> tuple[int, float]:
    """Returns the first window after the best cut, with a bound on its p-value."""
    cut, tail = _test_cuts(values, variances)
    shorter = _seeds(len(values))
    if not shorter:
        return cut, min(_cuts_in(len(values)) * tail, 1.0)
    best = (2 * _cuts_in(len(values)) * tail, cut)
    tests = sum(_cuts_in(end - start) for start, end in shorter)
    for start, end in shorter:
        cut, tail = _test_cuts(values[start:end], variances[start:end])
        best = min(best, (2 * tests * tail, start + cut))
    return best[1], min(best[0], 1.0)


def _seeds(n: int) -> list[tuple[int, int]]:
    """Returns shorter stretches, each half as long as those before and overlapping by a half."""
    found = []
    length = math.ceil(n / 2)
    while length >= _SHORTEST_SEED:
        step = length // 2
        starts = [*range(0, n - length, step), n - length]
        found += [(start, start + length) for start in starts]
        length = math.ceil(length / 2)
    return found


def _cuts_in(n: int) -> int:
    return n - 2 * SHORTEST + 1


def _test_cuts(values: FloatArray, variances: FloatArray) -> tuple[int, float]:
    """Returns the best cut, and the probability that just this cut is as good by chance."""
    n = len(values)
    cuts = np.arange(SHORTEST, n - SHORTEST + 1)
    left = np.arange(n) < cuts[:, None]
    sides = np.stack([left, ~left], axis=1)
    tau2 = between_windows(values, variances, sides)
    weights = weights_of(tau2[:, None], variances)[:, None, :] * sides
    sums = weights.sum(axis=2)
    difference = np.abs(np.diff((weights * values).sum(axis=2) / sums, axis=1)[:, 0])
    # A difference that rounding makes is none.
    difference[difference <= 1e-12 * np.abs(values).max()] = 0.0
    exact = (tau2 == 0) & ~np.any(variances)
    t = np.where(
        exact,
        np.where(difference > 0, np.inf, 0.0),
        difference / np.sqrt((1 / sums).sum(axis=1)),
    )
    best = int(np.lexsort((difference, t))[-1])
    if np.isinf(t[best]):
        # No spread within the sides: what is left is that all n! orders are equally likely.
        return int(cuts[best]), 2 / math.comb(n, int(cuts[best]))
    return int(cuts[best]), 2 * float(special.stdtr(n - 2, -t[best]))
