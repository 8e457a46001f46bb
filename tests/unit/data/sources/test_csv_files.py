import bz2
import gzip
import math

import pyarrow as pa
import pytest

from skewgate.data.sources import base
from skewgate.data.sources.rejected import Rejections

ROW = "Fix: correct the row."
VALUE = "Fix: correct the value, or the type in the schema."
pytestmark = pytest.mark.usefixtures("small_blocks")


@pytest.fixture
def write(tmp_path):
    def write(content, name="trips.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


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
        ("2016-01-01", "2016-01-01 10:00:00.5", "timestamp[us]", None),
        ("2016-01-01 10:00:00", "2016-01-01 10:00:00.5", "timestamp[us]", None),
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


def test_an_empty_cell_is_null_and_the_word_null_beside_other_words_is_text(reader, write):
    found = reader.read(write('a,b\n,NULL\nx,far\n"",""\n'))
    assert [tuple(row.values()) for row in found.rows] == [
        (None, "NULL"),
        ("x", "far"),
        (None,) * 2,
    ]


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
        f"{path}: line {rows + 2}: expected UTF-8, or the option encoding, found bytes that are "
        f"not UTF-8. {ROW}"
    )


def test_a_letter_between_two_blocks_is_utf8(reader, write):
    for shift in range(4):
        found = reader.read(write("a,b\n" + "x" * shift + ",1\n" + "é,2\n" * 60))
        assert found.rows[-1] == {"a": "é", "b": 2}


def test_a_file_that_ends_within_a_letter_is_refused(reader, write):
    path = write(b"a,b\n1,x\n2,caf\xc3")
    assert reader.message(path).startswith(
        f"{path}: line 3: expected UTF-8, or the option encoding"
    )


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
        f"{path}: line {before + 2}: expected 2 cells, found {cells}. {ROW}"
    )


def test_a_quote_that_is_never_closed_is_refused(reader, write):
    path = write('a,b\n1,x\n2,"y\n3,z\n')
    assert reader.message(path) == (
        f"{path}: line 3: expected closed quotes, found a quote that is not closed at the end of "
        f"a cell. {ROW}"
    )


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (b'"a,b\n1,x\n2,y\n', "has a quote that is never closed"),
        (b'"a"x,b\n1,2\n', "has a quote that is never closed"),
    ],
)
def test_a_header_that_cannot_be_read_is_refused(reader, write, header, problem):
    path = write(header)
    assert reader.message(path) == f"{path}: line 1: {problem}. Fix: correct the header."


def test_a_header_that_is_not_utf8_names_the_option(reader, write):
    path = write(b"caf\xe9,b\n1,2\n")
    assert reader.message(path) == (
        f"{path}: line 1: is not UTF-8. Fix: give the option encoding, such as cp1252."
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
        f"{path}: line {before + 2}, column miles: expected {kind}, found {cell!r}. {VALUE}"
    )


def test_numbers_are_text_if_the_schema_says_so(reader, write):
    found = reader.read(write("zip\n007\n1e5\n"), zip=pa.string())
    assert found.rows == [{"zip": "007"}, {"zip": "1e5"}]


def test_words_for_no_number_and_infinity_are_floats(reader, write):
    found = reader.read(write("a,b\nNaN,inf\n1,-inf\n"))
    assert found.kinds == {"a": "double", "b": "double"}
    assert found.rows[1] == {"a": 1.0, "b": -math.inf}
    assert math.isnan(found.rows[0]["a"])


def test_bits_are_words_and_1_is_a_number(reader, write):
    found = reader.read(write("a,b,c\ntrue,1,TRUE\nFalse,0,1\n"))
    assert found.kinds == {"a": "bool", "b": "int64", "c": "string"}


@pytest.mark.parametrize("before", [1, 60])
@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (("true", "False"), (1, 0)),
        (("2016-01-01", "1970-01-02"), (1_451_606_400, 86_400)),
        (("2016-01-01 00:00:01", "2016-01-01 00:00:01.5"), (1_451_606_401, 1_451_606_401)),
        (("01:00:07", "00:01"), (3_607, 60)),
    ],
)
def test_bits_and_times_are_integers_if_the_schema_says_so(reader, write, before, cells, numbers):
    path = write("a,b\n" + f"{cells[0]},x\n" * before + f"{cells[1]},x\n")
    found = reader.read(path, a=pa.int64())
    assert [row["a"] for row in found.rows] == [numbers[0]] * before + [numbers[1]]
    assert found.kinds["a"] == "int64"


def test_bits_that_come_late_are_integers_if_the_schema_says_so(reader, write):
    path = write("a,b\n" + ",x\n" * 60 + "true,x\n" * 60)
    found = reader.read(path, a=pa.int64())
    assert [row["a"] for row in found.rows] == [None] * 60 + [1] * 60


@pytest.mark.parametrize("order", [1, -1])
def test_a_time_among_integers_is_one_if_the_schema_says_so(reader, write, order):
    cells = [*["7"] * 60, *["2016-01-01"] * 60, "true", "1.0"][::order]
    found = reader.read(write("a\n" + "\n".join(cells)), a=pa.int64())
    expected = [7] * 60 + [1_451_606_400] * 60 + [1, 1]
    assert [row["a"] for row in found.rows] == expected[::order]


def test_a_quote_within_a_cell_is_a_letter(reader, write):
    found = reader.read(write('a,b\n5" pipe,6"\n"7"" pipe, blue",x\n'))
    assert [row["a"] for row in found.rows] == ['5" pipe', '7" pipe, blue']


def test_text_behind_a_closing_quote_is_refused(reader, write):
    # Without the rule the row would swallow the next one.
    path = write('a,b\n1,"x\n2,"y"\n3,z\n')
    assert "line 2: expected closed quotes" in reader.message(path)


def test_a_wide_file(reader, write, monkeypatch):
    monkeypatch.undo()
    names = [f"c{i}" for i in range(2_000)]
    path = write(",".join(names) + "\n" + (",".join(["7"] * 2_000) + "\n") * 3)
    assert reader.read(path).rows == [dict.fromkeys(names, 7)] * 3


def test_a_single_column_passes_over_blank_lines(reader, write):
    found = reader.read(write('a\n1\n\n""\n\r\n3\n'))
    assert [row["a"] for row in found.rows] == [1, None, 3]
    assert found.lines == [2, 4, 6]


def test_lines_are_those_where_rows_start(reader, write):
    row = '"two\nlines",1\n'
    found = reader.read(write("\n\n" + '"a\nb",c\n' + row * 20 + "\n\n" + "x,2\n" * 20))
    assert found.lines == [5 + 2 * at for at in range(20)] + [47 + at for at in range(20)]


def test_a_row_longer_than_may_be_ends_at_its_line(reader, write, monkeypatch):
    monkeypatch.setattr(base, "LONGEST_ROW", 200)
    rejections = Rejections(None)
    path = write('a,b\n1,"x\n' + "2,y\n" * 500)
    found = reader.read(path, rejections=rejections)
    assert len(found.rows) == 500
    assert [row.line for row in rejections.samples] == [2]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_line_without_end_is_refused(reader, write, monkeypatch, name):
    monkeypatch.setattr(base, "LONGEST_ROW", 200)
    path = write(("a,b\n" if name == "a.csv" else "") + "1,x" * 500, name)
    assert reader.message(path).startswith(f"{path}: line {2 if name == 'a.csv' else 1}: is longer")
