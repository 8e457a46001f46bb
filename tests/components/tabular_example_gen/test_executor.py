from __future__ import annotations

import io
import json
import os
import pathlib

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tfx_bsl.tfxio import tf_example_record

from skewgate.components.support import tfrecords
from skewgate.components.tabular_example_gen.component import TabularExampleGen
from skewgate.core.errors import InputError
from skewgate.data.ingest import reading, writing

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
BY_HASH = {"by": "hash", "buckets": {"train": 3, "eval": 2}}


def many(rows):
    return "n,city\n" + "".join(f"{n},city {n % 7}\n" for n in range(rows))


def counts_of(examples):
    names = [name for name in examples.mlmd_artifact.custom_properties if name.startswith("rows_")]
    return {name: examples.get_int_custom_property(name) for name in names}


def test_rows_are_split_by_time_and_the_rest_is_counted(ingest, records):
    examples = ingest({"rows.csv": ROWS}, BY_DAY)
    assert [len(records(examples, split)) for split in ("first", "second")] == [1, 1]
    assert counts_of(examples) == {
        "rows_read": 3,
        "rows_rejected": 0,
        "rows_unassigned": 1,
        "rows_first": 1,
        "rows_second": 1,
    }


def test_the_window_of_a_run_is_noted_by_its_times_and_its_name(ingest):
    times = [1_774_738_799, 1_774_738_800, 1_774_821_599, 1_774_821_600]  # 2026-03-29 in Berlin
    rows = "when\n" + "".join(f"{time}\n" for time in times)
    splits = {"by": "window", "column": "when", "zone": "Europe/Berlin"}
    examples = ingest({"rows.csv": rows}, splits, scheduled_time="2026-03-30T06:00:00Z")
    assert counts_of(examples)["rows_serving"] == 2
    noted = [examples.get_string_custom_property(name) for name in ("window", "window_name")]
    assert noted == ["2026-03-28T23:00:00Z/2026-03-29T22:00:00Z", "2026-03-29"]


def test_types_come_from_the_schema_and_are_overridden_by_column(ingest, records):
    schema = 'feature { name: "seats" type: FLOAT } feature { name: "fare" type: BYTES }'
    (first, *_) = records(ingest({"rows.csv": ROWS}, schema=schema))
    assert first.features.feature["seats"].float_list.value[:] == [1.0]
    assert first.features.feature["fare"].bytes_list.value[:] == [b"5.5"]
    types = {"seats": "BYTES"}
    (first, *_) = records(ingest({"rows.csv": ROWS}, schema=schema, types=types, out="other"))
    assert first.features.feature["seats"].bytes_list.value[:] == [b"1"]
    assert first.features.feature["fare"].bytes_list.value[:] == [b"5.5"]


def test_the_report_lies_beside_the_splits(ingest, report):
    examples = ingest({"rows.csv": ROWS}, BY_DAY)
    assert sorted(os.listdir(examples.uri)) == ["Split-first", "Split-second", "ingest_report.json"]
    found = report(examples)
    assert found["splits"] == {
        "first": {"rows": 1, "shards": [1]},
        "second": {"rows": 1, "shards": [1]},
    }
    assert [(os.path.basename(f["file"]), f["read"]) for f in found["files"]] == [("rows.csv", 3)]
    assert found["types"] == {
        "when": "int64",
        "fare": "double",
        "payment": "string",
        "seats": "int64",
    }


