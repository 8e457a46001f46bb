import os

import pytest

from skewgate.core.errors import InputError
from skewgate.data import sources
from skewgate.data.sources.csv_files import CsvSource
from skewgate.data.sources.json_files import JsonSource
from skewgate.data.sources.parquet import ParquetSource
from skewgate.data.sources.records import RecordSource
from skewgate.statistics import messages


def message(call, *arguments):
    with pytest.raises(InputError) as caught:
        call(*arguments)
    return str(caught.value)


def make(folder, *names):
    for name in names:
        (folder / name).write_text('{"a": 1}\n')
    return [str(folder / name) for name in names]


def test_a_file_is_itself(tmp_path):
    [path] = make(tmp_path, "a[1].csv")
    assert sources.files(path) == [path]


def test_a_folder_is_its_files_in_order_without_markers(tmp_path):
    make(tmp_path, "_SUCCESS", ".hidden", "._crc")
    (tmp_path / "more").mkdir()
    paths = make(tmp_path, "b.csv", "a.csv")
    assert sources.files(str(tmp_path)) == paths[::-1]


def test_a_pattern_is_what_matches(tmp_path):
    paths = make(tmp_path, "2.csv", "1.csv", "x.pb")
    (tmp_path / "0.csv").mkdir()
    assert sources.files(f"{tmp_path}/*.csv") == paths[1::-1]


def test_nothing_to_read_is_refused(tmp_path):
    for place in (f"{tmp_path}/a.csv", f"{tmp_path}/*.csv"):
        assert message(sources.files, place) == (
            f"{place}: no such file, folder or pattern. Fix: check the path."
        )
    make(tmp_path, "_SUCCESS")
    assert message(sources.files, str(tmp_path)) == (
        f"{tmp_path}: is a folder without files. Fix: name a folder that has data."
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.csv", CsvSource),
        ("A.CSV", CsvSource),
        ("a.csv.gz", CsvSource),
        ("a.tfrecord.csv", CsvSource),
        ("my_tfrecord.jsonl", JsonSource),
        ("a.jsonl", JsonSource),
        ("a.ndjson.bz2", JsonSource),
        ("a.tfrecord", RecordSource),
        ("a.TFRecords", RecordSource),
        ("a.tfrecord.gz", RecordSource),
        ("data_tfrecord-00000-of-00001.gz", RecordSource),
    ],
)
def test_the_name_says_the_format(tmp_path, name, kind, monkeypatch):
    [path] = make(tmp_path, name)
    # The content of a packed file is of no interest here.
    monkeypatch.setattr(JsonSource, "__init__", lambda self, *_, **__: None)
    monkeypatch.setattr(CsvSource, "__init__", lambda self, *_, **__: None)
    assert type(sources.open_file(path)) is kind


def test_parquet_is_known_by_its_name(tmp_path):
    [path] = make(tmp_path, "a.parquet")
    assert message(sources.open_file, path).startswith(f"{path}: is not a whole Parquet file")
    assert ParquetSource


@pytest.mark.parametrize("name", ["a.txt", "noending", "a.parquet.gz", "a.gz", "a.xlsx"])
def test_unknown_formats_list_the_known(tmp_path, name):
    [path] = make(tmp_path, name)
    assert message(sources.open_file, path) == (
        f"{path}: is not one of the formats .csv, .tsv, .parquet, .pq, .parq, .jsonl, .ndjson, "
        f".json, "
        ".arrow, .feather, .ipc, .tfrecord, .tfrecords, .pb, .pbtxt. Fix: rename or convert the "
        "file."
    )


@pytest.mark.parametrize(("name", "known"), [("a.pb", 1), ("A.PB", 1), ("a.pbtxt", 1), ("a.p", 0)])
def test_statistics_are_known_by_their_name(name, known):
    assert sources.is_statistics(name) == bool(known)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.parquet", "a.arrow", "a.pb"])
def test_a_pipe_is_refused_by_whatever_reads_it(tmp_path, name):
    path = tmp_path / name
    os.mkfifo(path)
    told = f"{path}: is a pipe, not a file. Fix: save it as a file first."
    if name == "a.pb":
        assert message(messages.read_content, path) == told
        return
    assert message(sources.open_file, str(path)) == told
    assert message(sources.infer, [str(path)]) == told


def test_a_pipe_of_records_is_refused(tmp_path):
    path = tmp_path / "a.tfrecord"
    os.mkfifo(path)
    assert "is a pipe, not a file" in message(messages.is_statistics, str(path))
    assert "is a pipe, not a file" in message(next, RecordSource(str(path)).batches())
