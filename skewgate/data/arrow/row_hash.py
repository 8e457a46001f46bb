"""A hash of rows that depends on what their values say, not on the type that a reader gave them.

| value | counts as |
| --- | --- |
| integer, decimal, float, boolean | the nearest 64-bit float |
| a 32-bit float with a fraction | the number of at most six digits that it stands for, as 0.1 |
| text that stands for a number, boolean or time, see `spellings` | that: "007", "7.0" and 7 alike |
| date, time stamp, time of day | its seconds and nanoseconds: a date as its midnight |
| other text, bytes, in a dictionary or not | its bytes |
| a list of one value | that value |
| another list | its values in their order |
| null | nothing: a row has one hash whether its file has a column that it has no value of, or not |

So different values may have one hash ("007" and "7"), but no value has two by what other rows of
its column hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.core.distributions import FloatArray
from skewgate.core.errors import InputError
from skewgate.data.arrow import kinds, spelled_values, times
from skewgate.data.arrow.decimals import to_doubles
from skewgate.data.arrow.row_keys import RowHash, Rows
from skewgate.data.arrow.texts import Texts, Words
from skewgate.data.arrow.values import list_lengths, numbers, to_bytes, validity

_MISSING = np.uint64(0x6A09E667F3BCC909)
_LIST = np.uint64(0xBB67AE8584CAA73B)
_ALL = slice(None)
_EXACT = 2**53
"""Up to here every integer is a 64-bit float."""
_DIGITS = 6
_EXACT_POWER = 22
"""Up to here every power of 10 is one."""
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
    for name, column in columns.items():
        place = f"{where}: column {name}"
        if column.null_count == 0:
            state.absorb(_ALL, words(column, place))
        elif column.null_count < len(column):
            valid = np.flatnonzero(validity(column))
            state.absorb(valid, words(column.drop_null(), place))
    return state.halves[0]


def words(array: pa.Array, where: str) -> Words:
    """Returns one word for each value, which is the same for equal values, shape (n,).

    Args:
        array: values.
        where: the file and the column, for messages.

    Raises:
        InputError: the values have a type that cannot be hashed.
    """
    if array.null_count or not len(array):  # which an array of the type null always is
        found = np.full(len(array), _MISSING)
        if array.null_count < len(array):
            found[validity(array)] = words(array.drop_null(), where)
        return found
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
        if array.null_count:
            return words(array, where)
    kind = array.type
    if kinds.is_list(kind):
        return _list_words(array, where)
    if kinds.is_text(kind):
        return _text_words(to_bytes(array))
    state = RowHash(len(array), number=1)
    if times.has_seconds(kind):
        _absorb_times(state, _ALL, *times.with_nanoseconds(array))
    else:
        state.absorb_numbers(_ALL, _numbers(array, where))
    return state.halves[0]


def _text_words(text: pa.Array) -> Words:
    state = RowHash(len(text), number=1)
    texts = Texts(text)
    parts = spelled_values.find(texts)
    if not parts:
        state.absorb_text(_ALL, texts, _ALL)
        return state.halves[0]
    left = np.ones(len(text), np.bool_)
    for part in parts:
        alike = len(part.places) == len(text)
        values = part.values
        if isinstance(values[0], np.float64):
            values = _plain_nan(values.astype(np.float64, copy=False))
        nanoseconds = np.zeros(0, np.int64) if part.nanoseconds is None else part.nanoseconds
        _absorb_times(state, _ALL if alike else part.places, values, nanoseconds)
        left[part.places] = False
    others = np.flatnonzero(left)
    if len(others):
        state.absorb_text(others, texts, others)
    return state.halves[0]


def _absorb_times(
    state: RowHash, rows: Rows, whole: npt.NDArray[Any], nanoseconds: npt.NDArray[np.int64]
) -> None:
    state.absorb_numbers(rows, whole)
    some = np.flatnonzero(nanoseconds)
    if len(some):
        state.absorb_numbers(some if isinstance(rows, slice) else rows[some], nanoseconds[some])


def _plain_nan(values: FloatArray) -> FloatArray:
    """Returns the values with one NaN, which has many forms."""
    missing = np.isnan(values)
    return np.where(missing, np.nan, values) if missing.any() else values


def _numbers(array: pa.Array, where: str) -> npt.NDArray[np.int64] | FloatArray:
    kind = array.type
    if pa.types.is_boolean(kind):
        return numbers(array.cast(pa.int64()))
    if pa.types.is_integer(kind):
        whole = numbers(array)
        if kind.bit_width < 64 or not len(whole):
            return whole.astype(np.int64)
        if whole.max() <= _EXACT and whole.min() >= -_EXACT:
            return whole.astype(np.int64, copy=False)
        return whole.astype(
            np.float64
        )  # as which a reader may have it, where others have fractions
    if pa.types.is_decimal(kind):
        return numbers(to_doubles(array))
    if pa.types.is_float64(kind):
        return _plain_nan(numbers(array))
    if pa.types.is_floating(kind):
        return _shortest(numbers(array).astype(np.float32))
    raise InputError(
        where,
        f"has the type {kind}, which rows cannot be split by",
        "name other columns in `columns`",
    )


def _shortest(values: npt.NDArray[np.float32]) -> FloatArray:
    """Returns 32-bit floats as the numbers of at most six digits that they stand for.

    Every such number has a float of its own. Other floats are taken as they are.
    """
    found = values.astype(np.float64)
    some = np.flatnonzero(np.isfinite(found) & (np.rint(found) != found))
    exact = found[some]
    digits = _DIGITS - 1 - np.floor(np.log10(np.abs(exact)))
    scale = 10.0 ** np.clip(digits, 0, _EXACT_POWER)
    short = np.rint(exact * scale) / scale
    fits = (short.astype(np.float32) == values[some]) & (digits <= _EXACT_POWER)
    found[some] = np.where(fits, short, exact)
    return _plain_nan(found)


def _list_words(array: pa.Array, where: str) -> Words:
    """Returns a word for each list, from its length and its values in their order."""
    lengths = list_lengths(array)
    flat = array.flatten()
    if pa.types.is_dictionary(flat.type):
        flat = flat.dictionary_decode()
    ends = np.cumsum(lengths)
    places = np.arange(len(flat)) - np.repeat(ends - lengths, lengths)
    items = words(flat, where)
    # An odd factor for each place; sums of 64 bits go round, so that a difference is a part's sum.
    ordered = items * (_ORDER * (2 * places.astype(np.uint64) + np.uint64(1)))
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(ordered, dtype=np.uint64)])
    state = RowHash(len(array), number=1)
    state.absorb(_ALL, _LIST ^ lengths.astype(np.uint64))
    state.absorb(_ALL, sums[ends] - sums[ends - lengths])
    single = np.flatnonzero(lengths == 1)
    single = single[validity(flat)[ends[single] - 1]]
    state.halves[0][single] = items[ends[single] - 1]
    return state.halves[0]