def test_a_column_of_another_type_than_in_the_last_span_is_said(ingest, report, caplog):
    by_user = {"by": "hash", "buckets": {"train": 3, "eval": 1}, "columns": ["user"]}
    users = [str(n) for n in range(40)]
    first = ingest({"1.csv": "user\n" + "\n".join(users)}, by_user, "1.csv", out="examples/7")
    assert report(first)["changed_types"] == []
    data = {"2.csv": "user\n" + "\n".join([*users, "A1"])}
    second = ingest(data, by_user, "2.csv", out="examples/11")
    assert report(second)["changed_types"] == [
        {"column": "user", "before": "int64", "now": "string"}
    ]
    noted = second.get_string_custom_property("changed_types")
    assert noted == "user is string, and was int64"
    assert f"{noted}. Fix: give the types in the schema or in `types`." in caplog.text


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "[]", '{"types": {"user": 1}}'])
def test_a_broken_report_of_the_last_span_is_named(ingest, text):
    first = ingest({"1.csv": "user\n1\n2\n"}, out="examples/7")
    with open(os.path.join(first.uri, "ingest_report.json"), "w") as file:
        file.write(text)
    with pytest.raises(InputError, match=r"7/ingest_report\.json: .* Fix: delete the folder"):
        ingest({"2.csv": "user\n1\n2\n"}, out="examples/11")


# Shards that every reader reads.


@pytest.fixture
def small(monkeypatch):
    """Makes small batches of few rows."""
    monkeypatch.setattr(reading, "CHUNK_ROWS", 40)


def test_shards_are_named_as_tfx_names_them(ingest, shards, small):
    examples = ingest({"rows.csv": many(200)}, shards=3)
    assert [os.path.basename(path) for path in shards(examples)] == [
        "data_tfrecord-00000-of-00003.gz",
        "data_tfrecord-00001-of-00003.gz",
        "data_tfrecord-00002-of-00003.gz",
    ]
    one = ingest({"rows.csv": many(200)}, out="one")
    assert [os.path.basename(path) for path in shards(one)] == ["data_tfrecord-00000-of-00001.gz"]


def test_tf_data_beam_and_tfxio_read_every_row(ingest, records, shards, tmp_path, small):
    examples = ingest({"rows.csv": many(200)}, BY_HASH, shards=2)
    for split in ("train", "eval"):
        rows = examples.get_int_custom_property(f"rows_{split}")
        assert len(records(examples, split)) == rows
        pattern = os.path.join(os.path.dirname(shards(examples, split)[0]), "*")
        source = tf_example_record.TFExampleRecord(pattern, telemetry_descriptors=["test"])
        with beam.Pipeline(runner="DirectRunner") as pipeline:
            counted = pipeline | beam.io.ReadFromTFRecord(pattern) | beam.combiners.Count.Globally()
            batches = pipeline | source.BeamSource() | beam.Map(lambda batch: batch.num_rows)
            for name, found in (("beam", counted), ("tfxio", batches | beam.CombineGlobally(sum))):
                _ = found | f"Note[{name}]" >> beam.Map(
                    lambda count, path: pathlib.Path(path).write_text(str(count)),
                    path=str(tmp_path / name),
                )
        assert [int((tmp_path / name).read_text()) for name in ("beam", "tfxio")] == [rows, rows]
        tfrecords.check_streams(examples, split)
        read = [len(list(tfrecords.read_records(path))) for path in shards(examples, split)]
        assert (len(read), sum(read)) == (2, rows)


# Formats.


def test_every_format_gives_the_same_rows(ingest, records):
    sink = io.BytesIO()
    pq.write_table(pa.table({"n": np.arange(30), "city": [f"é{n % 3}" for n in range(30)]}), sink)
    lines = [f'{{"n": {n}, "city": "é{n % 3}"}}' for n in range(30)]
    text = "n,city\n" + "".join(f"{n},é{n % 3}\n" for n in range(30))
    files = {"rows.csv": text, "rows.jsonl": "\n".join(lines), "rows.parquet": sink.getvalue()}
    found = [
        records(ingest(files, BY_HASH, pattern=name, out=name), split)
        for name in files
        for split in ("train", "eval")
    ]
    assert found[0] == found[2] == found[4]
    assert found[1] == found[3] == found[5]
    assert len(found[0]) + len(found[1]) == 30


# Rows that cannot be read.


