from __future__ import annotations

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skewgate.core.errors import InputError
from skewgate.data.sources.reading_options import RECOGNISED, ReadingOptions
from skewgate.pipeline.checking import data


def check(path, reading=RECOGNISED):
    return data.check(str(path), "pipeline.yaml", "training.data", reading)


@pytest.fixture
def rows(tmp_path):
    (tmp_path / "rows.csv").write_text("fare,tip\n1,0\n")
    return tmp_path / "rows.csv"


def test_the_columns_of_each_kind_of_file_are_read_from_its_beginning(rows, tmp_path):
    pq.write_table(pa.table({"fare": [1.0], "tip": [0]}), tmp_path / "rows.parquet")
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(rows.read_bytes()))
    for name in ("rows.csv", "rows.parquet", "rows.csv.gz"):
        assert check(tmp_path / name) == {"fare", "tip"}
    (tmp_path / "rows.jsonl").write_text('{"fare": 1}\n')
    assert check(tmp_path / "rows.jsonl") is None  # a later row may have more


def test_how_a_file_is_written_counts(tmp_path):
    (tmp_path / "rows.csv").write_text("fare;tip\n1;0\n")
    assert check(tmp_path / "rows.csv", ReadingOptions(delimiter=";")) == {"fare", "tip"}


def test_folders_patterns_and_placeholders_stand_for_files(rows, tmp_path):
    folder = tmp_path / "year=2024"
    folder.mkdir()
    (folder / "a.csv").write_text("fare\n1\n")
    (tmp_path / "span-12").mkdir()
    (tmp_path / "span-12" / "b.csv").write_text("tip\n1\n")
    assert check(tmp_path / "year=*") == {"fare", "year"}
    assert check(tmp_path / "*.csv") == {"fare", "tip"}
    assert check(tmp_path / "span-{SPAN}" / "*.csv") == {"tip"}
    assert check(tmp_path / "span-{SPAN:2}" / "*.csv") == {"tip"}
    assert check(f"{tmp_path}/span-12/") == {"tip"}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("absent.csv", None, "absent.csv: no such file, folder or pattern"),
        ("day-{SPAN}.csv", None, "day-*.csv: no such file, folder or pattern"),
        ("empty.csv", b"", "empty.csv: is empty"),
        ("rows.xlsx", b"x", "rows.xlsx: is not one of the formats .csv"),
        ("rows.parquet", b"fare", "rows.parquet: "),
    ],
)
def test_what_cannot_be_read_is_named_with_the_key(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as raised:
        check(tmp_path / name)
    assert str(raised.value).startswith(f"pipeline.yaml: training.data: {tmp_path}/{said}")


@pytest.mark.parametrize("uri", ["s3://bucket/day-{SPAN}/*.csv", "gs://b/f/", "hdfs://host/a"])
def test_objects_are_not_asked_for(uri):
    assert check(uri) is None


@pytest.mark.parametrize("uri", ["s3://", "gs:///rows.csv", "minio://bucket//a/rows.csv"])
def test_names_that_no_object_can_have_are_refused(uri):
    with pytest.raises(InputError, match=r"^pipeline.yaml: training.data: "):
        check(uri)


def test_who_only_looks_is_told_of_no_fault(rows, tmp_path):
    assert data.look(str(rows), RECOGNISED) == {"fare", "tip"}
    assert data.look(str(tmp_path / "absent.csv"), RECOGNISED) is None
    assert data.look("s3://bucket/rows.csv", RECOGNISED) is None
