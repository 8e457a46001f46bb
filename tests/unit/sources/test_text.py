import bz2
import gzip
import json
import sys

import pyarrow as pa
import pytest

pytestmark = pytest.mark.usefixtures("small_blocks")


@pytest.fixture
def write(tmp_path):
    def write(content, name="trips.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


# CSV.


def test_csv_is_read_in_blocks(reader, write):
    found = reader.read(write("fare,company\n" + "".join(f"{i},Blue\n" for i in range(100))))
    assert [row["fare"] for row in found.rows] == list(range(100))
    assert found.kinds == {"fare": "int64", "company": "string"}
    assert len(found.batches) > 5


def test_only_the_columns_that_are_asked_for_are_read(reader, write):
    path = write("a,b,c\n1,2,3\n4,5,6\n")
    assert reader.read(path, ["c", "a", "z"]).rows == [{"a": 1, "c": 3}, {"a": 4, "c": 6}]


def test_rows_of_a_csv_file_without_the_columns_count(reader, write):
    found = reader.read(write("a,b\n1,2\n4,5\n"), ["z"])
    assert sum(batch.num_rows for batch in found.batches) == 2


@pytest.mark.parametrize(
    ("first", "later", "kind", "value"),
    [
        ("1", "2.5", "double", 2.5),
        ("1", "99999999999999999999", "double", 1e20),
        ("1", "far", "string", "far"),
        ("1.5", "far", "string", "far"),
        ("true", "far", "string", "far"),
        ("true", "7", "string", "7"),
        ("", "7", "int64", 7),
        ("", "7.5", "double", 7.5),
        ("", "far", "string", "far"),
        ("", "true", "bool", True),
        ("", "2016-01-01 10:00:00", "timestamp[s]", None),
        ("", 'say ""x""\nand y', "string", 'say "x"\nand y'),
        ("2016-01-01", "2016-01-01 10:00:00", "timestamp[s]", None),
        ("2016-01-01", "2016-01-01 10:00:00.5", "timestamp[ns]", None),
        ("2016-01-01 10:00:00", "2016-01-01 10:00:00.5", "timestamp[ns]", None),
        ("2016-01-01 10:00:00", "never", "string", "never"),
    ],
)
def test_a_wider_type_that_comes_late_is_that_of_the_column(
    reader, write, first, later, kind, value
):
    rows = f"{first},1\n" * 50 + f'"{later}",2\n' + f"{first},3\n" * 50
    found = reader.read(write("a,b\n" + rows))
    assert found.kinds == {"a": kind, "b": "int64"}
    assert [row["b"] for row in found.rows] == [1] * 50 + [2] + [3] * 50
    if value is not None:
        assert found.rows[50]["a"] == value
    if first == "":
        assert found.rows[0]["a"] is None


def test_types_widen_in_several_columns_and_steps(reader, write):
    rows = ["1,1,x"] * 30 + ["2.5,1,x"] * 30 + ["far,1,x"] * 30 + ["far,2.5,x"] * 30
    found = reader.read(write("a,b,c\n" + "\n".join(rows)))
    assert found.kinds == {"a": "string", "b": "double", "c": "string"}
    assert [row["a"] for row in found.rows[::30]] == ["1", "2.5", "far", "far"]
    assert len(found.rows) == 120


def test_the_wider_column_is_found_among_those_that_are_read(reader, write):
    path = write("a,b,c\n" + "x,1,7\n" * 30 + "x,1,7.5\n")
    found = reader.read(path, ["c"])
    assert (found.kinds, found.rows[-1]) == ({"c": "double"}, {"c": 7.5})


def test_a_column_without_a_value_has_no_type(reader, write):
    assert reader.read(write("a,b\n" + ",1\n" * 40)).kinds == {"a": "null", "b": "int64"}


def test_an_empty_cell_is_null_and_the_word_null_is_text(reader, write):
    found = reader.read(write('a,b\n,NULL\nx,NA\n"",""\n'))
    assert [tuple(row.values()) for row in found.rows] == [(None, "NULL"), ("x", "NA"), (None,) * 2]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(reader, write, end):
    found = reader.read(write(end.join(["a,b", *["1,x"] * 40, ""])))
    assert found.rows == [{"a": 1, "b": "x"}] * 40


def test_cells_may_hold_quotes_commas_and_line_ends(reader, write):
    row = '"Blue, ""Inc""\nof\r\nChicago",3\n'
    found = reader.read(write("name,n\n" + row * 20))
    assert found.rows == [{"name": 'Blue, "Inc"\nof\r\nChicago', "n": 3}] * 20


def test_headers_may_hold_quotes_commas_and_line_ends(reader, write):
    found = reader.read(write('"a, ""x""\ny",b\n1,2\n'))
    assert found.rows == [{'a, "x"\ny': 1, "b": 2}]


def test_a_header_longer_than_any_block_of_reading(reader, write, monkeypatch):
    monkeypatch.undo()
    names = [f"column_{i:05d}" for i in range(8_000)]
    found = reader.read(write(",".join(names) + "\n" + ",".join(["7"] * 8_000) + "\n"))
    assert found.rows == [dict.fromkeys(names, 7)]


@pytest.mark.parametrize("before", ["\ufeff", "\n\n", "\r\n"])
def test_what_may_stand_before_the_header(reader, write, before):
    assert reader.read(write(before + "fare,miles\n1,2\n")).rows == [{"fare": 1, "miles": 2}]


@pytest.mark.parametrize("header", ["a,b", "a,b\n", "a,b\r\n", "a,b\n\n\n"])
def test_a_header_alone_is_zero_rows(reader, write, header):
    assert reader.read(write(header)).rows == []


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "b.ndjson"])
@pytest.mark.parametrize("content", ["", " \n\n"])
def test_empty_files_are_refused(reader, write, name, content):
    path = write(content, name)
    assert reader.message(path) == f"{path}: is empty. Fix: give a file with rows."


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.csv.gz", gzip.compress),
        ("a.csv.bz2", bz2.compress),
        ("a.csv.zst", lambda data: pa.compress(data, "zstd", asbytes=True)),
    ],
)
def test_compressed_csv(reader, write, name, pack):
    found = reader.read(write(pack(b"a,b\n" + b"1,x\n" * 50 + b"1.5,x\n"), name))
    assert len(found.rows) == 51
    assert found.rows[-1] == {"a": 1.5, "b": "x"}


