"""Decodes tf.Example by tfx_bsl, which knows everything that one may be."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pyarrow as pa

_own = threading.local()  # a decoder for each thread: a shared one crashes


class UndecodableError(Exception):
    """Records are no tf.Example, or hold a feature with values of two types.

    The message is the first line of what tfx_bsl says.
    """


def decode_batch(records: Sequence[bytes]) -> pa.RecordBatch:
    """Decodes serialized tf.Examples.

    Returns:
        A row for each record: lists of int64, float32 or large binary, null where the feature is
        missing, and of the type null where no record says what it is.

    Raises:
        UndecodableError: see there.
    """
    if not hasattr(_own, "decoder"):
        from tfx_bsl.coders import example_coder

        _own.decoder = example_coder.ExamplesToRecordBatchDecoder()
    try:
        batch: pa.RecordBatch = _own.decoder.DecodeBatch(records)
    except (RuntimeError, ValueError) as error:
        raise UndecodableError(str(error).partition("\n")[0]) from error
    return batch
