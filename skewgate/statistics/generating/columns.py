"""Turns the batches of a chunk into one plain column per feature."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.data.arrow.kinds import is_list
from skewgate.data.arrow.values import is_utf8, list_lengths, numbers, validity
from skewgate.data.tf_example.columns import FLOAT, INT, STRING, DecodedValues, Lengths


class UnsupportedError(Exception):
    """The data hold what only TFDV itself knows how to treat."""


class MixedTypesError(Exception):
    """A feature holds values of different types in different rows.

    Attributes:
        feature: its name.
    """

    def __init__(self, feature: str) -> None:
        """Keeps the name."""
        super().__init__(feature)
        self.feature = feature


class Texts(NamedTuple):
    """The distinct texts of a chunk.

    Attributes:
        values: the texts, a large binary array of length k.
        sizes: bytes of each, shape (k,).
        invalid: which are not UTF-8, shape (k,).
    """

    values: pa.Array
    sizes: npt.NDArray[np.int64]
    invalid: npt.NDArray[np.bool_]


class Column(NamedTuple):
    """One feature of some rows.

    Attributes:
        kind: INT, FLOAT or STRING; None if no row says.
        lengths: number of values of each row, -1 where the feature is missing, shape (rows,).
        values: the values of all rows: numbers, or positions in `texts`.
        texts: what the positions mean; None for numbers.
    """

    kind: int | None
    lengths: Lengths
    values: npt.NDArray[Any]
    texts: Texts | None = None


def values_of(
    batch: pa.RecordBatch, names: Collection[str] | None = None
) -> dict[str, DecodedValues]:
    """Returns the values of every feature of a batch.

    Args:
        batch: lists of int64, float32 or large binary, or nulls, as tfx_bsl decodes tf.Example.
        names: features to keep; all without it.

    Raises:
        UnsupportedError: a feature has another type.
    """
    found = {}
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        if names is None or name in names:
            lengths = _lengths(array)
            if pa.types.is_null(array.type):
                found[name] = DecodedValues(None, lengths, None)
                continue
            kind, flat = _kind(array.type), array.flatten()
            found[name] = DecodedValues(kind, lengths, flat if kind == STRING else numbers(flat))
    return found


def columns_of(
    parts: Sequence[dict[str, DecodedValues]], n_rows: Sequence[int]
) -> dict[str, Column]:
    """Returns every feature of consecutive parts, in order of their names.

    Args:
        parts: a feature that a part lacks is missing in its rows.
        n_rows: rows of each part.

    Raises:
        MixedTypesError: a feature has several types.
    """
    names = sorted({name for part in parts for name in part})
    return {name: _column(name, [part.get(name) for part in parts], n_rows) for name in names}


def _column(name: str, parts: Sequence[DecodedValues | None], n_rows: Sequence[int]) -> Column:
    lengths = np.concatenate(
        [
            part.lengths if part else np.full(rows, -1, np.int64)
            for part, rows in zip(parts, n_rows, strict=True)
        ]
    )
    known = [part for part in parts if part and part.kind is not None]
    if not known:
        return Column(None, lengths, np.empty(0, np.int64))
    kind = known[0].kind
    if any(part.kind != kind for part in known):
        raise MixedTypesError(name)
    if kind != STRING:
        return Column(kind, lengths, np.concatenate([part.values for part in known]))
    encoded = pc.dictionary_encode(pa.concat_arrays([part.values for part in known]))
    return Column(STRING, lengths, numbers(encoded.indices), _texts(encoded.dictionary))


def _kind(kind: pa.DataType) -> int:
    if is_list(kind):
        if kind.value_type == pa.int64():
            return INT
        if kind.value_type == pa.float32():
            return FLOAT
        if kind.value_type == pa.large_binary():
            return STRING
    raise UnsupportedError(f"a column has the type {kind}")


def _lengths(array: pa.Array) -> Lengths:
    lengths = np.full(len(array), -1, np.int64)
    if not pa.types.is_null(array.type):
        lengths[validity(array)] = list_lengths(array)
    return lengths


def _texts(values: pa.Array) -> Texts:
    from tfx_bsl.arrow import array_util

    invalid = np.zeros(len(values), bool)
    if len(values) and array_util.CountInvalidUTF8(values):
        invalid[:] = [not is_utf8(value) for value in values.to_pylist()]
    return Texts(values, numbers(pc.binary_length(values)).astype(np.int64), invalid)


def take(column: Column, rows: npt.NDArray[np.intp]) -> Column:
    """Returns some rows of a column, in the order given."""
    sizes = np.maximum(column.lengths, 0)
    starts = (np.cumsum(sizes) - sizes)[rows]
    taken = sizes[rows]
    places = np.repeat(starts - (np.cumsum(taken) - taken), taken) + np.arange(taken.sum())
    return column._replace(lengths=column.lengths[rows], values=column.values[places])


def cut(column: Column, bounds: npt.NDArray[np.intp]) -> list[Column]:
    """Cuts a column into parts of consecutive rows.

    Args:
        column: what to cut.
        bounds: first row of each part and the end of the last, shape (parts + 1,).
    """
    ends = np.concatenate(([0], np.cumsum(np.maximum(column.lengths, 0))))[bounds]
    return [
        column._replace(lengths=column.lengths[row:next_row], values=column.values[at:end])
        for row, next_row, at, end in zip(bounds[:-1], bounds[1:], ends[:-1], ends[1:], strict=True)
    ]