def test_a_cut_off_compressed_file_is_refused(reader, write):
    rows = "".join(f"{i * i},{i}\n" for i in range(2_000)).encode()
    for name, data in (
        ("a.csv.gz", gzip.compress(b"a,b\n" + rows)[:-300]),
        ("a.csv.bz2", bz2.compress(b"a,b\n" + rows)[:-300]),
        ("b.csv.gz", b"a,b\n1,2\n"),
        ("b.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 2_000)[:-20]),
    ):
        path = write(data, name)
        assert reader.message(path).startswith(f"{path}: is not a whole compressed file (")


@pytest.mark.parametrize("rows", [1, 60])
def test_what_is_not_utf8_is_named_with_its_line(reader, write, rows):
    path = write(b"n,company\n" + b"1,Blue\n" * rows + b"2,caf\xe9\n3,Red\n")
    assert reader.message(path) == (
        f"{path}: line {rows + 2}: byte 0xe9 is not UTF-8. Fix: save the file as UTF-8."
    )


def test_a_letter_between_two_blocks_is_utf8(reader, write):
    for shift in range(4):
        found = reader.read(write("a,b\n" + "x" * shift + ",1\n" + "é,2\n" * 60))
        assert found.rows[-1] == {"a": "é", "b": 2}


def test_a_file_that_ends_within_a_letter_is_refused(reader, write):
    path = write(b"a,b\n1,x\n2,caf\xc3")
    assert reader.message(path).startswith(f"{path}: line 3: byte 0xc3 is not UTF-8")


@pytest.mark.parametrize("header", ["fare,miles,fare", 'fare,miles,"fare"', "fare,miles,fare\r"])
def test_a_duplicate_column_is_named(reader, write, header):
    path = write(header + "\n1,2,3\n")
    assert reader.message(path) == (
        f"{path}: line 1: has the column fare twice. Fix: rename one of them."
    )


@pytest.mark.parametrize("before", [0, 1, 60])
@pytest.mark.parametrize(("row", "cells"), [("1", 1), ("1,2,3", 3)])
def test_a_row_of_another_length_is_named(reader, write, before, row, cells):
    path = write("a,b\n" + "7,8\n" * before + row + "\n7,8\n")
    assert reader.message(path) == (
        f"{path}: line {before + 2}: Expected 2 columns, got {cells}: {row}. "
        "Fix: give every line as many cells as the header."
    )


def test_a_quote_that_is_never_closed_is_refused(reader, write):
    path = write('a,b\n1,x\n2,"y\n3,z\n')
    assert reader.message(path) == (
        f"{path}: has an odd number of quotes, so one is never closed. Fix: close or double it."
    )


def test_a_quote_in_the_header_that_is_never_closed_is_refused(reader, write):
    assert "Fix: " in reader.message(write('"a,b\n1,x\n2,y\n'))


@pytest.mark.skipif(sys.version_info >= (3, 11), reason="csv takes a NUL")
def test_a_header_that_is_no_text_is_refused(reader, write):
    path = write(b"a,b\0\n1,2\n")
    assert reader.message(path) == (
        f"{path}: line 1: is not the header of a CSV file (line contains NUL). "
        "Fix: correct the line."
    )


def test_types_come_from_the_schema(reader, write):
    declared = {"a": pa.float64(), "b": pa.string(), "gone": pa.int64()}
    found = reader.read(write("a,b,c\n1,2,3\n"), **declared)
    assert found.rows == [{"a": 1.0, "b": "2", "c": 3}]


@pytest.mark.parametrize("before", [0, 60])
@pytest.mark.parametrize(("cell", "kind"), [("far", "INT"), ("2.5", "INT"), ("far", "FLOAT")])
def test_a_value_against_the_schema_is_named(reader, write, before, cell, kind):
    path = write("a,miles\n" + "1,2\n" * before + f"1,{cell}\n")
    declared = pa.int64() if kind == "INT" else pa.float64()
    assert reader.message(path, miles=declared) == (
        f"{path}: column miles: must be {kind} by the schema, found {cell!r}. "
        "Fix: correct the value, or the type in the schema."
    )


# JSON Lines.


def lines(*objects):
    return "".join(json.dumps(each) + "\n" for each in objects)


def test_json_lines_are_read_in_blocks(reader, write):
    content = lines(*({"n": i, "ok": i % 2 == 0} for i in range(100)))
    found = reader.read(write(content, "a.jsonl"))
    assert [row["n"] for row in found.rows] == list(range(100))
    assert found.kinds == {"n": "int64", "ok": "bool"}
    assert len(found.batches) > 10


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_compressed_json_lines(reader, write, pack):
    name = "a.jsonl.gz" if pack is gzip.compress else "a.ndjson.bz2"
    found = reader.read(write(pack(lines(*[{"a": 1.5}] * 50).encode()), name))
    assert found.rows == [{"a": 1.5}] * 50


def test_json_without_a_line_end_and_with_blank_lines(reader, write):
    found = reader.read(write('{"a": 1}\n\n\r\n{"a": 2}\r\n' * 10 + '{"a": 3}', "a.jsonl"))
    assert [row["a"] for row in found.rows] == [1, 2] * 10 + [3]


def test_an_object_longer_than_a_block(reader, write):
    name = "x" * 500
    found = reader.read(write(lines({"a": "y"}, {"a": name}, {"a": "y"}), "a.jsonl"))
    assert [row["a"] for row in found.rows] == ["y", name, "y"]


def test_json_columns_may_come_and_go(reader, write):
    content = lines(*[{"a": 1}] * 20, *[{}] * 20, *[{"b": "x"}] * 20)
    found = reader.read(write(content, "a.jsonl"))
    assert sum(batch.num_rows for batch in found.batches) == 60
    assert found.kinds == {"a": "int64", "b": "string"}
    only = reader.read(write(content, "a.jsonl"), ["b"])
    assert sum(batch.num_rows for batch in only.batches) == 60
    assert only.kinds == {"b": "string"}


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("declared", [False, True])
def test_text_that_looks_like_times_in_some_blocks_is_text(reader, write, order, declared):
    cells = [*["2016-01-01 10:00:00"] * 20, *["never"] * 20][::order]
    path = write(lines(*({"a": cell} for cell in cells)), "a.jsonl")
    found = reader.read(path, **({"a": pa.string()} if declared else {}))
    assert found.kinds == {"a": "string"}
    assert [row["a"] for row in found.rows] == cells


def test_json_times_are_times_unless_the_schema_says_text(reader, write):
    path = write(lines(*[{"a": "2016-01-01 10:00:00"}] * 20), "a.jsonl")
    assert reader.read(path).kinds == {"a": "timestamp[s]"}
    assert reader.read(path, a=pa.string()).kinds == {"a": "string"}
    assert reader.read(path, a=pa.int64()).rows[0] == {"a": 1_451_642_400}


def test_json_numbers_are_text_if_the_schema_says_so(reader, write):
    path = write(lines(*[{"a": 12}] * 10, *[{"a": 7}] * 10), "a.jsonl")
    assert [row["a"] for row in reader.read(path, a=pa.string()).rows] == ["12"] * 10 + ["7"] * 10


def test_json_values_against_the_schema_are_named(reader, write):
    path = write(lines({"a": "x"}), "a.jsonl")
    assert reader.message(path, a=pa.int64()).startswith(
        f"{path}: column a: must be INT by the schema, found string ("
    )


@pytest.mark.parametrize("before", [0, 3, 70])
@pytest.mark.parametrize("line", ['{"a": ', "7", "[1]", '{"a": 1, "a": 2}'])
def test_a_broken_line_is_named(reader, write, before, line):
    path = write(lines(*[{"a": 1}] * before) + line + "\n" + lines({"a": 2}), "a.jsonl")
    assert reader.message(path).startswith(f"{path}: line {before + 1}")
    assert "is not JSON Lines (" in reader.message(path)


def test_a_column_of_text_and_numbers_is_refused_with_its_line(reader, write):
    path = write(lines({"a": 1}, {"a": 2}, {"a": "far"}), "a.jsonl")
    assert reader.message(path).startswith(f"{path}: line 3: is not JSON Lines (")


def test_json_that_is_not_utf8_is_named_with_its_line(reader, write):
    path = write(lines(*[{"a": 1}] * 30).encode() + b'{"a": "\xe9"}\n', "a.jsonl")
    assert reader.message(path) == (
        f"{path}: line 31: byte 0xe9 is not UTF-8. Fix: save the file as UTF-8."
    )
