"""How much values differ between windows beyond what sampling within a window explains."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skewgate.core.distributions import FloatArray

BoolArray = npt.NDArray[np.bool_]
_HALVINGS = 50


def weights_of(tau2: FloatArray | float, variances: FloatArray) -> FloatArray:
    """Returns 1 / (tau^2 + e^2), or 1 where nothing varies."""
    total = np.asarray(tau2 + variances, float)
    return np.divide(1.0, total, out=np.ones_like(total), where=total > 0)


def between_windows(values: FloatArray, variances: FloatArray, groups: BoolArray) -> FloatArray:
    """Returns tau^2 within groups of windows, by Paule and Mandel.

    Args:
        values, variances: shape (n,).
        groups: shape (m, g, n): for each of m partitions, which windows are in which of its g
            groups.

    Returns:
        Shape (m,), each solving sum (y - mean of its group)^2 / (tau^2 + e^2) = n - g, or 0.
    """
    freedom = len(values) - groups.shape[1]

    def squares(weights: FloatArray) -> FloatArray:
        inside = weights[:, None, :] * groups
        means = (inside * values).sum(axis=2) / inside.sum(axis=2)
        return np.asarray((inside * (values - means[:, :, None]) ** 2).sum(axis=(1, 2)))

    plain = squares(np.ones((len(groups), len(values))))
    # Rounding leaves a spread of equal values that is none.
    noise = (1e-14 * float(np.abs(values).max())) ** 2 * len(values)
    high = np.where(plain > noise, plain, 0.0) / max(freedom, 1)
    low = np.zeros(len(groups))
    if not np.any(variances):
        return high
    spread = squares(weights_of(low[:, None], variances)) > freedom
    if not np.any(spread):
        return low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = squares(weights_of(middle[:, None], variances)) > freedom
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.where(spread, high, 0.0)
