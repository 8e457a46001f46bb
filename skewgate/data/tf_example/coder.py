"""Decodes tf.Example into record batches, as tfx_bsl does and without it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from skewgate.data.arrow import own_keys
from skewgate.data.arrow.values import from_stored
from skewgate.data.tf_example import decoding, parsing, patching
from skewgate.data.tf_example.columns import INT, DecodedValues
from skewgate.data.tf_example.fields import UndecodableError, has_feature_lists


def decode_batch(records: Sequence[bytes]) -> pa.RecordBatch:
    """Decodes serialized tf.Examples.

    Returns:
        A row for each record: lists of int64, float32 or large binary, null where the feature is
        missing, and of the type null where no record says what it is.

    Raises:
        UndecodableError: they are none, or hold what a tf.Example does not, such as feature lists.
        InputError: too many of them have features of their own.
    """
    if has_feature_lists(records):
        raise UndecodableError("they are tf.SequenceExample, whose feature lists are not read here")
    watch = own_keys.KeyWatch("tf.Example", patching.known_names)
    own_keys.check(records, f"{len(records):,} records in a row", watch)
    return decode_examples(records)


def decode_examples(records: Sequence[bytes]) -> pa.RecordBatch:
    """Does what `decode_batch` does, and passes over what a tf.Example does not hold."""
    found = decoding.decode(records)
    if found is None:  # not written as most are
        found = parsing.parse(records)
    names = sorted(found)
    fields = [_lists(found[name]) for name in names]
    # Without columns a batch of Arrow has no rows.
    struct = pa.StructArray.from_buffers(
        pa.struct([pa.field(n, f.type) for n, f in zip(names, fields, strict=True)]),
        len(records),
        [None],
        children=fields,
    )
    return pa.RecordBatch.from_struct_array(struct)


def _lists(column: DecodedValues) -> pa.Array:
    """Returns the values of a feature as a list for each row, null where it is missing."""
    if column.kind is None:
        return pa.nulls(len(column.lengths))
    flat = column.values
    if not isinstance(flat, pa.Array):
        flat = from_stored(flat, pa.int64() if column.kind == INT else pa.float32())
    missing = column.lengths < 0
    ends = np.concatenate([[0], np.cumsum(np.where(missing, 0, column.lengths))])
    present = None
    if missing.any():
        present = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(
        pa.large_list(flat.type),
        len(missing),
        [present, pa.py_buffer(ends.astype(np.int64))],
        children=[flat],
    )
