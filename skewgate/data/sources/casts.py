"""Casts columns to the types that a schema or a user gives them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.core.errors import ColumnError
from skewgate.data.arrow import spellings
from skewgate.data.arrow.bad_rows import bad_rows
from skewgate.data.arrow.decimals import to_doubles
from skewgate.data.arrow.kinds import TEXT, feature_type, is_list, is_time, name_of, value_type
from skewgate.data.arrow.logical import logical_of, with_logical
from skewgate.data.arrow.times import whole_seconds
from skewgate.data.arrow.values import castable, list_lengths, validity
from skewgate.data.sources.rejected import shortened

Problem = tuple[str, str, str]
"""Column, what was found, what was expected."""


def cast_batch(
    batch: pa.RecordBatch,
    types: Mapping[str, pa.DataType],
    where: str,
    enough: int | None = None,
) -> tuple[pa.RecordBatch, dict[int, Problem]]:
    """Casts the columns of a batch to given types.

    Args:
        batch: rows.
        types: types of columns; others stay as they are.
        where: the file, for messages.
        enough: number of problems at which the rows behind them are of no matter.

    Returns:
        The rows that can be cast, and the problems of the others by their position.

    Raises:
        ColumnError: a column cannot be cast, whatever its values.
    """
    columns = []
    times = {}
    problems: dict[int, Problem] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if name not in types:
            columns.append(column)
            continue
        target = types[name]
        if target == pa.int64():
            times[name] = logical_of(column.type)
        try:
            columns.append(cast(column, target))
        except pa.ArrowNotImplementedError as error:
            raise ColumnError(
                name,
                f"{where}: column {name}",
                f"must be {name_of(target)}, found {column.type}",
                "correct the values, or the type in the schema",
            ) from error
        except pa.ArrowInvalid:
            invalid = _invalid_rows(column, target, enough)
            if len(invalid) == enough and invalid[-1] + 1 < len(column):
                return cast_batch(batch.slice(0, invalid[-1] + 1), types, where, enough)
            for at in invalid:
                value = column[at].as_py()
                found = shortened(value) if isinstance(value, str) else str(value)
                problems.setdefault(at, (name, found, name_of(target)))
            places = np.arange(len(column))
            mask = np.isin(places, invalid)
            columns.append(cast(column.take(pa.array(places, mask=mask)), target))
    if not batch.num_columns:
        return batch, {}
    cast_columns = pa.RecordBatch.from_arrays(columns, batch.schema.names)
    cast_columns = with_logical(cast_columns, times)
    if problems:
        good = np.ones(batch.num_rows, np.bool_)
        good[list(problems)] = False
        cast_columns = cast_columns.filter(pa.array(good))
    return cast_columns, problems


def _invalid_rows(column: pa.Array, target: pa.DataType, enough: int | None) -> list[int]:
    def accepts(start: int, end: int) -> bool:
        try:
            cast(column.slice(start, end - start), target)
        except pa.ArrowInvalid:
            return False
        return True

    return bad_rows(len(column), accepts, enough)


def cast(column: pa.Array, target: pa.DataType) -> pa.Array:
    """Casts a column; text, times and lists that become the same feature anyway stay as they are.

    Text becomes numbers by the rule of `spellings`.

    Raises:
        pa.ArrowInvalid: a value would be lost.
        pa.ArrowNotImplementedError: the types have nothing to do with each other.
    """
    kind = column.type
    if kind == target:
        return column
    if pa.types.is_null(kind):
        return pa.nulls(len(column), target)
    if pa.types.is_dictionary(kind):
        if kind.value_type in TEXT and target == pa.string():
            return column
        return cast(column.dictionary_decode(), target)
    if is_list(kind) and not is_list(target):
        target = pa.list_(target)
    if target == pa.int64() and (is_time(kind) or pa.types.is_time(kind)):
        return whole_seconds(column)
    same = is_list(kind) == is_list(target) and feature_type(kind) == feature_type(target)
    if same and (is_list(kind) or kind in TEXT or is_time(kind)):
        return column
    if kind in TEXT and target in (pa.int64(), pa.float64()):
        return from_text(column.cast(pa.string()), target)
    if is_list(kind) and value_type(kind) in TEXT and value_type(target) != value_type(kind):
        lengths, items = list_lengths(column.drop_null()), column.flatten()
        return lists_of(cast(items, value_type(target)), lengths, validity(column))
    if pa.types.is_float16(kind):
        mask = np.asarray(column.is_null())
        values = column.to_numpy(zero_copy_only=False).astype(np.float64)
        return cast(pa.array(values, mask=mask), target)
    if pa.types.is_decimal(kind) and target == pa.float64():
        return to_doubles(column)
    # Integers that no float holds are rounded, as they are in text.
    rounded = pa.types.is_integer(kind) and target == pa.float64()
    return castable(column).cast(target, safe=not rounded)


def from_text(text: pa.Array, target: pa.DataType) -> pa.Array:
    """Reads text as INT or FLOAT.

    Raises:
        pa.ArrowInvalid: a text is none.
    """
    values, bad = (spellings.integers if target == pa.int64() else spellings.floats)(text)
    if bad.any():
        raise pa.ArrowInvalid(f"no {target}")
    return values


def lists_of(
    items: pa.Array, lengths: npt.NDArray[np.int64], valid: npt.NDArray[np.bool_]
) -> pa.Array:
    """Returns lists of the items.

    Args:
        items: of all lists, one after the other.
        lengths: of the lists that are not null.
        valid: which lists are not null, shape (n,).
    """
    counts = np.zeros(len(valid), np.int32)
    counts[valid] = lengths
    offsets = np.r_[np.zeros(1, np.int32), np.cumsum(counts, dtype=np.int32)]
    mask = None if valid.all() else np.r_[~valid, False]
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32(), mask=mask), items)
