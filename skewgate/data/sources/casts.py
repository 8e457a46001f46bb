"""Casts columns to the types that a schema or a user gives them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data.arrow.kinds import TEXT, feature_type, is_list, is_time, name_of
from skewgate.data.arrow.times import whole_seconds
from skewgate.data.arrow.values import castable
from skewgate.data.sources.bad_rows import bad_rows
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
        InputError: a column cannot be cast, whatever its values.
    """
    columns = []
    problems: dict[int, Problem] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if name not in types:
            columns.append(column)
            continue
        wanted = types[name]
        try:
            columns.append(cast(column, wanted))
        except pa.ArrowNotImplementedError as error:
            raise InputError(
                f"{where}: column {name}",
                f"must be {name_of(wanted)}, found {column.type}",
                "correct the values, or the type in the schema",
            ) from error
        except pa.ArrowInvalid:
            bad = _unfit(column, wanted, enough)
            if len(bad) == enough and bad[-1] + 1 < len(column):
                return cast_batch(batch.slice(0, bad[-1] + 1), types, where, enough)
            for at in bad:
                value = column[at].as_py()
                found = shortened(value) if isinstance(value, str) else str(value)
                problems.setdefault(at, (name, found, name_of(wanted)))
            places = np.arange(len(column))
            mask = np.isin(places, bad)
            columns.append(cast(column.take(pa.array(places, mask=mask)), wanted))
    if not batch.num_columns:
        return batch, {}
    cast_columns = pa.RecordBatch.from_arrays(columns, batch.schema.names)
    if problems:
        good = np.ones(batch.num_rows, np.bool_)
        good[list(problems)] = False
        cast_columns = cast_columns.filter(pa.array(good))
    return cast_columns, problems


def _unfit(column: pa.Array, wanted: pa.DataType, enough: int | None) -> list[int]:
    def accepts(start: int, end: int) -> bool:
        try:
            cast(column.slice(start, end - start), wanted)
        except pa.ArrowInvalid:
            return False
        return True

    return bad_rows(len(column), accepts, enough)


def cast(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    """Casts a column; text, times and lists that become the same feature anyway stay as they are.

    Raises:
        pa.ArrowInvalid: a value would be lost.
        pa.ArrowNotImplementedError: the types have nothing to do with each other.
    """
    found = column.type
    if found == wanted:
        return column
    if pa.types.is_null(found):
        return pa.nulls(len(column), wanted)
    if pa.types.is_dictionary(found):
        if found.value_type in TEXT and wanted == pa.string():
            return column
        return cast(column.dictionary_decode(), wanted)
    if is_list(found) and not is_list(wanted):
        wanted = pa.list_(wanted)
    if wanted == pa.int64() and (is_time(found) or pa.types.is_time(found)):
        return whole_seconds(column)
    same = is_list(found) == is_list(wanted) and feature_type(found) == feature_type(wanted)
    if same and (is_list(found) or found in TEXT or is_time(found)):
        return column
    if pa.types.is_float16(found):
        mask = np.asarray(column.is_null())
        values = column.to_numpy(zero_copy_only=False).astype(np.float64)
        return cast(pa.array(values, mask=mask), wanted)
    # Integers that no float holds are rounded, as they are in text.
    rounded = pa.types.is_integer(found) and wanted == pa.float64()
    return castable(column).cast(wanted, safe=not rounded)
