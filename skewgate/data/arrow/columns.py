"""Columns of rows in one of few forms, so that two sides can be compared whatever wrote them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.core.distributions import FloatArray
from skewgate.core.errors import InputError
from skewgate.data.arrow import decimals, kinds, times
from skewgate.data.arrow.kinds import is_list, is_number, value_type
from skewgate.data.arrow.values import (
    list_lengths,
    mask_array,
    numbers,
    places_array,
    to_bytes,
    validity,
)

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

TEXT, NUMBER = "text", "numbers"
"""The two kinds of values."""


def simplify(array: pa.Array, name: str) -> pa.Array:
    """Returns a column as int64, float32, float64 or large_binary, or as large_list of these.

    It is a list only if a row has several values. Null and the empty list are both a missing
    value, and become null, or an empty list if the result is one; a null in a list is no value.

    Args:
        array: one value, or one list of values, a row.
        name: of the column, for messages.

    Raises:
        InputError: the values are neither numbers nor text.
    """
    if not is_list(array.type):
        return _plain(array, name)
    rows = np.arange(len(array))
    parents = np.repeat(rows[validity(array)], list_lengths(array))
    flat = _plain(array.flatten(), name)
    if flat.null_count:
        parents, flat = parents[validity(flat)], flat.drop_null()
    lengths = np.bincount(parents, minlength=len(array))
    if np.any(lengths > 1):
        return large_lists(lengths, flat)
    return flat if len(flat) == len(array) else _spread(parents, flat, len(array))


def combine(arrays: Sequence[pa.Array], name: str) -> pa.Array:
    """Joins parts of a column, each as `simplify` returns it, one after the other.

    Whole numbers become float64 where another part has floats.

    Raises:
        InputError: one part has text and another numbers.
    """
    kinds = {value_type(array.type) for array in arrays} - {pa.null()}
    if is_mixed(arrays):
        raise InputError(
            f"column {name}",
            "is text in one part of the data and numbers in another",
            "write it with one type, or make skew.yaml ignore it",
        )
    if not kinds:
        return pa.nulls(sum(map(len, arrays)))
    target = kinds.pop() if len(kinds) == 1 else pa.float64()
    if any(is_list(array.type) for array in arrays):
        parts = [ListValues.of(array) for array in arrays]
        lengths = np.concatenate([part.lengths for part in parts])
        return large_lists(lengths, pa.concat_arrays([_cast(part.flat, target) for part in parts]))
    return pa.concat_arrays([_cast(array, target) for array in arrays])


def is_mixed(arrays: Sequence[pa.Array]) -> bool:
    """Says whether one part of a column is of text and another of numbers."""
    kinds = {value_type(array.type) for array in arrays} - {pa.null()}
    return len({kind_of(kind) for kind in kinds}) > 1


def large_lists(lengths: Places, flat: pa.Array) -> pa.Array:
    """Returns lists of so many values each, one after the other, as tf.Example is encoded from."""
    ends = np.concatenate([[0], np.cumsum(lengths)])
    return pa.LargeListArray.from_arrays(places_array(ends), flat)


def to_numbers(array: pa.Array, name: str) -> FloatArray:
    """Returns the values without nulls as 64-bit floats; times become seconds, see `times`.

    Args:
        array: of numbers, booleans, decimals, dates, time stamps, times of day or durations.
        name: of the column, for messages.

    Raises:
        InputError: the values are neither numbers nor times.
    """
    kind = array.type
    if times.has_seconds(kind):
        return times.float_seconds(array)
    if pa.types.is_boolean(kind):
        array = array.cast(pa.uint8())
    elif pa.types.is_decimal(kind):
        array = decimals.to_doubles(array)
    elif not is_number(kind):
        raise InputError(
            f"column {name}",
            f"has the type {kind}, which cannot be compared",
            "convert it to numbers or text, or drop it",
        )
    return numbers(array).astype(np.float64, copy=False)


def kind_of(kind: pa.DataType) -> str:
    """Returns TEXT or NUMBER for a type of values."""
    return TEXT if pa.types.is_large_binary(kind) else NUMBER


@dataclasses.dataclass(frozen=True)
class ListValues:
    """The values of a column, row after row.

    Attributes:
        lengths: how many values each row has, shape (n,); 0 where the feature is missing.
        flat: all values, without nulls.
    """

    lengths: Places
    flat: pa.Array

    @classmethod
    def of(cls, array: pa.Array) -> ListValues:
        """Takes a column as `simplify` returns it."""
        if is_list(array.type):
            return cls(list_lengths(array), array.flatten())
        present = validity(array)
        return cls(present.astype(np.int64), array.drop_null() if array.null_count else array)

    @property
    def kind(self) -> str:
        """TEXT or NUMBER; "" if there is no value."""
        return kind_of(self.flat.type) if len(self.flat) else ""

    def where(self, rows: Mask) -> pa.Array:
        """Returns the values of some rows, one after the other."""
        if rows.all():
            return self.flat
        return self.flat.filter(mask_array(np.repeat(rows, self.lengths)))


def _cast(array: pa.Array, target: pa.DataType) -> pa.Array:
    if array.type == target:
        return array
    return pa.nulls(len(array), target) if pa.types.is_null(array.type) else _wide(array)


def _wide(array: pa.Array) -> pa.Array:
    return array.cast(pa.float64(), safe=False)


def _spread(rows: Places, flat: pa.Array, n: int) -> pa.Array:
    """Puts one value into each of `rows`, and null into the others."""
    if not len(flat):
        return pa.nulls(n, flat.type)
    present = np.zeros(n, bool)
    present[rows] = True
    places = np.maximum(np.cumsum(present) - 1, 0)
    return flat.take(places_array(places, present))


def _plain(array: pa.Array, name: str) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = array.type
    if pa.types.is_null(kind) or kind in (pa.int64(), pa.float32(), pa.float64()):
        return array
    if kind in kinds.TEXT:
        return to_bytes(array)
    if pa.types.is_uint64(kind):
        fits = (pc.max(array).as_py() or 0) < 2**63
        return array.cast(pa.int64()) if fits else _wide(array)
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        return array.cast(pa.int64())
    if pa.types.is_decimal(kind):
        return decimals.to_doubles(array)
    if pa.types.is_float16(kind):
        return _wide(array)
    raise InputError(
        f"column {name}",
        f"has the type {kind}, which rows cannot be compared by",
        "convert it to numbers or text, or make skew.yaml ignore it",
    )
