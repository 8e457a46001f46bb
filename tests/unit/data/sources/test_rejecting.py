"""Readers keep the good rows of a bad block, whatever the blocks: rows in are rows out."""

import json
import pathlib
import tempfile
from unittest import mock

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.core.errors import InputError
from skewgate.data import sources
from skewgate.data.sources import base
from skewgate.data.sources.rejected import Rejections

TYPES = {"a": pa.int64(), "b": pa.string()}
CSV_GOOD = ["1,x\n", '2,"two\nlines"\n', ',"say ""x"""\r\n', '"3",é\n', '4,5" pipe\n']
CSV_BAD = {
    "far,x\n": ("a", "'far'", "INT"),
    '2.5,"two\nlines"\n': ("a", "'2.5'", "INT"),
    "1\n": ("", "1", "2 cells"),
    "1,2,3\r\n": ("", "3", "2 cells"),
    '1,"x"y\n': ("", "a quote that is not closed at the end of a cell", "closed quotes"),
    "1,\udcff\n": ("", "bytes that are not UTF-8", "UTF-8, or the option encoding"),
}
JSON_GOOD = ['{"a": 1, "b": "x"}\n', '{"b": "2016-01-01"}\r\n', '{"a": null}\n', ' {"a": 7}\n']
JSON_BAD = {
    "7\n": ("", "'7'", "a JSON object"),
    "null\n": ("", "'null'", "a JSON object"),
    '{"a": 1}}\n': ("", "'{\"a\": 1}}'", "a JSON object"),
    '{"a": "far"}\n': ("a", "'far'", "INT"),
    '{"a": 1.5, "b": "x"}\n': ("a", "1.5", "INT"),
    '{"b": {"x": 1}}\n': ("b", '{"x": 1}', "BYTES"),
    '{"a": 1, "a": 1}\n': ("", "a key twice", "each key once"),
    '{"a": \udcff}\n': ("", "bytes that are not UTF-8", "UTF-8"),
}


def read(path, types, block, rejections):
    """Returns rows and lines."""
    rows, lines = [], []
    with mock.patch.multiple(base, BLOCK_BYTES=block, BATCH_ROWS=block):
        for batch in sources.open_file(str(path), types, complete=True).batches(
            rejections=rejections
        ):
            rows += pa.Table.from_batches([batch]).to_pylist()
            lines += base.lines_of(batch, range(batch.num_rows))
    return rows, lines


def check(suffix, start, good, bad, pieces, block):
    """Reads a file of pieces, of which some cannot be read."""
    expected_good, expected_bad = [], []
    line = 1
    pieces = [*start, *pieces]
    for piece in pieces:
        if piece in bad:
            expected_bad.append((line, *bad[piece]))
        elif piece in good:
            expected_good.append(line)
        line += piece.count("\n")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"rows.{suffix}"
        path.write_bytes("".join(pieces).encode("utf-8", "surrogateescape"))
        rejections = Rejections(None, keep=1_000)
        rows, lines = read(path, TYPES, block, rejections)
    found = [(row.line, row.column, row.found, row.expected) for row in rejections.samples]
    assert found == expected_bad
    assert lines == expected_good
    assert len(rows) + rejections.count == len(expected_good) + len(expected_bad)


@settings(max_examples=150, deadline=None)
@given(
    pieces=st.lists(st.sampled_from([*CSV_GOOD, *CSV_BAD, "\n"]), max_size=30),
    block=st.sampled_from([5, 40, 1 << 20]),
)
def test_csv_rows_are_given_or_rejected(pieces, block):
    check("csv", ['"a","b"\n'], CSV_GOOD, CSV_BAD, pieces, block)


@settings(max_examples=150, deadline=None)
@given(
    pieces=st.lists(st.sampled_from([*JSON_GOOD, *JSON_BAD, " \n"]), max_size=30),
    block=st.sampled_from([5, 40, 1 << 20]),
)
def test_json_lines_are_given_or_rejected(pieces, block):
    check("jsonl", JSON_GOOD[:1], JSON_GOOD, JSON_BAD, pieces, block)


@pytest.mark.parametrize("block", [3, 1_000])
def test_parquet_rows_are_given_or_rejected(tmp_path, block):
    cells = ["7", "far", None, "x", "12", "7.5", "8"]
    table = pa.table({"a": cells, "b": list("abcdefg")})
    pa.parquet.write_table(table, tmp_path / "rows.parquet", row_group_size=4)
    rejections = Rejections(3)
    rows, lines = read(tmp_path / "rows.parquet", TYPES, block, rejections)
    assert [row["a"] for row in rows] == [7, None, 12, 8]
    assert [row["b"] for row in rows] == ["a", "c", "e", "g"]
    assert lines == [1, 3, 5, 7]
    assert [(row.line, row.column, row.found, row.expected) for row in rejections.samples] == [
        (2, "a", "'far'", "INT"),
        (4, "a", "'x'", "INT"),
        (6, "a", "'7.5'", "INT"),
    ]


