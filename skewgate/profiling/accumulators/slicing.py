"""Cuts a batch into the slices that its values make, named as TFDV names them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.core.errors import InputError
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


def slices(batch: pa.RecordBatch, columns: Sequence[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yields the name and the rows of every slice by the values of `columns`.

    A row with several values in a column belongs to several slices, a row without a value to
    none. The name is that of TFDV's slicer: `company_A_payment_type_Cash`, columns in order of
    their names.

    Raises:
        InputError: a column is missing, or holds numbers that are not whole, or two slices of
            different values have one name.
    """
    rows = np.arange(batch.num_rows)
    names = np.full(batch.num_rows, "", dtype=object)
    joint = ""
    parts: list[npt.NDArray[np.object_]] = []
    for column in sorted(columns):
        index = batch.schema.get_field_index(column)
        if index < 0:
            raise unknown(column)
        parents, labels = _labels(batch.column(index), column)
        matched = np.searchsorted(parents, rows, side="left")
        counts = np.searchsorted(parents, rows, side="right") - matched
        repeated = np.repeat(np.arange(len(rows)), counts)
        within = np.arange(len(repeated)) - np.repeat(np.cumsum(counts) - counts, counts)
        own = labels[matched[repeated] + within]
        parts = [*(part[repeated] for part in parts), own]
        names = names[repeated] + f"{joint}{column}_" + own
        rows = rows[repeated]
        joint = "_"
    _check_names(names, parts, sorted(columns))
    known: dict[str, int] = {}
    codes = np.array([known.setdefault(name, len(known)) for name in names.tolist()], np.intp)
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes, minlength=len(known))
    ends = np.cumsum(sizes)
    for name, start, end in zip(known, ends - sizes, ends, strict=True):
        taken = np.unique(rows[order[start:end]]).astype(np.int64)
        yield name, batch.take(places_array(taken))


def _check_names(
    names: npt.NDArray[np.object_], parts: list[npt.NDArray[np.object_]], columns: Sequence[str]
) -> None:
    """Makes sure that no two combinations of values make one name, as `1_b_2` and `1` might.

    Raises:
        InputError: two do.
    """
    infixes = [f"_{column}_" for column in columns[1:]]
    if not any(
        infix in label
        for part, infix in zip(parts, infixes, strict=False)
        for label in set(part.tolist())
    ):
        return
    made: dict[str, tuple[str, ...]] = {}
    for name, *values in zip(names, *parts, strict=True):
        if made.setdefault(name, tuple(values)) != tuple(values):
            raise ambiguous(name, f"{made[name]} and by {tuple(values)}")


def ambiguous(name: str, makers: str) -> InputError:
    """Returns the error that a name stands for two slices; `makers` says who makes them."""
    fix = "rename a feature or its values, or leave one of the slices out"
    return InputError(f"slices: {name}", f"is made by {makers}", fix)


def unknown(column: str) -> InputError:
    """Returns the error that a column of the slices is not in the data."""
    return InputError(f"slices: {column}", "is not a column of the data", "correct the slices")


def _labels(array: pa.Array, column: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
    """Returns row numbers in ascending order and the name of each value, both of shape (m,)."""
    rows = np.arange(len(array))
    if is_list(array.type):
        lengths = list_lengths(array)
        rows, array = np.repeat(rows[validity(array)], lengths), array.flatten()
    if pa.types.is_null(array.type):
        return np.empty(0, np.int64), np.empty(0, object)
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        array = _whole(array.dictionary_decode() if kind != array.type else array)
    if array is None or pa.types.is_nested(kind):
        raise InputError(
            f"slices: {column}",
            f"has the type {kind}, and slices are made of text or whole numbers",
            "slice by another column",
        )
    if pa.types.is_boolean(kind):  # as tf.Example holds it
        array = array.cast(pa.bool_()).cast(pa.int64())
    encoded = array if pa.types.is_dictionary(array.type) else pc.dictionary_encode(array)
    named = values_of(encoded.dictionary)
    present = np.array([name is not None for name in named], bool)
    labels = np.empty(len(named), object)
    labels[:] = [
        value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        for value in named
    ]
    rows, codes = rows[validity(encoded)], numbers(encoded.indices)
    kept = present[codes]
    return rows[kept], labels[codes[kept]]


def _whole(array: pa.Array) -> pa.Array | None:
    """Returns floats or decimals as integers, NaN as null; None if a number is not whole."""
    if pa.types.is_decimal(array.type):
        array = to_doubles(array)
    found = stored(array).astype(np.float64)
    known = validity(array) & ~np.isnan(found)
    found[~known] = 0.0
    if np.any(np.floor(found) != found) or np.any(np.abs(found) >= _BEYOND):
        return None
    return places_array(found.astype(np.int64), known)
