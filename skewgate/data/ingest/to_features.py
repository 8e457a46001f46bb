"""Turns Arrow columns into the lists of float32, int64 and bytes that tf.Example holds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data.arrow.decimals import to_doubles
from skewgate.data.arrow.kinds import feature_type, is_list, is_text
from skewgate.data.arrow.times import float_seconds, whole_seconds
from skewgate.data.arrow.values import list_lengths, to_bytes
from skewgate.data.sources.base import lines_of
from skewgate.data.sources.rejected import Rejected, Rejections, reject

_LARGEST_INT = np.uint64(np.iinfo(np.int64).max)
_Problem = tuple[int, str, str]
"""Row, what was found, what was expected."""


def to_features(
    batch: pa.RecordBatch,
    where: str,
    rejections: Rejections | None = None,
    first_row: int = 0,
) -> pa.RecordBatch:
    """Turns every column into lists of float32, int64 or large binary.

    docs/ingest.md has the table of types. A null becomes a null, which the encoder writes as a
    feature of no kind and TFDV counts as missing.

    Args:
        batch: rows as a source gives them.
        where: the file, for messages.
        rejections: takes the rows with a value that tf.Example cannot hold. Without it the first
            such row is an error.
        first_row: where in the batch of the source this one begins, if it is a slice of it.

    Returns:
        A batch of the rows that are not rejected, in the same order, with the same columns. The
        type of a column depends on its Arrow type only.

    Raises:
        InputError: the type of a column has no place in tf.Example, or a row is rejected that the
            limit does not allow.
    """
    if not batch.num_columns and batch.num_rows:
        raise InputError(where, "has rows without any column", "give each row a value")
    features = []
    bad: dict[int, tuple[str, str, str]] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        feature, problems = _feature(column, f"{where}: column {name}")
        features.append(feature)
        for row, found, expected in problems:
            bad.setdefault(row, (name, found, expected))
    if not bad:
        return pa.RecordBatch.from_arrays(features, batch.schema.names)
    rows = sorted(bad)
    for row, line in zip(rows, lines_of(batch, [first_row + row for row in rows]), strict=True):
        reject(rejections, Rejected(where, line, *bad[row]))
    good = np.ones(batch.num_rows, np.bool_)
    good[rows] = False
    return to_features(batch.filter(pa.array(good)), where)


def _feature(array: pa.Array, where: str) -> tuple[pa.Array, list[_Problem]]:
    """Returns a column as lists, and the rows whose values tf.Example cannot hold.

    The lists are of no use if there are such rows.
    """
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()  # first, as the dictionary may hold a null
    if feature_type(array.type) is None:
        raise InputError(
            where,
            f"has the type {array.type}, which tf.Example cannot hold",
            "convert it to numbers, text, booleans or lists of these, or drop it",
        )
    valid = None if array.null_count == 0 else np.asarray(array.is_valid())
    values = array if valid is None else array.drop_null()
    lengths = None
    if is_list(array.type):
        lengths = list_lengths(values)
        values = values.flatten()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if values.null_count and not pa.types.is_null(array.type):
        bad = np.asarray(values.is_null())
        return None, _problems(bad, valid, lengths, lambda index: "a null in a list", "values")
    converted, bad = _convert(values)
    if bad.any():
        expected = "a 32-bit float" if pa.types.is_float32(converted.type) else "a 64-bit integer"
        kept = values
        return None, _problems(bad, valid, lengths, lambda index: str(kept[index]), expected)
    return pa.LargeListArray.from_arrays(_offsets(valid, lengths, len(values)), converted), []


def _offsets(
    valid: npt.NDArray[np.bool_] | None, lengths: npt.NDArray[np.int64] | None, values: int
) -> pa.Array:
    """Returns where the list of each row begins; a null is a null list."""
    ends = np.arange(values + 1) if lengths is None else np.r_[0, np.cumsum(lengths)]
    if valid is None:
        return pa.array(ends, pa.int64())
    return pa.array(ends[np.r_[0, np.cumsum(valid)]], pa.int64(), mask=np.r_[~valid, False])


def _problems(
    bad: npt.NDArray[np.bool_],
    valid: npt.NDArray[np.bool_] | None,
    lengths: npt.NDArray[np.int64] | None,
    found: Callable[[int], str],
    expected: str,
) -> list[_Problem]:
    """Returns the rows of the bad values, each with its first one."""
    indexes = np.flatnonzero(bad)
    rows = indexes if lengths is None else np.searchsorted(np.cumsum(lengths), indexes, "right")
    if valid is not None:
        rows = np.flatnonzero(valid)[rows]
    rows, firsts = np.unique(rows, return_index=True)
    return [
        (int(row), found(int(indexes[first])), expected)
        for row, first in zip(rows, firsts, strict=True)
    ]


def _convert(array: pa.Array) -> tuple[pa.Array, npt.NDArray[np.bool_]]:
    """Returns values without nulls as one of the three types, and which ones it cannot hold."""
    kind = array.type
    fine = np.zeros(0, np.bool_)
    if is_text(kind) or pa.types.is_null(kind):
        return to_bytes(array), fine
    if pa.types.is_uint64(kind):
        values = array.to_numpy()
        return pa.array(values.astype(np.int64)), values > _LARGEST_INT
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        return array.cast(pa.int64()), fine
    if pa.types.is_decimal(kind):
        array = to_doubles(array)
    if pa.types.is_floating(array.type) or pa.types.is_duration(kind):
        values = float_seconds(array) if pa.types.is_duration(kind) else array.to_numpy()
        with np.errstate(over="ignore"):
            single = values.astype(np.float32)
        bad = np.isinf(single)
        return pa.array(single), bad & np.isfinite(values) if bad.any() else fine
    return whole_seconds(array), fine