def outcome(suffix, data, block):
    """Returns all that a reading gives, whatever the file holds."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"rows.{suffix}"
        path.write_bytes(data)
        rejections = Rejections(None, keep=1_000)
        rows, lines = read(path, {**TYPES, "c": pa.list_(pa.int64())}, block, rejections)
    return rows, lines, [(row.line, row.column, row.found) for row in rejections.samples]


@settings(max_examples=200, deadline=None)
@given(text=st.text('1x,"\n\r é', max_size=60), block=st.sampled_from([1, 4, 17]))
def test_no_csv_depends_on_its_blocks(text, block):
    data = f"a,b\n{text}".encode()
    whole = outcome("csv", data, 1 << 20)
    assert outcome("csv", data, block) == whole
    places = [*whole[1], *(row[0] for row in whole[2])]
    assert len(set(places)) == len(places)


PIECES = ['{"a": 1}', '{"b": "x", "c": [1]}', "{", "}", "[", "]", '"', ",", "\n", "\r", "null", "1"]
PIECES += ['{"a": "7"}', '{"c": [2.5]}', "\ufeff", " ", "\n\n"]


@settings(max_examples=200, deadline=None)
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=20), block=st.sampled_from([1, 4, 17]))
def test_no_json_depends_on_its_blocks(pieces, block):
    data = ('{"a": 1}\n' + "".join(pieces)).encode()
    assert outcome("jsonl", data, block) == outcome("jsonl", data, 1 << 20)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("limit", [None, 0, 3])
def test_the_first_bad_row_is_named_whatever_its_column(tmp_path, suffix, limit):
    cells = [("7", "8")] * 5 + [("7", "far")] + [("7", "8")] * 3 + [("far", "far")] * 2_000
    path = tmp_path / f"rows.{suffix}"
    if suffix == "csv":
        path.write_text("a,b\n" + "".join(f"{a},{b}\n" for a, b in cells))
    elif suffix == "jsonl":
        path.write_text("".join(json.dumps({"a": a, "b": b}) + "\n" for a, b in cells))
    else:
        columns = [[row[at] for row in cells] for at in (0, 1)]
        pa.parquet.write_table(pa.table(columns, ["a", "b"]), path)
    types = {"a": pa.int64(), "b": pa.int64()}
    rejections = None if limit is None else Rejections(limit)
    with pytest.raises(InputError) as caught:
        read(path, types, 1 << 20, rejections)
    place = "line 7" if suffix == "csv" else "line 6" if suffix == "jsonl" else "row 6"
    assert str(caught.value).startswith(f"{path}: {place}, column b: expected INT, found 'far'")


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_file_of_bad_rows_alone_gives_no_row(suffix):
    start = b"a,b\n" if suffix == "csv" else b""
    rows, lines, rejected = outcome(suffix, start + b"1,2,3\nx\n" * 50, 64)
    assert (rows, lines, len(rejected)) == ([], [], 100)


@pytest.mark.parametrize("cell", [b"", b"7", b'"two\nlines"'])
@pytest.mark.parametrize("count", [1_500, 40_000, 400_000])
def test_a_row_of_many_cells_is_rejected_and_ends_no_process(tmp_path, cell, count):
    """Arrow before version 13 writes its cells where there is no memory for them."""
    path = tmp_path / "rows.csv"
    wide = b",".join([cell] * count) + b"\n"
    path.write_bytes(b"a,b\n" + b"1,x\n" * 3_000 + wide + b"2,y\n" * 3_000)
    rejections = Rejections(None, keep=2)
    rows, _ = read(path, TYPES, 8 << 20, rejections)
    assert len(rows) == 6_000
    [row] = rejections.samples
    assert (row.line, row.found, row.expected) == (3_002, str(count), "2 cells")


def test_a_header_of_very_many_cells_is_refused(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(",".join(f"c{k}" for k in range(100_001)) + "\n" + "1," * 100_000 + "1\n")
    with pytest.raises(InputError, match=r"line 1: has 100,001 cells, where at most 100,000 are"):
        sources.open_file(str(path))


def test_over_the_limit_the_first_bad_row_is_named(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n" + "1,x\n" * 7 + "far,x\n" * 3)
    with pytest.raises(InputError) as caught:
        read(path, TYPES, 16, Rejections(2))
    assert str(caught.value) == (
        f"{path}: line 9, column a: expected INT, found 'far', the first of 3 rows so far that "
        "cannot be read, but max_rejected allows 2. Fix: correct the rows, or raise max_rejected."
    )
