"""The Examples are those of stock CsvExampleGen, but for empty cells and quoted names."""

from __future__ import annotations

import json
import pathlib

import apache_beam as beam
import pytest
import tensorflow as tf
from tfx.components.example_gen.csv_example_gen import executor as csv_executor

from skewgate.pipeline.taxi import data as taxi

ROWS = """when,fare,payment,seats
100,5.5,Cash,1
86400,,Card,2
172800,7,"Cash, mostly",
"""


@pytest.fixture
def stock(tmp_path):
    """Returns the Examples of CsvExampleGen."""

    def run(folder):
        path = tmp_path / "stock.json"
        with beam.Pipeline(runner="DirectRunner") as pipeline:
            _ = (
                pipeline
                | csv_executor._CsvToExample(
                    exec_properties={"input_base": folder}, split_pattern="*.csv"
                )
                | beam.Map(lambda example: example.SerializeToString().hex())
                | beam.combiners.ToList()
                | beam.Map(
                    lambda found, path: pathlib.Path(path).write_text(json.dumps(found)), str(path)
                )
            )
        texts = json.loads(path.read_text())
        return [tf.train.Example.FromString(bytes.fromhex(text)) for text in texts]

    return run


def without_empty_lists(example):
    """Returns an Example that says of an empty cell what ours says: the feature has no kind."""
    for feature in example.features.feature.values():
        kind = feature.WhichOneof("kind")
        if kind and not getattr(feature, kind).value:
            feature.ClearField(kind)
    return example


def in_order(examples):
    return sorted(example.SerializeToString(deterministic=True) for example in examples)


@pytest.mark.parametrize("splits", [None, {"by": "hash", "buckets": {"train": 2, "eval": 1}}])
def test_the_taxi_rows_give_the_records_of_csv_example_gen(ingest, records, put, stock, splits):
    content = taxi.source().read_bytes()
    theirs = in_order(map(without_empty_lists, stock(put({"data.csv": content}))))
    examples = ingest({"data.csv": content}, splits)
    names = ["train", "eval"] if splits else ["all"]
    ours = in_order(record for name in names for record in records(examples, name))
    assert len(ours) == 15_002
    assert ours == theirs


def test_an_empty_cell_is_no_empty_list_but_a_feature_of_no_kind(ingest, records, put, stock):
    theirs = stock(put({"rows.csv": ROWS}))
    ours = records(ingest({"rows.csv": ROWS}))
    assert in_order(ours) != in_order(theirs)
    assert in_order(ours) == in_order(map(without_empty_lists, theirs))


def test_quotes_around_a_column_are_no_part_of_its_name(ingest, records, put, stock):
    content = '"fare","city"\n1.5,x\n2.5,y\n'
    theirs = stock(put({"rows.csv": content}))
    assert [features(example) for example in theirs] == [{'"fare"', '"city"'}] * 2
    ours = records(ingest({"rows.csv": content}))
    assert [features(example) for example in ours] == [{"fare", "city"}] * 2


def features(example):
    return set(example.features.feature)
