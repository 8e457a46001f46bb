from __future__ import annotations

import json
import pathlib

import apache_beam as beam
import pytest
import tensorflow as tf
from tfx.components.example_gen.csv_example_gen import executor as csv_executor
from tfx.types import artifact_utils, standard_artifacts

from skewgate.components.tabular_example_gen import executor
from skewgate.components.tabular_example_gen.component import TabularExampleGen
from skewgate.errors import InputError

ROWS = """when,fare,payment,seats
100,5.5,Cash,1
86400,,Card,2
172800,7,"Cash, mostly",
"""
BY_DAY = {
    "by": "time",
    "column": "when",
    "ranges": {"first": ["1970-01-01", "1970-01-02"], "second": ["1970-01-02", "1970-01-03"]},
}


@pytest.fixture
def ingest(tmp_path, output, schema_artifact):
    def run(files, splits=None, pattern="*.csv", schema=None):
        folder = tmp_path / "data"
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (folder / name).write_bytes(data)
        examples = output(standard_artifacts.Examples, "examples")
        executor.Executor().Do(
            {"schema": [schema_artifact(schema)]} if schema else {},
            {"examples": [examples]},
            {
                "input_base": str(folder),
                "input_config": json.dumps({"splits": [{"name": "input", "pattern": pattern}]}),
                "splits": json.dumps(splits or {"by": "all"}),
            },
        )
        return examples

    return run


def records(examples, split):
    folder = artifact_utils.get_split_uri([examples], split)
    paths = sorted(str(path) for path in pathlib.Path(folder).iterdir())
    return [
        tf.train.Example.FromString(record.numpy())
        for record in tf.data.TFRecordDataset(paths, compression_type="GZIP")
    ]


def test_examples_equal_those_of_stock_csv_example_gen_but_for_empty_cells(ingest, tmp_path):
    examples = ingest({"rows.csv": ROWS})
    with beam.Pipeline(runner="DirectRunner") as pipeline:
        _ = (
            pipeline
            | csv_executor._CsvToExample(
                exec_properties={"input_base": str(tmp_path / "data")}, split_pattern="*.csv"
            )
            | beam.combiners.ToList()
            | beam.Map(lambda found: (tmp_path / "stock.pb").write_bytes(_join(found)))
        )
    stock = _split((tmp_path / "stock.pb").read_bytes())
    ours = records(examples, "all")

    def key(example):
        return example.features.feature["when"].int64_list.value[0]

    for example in stock:  # stock writes an empty list for an empty cell, ours nothing: missing
        for feature in example.features.feature.values():
            kind = feature.WhichOneof("kind")
            if kind and not getattr(feature, kind).value:
                feature.ClearField(kind)
    assert sorted(ours, key=key) == sorted(stock, key=key)


def _join(examples):
    return json.dumps([e.SerializeToString().hex() for e in examples]).encode()


def _split(data):
    return [tf.train.Example.FromString(bytes.fromhex(text)) for text in json.loads(data)]


def test_rows_are_split_by_time_and_the_rest_is_counted(ingest):
    examples = ingest({"rows.csv": ROWS}, BY_DAY)
    assert [len(records(examples, split)) for split in ("first", "second")] == [1, 1]
    counts = {
        name: examples.get_int_custom_property(name)
        for name in ("rows_read", "rows_unassigned", "rows_first", "rows_second")
    }
    assert counts == {"rows_read": 3, "rows_unassigned": 1, "rows_first": 1, "rows_second": 1}


def test_types_come_from_the_schema(ingest):
    schema = 'feature { name: "seats" type: FLOAT } feature { name: "fare" type: BYTES }'
    (first, *_) = records(ingest({"rows.csv": ROWS}, schema=schema), "all")
    assert first.features.feature["seats"].float_list.value[:] == [1.0]
    assert first.features.feature["fare"].bytes_list.value[:] == [b"5.5"]


def test_several_files_are_one_table(ingest):
    more = "when,fare,payment,seats\n5,1.5,Cash,3\n"
    examples = ingest({"a.csv": ROWS, "b.csv": more})
    assert examples.get_int_custom_property("rows_all") == 4


@pytest.mark.parametrize(
    ("files", "splits", "message"),
    [
        ({}, None, r"\*\.csv: no such file"),
        ({"rows.csv": ""}, None, r"rows.csv: is empty"),
        ({"rows.csv": "when,fare\n"}, None, r"rows.csv: has a header and no rows"),
        ({"rows.csv": "fare\n1\n"}, BY_DAY, r"has no column when, which the splits need"),
        ({"rows.csv": b"when\n1\n\xff\n"}, None, r"rows.csv: line 3: expected UTF-8"),
        ({"rows.csv": "when,fare\n1,2\n1\n"}, None, r"rows.csv: line 3: expected 2 cells, found 1"),
        (
            {"a.csv": ROWS, "b.csv": "other\n1\n"},
            None,
            r"b.csv: has the columns other, but .*a.csv has when",
        ),
        ({"rows.csv": "when\n9999999999\n"}, BY_DAY, r"has 1 rows and none for the split 'first'"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(ingest, files, splits, message, tmp_path):
    with pytest.raises(InputError, match=message):
        ingest(files, splits)
    assert not list((tmp_path / "out" / "examples").iterdir())


def test_text_in_a_number_names_line_column_and_type(ingest):
    bad = ROWS.replace("172800,7", "172800,seven")
    schema = 'feature { name: "fare" type: FLOAT }'
    expected = r"rows.csv: line 4, column fare: expected FLOAT, found 'seven'"
    with pytest.raises(InputError, match=expected):
        ingest({"rows.csv": bad}, schema=schema)


def test_parameters_are_text_so_that_a_change_changes_the_fingerprint():
    component = TabularExampleGen(input_base="data", pattern="a.csv", splits=BY_DAY)
    parameters = component.spec.exec_properties
    assert json.loads(parameters["splits"]) == BY_DAY
    assert json.loads(parameters["input_config"])["splits"][0]["pattern"] == "a.csv"
