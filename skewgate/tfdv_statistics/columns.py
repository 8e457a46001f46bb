"""Turns the batches of a chunk into one plain column per feature."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.accumulators.column import is_list, numbers, validity

INT = int(statistics_pb2.FeatureNameStatistics.INT)
FLOAT = int(statistics_pb2.FeatureNameStatistics.FLOAT)
STRING = int(statistics_pb2.FeatureNameStatistics.STRING)

Lengths = npt.NDArray[np.int64]


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


def columns_of(
    batches: Sequence[pa.RecordBatch], names: Collection[str] | None = None
) -> dict[str, Column]:
    """Returns every feature of consecutive batches, in order of their names.

    Args:
        batches: lists of int64, float32 or large binary, or nulls, as tfx_bsl decodes tf.Example;
            a feature that a batch lacks is missing in its rows.
        names: features to keep; all without it.

    Raises:
        MixedTypesError: a feature has several types.
        UnsupportedError: a feature has another type.
    """
    parts: dict[str, dict[int, pa.Array]] = {}
    for index, batch in enumerate(batches):
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            if names is None or name in names:
                parts.setdefault(name, {})[index] = array
    rows = [batch.num_rows for batch in batches]
    return {name: _column(name, parts[name], rows) for name in sorted(parts)}


def _column(name: str, arrays: dict[int, pa.Array], rows: Sequence[int]) -> Column:
    lengths = np.concatenate(
        [
            _lengths(arrays[index]) if index in arrays else np.full(n, -1, np.int64)
            for index, n in enumerate(rows)
        ]
    )
    lists = [array for array in arrays.values() if not pa.types.is_null(array.type)]
    if not lists:
        return Column(None, lengths, np.empty(0, np.int64))
    kinds = {_kind(array.type) for array in lists}
    if len(kinds) > 1:
        raise MixedTypesError(name)
    (kind,) = kinds
    flat = [array.flatten() for array in lists]
    if kind != STRING:
        return Column(kind, lengths, np.concatenate([numbers(array) for array in flat]))
    encoded = pc.dictionary_encode(pa.concat_arrays(flat))
    return Column(kind, lengths, numbers(encoded.indices), _texts(encoded.dictionary))


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
    if pa.types.is_null(array.type):
        return np.full(len(array), -1, np.int64)
    if len(array) == 0:
        return np.empty(0, np.int64)
    wide = np.int64 if pa.types.is_large_list(array.type) else np.int32
    offsets = np.frombuffer(array.buffers()[1], wide)[array.offset :][: len(array) + 1]
    lengths = np.diff(offsets).astype(np.int64)
    if array.null_count:
        lengths[~validity(array)] = -1
    return lengths


def _texts(values: pa.Array) -> Texts:
    from tfx_bsl.arrow import array_util

    invalid = np.zeros(len(values), bool)
    if len(values) and array_util.CountInvalidUTF8(values):
        invalid[:] = [not _is_utf8(value) for value in values.to_pylist()]
    return Texts(values, numbers(pc.binary_length(values)).astype(np.int64), invalid)


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


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
