import datetime
import decimal
import io
import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate import tables
from skewgate.errors import InputError

TAXI = b"fare,miles,company\n4.5,2,Blue\n7,,Red\n"
TYPES = {"fare": pa.float64(), "miles": pa.int64(), "company": pa.string()}


def message(name, data, types=None):
    with pytest.raises(InputError) as caught:
        tables.read_table(name, data, types)
    return str(caught.value)


def parquet(table):
    buffer = io.BytesIO()
    pa.parquet.write_table(table, buffer)
    return buffer.getvalue()


# Reading.


def test_types_come_from_the_schema():
    schema = schema_pb2.Schema()
    for name, kind in (("fare", "FLOAT"), ("miles", "INT"), ("company", "BYTES")):
        schema.feature.add(name=name, type=schema_pb2.FeatureType.Value(kind))
    schema.feature.add(name="untyped")
    schema.feature.add(name="nested", type=schema_pb2.STRUCT)
    assert tables.column_types(schema) == TYPES


def test_csv_is_read_with_types():
    table = tables.read_table("data/trips.csv", TAXI, TYPES)
    assert table.to_pydict() == {
        "fare": [4.5, 7.0],
        "miles": [2, None],
        "company": ["Blue", "Red"],
    }
    assert table.schema.field("fare").type == pa.float64()


def test_csv_types_are_inferred_from_every_row():
    rows = "".join(f"{i}\n" for i in range(50_000)) + "1.5\n"
    table = tables.read_table("a.csv", b"x\n" + rows.encode())
    assert table.schema.field("x").type == pa.float64()
    assert table["x"][50_000].as_py() == 1.5


def test_csv_cells_may_hold_quotes_commas_and_line_ends():
    table = tables.read_table("a.csv", b'name,n\n"Blue, ""Inc""\nof Chicago",3\n')
    assert table.to_pydict() == {"name": ['Blue, "Inc"\nof Chicago'], "n": [3]}


def test_an_empty_cell_is_null_and_the_word_null_is_text():
    table = tables.read_table("a.csv", b"a,b\n,NULL\nx,NA\n")
    assert table.to_pydict() == {"a": [None, "x"], "b": ["NULL", "NA"]}


def test_byte_order_mark_is_no_part_of_the_first_column():
    assert tables.read_table("a.csv", b"\xef\xbb\xbffare,miles\n1,2\n").column_names == [
        "fare",
        "miles",
    ]


@pytest.mark.parametrize("name", ["a.jsonl", "b.ndjson", "C.JSONL"])
def test_json_lines_are_read(name):
    table = tables.read_table(name, b'{"fare": 4.5, "paid": true}\n{"fare": 7}\n')
    assert table.to_pydict() == {"fare": [4.5, 7.0], "paid": [True, None]}


def test_parquet_is_read():
    table = pa.table({"fare": [4.5, None, 1.0], "company": ["Blue", "Red", None]})
    assert tables.read_table("a.parquet", parquet(table)).equals(table)


# Bad input.


@pytest.mark.parametrize("name", ["a.txt", "a.csv.gz", "noending"])
def test_unknown_format_lists_the_known(name):
    assert message(name, TAXI) == (
        f"{name}: is none of the formats .csv, .parquet, .jsonl, .ndjson. "
        "Fix: rename or convert the file."
    )


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.jsonl"])
@pytest.mark.parametrize("data", [b"", b" \n\n"])
def test_empty_file_is_refused(name, data):
    assert message(name, data) == f"{name}: is empty. Fix: give a file with rows."


def test_header_only_is_refused():
    expected = "has a header and no rows. Fix: give a file with rows."
    assert message("a.csv", b"fare,miles\n") == f"a.csv: {expected}"
    empty = pa.table({"fare": pa.array([], pa.float64())})
    assert message("a.parquet", parquet(empty)) == f"a.parquet: {expected}"


def test_what_is_not_utf8_is_named_with_its_line():
    assert message("a.csv", b"company\nBlue\ncaf\xe9\n") == (
        "a.csv: line 3: byte 0xe9 is not UTF-8. Fix: save the file as UTF-8."
    )


