"""How sure single checks must be where many are made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skewgate.decision.policy import Significance

_ROUNDING = 1e-6


def adjust(p_values: Sequence[float], correction: str) -> list[float]:
    """Adjusts p-values for their number, as scipy.stats.false_discovery_control does.

    A check whose p-value is NaN could not be decided: it is never significant, and is not one of
    those that the others are corrected for.

    Args:
        p_values: any number of values in [0, 1], or NaN.
        correction: "bh" (Benjamini and Hochberg 1995) or "none".

    Returns:
        As many values in [0, 1].

    Raises:
        ValueError: a value is out of range by more than rounding.

    >>> [round(p, 3) for p in adjust([0.01, 0.02, 0.9], "bh")]
    [0.03, 0.03, 0.9]
    >>> [round(p, 3) for p in adjust([0.01, float("nan"), 0.9], "bh")]
    [0.02, 1.0, 0.9]
    """
    values = np.asarray(p_values, float)
    decided = np.flatnonzero(~np.isnan(values))
    known = values[decided]
    if np.any((known < -_ROUNDING) | (known > 1.0 + _ROUNDING)):
        raise ValueError(f"p-values must lie in [0, 1], got {list(p_values)}")
    known = np.clip(known, 0.0, 1.0)
    if correction == "bh":
        order = np.argsort(known)
        scaled = known[order] * len(known) / np.arange(1, len(known) + 1)
        known[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    adjusted = np.ones(len(values))
    adjusted[decided] = known
    return [float(p) for p in adjusted]


def level(checks: int, significance: Significance) -> float:
    """Returns the level at which a single difference is found whatever the others show."""
    return significance.alpha / checks if significance.correction == "bh" else significance.alpha
