"""Rows as serialized tf.Example."""

from __future__ import annotations

import pyarrow as pa

from skewgate.data.ingest.to_features import to_features
from skewgate.data.tf_example import encoding


def encode(table: pa.Table) -> list[bytes]:
    """Encodes every row as TabularExampleGen does."""
    batches = table.to_batches()
    return [record for b in batches for record in encoding.encode(to_features(b, "the table"))]
