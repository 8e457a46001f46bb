"""Cuts a batch into the slices that its values make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.core.errors import InputError
from skewgate.core.slices import joined, part
from skewgate.data.arrow.decimals import to_doubles
from skewgate.data.arrow.kinds import is_list
from skewgate.data.arrow.values import (
    list_lengths,
    numbers,
    places_array,
    stored,
    validity,
    values_of,
)

_BEYOND = 2.0**63  # whole numbers have no names from here on


def slices(
    batch: pa.RecordBatch, columns: Sequence[str], *, fractions: bool = False
) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yields the key (see `core.slices`) and the rows of every slice by the values of `columns`.

    A row with several values in a column belongs to several slices, a row without a value to
    none. The empty text is a value. A whole number is the same value whatever type holds it.

    Args:
        batch: the rows.
        columns: whose values make slices, in any order.
        fractions: whether numbers that are not whole make slices too.

    Raises:
        InputError: a column is missing, or holds what makes no slices.
    """
    rows = np.arange(batch.num_rows)
    codes, made = np.zeros(batch.num_rows, np.int64), [[""]]
    for place, column in enumerate(sorted(set(columns))):
        index = batch.schema.get_field_index(column)
        if index < 0:
            raise unknown(column)
        parents, own, parts = _coded(batch.column(index), column, fractions=fractions)
        if not parts:
            return
        begin = np.searchsorted(parents, rows, side="left")
        counts = np.searchsorted(parents, rows, side="right") - begin
        repeated = np.repeat(np.arange(len(rows)), counts)
        within = np.arange(len(repeated)) - np.repeat(np.cumsum(counts) - counts, counts)
        pairs = codes[repeated] * len(parts) + own[begin[repeated] + within]
        rows = rows[repeated]
        present, codes = np.unique(pairs, return_inverse=True)
        made = [
            [*(made[pair // len(parts)] if place else ()), parts[pair % len(parts)]]
            for pair in present.tolist()
        ]
    if not len(rows):
        return
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes, minlength=len(made))
    ends = np.cumsum(sizes)
    for key, start, end in zip(made, ends - sizes, ends, strict=True):
        taken = np.unique(rows[order[start:end]]).astype(np.int64)
        yield joined(key), batch.take(places_array(taken))


def unknown(column: str) -> InputError:
    """Returns the error that a column of the slices is not in the data."""
    return InputError(f"slices: {column}", "is not a column of the data", "correct the slices")


def _coded(
    array: pa.Array, column: str, *, fractions: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], list[str]]:
    """Returns row numbers in ascending order, the code of each value, and what keys say of codes.

    The first two have the shape (m,); a code is a place in the third.
    """
    rows = np.arange(len(array))
    if is_list(array.type):
        lengths = list_lengths(array)
        rows, array = np.repeat(rows[validity(array)], lengths), array.flatten()
    if pa.types.is_null(array.type):
        return np.empty(0, np.int64), np.empty(0, np.int64), []
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        array = _whole(
            array.dictionary_decode() if kind != array.type else array, fractions=fractions
        )
    if array is None or pa.types.is_nested(kind):
        raise InputError(
            f"slices: {column}",
            f"has the type {kind}, and slices are made of text or whole numbers",
            "slice by another column",
        )
    if pa.types.is_boolean(kind):  # as tf.Example holds it
        array = array.cast(pa.bool_()).cast(pa.int64())
    encoded = array if pa.types.is_dictionary(array.type) else pc.dictionary_encode(array)
    known: dict[str, int] = {}
    codes = np.array(
        [
            -1 if value is None else known.setdefault(_part(column, value), len(known))
            for value in values_of(encoded.dictionary)
        ],
        np.int64,
    )
    rows, own = rows[validity(encoded)], codes[numbers(encoded.indices)]
    return rows[own >= 0], own[own >= 0], list(known)


def _part(column: str, value: object) -> str:
    return part(column, value if isinstance(value, bytes) else str(value))


def _whole(array: pa.Array, *, fractions: bool) -> pa.Array | None:
    """Returns floats or decimals as integers, NaN as null; None if a number is not whole.

    With `fractions` numbers become text if one is not whole.
    """
    if pa.types.is_decimal(array.type):
        array = to_doubles(array)
    given = stored(array)
    found = given.astype(np.float64)
    known = validity(array) & ~np.isnan(found)
    found[~known] = 0.0
    whole = (np.floor(found) == found) & (np.abs(found) < _BEYOND)
    if whole.all():
        return places_array(found.astype(np.int64), known)
    if not fractions:
        return None
    rows = zip(given, whole.tolist(), known.tolist(), strict=True)
    return pa.array(
        [
            (str(int(value)) if is_whole else str(value)) if there else None
            for value, is_whole, there in rows
        ],
        pa.string(),
    )
