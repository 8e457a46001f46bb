"""A hash of rows that depends on their values alone, not on how Arrow keeps them.

A whole number counts the same as integer, float, decimal or boolean, a date the same as the time
stamp of its midnight, a text the same plain or in a dictionary. A missing value counts as such.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data.arrow import kinds, times
from skewgate.data.arrow.row_keys import RowHash, Words
from skewgate.data.arrow.values import list_lengths, numbers, to_bytes, validity

_MISSING = np.uint64(0x6A09E667F3BCC909)
_LIST = np.uint64(0xBB67AE8584CAA73B)
_ORDER = np.uint64(0x9E3779B97F4A7C15)  # odd: it tells the places of a list's values apart


def hashes(columns: Mapping[str, pa.Array], rows: int, where: str) -> Words:
    """Returns a hash of each row, shape (rows,).

    Args:
        columns: by name, in the order in which they count.
        rows: number of rows.
        where: the file, for messages.

    Raises:
        InputError: a column has a type that cannot be hashed.
    """
    state = RowHash(rows, number=1)
    every = np.arange(rows)
    for name, column in columns.items():
        state.absorb(every, _words(column, f"{where}: column {name}"))
    return state.halves[0]


def _words(array: pa.Array, where: str) -> Words:
    """Returns one word for each value, which is the same for equal values."""
    if array.null_count or not len(array):  # which an array of the type null always is
        words = np.full(len(array), _MISSING)
        if array.null_count < len(array):
            words[validity(array)] = _words(array.drop_null(), where)
        return words
    kind = array.type
    if kinds.is_list(kind):
        return _list_words(array, where)
    state = RowHash(len(array), number=1)
    every = np.arange(len(array))
    if kinds.is_text(kind):
        text = to_bytes(array)
        if len(text):
            state.absorb_text(every, text, every)
    elif times.has_seconds(kind):
        whole, rest = times.with_nanoseconds(array)
        state.absorb_numbers(every, whole)
        some = np.flatnonzero(rest)
        state.absorb_numbers(some, rest[some])
    else:
        state.absorb_numbers(every, _numbers(array, where))
    return state.halves[0]


def _numbers(array: pa.Array, where: str) -> npt.NDArray[np.int64] | npt.NDArray[np.float64]:
    kind = array.type
    if pa.types.is_boolean(kind) or (pa.types.is_integer(kind) and not pa.types.is_uint64(kind)):
        return numbers(array.cast(pa.int64()))
    if pa.types.is_uint64(kind):
        return numbers(array).astype(np.int64)
    if pa.types.is_decimal(kind):
        return numbers(array.cast(pa.float64()))
    if pa.types.is_floating(kind):
        wide = numbers(array).astype(np.float64)
        return np.where(np.isnan(wide), np.nan, wide)  # NaN has many forms
    raise InputError(
        where,
        f"has the type {kind}, which rows cannot be split by",
        "name other columns in `columns`",
    )


def _list_words(array: pa.Array, where: str) -> Words:
    """Returns a word for each list, from its length and its values in their order."""
    lengths = list_lengths(array)
    flat = array.flatten()
    if pa.types.is_dictionary(flat.type):
        flat = flat.dictionary_decode()
    ends = np.cumsum(lengths)
    places = np.arange(len(flat)) - np.repeat(ends - lengths, lengths)
    # An odd factor for each place; sums of 64 bits go round, so that a difference is a part's sum.
    words = _words(flat, where) * (_ORDER * (2 * places.astype(np.uint64) + np.uint64(1)))
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(words, dtype=np.uint64)])
    state = RowHash(len(array), number=1)
    every = np.arange(len(array))
    state.absorb(every, _LIST ^ lengths.astype(np.uint64))
    state.absorb(every, sums[ends] - sums[ends - lengths])
    return state.halves[0]
