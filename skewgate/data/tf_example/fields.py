"""Tells tf.Example, tf.SequenceExample and other records apart by the fields of their message.

All that tf.Example has is one message of features. Readers of tf.Example pass over anything else
without a word: the feature lists of a tf.SequenceExample, and fields of messages of another type.

Source: tensorflow/core/example/example.proto; protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from skewgate.data.tf_example.protobuf import read_varint

_FEATURES, _FEATURE_LISTS = 0x0A, 0x12  # fields 1 and 2, with a length
_FEATURE = 0x0A  # field 1 of the features
_BYTES_OF_LENGTH = 5
_PADDING = bytes(1)
_FIXED = {1: 8, 5: 4}  # bytes of values by their wire type


class UndecodableError(Exception):
    """Records are no tf.Example, or hold a feature with values of two types.

    The message is half a sentence that says what they are.
    """


def has_feature_lists(records: Sequence[bytes]) -> bool:
    """Says whether any record is a tf.SequenceExample with feature lists.

    Raises:
        UndecodableError: a record has a field that neither message has, or is no message.
    """
    found = False
    for place in _unusual(records).tolist():
        tags = _tags(records[place])
        unknown = tags - {_FEATURES, _FEATURE_LISTS}
        if unknown:
            raise UndecodableError(
                f"the {place + 1:,}. of them has a field {min(unknown) >> 3}, which tf.Example has "
                "not, or not of that type"
            )
        found |= _FEATURE_LISTS in tags
    return found


def _unusual(records: Sequence[bytes]) -> npt.NDArray[np.int64]:
    """Returns which records are neither empty nor one message of features and nothing else.

    Raises:
        UndecodableError: the message of features begins with something else.
    """
    lengths = np.fromiter(map(len, records), np.int64, len(records))
    raw = np.frombuffer(b"".join((*records, _PADDING)), np.uint8)
    ends = np.cumsum(lengths)
    starts = ends - lengths
    at = starts + 1
    told = np.zeros(len(records), np.int64)
    more = np.ones(len(records), bool)
    for shift in range(0, 7 * _BYTES_OF_LENGTH, 7):
        byte = raw[np.minimum(at, len(raw) - 1)].astype(np.int64)
        told += np.where(more, (byte & 0x7F) << shift, 0)
        at += more
        more &= byte >= 0x80
        if not more.any():
            break
    usual = (raw[starts] == _FEATURES) & ~more & (at + told == ends)
    other = np.flatnonzero(usual & (told > 0) & (raw[np.minimum(at, len(raw) - 1)] != _FEATURE))
    if len(other):
        raise UndecodableError(f"the {other[0] + 1:,}. of them has something else for features")
    return np.flatnonzero(~usual & (lengths > 0))


def _tags(record: bytes) -> frozenset[int]:
    """Returns the numbers of the fields of a message, each with the type that it has on the wire.

    Raises:
        UndecodableError: it is none.
    """
    tags: set[int] = set()
    at = 0
    try:
        while at < len(record):
            tag, at = read_varint(record, at)
            tags.add(tag)
            if tag & 7 == 0:
                _, at = read_varint(record, at)
            elif tag & 7 == 2:
                length, at = read_varint(record, at)
                at += length
            else:
                at += _FIXED[tag & 7]
    except (IndexError, KeyError):
        at = -1
    if at != len(record):
        raise UndecodableError("one of them is not a protobuf message")
    return frozenset(tags)
