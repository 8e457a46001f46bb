"""Decodes tf.SequenceExample beside tf.Example, with feature lists as features of several values.

TFDV keeps feature lists in a struct of the name `##SEQUENCE##`, and `##SEQUENCE##.events` is what
its statistics call the list `events`. So it is called here; its values in a row are those of all
its steps.

Source: tfx_bsl/tfxio/tf_sequence_example_record.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from google.protobuf import message

from skewgate.core.errors import InputError
from skewgate.data.arrow.kinds import is_list
from skewgate.data.arrow.values import offsets, places_array, validity
from skewgate.data.tf_example import coder
from skewgate.data.tf_example.fields import UndecodableError, has_feature_lists
from skewgate.data.tf_example.protobuf import declared, write_varint

SEQUENCE = "##SEQUENCE##"
"""The struct that holds feature lists, as tfx_bsl and TFDV call it."""

_FIELD_1, _FIELD_2 = b"\x0a", b"\x12"  # with a length

# Features stay bytes: those of all steps, one behind the other, are one with all their values.
_SequenceExample = declared(
    {
        "FeatureList": ["repeated bytes feature"],
        "Entry": ["bytes key", "FeatureList value"],
        "FeatureLists": ["repeated Entry feature_list"],
        "SequenceExample": ["repeated bytes context", "FeatureLists feature_lists"],
    },
    "SequenceExample",
)


def decode_rows(records: Sequence[bytes]) -> pa.RecordBatch:
    """Decodes serialized tf.Example and tf.SequenceExample, in any mix.

    Not by tfx_bsl's decoder of tf.SequenceExample, which cuts the integers of feature lists to 32
    bits.

    Returns:
        A row for each record, as `coder.decode_batch` does, with every feature list as a feature
        `##SEQUENCE##.<name>` beside those of the context. A list without a value is an empty one.

    Raises:
        UndecodableError: a record is neither, or holds a feature with values of two types.
        InputError: a feature list has the name of another feature.
    """
    if has_feature_lists(records):
        try:
            records = _as_examples([_SequenceExample.FromString(record) for record in records])
        except message.DecodeError as error:
            raise UndecodableError("the feature lists of one of them are none") from error
    return coder.decode_examples(records)


def _as_examples(sequences: Sequence[Any]) -> list[bytes]:
    """Returns messages as tf.Example that have the feature lists among their features."""
    kinds: dict[bytes, bytes] = {}  # the tag of the values of each list
    for sequence in sequences:
        for entry in sequence.feature_lists.feature_list:
            tags = {feature[:1] for feature in entry.value.feature} - {b""}
            known = tags.union([kinds[entry.key]] if entry.key in kinds else [])
            if len(known) > 1:
                name = entry.key.decode("utf-8", "replace")
                raise UndecodableError(f"the feature list {name} has values of two types")
            if tags:
                kinds[entry.key] = tags.pop()
    return [_as_example(sequence, kinds) for sequence in sequences]


def _as_example(sequence: Any, kinds: Mapping[bytes, bytes]) -> bytes:
    context = b"".join(sequence.context)
    entries = []
    for entry in sequence.feature_lists.feature_list:
        name = _field(_FIELD_1, f"{SEQUENCE}.".encode() + entry.key)
        if name in context:
            raise _same_name(f"{SEQUENCE}.{entry.key.decode('utf-8', 'replace')}")
        value = b"".join(entry.value.feature)
        if not value and entry.key in kinds:
            value = kinds[entry.key] + b"\0"  # a feature without values, and not of no kind
        entries.append(_field(_FIELD_1, name + _field(_FIELD_2, value)))
    return _field(_FIELD_1, context + b"".join(entries))


def _field(tag: bytes, content: bytes) -> bytes:
    return tag + write_varint(len(content)) + content


def _same_name(name: str) -> InputError:
    problem = "is the name of a feature and of a feature list"
    return InputError(f"feature {name}", problem, "rename one of them")


def flatten(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Returns a batch with feature lists as columns of lists, one list a row.

    Args:
        batch: as tfx_bsl decodes tf.SequenceExample; any other is returned as it is.

    Raises:
        InputError: a feature list has the name of another column.
    """
    at = batch.schema.get_field_index(SEQUENCE)
    if at < 0 or not pa.types.is_struct(batch.column(at).type):
        return batch
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    lists = columns.pop(SEQUENCE)
    for field, column in zip(lists.type, lists.flatten(), strict=True):
        name = f"{SEQUENCE}.{field.name}"
        if name in columns:
            raise _same_name(name)
        columns[name] = _all_steps(column)
    return pa.RecordBatch.from_arrays(list(columns.values()), list(columns))


def _all_steps(column: pa.Array) -> pa.Array:
    """Returns lists of the values of all steps, of lists of lists of values."""
    if not is_list(column.type) or not is_list(column.type.value_type):
        return pa.nulls(len(column))  # no step says of which type it is
    steps = column.values
    ends = offsets(steps).astype(np.int64)[offsets(column)]
    known = np.append(validity(column), True)
    return pa.LargeListArray.from_arrays(places_array(ends, known), steps.values)
