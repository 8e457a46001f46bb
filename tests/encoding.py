"""Rows as the tf.Examples and tf.SequenceExamples that tests and benchmarks read."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import pyarrow as pa

from skewgate.data.ingest.to_features import to_features
from skewgate.data.tf_example import encoding
from skewgate.data.tf_example.protobuf import write_varint


def encode(table: pa.Table, where: str) -> list[bytes]:
    """Encodes every row as TabularExampleGen does."""
    batches = table.to_batches()
    return [record for batch in batches for record in encoding.encode(to_features(batch, where))]


def encode_example(**features: Sequence[int | float | bytes]) -> bytes:
    """Encodes a tf.Example of these values; no values make a feature of no kind."""
    entries = [
        _field(1, _field(1, name.encode()) + _field(2, _feature(values)))
        for name, values in features.items()
    ]
    return _field(1, b"".join(entries))


def encode_sequence(
    context: bytes, lists: Mapping[str, Sequence[Sequence[int | float | bytes]]]
) -> bytes:
    """Encodes a tf.SequenceExample.

    Args:
        context: a serialized tf.Example, whose features become those of the context.
        lists: the values of each step, by the name of the feature list.
    """
    entries = b""
    for name, steps in lists.items():
        features = b"".join(_field(1, _feature(values)) for values in steps)
        entries += _field(1, _field(1, name.encode()) + _field(2, features))
    return context + _field(2, entries)


def _feature(values: Sequence[int | float | bytes]) -> bytes:
    if not values:
        return b""
    if isinstance(values[0], bytes):
        return _field(1, b"".join(_field(1, value) for value in values))
    if isinstance(values[0], float):
        return _field(2, _field(1, struct.pack(f"<{len(values)}f", *values)))
    unsigned = [int(value) % (1 << 64) for value in values]
    return _field(3, _field(1, b"".join(map(write_varint, unsigned))))


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + write_varint(len(content)) + content
