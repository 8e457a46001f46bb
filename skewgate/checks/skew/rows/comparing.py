"""Says for each pair of rows whether a feature differs, and how."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.checks.skew.config import RowRules
from skewgate.data.arrow.columns import TEXT, ListValues, Mask, kind_of
from skewgate.data.arrow.values import from_mask_array, numbers

EQUAL, NOT_IN_TRAINING, NOT_IN_SERVING, DIFFERENT = range(4)
KINDS = ("missing in training", "missing in serving", "different")
"""Names of the codes from 1 on."""

Codes = npt.NDArray[np.uint8]


def compare(training: ListValues, serving: ListValues, rules: RowRules, feature: str) -> Codes:
    """Compares a feature of pairs of rows.

    Args:
        training, serving: the values of the same n rows.
        rules: what numbers are close enough.
        feature: its name.

    Returns:
        One of the four codes above for each row, shape (n,). A row without the feature on both
        sides is equal; lists are different if their lengths or any of their values are.
    """
    codes = np.full(len(training.lengths), EQUAL, np.uint8)
    here, there = training.lengths > 0, serving.lengths > 0
    codes[~here & there] = NOT_IN_TRAINING
    codes[here & ~there] = NOT_IN_SERVING
    aligned = training.lengths == serving.lengths
    codes[here & there & ~aligned] = DIFFERENT
    rows = here & aligned
    if rows.any():
        unequal = ~_equal(training.where(rows), serving.where(rows), rules, feature)
        parents = np.repeat(np.flatnonzero(rows), training.lengths[rows])
        codes[parents[unequal]] = DIFFERENT
    return codes


def _equal(training: pa.Array, serving: pa.Array, rules: RowRules, feature: str) -> Mask:
    """Compares values one by one."""
    kind = kind_of(training.type)
    if kind != kind_of(serving.type):
        return np.zeros(len(training), bool)
    if kind == TEXT:
        return from_mask_array(pc.equal(training, serving))
    left, right = numbers(training), numbers(serving)
    whole = left.dtype.kind == "i" and right.dtype.kind == "i"
    absolute, relative = rules.tolerance_of(feature, whole=whole)
    return close(left, right, absolute, relative)


def close(
    training: npt.NDArray[Any], serving: npt.NDArray[Any], absolute: float, relative: float
) -> Mask:
    """Says which numbers are equal: |a - b| <= absolute + relative * |a|, a being training's.

    Two NaN are equal, and so are two infinities of the same sign; no finite number is close to
    either. The difference of whole numbers is exact, however large they are. Where one side has
    32-bit floats, numbers are equal that are the same 32-bit float.

    Args:
        training, serving: int64 or floats, shape (n,) each.
        absolute, relative: the tolerances, at least 0.

    >>> close(np.array([100.0, 100.0, np.inf]), np.array([100.5, 102.0, 1.0]), 0.0, 0.01).tolist()
    [True, False, False]
    """
    if training.dtype.kind == "i" and serving.dtype.kind == "i":
        equal: Mask = training == serving
        if absolute or relative:
            high, low = np.maximum(training, serving), np.minimum(training, serving)
            gap = high.view(np.uint64) - low.view(np.uint64)  # wraps to the true difference
            room = absolute + relative * np.abs(training.astype(np.float64))
            equal |= gap.astype(np.float64) <= room
        return equal
    left, right = training.astype(np.float64), serving.astype(np.float64)
    equal = (left == right) | (np.isnan(left) & np.isnan(right))
    if np.float32 in (training.dtype, serving.dtype):  # as the coarser type of the two holds them
        with np.errstate(over="ignore"):
            same = training.astype(np.float32) == serving.astype(np.float32)
        equal |= same & np.isfinite(left) & np.isfinite(right)
    if absolute or relative:
        with np.errstate(invalid="ignore", over="ignore"):
            near = np.abs(left - right) <= absolute + relative * np.abs(left)
        equal |= near & np.isfinite(left) & np.isfinite(right)
    return equal
