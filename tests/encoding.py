"""Rows as the tf.Examples that tests and benchmarks read."""

from __future__ import annotations

import pyarrow as pa

from skewgate.data.ingest.to_features import to_features
from skewgate.data.tf_example import encoding


def encode(table: pa.Table, where: str) -> list[bytes]:
    """Encodes every row as TabularExampleGen does."""
    batches = table.to_batches()
    return [record for batch in batches for record in encoding.encode(to_features(batch, where))]
