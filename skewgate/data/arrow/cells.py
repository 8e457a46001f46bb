"""Cells of Arrow columns changed and compared, keeping the type and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.core.distributions import FloatArray
from skewgate.data.arrow.values import (
    from_mask_array,
    from_stored,
    places_array,
    stored,
    validity,
)

BoolArray = npt.NDArray[np.bool_]


def with_numbers(array: pa.Array, chosen: BoolArray, numbers: FloatArray) -> pa.Array:
    """Puts numbers into a column of numbers.

    Args:
        array: the column.
        chosen: where they go, shape (n,); none of these values is null.
        numbers: shape (m,), as many as are chosen. A column of whole numbers takes the nearest
            one that its type holds.

    Raises:
        OverflowError: a number is beyond what the type of the column holds, and not whole.
    """
    found = stored(array).copy()
    if pa.types.is_integer(array.type):
        limits = np.iinfo(found.dtype)
        whole = np.rint(numbers)
        above, below = whole >= float(limits.max), whole <= float(limits.min)
        inner = np.where(above | below, 0.0, whole).astype(found.dtype)
        found[chosen] = np.where(above, limits.max, np.where(below, limits.min, inner))
    else:
        with np.errstate(over="ignore"):
            found[chosen] = numbers.astype(found.dtype)
        if not np.isfinite(found[chosen]).all():
            raise OverflowError(f"a value beyond what {array.type} holds")
    return from_stored(found, array.type, validity(array))


def with_value(array: pa.Array, chosen: BoolArray, value: Any) -> pa.Array:
    """Puts one value, or null for None, where it is chosen."""
    return with_values(array, chosen, [value], np.zeros(len(array), np.int64))


def with_values(
    array: pa.Array, chosen: BoolArray, choices: Sequence[Any], which: npt.NDArray[np.int64]
) -> pa.Array:
    """Puts the values `choices[which]` where it is chosen; all arrays have the shape (n,).

    Arrow's `if_else` makes broken text of a null and a slice of a column (pyarrow 18).
    """
    both = pa.concat_arrays([array, pa.array(list(choices), array.type)])
    return both.take(places_array(np.where(chosen, len(array) + which, np.arange(len(array)))))


def is_one_of(array: pa.Array, wanted: Sequence[Any]) -> BoolArray:
    """Says which cells hold one of the wanted values, None for null, shape (n,).

    A value that the type of the column cannot hold is in none.
    """
    if pa.types.is_null(array.type):
        return np.full(len(array), None in wanted)
    fitting = [value for value in wanted if _fits(value, array.type)]
    return from_mask_array(pc.is_in(array, value_set=pa.array(fitting, array.type)))


def _fits(value: Any, kind: pa.DataType) -> bool:
    try:
        pa.scalar(value, kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return False
    return True


def differs(before: pa.Array, after: pa.Array) -> BoolArray:
    """Says which cells differ, shape (n,); null equals null and NaN equals NaN."""
    if pa.types.is_null(before.type):
        return np.zeros(len(before), bool)
    known_before, known_after = validity(before), validity(after)
    both = known_before & known_after
    unequal = both & from_mask_array(pc.not_equal(before, after))
    if pa.types.is_floating(before.type):
        unequal &= ~(np.isnan(stored(before)) & np.isnan(stored(after)))
    found: BoolArray = unequal | (known_before != known_after)
    return found
