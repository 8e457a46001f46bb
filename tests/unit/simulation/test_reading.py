"""Rows of all files, in one set of types, in blocks that depend on no batch."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet
import pytest

from skewgate.core.errors import InputError
from skewgate.data.sources import base
from skewgate.data.tf_example.tfrecord import frame
from skewgate.simulation import reading
from skewgate.simulation.reading import Rows
from tests import encoding


class Seen:
    """An observer that counts."""

    def __init__(self):
        self.rows = 0

    def add(self, batch):
        self.rows += batch.num_rows


def read(place, size=1000, types=None):
    rows = Rows(str(place), types)
    seen = rows.observe(Seen(), lambda *_: None)
    blocks = list(rows.blocks(size))
    assert seen.rows == rows.rows == sum(block.num_rows for block in blocks)
    return rows, pa.Table.from_batches(blocks)


def lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_files_of_several_formats_are_one_table(tmp_path):
    (tmp_path / "1.csv").write_text("a,b\n1,x\n2,\n")
    lines(tmp_path / "2.jsonl", [{"b": "y", "c": 2.5}, {"a": 4}])
    pa.parquet.write_table(pa.table({"a": [0.5]}), tmp_path / "3.parquet")
    rows, table = read(tmp_path, size=2)
    assert table.to_pydict() == {
        "a": [1.0, 2.0, None, 4.0, 0.5],
        "b": ["x", None, "y", None, None],
        "c": [None, None, 2.5, None, None],
    }
    assert [field.type for field in table.schema] == [pa.float64(), pa.string(), pa.float64()]
    assert list(rows.files.values()) == [2, 2, 1]


@pytest.mark.parametrize(
    "kind", [pa.int8(), pa.float32(), pa.bool_(), pa.date32(), pa.uint64(), pa.timestamp("ms")]
)
def test_types_of_parquet_stay(tmp_path, kind):
    whole = pa.int32() if kind == pa.date32() else pa.int64()
    table = pa.table({"x": pa.array([None, 1, 0], whole).cast(kind)})
    pa.parquet.write_table(table, tmp_path / "x.parquet")
    assert read(tmp_path / "x.parquet")[1].equals(table)


def test_a_column_that_becomes_wider_late_is_read_once_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(base, "BLOCK_BYTES", 1 << 9)
    values = [str(each) for each in range(400)] + ["2.5"] + ["x"] * 3
    (tmp_path / "x.csv").write_text("\n".join(["v,w", *(f"{each},1" for each in values)]) + "\n")
    rows, table = read(tmp_path / "x.csv")
    assert table["v"].to_pylist() == values
    assert rows.rows == 404


@pytest.mark.parametrize("turned", [False, True])
def test_na_is_text_in_every_file_where_it_is_in_one(tmp_path, turned):
    for at, cell in enumerate(["NA", "DE"][:: -1 if turned else 1]):
        (tmp_path / f"{at}.csv").write_text(f"country;n\n{cell};1\n")
    rows, table = read(tmp_path)
    assert sorted(table["country"].to_pylist()) == ["DE", "NA"]
    told = ["read `;` as the delimiter"]
    assert rows.notes() == {str(tmp_path / f"{at}.csv"): told for at in range(2)}


def test_records_become_plain_columns_where_no_row_has_two_values(tmp_path):
    source = pa.table({"n": [3, None, 5], "s": ["a", "b", None]})
    (tmp_path / "x.tfrecord").write_bytes(frame(encoding.encode(source, "x")))
    _, table = read(tmp_path / "x.tfrecord")
    assert table["n"].to_pylist() == [3, None, 5]
    assert table["s"].to_pylist() == ["a", "b", None]


def test_lists_of_parquet_stay_lists(tmp_path):
    table = pa.table({"x": [[1], [2], None, []]})
    pa.parquet.write_table(table, tmp_path / "x.parquet")
    assert read(tmp_path / "x.parquet")[1].equals(table)


def test_a_column_of_two_kinds_is_refused(tmp_path):
    (tmp_path / "1.csv").write_text("a\n1\n")
    (tmp_path / "2.csv").write_text("a\nx\n")
    with pytest.raises(
        InputError, match=r"2\.csv: column a: is string here, and int64 in .*1\.csv"
    ):
        read(tmp_path)


def test_whole_numbers_that_no_float_holds_are_not_rounded(tmp_path):
    pa.parquet.write_table(pa.table({"a": [2**60 + 1]}), tmp_path / "1.parquet")
    pa.parquet.write_table(pa.table({"a": [0.5]}), tmp_path / "2.parquet")
    with pytest.raises(InputError, match=r"1\.parquet: column a: cannot be read as double"):
        read(tmp_path)


def test_statistics_and_files_without_rows_are_refused(tmp_path):
    (tmp_path / "x.pb").write_bytes(b"")
    with pytest.raises(InputError, match=r"x\.pb: holds statistics, not rows"):
        Rows(str(tmp_path / "x.pb"))
    pa.parquet.write_table(pa.table({"a": pa.array([], pa.int64())}), tmp_path / "x.parquet")
    with pytest.raises(InputError, match="has no rows"):
        read(tmp_path / "x.parquet")


def test_a_file_that_is_removed_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a\n1\n2\n")
    rows = Rows(str(path))
    rows.observe(Seen(), lambda *_: None)
    blocks = rows.blocks(1)
    next(blocks)
    path.unlink()
    with pytest.raises(InputError, match="changed while it was read"):
        list(blocks)


def test_a_file_that_changes_between_the_passes_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a\n1\n2\n")
    rows = Rows(str(path))
    rows.observe(Seen(), lambda *_: None)
    path.write_text("a\n1\n2\n3\n")
    with pytest.raises(InputError, match="changed while it was read"):
        list(rows.blocks(10))
    path.write_text("b\n1\n2\n")
    with pytest.raises(InputError, match="changed while it was read"):
        list(rows.blocks(10))


def test_a_block_is_joined_of_the_batches_that_it_spans_only(tmp_path, monkeypatch):
    monkeypatch.setattr(base, "BATCH_ROWS", 100)
    pa.parquet.write_table(pa.table({"a": list(range(5000))}), tmp_path / "x.parquet")
    joined = []
    join = reading.join

    def counting(parts, schema):
        joined.append(len(parts))
        return join(parts, schema)

    monkeypatch.setattr(reading, "join", counting)
    _, table = read(tmp_path / "x.parquet", size=250)
    assert table["a"].to_pylist() == list(range(5000))
    assert (len(joined), max(joined)) == (20, 3)


@pytest.mark.parametrize("order", [1, -1])
def test_objects_that_are_empty_at_first_have_the_keys_of_later_ones(tmp_path, monkeypatch, order):
    monkeypatch.setattr(base, "BLOCK_BYTES", 64)
    values = [*[{"a": {}, "n": n} for n in range(9)], {"a": {"x": 1}, "n": 9}, {"a": {"y": "z"}}]
    lines(tmp_path / "a.jsonl", values[::order])
    _, table = read(tmp_path / "a.jsonl", size=4)
    assert table["a"].to_pylist() == [{"x": None, "y": None, **row["a"]} for row in values[::order]]


@pytest.mark.parametrize("value", [{}, {"x": {}}, [{}], {"x": [{"y": {}}], "z": 1}])
def test_objects_without_any_key_are_missing_and_can_be_written(tmp_path, value):
    lines(tmp_path / "a.jsonl", [{"a": value, "n": n} for n in range(50)])
    _, table = read(tmp_path / "a.jsonl")
    assert table["n"].to_pylist() == list(range(50))
    pa.parquet.write_table(table, tmp_path / "a.parquet")


def test_files_whose_objects_have_other_keys_are_one_table(tmp_path):
    for at, value in enumerate(({}, {"x": 1}, {"y": [2.5], "x": 0.5})):
        lines(tmp_path / f"{at}.jsonl", [{"a": value}])
    _, table = read(tmp_path)
    assert table["a"].to_pylist() == [
        None,
        {"x": 1.0, "y": None},
        {"x": 0.5, "y": [2.5]},
    ]


def stamps(path, kind):
    table = pa.table({"at": pa.array([0], pa.int64()).cast(kind)})
    pa.parquet.write_table(table, path, version="2.6")  # which has nanoseconds


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (pa.timestamp("s", "Asia/Tokyo"), pa.timestamp("ms", "UTC"), pa.timestamp("us", "UTC")),
        (pa.timestamp("s"), pa.timestamp("ns"), pa.timestamp("ns")),
        (pa.date64(), pa.timestamp("s"), pa.timestamp("us")),
    ],
)
def test_time_stamps_of_two_units_or_zones_are_one_column(tmp_path, one, other, both):
    stamps(tmp_path / "1.parquet", one)
    stamps(tmp_path / "2.parquet", other)
    assert read(tmp_path)[0].schema.field("at").type == both


@pytest.mark.parametrize("clock", [pa.timestamp("us"), pa.date64()])
def test_what_clocks_showed_and_moments_are_two_types(tmp_path, clock):
    stamps(tmp_path / "1.parquet", clock)
    stamps(tmp_path / "2.parquet", pa.timestamp("us", "Asia/Tokyo"))
    with pytest.raises(InputError, match=r"column at: is timestamp\[us, tz=Asia/Tokyo\] here, and"):
        read(tmp_path)