@pytest.mark.parametrize("header", [b"fare,miles,fare", b'fare,miles,"fare"', b"fare,miles,fare\r"])
def test_duplicate_column_is_named(header):
    assert message("a.csv", header + b"\n1,2,3\n") == (
        "a.csv: line 1: has the column fare twice. Fix: rename one of them."
    )


@pytest.mark.parametrize(
    ("cell", "column", "kind"),
    [("far", "miles", "INT"), ("2.5", "miles", "INT"), ("cheap", "fare", "FLOAT")],
)
def test_text_in_a_numeric_column_names_line_and_column(cell, column, kind):
    row = {"fare": "2.5", "miles": "3", "company": "far", column: cell}
    data = TAXI + ",".join(row.values()).encode() + b"\n1,1,Blue\n"
    assert message("a.csv", data, TYPES) == (
        f"a.csv: line 4, column {column}: must be {kind} by the schema, found {cell!r}. "
        "Fix: correct the value, or the type in the schema."
    )


def test_the_same_text_in_a_column_that_admits_it_is_not_blamed():
    # 1.5 is a fare on line 2 and no number of miles on line 3.
    assert "line 3, column miles: must be INT" in message(
        "a.csv", b"fare,miles\n1.5,2\n2.5,1.5\n", TYPES
    )


def test_text_with_blanks_is_found():
    assert "line 2, column miles: must be INT by the schema, found 'far'" in message(
        "a.csv", b"fare,miles\n1, far \n", TYPES
    )


@pytest.mark.parametrize(("row", "got"), [(b"5", 1), (b"5,6,7", 3)])
def test_row_of_the_wrong_length_names_its_line(row, got):
    text = message("a.csv", b"fare,miles\n1,2\n" + row + b"\n3,4\n")
    assert text.startswith(f"a.csv: line 3: Expected 2 columns, got {got}")


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_truncated_parquet_is_refused(keep):
    data = parquet(pa.table({"fare": np.arange(5_000.0)}))
    text = message("part-0.parquet", data[: int(len(data) * keep)])
    assert text.startswith("part-0.parquet: is not a whole Parquet file (")
    assert text.endswith("). Fix: write it again.")


def test_text_named_parquet_is_refused():
    assert "a.parquet: is not a whole Parquet file" in message("a.parquet", TAXI)


@pytest.mark.parametrize(
    "data",
    [b'{"fare": 1}\n{"fare": }\n', b'{"fare": 1}\n{"fare": "high"}\n', b"fare,miles\n1,2\n"],
    ids=["malformed", "two types", "csv"],
)
def test_broken_json_lines_are_refused(data):
    text = message("a.jsonl", data)
    assert text.startswith("a.jsonl: is not JSON Lines (JSON parse error: ")
    assert text.endswith("Fix: write one object a line.")


# Encoding.


@pytest.mark.parametrize(
    ("column", "kind", "expected"),
    [
        (pa.array([1, None, 3], pa.int32()), pa.int64(), [[1], None, [3]]),
        (pa.array([2**40], pa.int64()), pa.int64(), [[2**40]]),
        (pa.array([True, False, None]), pa.int64(), [[1], [0], None]),
        (pa.array([1.5, None], pa.float64()), pa.float32(), [[1.5], None]),
        (pa.array([decimal.Decimal("2.50")]), pa.float32(), [[2.5]]),
        (
            pa.array(["Blue", None, "größer"]),
            pa.large_binary(),
            [[b"Blue"], None, ["größer".encode()]],
        ),
        (pa.array([b"\xff"], pa.large_binary()), pa.large_binary(), [[b"\xff"]]),
        (
            pa.array(["a", "b", "a"]).dictionary_encode(),
            pa.large_binary(),
            [[b"a"], [b"b"], [b"a"]],
        ),
        (pa.array([None, None]), pa.large_binary(), [None, None]),
        (
            pa.array([datetime.datetime(1970, 1, 2, 0, 0, 1), None], pa.timestamp("us")),
            pa.int64(),
            [[86_401], None],
        ),
    ],
    ids=str,
)
def test_columns_become_lists_of_the_three_types_of_tf_example(column, kind, expected):
    lists = tables.feature_column("x", pa.chunked_array([column]), "a.csv")
    assert lists.type == pa.large_list(kind)
    assert lists.to_pylist() == expected


