"""Encodes Arrow tables as tf.Example."""

from __future__ import annotations

import pyarrow as pa

from skewgate.features import to_features


def encode(table: pa.Table, where: str) -> list[bytes]:
    """Encodes every row as a serialized tf.Example.

    Raises:
        InputError: a column or value has no place in tf.Example.
    """
    from tfx_bsl.coders import example_coder

    encoder = example_coder.RecordBatchToExamplesEncoder()
    batches = table.to_batches()
    return [record for batch in batches for record in encoder.encode(to_features(batch, where))]
