"""Decodes serialized tf.Example by protobuf's own parser, whatever way they are written.

Slower than `decoding`, which takes only what protobuf's own encoders write. Here all that protobuf
takes for a tf.Example is read as protobuf reads it: of a name that occurs twice in a row the last
counts, numbers may be packed or not, fields that nobody knows are passed over.

Source: tensorflow/core/example/feature.proto.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from google.protobuf import message

from skewgate.data.arrow.values import name_of
from skewgate.data.tf_example.columns import FLOAT, INT, STRING, DecodedValues
from skewgate.data.tf_example.fields import UndecodableError
from skewgate.data.tf_example.protobuf import declared

_KINDS = {"bytes_list": STRING, "float_list": FLOAT, "int64_list": INT}
_DTYPES = {FLOAT: np.float32, INT: np.int64}

_Example = declared(
    {
        "BytesList": ["repeated bytes value"],
        "FloatList": ["repeated float value"],
        "Int64List": ["repeated int64 value"],
        "Feature": [
            "oneof BytesList bytes_list",
            "oneof FloatList float_list",
            "oneof Int64List int64_list",
        ],
        "Entry": ["bytes key", "Feature value"],
        "Features": ["repeated Entry feature"],
        "Example": ["Features features"],
    },
    "Example",
)


class _Column:
    """What was read of one feature so far."""

    def __init__(self, n_rows: int) -> None:
        self.kind: str | None = None
        self.lengths = np.full(n_rows, -1, np.int64)
        self.values: list[Any] = []

    def decoded(self) -> DecodedValues:
        """Returns it as `decoding.decode` does."""
        if self.kind is None:
            return DecodedValues(None, self.lengths, None)
        kind = _KINDS[self.kind]
        if kind == STRING:
            return DecodedValues(kind, self.lengths, pa.array(self.values, pa.large_binary()))
        return DecodedValues(kind, self.lengths, np.array(self.values, _DTYPES[kind]))


def parse(records: Sequence[bytes]) -> dict[str, DecodedValues]:
    """Returns the values of every feature of the records, in the order of their names.

    Args:
        records: such that `fields.has_feature_lists` finds no fault with their own fields.

    Raises:
        UndecodableError: one is no tf.Example, a name is not UTF-8, or a feature has values of two
            types.
    """
    found: dict[bytes, _Column] = {}
    for row, record in enumerate(records):
        try:
            entries = _Example.FromString(record).features.feature
        except message.DecodeError as error:
            raise UndecodableError(f"the {row + 1:,}. of them is not a tf.Example") from error
        for key, feature in {entry.key: entry.value for entry in entries}.items():
            column = found.get(key)
            if column is None:
                column = found[key] = _Column(len(records))
            kind = feature.WhichOneof("kind")
            if kind is None:
                continue
            if column.kind not in (None, kind):
                name = key.decode("utf-8", "replace")
                raise UndecodableError(f"the feature {name} has values of two types")
            column.kind = kind
            values = getattr(feature, kind).value
            column.lengths[row] = len(values)
            column.values.extend(values)
    return {_name(key): found[key].decoded() for key in sorted(found)}


def _name(key: bytes) -> str:
    name = name_of(key)
    if name is None:
        raise UndecodableError("the name of a feature is not UTF-8")
    return name
