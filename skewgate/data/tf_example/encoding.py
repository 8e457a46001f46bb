"""Writes rows as serialized tf.Example, a column at a time, the same bytes at every run.

A feature of a row is a head, which says name, kind and lengths, and its values. Heads depend on the
length of the values alone, and few lengths differ; values lie in Arrow's buffers much as tf.Example
wants them. So Arrow's kernels join heads and values, and no Python runs per row. (The coder of
tfx_bsl takes the features of a row in another order each time.)

Source: tensorflow/core/example/feature.proto and the wire format of protobuf.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.data.arrow.values import numbers, offsets, places_array, validity
from skewgate.data.tf_example.protobuf import write_varint

Lengths = npt.NDArray[np.int64]

_FIELD_1, _FIELD_2 = b"\x0a", b"\x12"  # with a length
_BYTES, _FLOATS, _INTS = b"\x0a", b"\x12", b"\x1a"  # the fields of Feature
_MISSING, _EMPTY = -2, -1  # codes of rows whose feature has no kind, or a kind and no value
_NOTHING = pa.Array.from_buffers(  # `pa.scalar` of Arrow 10 loads pandas
    pa.large_binary(), 1, [None, pa.py_buffer(np.zeros(2, np.int64)), pa.py_buffer(b"")]
)[0]


def encode(batch: pa.RecordBatch) -> list[bytes]:
    """Encodes every row as a serialized tf.Example, with the features in the order of the columns.

    Args:
        batch: columns are large lists of float32, int64 or large_binary without nulls in them. A
            null list becomes a feature of no kind, an empty one a feature without values.

    Raises:
        ValueError: a column has another type.
    """
    if not batch.num_rows:
        return []
    parts: list[pa.Array | pa.Scalar] = []
    sizes = np.zeros(batch.num_rows, np.int64)
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        head, values, lengths = _feature(name.encode("utf-8"), column)
        parts += [head, values]
        sizes += _sizes(head) + lengths
    head = _heads(sizes, lambda size: _FIELD_1 + write_varint(size) if size else b"")
    joined = pc.binary_join_element_wise(head, *parts, _NOTHING)
    if isinstance(joined, pa.Scalar):  # all of them constant
        return [joined.as_py()] * batch.num_rows
    bounds = offsets(joined).tolist()
    content = joined.buffers()[2].to_pybytes()
    return [content[start:end] for start, end in itertools.pairwise(bounds)]


def _feature(name: bytes, column: pa.Array) -> tuple[pa.Array | pa.Scalar, pa.Array, Lengths]:
    """Returns the heads of a feature, its values, and how many bytes of values each row has."""
    present = validity(column)
    counts = np.where(present, np.diff(offsets(column)), 0)
    bounds = np.concatenate([[0], np.cumsum(counts)])
    values, places, tag = _values(column.flatten(), several=bool(counts.max() > 1))
    ends = places[bounds]
    lengths = np.diff(ends)
    codes = np.where(counts > 0, lengths, _EMPTY)
    codes[~present] = _MISSING
    nested = tag != _BYTES or counts.max() <= 1

    def head(code: int) -> bytes:
        length = max(code, 0)
        feature = b""
        if code != _MISSING:
            values_head = _FIELD_1 + write_varint(length) if nested and code != _EMPTY else b""
            feature = tag + write_varint(len(values_head) + length) + values_head
        entry = _FIELD_1 + write_varint(len(name)) + name
        entry += _FIELD_2 + write_varint(len(feature) + length) + feature
        return _FIELD_1 + write_varint(len(entry) + length) + entry

    return _heads(codes, head), _pieces(ends, values), lengths


def _values(flat: pa.Array, several: bool) -> tuple[pa.Buffer, Lengths, bytes]:
    """Returns values as tf.Example has them, where each begins and ends, and their field.

    Args:
        flat: without nulls.
        several: whether a row may have more than one; texts then need heads of their own.
    """
    if flat.type == pa.float32():
        data = flat.buffers()[1] or pa.py_buffer(b"")
        return data, 4 * (flat.offset + np.arange(len(flat) + 1)), _FLOATS
    if flat.type == pa.int64():
        content, sizes = _varints(numbers(flat))
        return pa.py_buffer(content), np.concatenate([[0], np.cumsum(sizes)]), _INTS
    if flat.type != pa.large_binary():
        raise ValueError(f"tf.Example has no {flat.type}")
    if several:
        lengths = np.diff(offsets(flat))
        heads = _heads(lengths, lambda length: _FIELD_1 + write_varint(length))
        flat = pc.binary_join_element_wise(heads, flat, _NOTHING)
    return flat.buffers()[2] or pa.py_buffer(b""), offsets(flat), _BYTES


def _varints(values: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.uint8], Lengths]:
    """Returns numbers as protobuf writes them, one after the other, and the bytes of each."""
    rest = np.ascontiguousarray(values).view(np.uint64)
    groups = [_low_bits(rest)]
    sizes = np.ones(len(rest), np.int64)
    while (rest := rest >> np.uint64(7)).any():
        groups.append(_low_bits(rest))
        sizes += rest != 0
    places = np.arange(len(groups))
    matrix = np.stack(groups, axis=1)
    matrix |= np.where(places < sizes[:, None] - 1, 0x80, 0).astype(np.uint8)
    return matrix[places < sizes[:, None]], sizes


def _low_bits(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint8]:
    return (words & np.uint64(0x7F)).astype(np.uint8)


def _heads(codes: Lengths, head: Callable[[int], bytes]) -> pa.Array | pa.Scalar:
    """Returns the head of each code, one for all if they are all the same."""
    if codes.min() == codes.max():
        return pa.scalar(head(int(codes[0])), pa.large_binary())
    different, places = np.unique(codes, return_inverse=True)
    texts = pa.array([head(int(code)) for code in different], pa.large_binary())
    return texts.take(places_array(places))


def _sizes(heads: pa.Array | pa.Scalar) -> Lengths | int:
    if isinstance(heads, pa.Scalar):
        return len(heads.as_py())
    return np.diff(offsets(heads))


def _pieces(ends: Lengths, data: pa.Buffer) -> pa.Array:
    buffer = pa.py_buffer(np.ascontiguousarray(ends, np.int64))
    return pa.Array.from_buffers(pa.large_binary(), len(ends) - 1, [None, buffer, data])
