import bz2
import gzip
import json

import pyarrow as pa
import pytest

from skewgate.core.errors import InputError
from skewgate.data import sources
from skewgate.data.ingest.to_features import to_features
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


def lines(*objects):
    return "".join(json.dumps(each) + "\n" for each in objects)


def test_json_lines_are_read_in_blocks(reader, write):
    content = lines(*({"n": i, "ok": i % 2 == 0} for i in range(100)))
    found = reader.read(write(content, "a.jsonl"))
    assert [row["n"] for row in found.rows] == list(range(100))
    assert found.kinds == {"n": "int64", "ok": "bool"}
    assert len(found.batches) > 10


@pytest.mark.parametrize("rows", [99_999, 100_000, 100_001, 250_000])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_block_of_very_many_short_rows_is_read(reader, write, monkeypatch, rows, end):
    monkeypatch.setattr(base, "BLOCK_BYTES", 1 << 23)
    content = end.join(f'{{"n":{i % 7}}}' for i in range(rows)) + end
    found = reader.read(write(content, "a.jsonl"))
    assert [row["n"] for row in found.rows] == [i % 7 for i in range(rows)]


def test_a_bad_row_behind_very_many_short_ones_is_named_by_its_line(reader, write, monkeypatch):
    monkeypatch.setattr(base, "BLOCK_BYTES", 1 << 23)
    content = '{"n":1}\n' * 150_000 + "{]\n" + '{"n":2}\n'
    rejections = Rejections(1)
    found = reader.read(write(content, "a.jsonl"), rejections=rejections)
    assert len(found.rows) == 150_001
    assert [row.line for row in rejections.samples] == [150_001]


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
    assert found.rows[::30] == [{"a": 1, "b": None}, {"a": None, "b": None}]
    assert found.rows[-1] == {"a": None, "b": "x"}
    assert sum(batch.num_rows for batch in found.batches) == 60
    assert found.kinds == {"a": "int64", "b": "string"}
    only = reader.read(write(content, "a.jsonl"), ["b"])
    assert sum(batch.num_rows for batch in only.batches) == 60
    assert only.kinds == {"b": "string"}


def test_a_column_of_the_schema_that_no_row_has_is_not_there(reader, write):
    content = lines(*[{"a": 1}] * 20, *[{"late": "7"}] * 20)
    found = reader.read(write(content, "a.jsonl"), late=pa.int64(), gone=pa.int64())
    assert found.kinds == {"a": "int64", "late": "int64"}
    assert [row["late"] for row in found.rows] == [None] * 20 + [7] * 20


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
    assert reader.message(path, a=pa.int64()) == (
        f"{path}: line 1, column a: expected INT, found 'x'. {VALUE}"
    )


@pytest.mark.parametrize("before", [0, 3, 70])
@pytest.mark.parametrize(
    "line", ['{"a": ', "7", "[1]", "null", '{"a": 2}}', '{"a": 2} {"a": 3}', '{"a": 1e999}', "x"]
)
def test_a_broken_line_is_named(reader, write, before, line):
    path = write(lines(*[{"a": 1}] * before) + line + "\n" + lines({"a": 2}), "a.jsonl")
    assert reader.message(path) == (
        f"{path}: line {before + 1}: expected a JSON object, found {line!r}. {ROW}"
    )


@pytest.mark.parametrize("last", ['{"a": 2}}', '{"a": 2}]', '{"a": 2} {"a": 3}', '{"a": 2} x'])
def test_what_follows_the_last_object_is_not_lost(reader, write, last):
    path = write(lines({"a": 1}) + last, "a.jsonl")
    assert f"{path}: line 2: expected a JSON object" in reader.message(path)


def test_a_key_that_stands_twice_is_refused(reader, write):
    path = write('{"a": 1, "a": 2}\n', "a.jsonl")
    assert (
        reader.message(path) == f"{path}: line 1: expected each key once, found a key twice. {ROW}"
    )


@pytest.mark.parametrize("before", [2, 60])
@pytest.mark.parametrize(
    ("first", "other", "kind"),
    [
        (1, "far", "a number"),
        ("far", 1, "a text"),
        (True, 1, "a boolean"),
        ([1], "far", "a number"),
        (1, {"x": 1}, "a number"),
        ([1], ["x"], "a number"),
        ({"x": 1}, 1, "an object"),
        ([[1]], [1], "a list"),
    ],
)
def test_a_value_of_another_kind_is_named(reader, write, before, first, other, kind):
    path = write(lines(*[{"a": first}] * before, {"a": other}), "a.jsonl")
    found = repr(other) if isinstance(other, str) else json.dumps(other)
    assert reader.message(path) == (
        f"{path}: line {before + 1}, column a: expected {kind} as before, found {found}. {VALUE}"
    )


def test_json_that_is_not_utf8_is_named_with_its_line(reader, write):
    path = write(lines(*[{"a": 1}] * 30).encode() + b'{"a": "\xe9"}\n', "a.jsonl")
    assert reader.message(path) == (
        f"{path}: line 31: expected UTF-8, found bytes that are not UTF-8. {ROW}"
    )


