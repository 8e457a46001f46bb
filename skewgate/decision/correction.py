"""How sure single checks must be where many are made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skewgate.decision.policy import Significance


def adjust(p_values: Sequence[float], correction: str) -> list[float]:
    """Adjusts p-values for their number, as scipy.stats.false_discovery_control does.

    Args:
        p_values: any number of values in [0, 1].
        correction: "bh" (Benjamini and Hochberg 1995) or "none".

    >>> [round(p, 3) for p in adjust([0.01, 0.02, 0.9], "bh")]
    [0.03, 0.03, 0.9]
    """
    if correction == "none" or not p_values:
        return list(p_values)
    clipped = np.clip(np.asarray(p_values, float), 0.0, 1.0)
    order = np.argsort(clipped)
    scaled = clipped[order] * len(clipped) / np.arange(1, len(clipped) + 1)
    adjusted = np.empty_like(clipped)
    adjusted[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return [float(p) for p in np.minimum(adjusted, 1.0)]


def level(checks: int, significance: Significance) -> float:
    """Returns the level at which a single difference is found whatever the others show."""
    return significance.alpha / checks if significance.correction == "bh" else significance.alpha
