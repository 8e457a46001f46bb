"""Decodes tf.Example by tfx_bsl, which knows everything that one may be."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence

import pyarrow as pa
from google.protobuf import message

from skewgate.data.arrow import own_keys
from skewgate.data.arrow.values import name_of
from skewgate.data.tf_example import patching
from skewgate.data.tf_example.fields import UndecodableError, has_feature_lists

_own = threading.local()  # a decoder for each thread: a shared one crashes


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
    if not hasattr(_own, "decoder"):
        from tfx_bsl.coders import example_coder

        _own.decoder = example_coder.ExamplesToRecordBatchDecoder()
    try:
        batch: pa.RecordBatch = _own.decoder.DecodeBatch(records)
    except (RuntimeError, ValueError) as error:
        raise UndecodableError(_reason(records) or str(error).partition("\n")[0]) from error
    return batch


def _reason(records: Sequence[bytes]) -> str:
    """Returns what is wrong with records, as far as tfx_bsl does not say it."""
    with contextlib.suppress(message.DecodeError):
        if any(name_of(name) is None for record in records for name in patching.names(record)):
            return "the name of a feature is not UTF-8"
    return ""
