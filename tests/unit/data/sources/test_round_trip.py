"""Any table, written in any format, comes out of tf.Example as docs/ingest.md says."""

import pathlib
import tempfile
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.data import sources
from skewgate.data.ingest.to_features import to_features
from skewgate.data.sources import base
from skewgate.data.tf_example import encoding
from tests import tf_train
from tests.unit.data.sources.strategies import alike, cases


def decode(record):
    found = tf_train.Example.FromString(record).features.feature
    kinds = {name: feature.WhichOneof("kind") for name, feature in found.items()}
    return {name: list(getattr(found[name], kind).value) for name, kind in kinds.items() if kind}


def read(path, types, block):
    """Returns the rows as serialized tf.Example, and the types of the batches."""
    records, schemas = [], set()
    with mock.patch.multiple(base, BLOCK_BYTES=block, BATCH_ROWS=block):
        found = sources.infer([path], types)
        for batch in sources.open_file(path, types, known=found, complete=True).batches():
            features = to_features(batch, path)
            schemas.add(features.schema.remove_metadata())
            records += encoding.encode(features)
    return records, schemas


# Kept from growing old: an example takes as long as its table is large.
@settings(max_examples=100, deadline=None)
@given(case=cases(), block=st.sampled_from([1 << 10, 1 << 14, 1 << 23]))
def test_every_table_round_trips_through_tf_example(case, block):
    with tempfile.TemporaryDirectory() as folder:
        records, schemas = read(case.write(pathlib.Path(folder)), case.types, block)
    assert len(schemas) <= 1
    expected = case.features()
    assert len(records) == len(expected)
    decoded = {}  # rows repeat
    for record, features in zip(records, expected, strict=True):
        if record not in decoded:
            decoded[record] = decode(record)
        assert alike(decoded[record], features)