@pytest.mark.parametrize("before", [1, 60])
@pytest.mark.parametrize(
    ("first", "later", "kind"),
    [
        (1, 2.5, "double"),
        (None, 7, "int64"),
        (None, "x", "string"),
        ("2016-01-01", "x", "string"),
        ([], [7], "list<item: int64>"),
        ([1], [2.5], "list<item: double>"),
        (["2016-01-01"], ["x"], "list<item: string>"),
    ],
)
def test_a_wider_type_that_comes_late_is_that_of_the_column(
    reader, write, before, first, later, kind
):
    found = reader.read(write(lines(*[{"a": first}] * before, {"a": later}), "a.jsonl"))
    assert found.kinds == {"a": kind}
    assert [row["a"] for row in found.rows] == [first] * before + [later]


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        (pa.int64(), [1, "7", True, 2.0, "2016-01-01"], [1, 7, 1, 2, 1_451_606_400]),
        (pa.float64(), [1, "7.5", True, 2.5], [1.0, 7.5, 1.0, 2.5]),
        (pa.string(), ["x", 7, True, "2016-01-01"], ["x", "7", "true", "2016-01-01"]),
    ],
)
@pytest.mark.parametrize("times", [1, 20])
def test_values_of_several_kinds_are_what_the_schema_says(
    reader, write, kind, values, expected, times
):
    cells = [value for value in values for _ in range(times)]
    found = reader.read(write(lines(*({"a": cell} for cell in cells)), "a.jsonl"), a=kind)
    assert [row["a"] for row in found.rows] == [each for each in expected for _ in range(times)]


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (pa.int64(), "INT", 2.5),
        (pa.int64(), "INT", 2**63),
        (pa.int64(), "INT", "far"),
        (pa.float64(), "FLOAT", "far"),
        (pa.string(), "BYTES", {"x": 1}),
    ],
)
def test_values_against_the_schema_are_rejected(reader, write, kind, name, value):
    rejections = Rejections(1)
    path = write(lines({"a": None}, {"a": value}, {"b": 7}), "a.jsonl")
    found = reader.read(path, rejections=rejections, a=kind)
    assert found.rows == [{"a": None, "b": None}, {"a": None, "b": 7}]
    [row] = rejections.samples
    assert (row.line, row.column, row.expected) == (2, "a", name)


def test_lists_are_what_the_schema_says_of_their_values(reader, write):
    cells = [["2016-01-01"], ["x", "y"], None, []]
    path = write(lines(*({"a": cell} for cell in cells)), "a.jsonl")
    assert [row["a"] for row in reader.read(path, a=pa.string()).rows] == cells


def test_nested_objects_come_as_structs(reader, write):
    found = reader.read(write(lines({"a": {"x": 1}}), "a.jsonl"))
    with pytest.raises(InputError, match="column a: has the type struct<x: int64>"):
        to_features(found.batches[0], "a.jsonl")


def test_lines_are_counted_over_blank_ones(reader, write):
    found = reader.read(write('\n{"a": 1}\n\n\r\n {"a": 2}\n' * 20, "a.jsonl"))
    assert found.lines == [line for at in range(20) for line in (2 + 5 * at, 5 + 5 * at)]


@pytest.mark.parametrize(
    "value",
    [
        "1e999",
        '"\\ud800"',
        '{"b": 1e999}',
        "[1, 1e999]",
        '{"b": 1, "b": 2}',
        "[" * 70 + "]" * 70,
        '{"\\ud800": 1}',
    ],
)
def test_what_is_ignored_rejects_no_row_whatever_it_holds(tmp_path, value):
    path = tmp_path / "rows.jsonl"
    lines = [f'{{"x": 1, "odd": {value}}}', '{"x": "far", "odd": 2}', '{"x": 2, "odd": "a"}']
    path.write_text("\n".join(lines))
    rejections = Rejections(None)
    source = sources.open_file(str(path), {"x": pa.int64()})
    found = [x for b in source.batches({"x"}, rejections) for x in b.column("x").to_pylist()]
    assert found == [1, 2]
    assert rejections.count == 1


def test_rows_with_keys_of_their_own_are_refused_before_they_are_read(reader, write, monkeypatch):
    monkeypatch.setattr(base, "BLOCK_BYTES", 1 << 23)
    path = write("".join(f'{{"k{at}": 1}}\n' for at in range(10_000)), "a.jsonl")
    assert reader.message(path).startswith(f"{path}: lines 1 to 10000: hold 10,000 different keys")


def test_names_that_come_again_and_again_are_found_in_few_readings(reader, write, monkeypatch):
    monkeypatch.setattr(base, "BLOCK_BYTES", 64)
    found = reader.read(
        write("".join(f'{{"a": 1, "k{at}": {at}}}\n' for at in range(60)), "a.jsonl")
    )
    assert len(found.rows) == 60
    assert found.rows[59] == {"a": 1} | dict.fromkeys([f"k{at}" for at in range(59)]) | {"k59": 59}
