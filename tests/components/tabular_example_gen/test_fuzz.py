"""Any table, written in any format, goes through the component as docs/ingest.md says."""

from __future__ import annotations

import json
import pathlib
import tempfile
from unittest import mock

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from tfx.types import artifact_utils, standard_artifacts

from skewgate.components.tabular_example_gen import executor
from skewgate.core.errors import InputError
from skewgate.data.arrow import kinds
from skewgate.data.ingest import reading
from skewgate.data.sources import base, records
from tests.unit.data.sources.strategies import alike, cases

BY_HASH = {"by": "hash", "buckets": {"train": 1, "eval": 1}}


def ingest(path, types, splits, folder):
    examples = standard_artifacts.Examples()
    examples.uri = str(folder / "examples")
    properties = {
        "input_base": str(path.parent),
        "input_config": json.dumps({"splits": [{"name": "input", "pattern": path.name}]}),
        "splits": json.dumps(splits),
        "types": json.dumps({name: kinds.name_of(kind) for name, kind in types.items()}),
    }
    executor.Executor().Do({}, {"examples": [examples]}, properties)
    return examples


def read(examples):
    """Returns the features of each row, split after split."""
    found = []
    for split in artifact_utils.decode_split_names(examples.split_names):
        folder = pathlib.Path(artifact_utils.get_split_uri([examples], split))
        for shard in sorted(folder.iterdir()):
            found += map(features, records.read_file(str(shard)))
    return found


def features(record):
    found = tf.train.Example.FromString(record).features.feature
    named = {name: feature.WhichOneof("kind") for name, feature in found.items()}
    return {name: list(getattr(found[name], kind).value) for name, kind in named.items() if kind}


def in_order(rows):
    return sorted(rows, key=lambda row: repr(sorted(row.items())))


@settings(max_examples=120, deadline=None)
@given(
    case=cases(largest=2_000),
    block=st.sampled_from([1 << 10, 1 << 23]),
    splits=st.sampled_from([{"by": "all"}, BY_HASH]),
)
def test_every_table_round_trips_through_the_component(case, block, splits):
    expected = case.features()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        path = pathlib.Path(case.write(folder))
        small = mock.patch.multiple(base, BLOCK_BYTES=block, BATCH_ROWS=block)
        with small, mock.patch.object(reading, "CHUNK_ROWS", 100):
            if not expected:
                with pytest.raises(InputError):
                    ingest(path, case.types, splits, folder)
                return
            try:
                examples = ingest(path, case.types, splits, folder)
            except InputError as error:  # few rows may all be alike
                if splits != BY_HASH or "none for the split" not in error.problem:
                    raise
                return
        found = read(examples)
        if splits == BY_HASH:
            found, expected = in_order(found), in_order(expected)
        assert len(found) == len(expected)
        assert all(map(alike, found, expected))
