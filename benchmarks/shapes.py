"""The generated columns that speed.py compares: ten numeric shapes and five categorical columns.

Needs NumPy alone. The current side differs a little from the baseline in `normal`, `counts`,
`ties` and `category_0`; the other columns have one law on both sides.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

N_CATEGORIES = 50
CATEGORIES = [f"value_{index:02d}" for index in range(N_CATEGORIES)]

Values = npt.NDArray[np.float64] | npt.NDArray[np.int64]
Draw = Callable[[np.random.Generator, int, bool], Values]

NUMERIC: dict[str, Draw] = {
    "normal": lambda rng, n, moved: rng.normal(0.1 * moved, 1.0, n),
    "heavy_tail": lambda rng, n, _: rng.lognormal(0.0, 2.0, n),
    "counts": lambda rng, n, moved: rng.poisson(20 + moved, n),
    "ties": lambda rng, n, moved: np.round(rng.normal(0.05 * moved, 1.0, n), 1),
    "uniform": lambda rng, n, _: rng.uniform(-1.0, 1.0, n),
    "exponential": lambda rng, n, _: rng.exponential(3.0, n),
    "mostly_zero": lambda rng, n, _: rng.gamma(2.0, 5.0, n) * (rng.random(n) > 0.7),
    "two_peaks": lambda rng, n, _: rng.normal(0.0, 1.0, n) + 6.0 * (rng.random(n) > 0.4),
    "student": lambda rng, n, _: rng.standard_t(3.0, n),
    "identifiers": lambda rng, n, _: rng.integers(0, 1_000_000_000, n),
}

CATEGORICAL = tuple(f"category_{index}" for index in range(5))


def category_codes(
    rng: np.random.Generator, n: int, column: int, moved: bool
) -> npt.NDArray[np.int64]:
    """Draws indices into CATEGORIES; the columns differ in how uneven the shares are.

    Args:
        rng: source of randomness.
        n: number of values.
        column: index into CATEGORICAL.
        moved: draw the current side's law.
    """
    weights = np.arange(1.0, N_CATEGORIES + 1) ** (-0.5 * column)
    if moved and column == 0:
        weights[:5] *= 1.3
    cumulative = np.cumsum(weights) / weights.sum()
    cumulative[-1] = 1.0
    return np.searchsorted(cumulative, rng.random(n), side="right")
