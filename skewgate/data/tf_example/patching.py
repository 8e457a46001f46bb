"""Serialized tf.Example as bytes: features added and removed, the rest left as it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa
from google.protobuf import message

from skewgate.data.arrow.columns import large_lists
from skewgate.data.arrow.kinds import is_list
from skewgate.data.tf_example import encoding
from skewgate.data.tf_example.protobuf import declared, read_varint, write_varint

_FEATURES = 0x0A  # field 1 of tf.Example, with a length
_TYPES = {0x0A: "BYTES", 0x12: "FLOAT", 0x1A: "INT"}  # first byte of a feature
_BYTES_WITHOUT_VALUE = 2  # of a feature: those of an empty list, or none


def encode(columns: Mapping[str, pa.Array]) -> list[bytes]:
    """Encodes each row as a tf.Example of some features.

    Args:
        columns: by name; a value, or a list of values, a row: int64, float32 or large_binary,
            without nulls.
    """
    lists = [
        array if is_list(array.type) else large_lists(np.ones(len(array), np.int64), array)
        for array in columns.values()
    ]
    return encoding.encode(pa.RecordBatch.from_arrays(lists, list(columns)))


def extend(record: bytes, added: bytes) -> bytes:
    r"""Adds the features of one tf.Example to another, which has none of their names.

    >>> fare = b"\n\x08\n\x06\n\x04fare"
    >>> extend(fare, b"\n\x07\n\x05\n\x03tip")
    b'\n\x0f\n\x06\n\x04fare\n\x05\n\x03tip'
    """
    if not record or not added:
        return record or added
    try:
        if record[0] == _FEATURES:
            length, start = read_varint(record, 1)
            if start + length == len(record):  # one message of features and nothing else
                more, begin = read_varint(added, 1)
                return b"".join((b"\n", write_varint(length + more), record[start:], added[begin:]))
    except IndexError:
        pass
    return record + added  # which merges the two, by the rules of protobuf


def without(record: bytes, names: Collection[str]) -> tuple[bytes, frozenset[str]]:
    """Removes features from a tf.Example; returns what is left, and which of them had a value.

    Raises:
        google.protobuf.message.DecodeError: it is no tf.Example.
    """
    unwanted = {name.encode(): name for name in names}
    example = _Example.FromString(record)
    kept, valued = [], set()
    for entry in example.features.feature:
        if entry.key not in unwanted:
            kept.append(entry)
        elif len(entry.value) > _BYTES_WITHOUT_VALUE:
            valued.add(unwanted[entry.key])
    if len(kept) == len(example.features.feature):
        return record, frozenset()
    left = _Example()
    left.CopyFrom(example)  # with fields that nobody knows
    del left.features.feature[:]
    left.features.feature.extend(kept)
    return left.SerializeToString(), frozenset(valued)


def types_of(records: Sequence[bytes]) -> dict[str, set[str]]:
    """Returns the types of the values that each feature has, as TFMD's schema names them.

    Raises:
        google.protobuf.message.DecodeError: a record is no tf.Example.
    """
    found: dict[str, set[str]] = {}
    for record in records:
        for entry in _Example.FromString(record).features.feature:
            if len(entry.value) > _BYTES_WITHOUT_VALUE:
                name = entry.key.decode("utf-8", "replace")
                found.setdefault(name, set()).add(_TYPES.get(entry.value[0], "unknown"))
    return found


def names(record: bytes) -> list[bytes]:
    """Returns the names of the features of a tf.Example, whatever bytes they are.

    Raises:
        google.protobuf.message.DecodeError: it is no tf.Example.
    """
    return [entry.key for entry in _Example.FromString(record).features.feature]


def known_names(record: bytes) -> list[bytes]:
    """Returns what `names` does; nothing of what is no tf.Example."""
    try:
        return names(record)
    except message.DecodeError:
        return []


# Its map as entries whose values stay bytes, as on the wire.
_Example = declared(
    {
        "Entry": ["bytes key", "bytes value"],
        "Features": ["repeated Entry feature"],
        "Example": ["Features features"],
    },
    "Example",
)
