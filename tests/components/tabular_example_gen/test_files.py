from __future__ import annotations

import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf
from tfx.types import standard_artifacts

from skewgate.components.tabular_example_gen import executor
from skewgate.core.errors import InputError
from skewgate.data.tf_example.tfrecord import read_stream


def rows(*numbers):
    return "n\n" + "".join(f"{number}\n" for number in numbers)


@pytest.fixture
def read(ingest, records):
    """Returns the numbers in the files that a pattern stands for."""

    def run(files, pattern, **parameters):
        examples = ingest(files, pattern=pattern, **parameters)
        return [example.features.feature["n"].int64_list.value[0] for example in records(examples)]

    return run


def test_one_file_is_read(read):
    assert read({"a.csv": rows(1, 2), "b.csv": rows(3)}, "a.csv") == [1, 2]


def test_files_of_a_pattern_are_read_in_order_of_name(read):
    files = {"b.csv": rows(3), "a.csv": rows(2, 1), "c.jsonl": '{"n": 4}\n', "sub/d.csv": rows(5)}
    assert read(files, "*.csv") == [2, 1, 3]


def test_a_folder_is_its_files_without_hidden_ones_markers_and_folders(read):
    files = {
        "part-1.csv": rows(2),
        "part-0.csv": rows(1),
        ".part-1.csv.crc": b"\0",
        "_SUCCESS": b"",
        "_committed_12": b"{}",
        "deeper/part-2.csv": rows(3),
    }
    assert read(files, "*") == [1, 2]


def test_a_folder_of_markers_only_has_no_file(read):
    with pytest.raises(InputError, match=r"data/\*: no such file"):
        read({"_SUCCESS": b"", ".a.csv": rows(1)}, "*")


def test_files_of_folders_are_read_by_a_pattern_over_both(read):
    assert read({"x/a.csv": rows(1), "y/a.csv": rows(2)}, "*/a.csv") == [1, 2]


def test_formats_may_be_mixed(read):
    assert read({"a.csv": rows(1), "b.jsonl": '{"n": 2}\n'}, "*") == [1, 2]


def test_the_newest_span_is_read(read):
    files = {f"span-{n}/a.csv": rows(n) for n in (1, 12, 3)}
    assert read(files, "span-{SPAN}/*.csv") == [12]


def test_a_span_may_be_chosen(read):
    files = {f"span-{n}/a.csv": rows(n) for n in (1, 12, 3)}
    chosen = {"static_range": {"start_span_number": 3, "end_span_number": 3}}
    assert read(files, "span-{SPAN}/*.csv", range_config=chosen) == [3]
    assert read(files, "span-{SPAN}/*.csv", span=1, out="other") == [1]


def test_the_newest_version_of_the_newest_span_is_read(read):
    files = {
        "span-1/v-9/a.csv": rows(1),
        "span-2/v-1/a.csv": rows(2),
        "span-2/v-3/a.csv": rows(3, 4),
        "span-2/v-3/_SUCCESS": b"",
    }
    assert read(files, "span-{SPAN}/v-{VERSION}/*") == [3, 4]


def test_the_newest_date_is_read(read):
    files = {
        "2015-12-31/a.csv": rows(1),
        "2016-02-01/a.csv": rows(2),
        "2016-01-31/a.csv": rows(3),
    }
    assert read(files, "{YYYY}-{MM}-{DD}/*.csv") == [2]


@pytest.mark.parametrize("name", ["rows.csv", "rows.csv.gz", "rows.jsonl", "rows.parquet"])
def test_files_of_another_file_system_are_read_and_written_there(name):
    sink = io.BytesIO()
    pq.write_table(pa.table({"n": [3, 1, 2]}), sink)
    contents = {
        "rows.csv": rows(3, 1, 2).encode(),
        "rows.csv.gz": gzip.compress(rows(3, 1, 2).encode()),
        "rows.jsonl": b'{"n": 3}\n{"n": 1}\n{"n": 2}\n',
        "rows.parquet": sink.getvalue(),
    }
    folder = f"ram://{name}"  # TensorFlow's file system in memory, which Arrow does not know
    with tf.io.gfile.GFile(f"{folder}/in/{name}", "wb") as stream:
        stream.write(contents[name])
    examples = standard_artifacts.Examples()
    examples.uri = f"{folder}/out"
    properties = {
        "input_base": f"{folder}/in",
        "input_config": json.dumps({"splits": [{"name": "input", "pattern": "*"}]}),
        "splits": json.dumps({"by": "all"}),
    }
    executor.Executor().Do({}, {"examples": [examples]}, properties)
    assert sorted(tf.io.gfile.listdir(examples.uri)) == ["Split-all", "ingest_report.json"]
    (path,) = tf.io.gfile.glob(f"{examples.uri}/Split-all/*")
    with tf.io.gfile.GFile(path, "rb") as stream:
        content = gzip.decompress(stream.read())
    numbers = [
        tf.train.Example.FromString(record).features.feature["n"].int64_list.value[0]
        for record in read_stream(io.BytesIO(content))
    ]
    assert numbers == [3, 1, 2]