def test_a_column_of_several_chunks_is_one_column():
    chunks = pa.chunked_array([[1, None], [3]])
    assert tables.feature_column("x", chunks, "a.csv").to_pylist() == [[1], None, [3]]


def test_a_type_that_tf_example_cannot_hold_is_named():
    column = pa.chunked_array([pa.array([[1, 2]])])
    with pytest.raises(InputError) as caught:
        tables.feature_column("stops", column, "a.parquet")
    assert str(caught.value).startswith(
        "a.parquet: column stops: has the type list<item: int64>, which tf.Example cannot hold. "
    )


def test_rows_are_encoded_as_tf_example():
    from tfx_bsl.coders import example_coder

    encoded = tables.encode(tables.read_table("a.csv", TAXI, TYPES), "a.csv")
    decoded = example_coder.ExamplesToRecordBatchDecoder().DecodeBatch(encoded)
    assert {name: decoded.column(i).to_pylist() for i, name in enumerate(decoded.schema.names)} == {
        "fare": [[4.5], [7.0]],
        "miles": [[2], None],
        "company": [[b"Blue"], [b"Red"]],
    }


def column(values, kind):
    return pa.chunked_array([pa.array(values, kind)])


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([datetime.date(1970, 1, 2), None], pa.date32(), [[86400], None]),
        ([1, 2**62], pa.uint64(), [[1], [2**62]]),
        ([1.5, math.inf], pa.float64(), [[1.5], [math.inf]]),
    ],
)
def test_unusual_types_keep_their_values(values, kind, expected):
    assert tables.feature_column("x", column(values, kind), "f").to_pylist() == expected


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        ([2**64 - 1], pa.uint64(), "f: column x: has a value of type uint64"),
        ([1.0, 1e300], pa.float64(), r"f: column x: has the value 1e\+300, .* 32-bit floats"),
        ([[1]], pa.list_(pa.int64()), "f: column x: has the type list"),
    ],
)
def test_values_that_would_be_lost_are_refused(values, kind, message):
    with pytest.raises(InputError, match=message):
        tables.feature_column("x", column(values, kind), "f")


@pytest.mark.parametrize("suffix", ["parquet", "jsonl"])
def test_declared_types_hold_in_every_format(suffix):
    table = pa.table({"n": [1, 2], "text": ["a", "b"]})
    if suffix == "parquet":
        sink = io.BytesIO()
        pa.parquet.write_table(table, sink)
        data = sink.getvalue()
    else:
        data = b'{"n": 1, "text": "a"}\n{"n": 2, "text": "b"}\n'
    read = tables.read_table(f"f.{suffix}", data, {"n": pa.float64()})
    assert read["n"].type == pa.float64()
    with pytest.raises(InputError, match=r"column text: must be INT by the schema, found string"):
        tables.read_table(f"f.{suffix}", data, {"text": pa.int64()})


def test_times_declared_as_numbers_are_seconds_as_they_are_undeclared():
    sink = io.BytesIO()
    when = datetime.datetime(2014, 1, 1)
    day = pa.array([when.date()], pa.date32())
    pa.parquet.write_table(pa.table({"t": pa.array([when], pa.timestamp("us")), "d": day}), sink)
    read = tables.read_table("f.parquet", sink.getvalue(), {"t": pa.int64(), "d": pa.int64()})
    assert read.to_pylist() == [{"t": 1388534400, "d": 1388534400}]


def test_bytes_declared_as_bytes_stay_as_they_are():
    sink = io.BytesIO()
    pa.parquet.write_table(pa.table({"b": pa.array([b"\xff\x00"], pa.binary())}), sink)
    read = tables.read_table("f.parquet", sink.getvalue(), {"b": pa.string()})
    assert tables.feature_column("b", read["b"], "f").to_pylist() == [[b"\xff\x00"]]


def test_text_that_looks_like_a_time_stays_text_if_declared():
    data = b'{"t": "2014-01-01"}\n'
    assert tables.read_table("f.jsonl", data, {"t": pa.string()})["t"].to_pylist() == ["2014-01-01"]


def test_a_quote_that_is_never_closed_loses_no_rows():
    with pytest.raises(InputError, match=r"f.csv: has an odd number of quotes"):
        tables.read_table("f.csv", b'a,b\n1,"x\n2,y\n3,z\n')