def test_rejected_rows_are_counted_sampled_and_left_out(ingest, records, report):
    bad = ROWS.replace("86400,,Card", "86400,many,Card")
    examples = ingest({"rows.csv": bad}, types={"fare": "FLOAT"}, max_rejected=1)
    assert len(records(examples)) == 2
    assert counts_of(examples) == {
        "rows_read": 3,
        "rows_rejected": 1,
        "rows_unassigned": 0,
        "rows_all": 2,
    }
    (sample,) = report(examples)["rejected"]
    assert sample.pop("file").endswith("rows.csv")
    assert sample == {"line": 3, "column": "fare", "found": "'many'", "expected": "FLOAT"}


def test_text_in_a_number_names_line_column_and_type(ingest):
    bad = ROWS.replace("172800,7", "172800,seven")
    schema = 'feature { name: "fare" type: FLOAT }'
    expected = r"rows.csv: line 4, column fare: expected FLOAT, found 'seven'"
    with pytest.raises(InputError, match=expected):
        ingest({"rows.csv": bad}, schema=schema)


# Bad input.


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


def test_a_run_that_fails_late_leaves_no_file(ingest, tmp_path, small):
    with pytest.raises(InputError, match=r"rows.csv: line 602"):
        ingest({"rows.csv": many(600) + "x,y\n"}, types={"n": "INT"})
    assert not list((tmp_path / "out" / "examples").iterdir())


def test_rows_that_are_lost_on_the_way_leave_no_file(ingest, tmp_path, monkeypatch):
    encode = writing.encode
    monkeypatch.setattr(writing, "encode", lambda batch: encode(batch)[1:])
    with pytest.raises(InputError, match=r"has 200 rows, but 199 were written"):
        ingest({"rows.csv": many(200)})
    assert not list((tmp_path / "out" / "examples").iterdir())


READING = {"delimiter": "^", "decimal": ",", "header": ["fare", "city"], "null_values": ["gone"]}


@pytest.mark.parametrize("beam", [(), ("--direct_num_workers=2",)])
def test_csv_is_read_as_the_parameters_say(ingest, shards, beam):
    rows = "2,5^Z\xfcrich\ngone^NA\n1^gone\n"
    options = {"beam": ("--runner=DirectRunner", *beam)} if beam else {}
    found = ingest(
        {"a.csv": rows.encode("latin-1")}, reading={**READING, "encoding": "latin-1"}, **options
    )
    report = json.loads((pathlib.Path(found.uri) / "ingest_report.json").read_text())
    assert report["types"] == {"fare": "double", "city": "string"}
    assert report["files"][0]["read"] == 3
    assert sum(report["splits"]["all"]["shards"]) == 3


# Parameters.


def test_how_csv_is_read_is_text_and_left_out_where_nothing_is_said():
    component = TabularExampleGen(input_base="data", reading=READING)
    assert json.loads(component.spec.exec_properties["reading"]) == READING
    assert TabularExampleGen(input_base="data").spec.exec_properties.get("reading") is None


def test_parameters_are_text_so_that_a_change_changes_the_fingerprint():
    component = TabularExampleGen(
        input_base="data", pattern="a.csv", splits=BY_DAY, types={"zip": "BYTES"}, max_rejected=7
    )
    parameters = component.spec.exec_properties
    assert json.loads(parameters["splits"]) == BY_DAY
    assert json.loads(parameters["input_config"])["splits"][0]["pattern"] == "a.csv"
    assert json.loads(parameters["types"]) == {"zip": "BYTES"}
    assert (parameters["max_rejected"], parameters["shards"]) == (7, 0)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"max_rejected": -1}, r"max_rejected: must be at least 0, got -1"),
        ({"shards": 0}, r"shards: must be at least 1, got 0"),
        ({"types": {"zip": "TEXT"}}, r"types: column zip: must be one of INT, FLOAT, BYTES"),
        ({"splits": {"by": "moon"}}, r"splits: splits: input tag 'moon'"),
        ({"reading": {"delimiter": ";;"}}, r"reading: delimiter: must be one ASCII character"),
    ],
    ids=["max_rejected", "shards", "types", "splits", "reading"],
)
def test_parameters_out_of_range_are_refused_when_the_component_is_built(parameters, message):
    with pytest.raises(InputError, match=message):
        TabularExampleGen(input_base="data", **parameters)
