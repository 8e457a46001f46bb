"""Columns without a name, an index among the columns, and names that cannot be told apart."""

import io
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from skewgate.core.errors import InputError
from skewgate.data import sources
from skewgate.data.sources.column_names import columns_of, first_cells

FRAME = pd.DataFrame({"fare": [4.5, 7.25, 9.0], "paid": ["Cash", "Card", "Cash"]})
ROWS = [{"fare": f, "paid": p} for f, p in zip(FRAME["fare"], FRAME["paid"], strict=True)]


def found(names, values=(), declared=()):
    def first_values(place):
        assert place < len(values), f"no need to look at column {place}"
        return values[place]

    return columns_of(names, declared, first_values, "trips.csv")


# pandas.


@pytest.mark.parametrize(
    "index",
    [
        None,
        [17, 4, 908],
        ["a", "b", "c"],
        pd.DatetimeIndex(["2024-01-03", "2024-01-04", "2024-01-05"]),
    ],
    ids=["range", "sampled", "texts", "times"],
)
@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
def test_the_index_of_a_data_frame_is_no_feature(reader, tmp_path, suffix, index):
    frame = FRAME if index is None else FRAME.set_axis(index)
    path = tmp_path / f"trips.{suffix}"
    if suffix == "csv":
        frame.to_csv(path)
    elif suffix == "parquet":
        frame.to_parquet(path)
    else:  # as of Parquet that was read and written by another library
        rows = [
            {"__index_level_0__": str(at), **row} for at, row in zip(frame.index, ROWS, strict=True)
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    read = reader.read(path)
    assert read.rows == ROWS
    name = "Unnamed: 0" if suffix == "csv" else "__index_level_0__"
    told = [f"column {name!r} is the index of a data frame, not a feature"]
    in_file = suffix != "parquet" or index is not None
    assert read.source.notes() == (told if in_file else [])


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
def test_an_index_that_was_read_as_a_column_is_none_either(reader, tmp_path, suffix):
    again = pd.read_csv(io.StringIO(FRAME.to_csv()))
    assert list(again) == ["Unnamed: 0", "fare", "paid"]
    path = tmp_path / f"trips.{suffix}"
    if suffix == "csv":
        again.to_csv(path)  # with one more index before it
    elif suffix == "parquet":
        again.to_parquet(path)
    else:
        again.to_json(path, orient="records", lines=True)
    read = reader.read(path)
    assert read.rows == ROWS
    assert len(read.source.notes()) == (2 if suffix == "csv" else 1)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
def test_an_index_with_a_name_is_a_feature(reader, tmp_path, suffix):
    frame = FRAME.set_axis(pd.Index([3, 1, 2], name="trip"))
    path = tmp_path / f"trips.{suffix}"
    if suffix == "csv":
        frame.to_csv(path)
    elif suffix == "parquet":
        frame.to_parquet(path)
    else:
        frame.reset_index().to_json(path, orient="records", lines=True)
    read = reader.read(path)
    assert [row["trip"] for row in read.rows] == [3, 1, 2]
    assert read.source.notes() == []


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_levels_of_an_index_are_no_features(reader, tmp_path, suffix):
    frame = FRAME.set_axis(pd.MultiIndex.from_tuples([(1, "a"), (1, "b"), (2, "a")]))
    path = tmp_path / f"trips.{suffix}"
    frame.to_csv(path) if suffix == "csv" else frame.to_parquet(path)
    read = reader.read(path)
    assert read.rows == ROWS
    assert len(read.source.notes()) == 2


def test_a_column_behind_an_index_is_a_feature_though_it_has_no_name():
    columns = found(["", "", "fare"], [["1", "2", "3"], ["x", "y", "x"]])
    assert columns.features == ["Unnamed: 1", "fare"]
    assert found(["", "", "fare"], [["1", "1"], ["x", "x"]]).features[0] == "Unnamed: 0"
    assert found(["", "", "fare"], [["1", "1"], ["0.5", "1.5"]]).features[0] == "Unnamed: 0"
    assert found(["", "", "fare"], [["1", "1"], ["x"]]).features == ["fare"]


def test_the_types_of_all_files_know_no_index(tmp_path):
    one, two = tmp_path / "a.csv", tmp_path / "b.csv"
    FRAME.to_csv(one)
    FRAME.to_csv(two)
    assert list(sources.infer([str(one), str(two)])) == ["fare", "paid"]
    FRAME.set_axis(["x", "y", "z"]).to_parquet(tmp_path / "c.parquet")
    assert list(sources.infer([str(tmp_path / "c.parquet")])) == ["fare", "paid"]


# What is no index.


@pytest.mark.parametrize(
    "values",
    [["1", "2", "1"], ["0.5", "1.5", "2.5"], ["1", "", "3"], ["Blue", "Red", "Blue"], ["1e3", "2"]],
)
def test_a_column_without_a_name_whose_values_are_no_index_is_called_by_its_place(values):
    columns = found(["", "fare"], [values])
    assert columns.header == columns.features == ["Unnamed: 0", "fare"]
    assert columns.notes == ["column 1 has no name, and is called 'Unnamed: 0'"]


def test_a_column_without_a_name_behind_others_is_called_by_its_place():
    columns = found(["fare", "", "miles", ""])
    assert columns.features == ["fare", "Unnamed: 1", "miles", "Unnamed: 3"]
    assert len(columns.notes) == 2
    assert found(["a", "", "Unnamed: 1", "Unnamed: 1.1"]).features[1] == "Unnamed: 1.2"


def test_a_column_that_a_schema_names_is_a_feature():
    names = ["Unnamed: 0", "fare", "__index_level_0__"]
    assert found(names, declared=names).features == names


def test_a_column_of_rows_alone_is_a_feature():
    assert found(["Unnamed: 0"], [["1", "2"]]).features == ["Unnamed: 0"]


def test_a_column_without_a_name_is_read_by_its_new_one(reader, tmp_path):
    path = tmp_path / "trips.csv"
    path.write_text(",fare,\n0.5,4,x\n0.5,7,\n")
    rows = [
        {"Unnamed: 0": 0.5, "fare": 4, "Unnamed: 2": "x"},
        {"Unnamed: 0": 0.5, "fare": 7, "Unnamed: 2": None},
    ]
    assert reader.read(path).rows == rows
    table = pa.Table.from_arrays([pa.array([0.5, 0.5]), pa.array([4, 7])], ["", "fare"])
    pa.parquet.write_table(table, tmp_path / "trips.parquet")
    read = reader.read(tmp_path / "trips.parquet")
    assert read.rows == [{"Unnamed: 0": 0.5, "fare": 4}, {"Unnamed: 0": 0.5, "fare": 7}]
    assert reader.read(tmp_path / "trips.parquet", ["Unnamed: 0"]).rows[0] == {"Unnamed: 0": 0.5}


def test_bad_rows_are_found_in_a_file_with_an_index(reader, tmp_path):
    path = tmp_path / "trips.csv"
    path.write_text(",fare,paid\n0,4.5,Cash\n1,far,Card\n2,9,Cash\n")
    assert reader.message(path, fare=pa.float64()) == (
        f"{path}: line 3, column fare: expected FLOAT, found 'far'. "
        "Fix: correct the value, or the type in the schema."
    )


def test_a_row_that_is_cut_off_says_nothing_of_an_index():
    data = b"1,a\n2,b\n1"
    assert first_cells(data, 0, whole=False) == ["1", "2"]
    assert first_cells(data, 0, whole=True) == ["1", "2", "1"]
    assert first_cells(b'"x\n1",a\n\n2\n', 0, whole=True) == ["x\n1", "2"]
    assert first_cells(b'"x\n1",a\n\n2\n', 1, whole=True) == ["a"]
    assert first_cells(b"1,5;a\n2;b\n", 0, whole=True, delimiter=";") == ["1,5", "2"]
    assert first_cells(b"1,\0\n" + b"x" * 200_000, 0, whole=True) in (["1"], [])


# Names that are refused.


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (["fare", "fare"], "has the column fare twice"),
        (["fa\0re", "x"], r"has the column fa\\u0000re, whose name has a zero byte"),
    ],
)
def test_names_that_cannot_be_told_apart_are_refused(names, problem):
    with pytest.raises(InputError, match=rf"^trips\.csv: {problem}\. Fix: "):
        found(names, [["1"]] * 3)


def test_a_key_without_a_name_is_refused(reader, tmp_path):
    path = tmp_path / "trips.jsonl"
    path.write_text('{"a\\u0000b": 1, "fare": 2}\n')
    assert reader.message(path).startswith(
        rf"{path}: has the column a\u0000b, whose name has a zero"
    )
    path.write_text('{"": 1, "fare": 2}\n')
    assert reader.message(path) == f"{path}: has a key without a name. Fix: give it a name."


def test_a_name_that_is_not_utf8_is_refused(reader, tmp_path):
    path = tmp_path / "trips.csv"
    path.write_bytes(b"fare,caf\xe9\n1,2\n")
    assert reader.message(path) == (
        f"{path}: line 1: is not UTF-8. Fix: give the option encoding, such as cp1252."
    )
    path = tmp_path / "trips.parquet"
    pa.parquet.write_table(pa.table({"cafe": [1]}), path)
    path.write_bytes(path.read_bytes().replace(b"cafe", b"caf\xe9"))
    assert reader.message(path) == (
        f"{path}: has a column whose name is not UTF-8. Fix: rename it."
    )


def test_a_dot_in_a_name_is_no_path(reader, tmp_path):
    path = tmp_path / "trips.parquet"
    table = pa.table({"a": [1, 2], "a.b": ["x", "y"], "b": [0.5, 1.5]})
    pa.parquet.write_table(table, path)
    assert reader.read(path, ["a"]).rows == [{"a": 1}, {"a": 2}]
    assert reader.read(path, ["a.b", "b"]).rows == [{"a.b": "x", "b": 0.5}, {"a.b": "y", "b": 1.5}]
    assert reader.read(path).rows == table.to_pylist()


def test_many_rows_of_an_index_are_looked_at(reader, tmp_path):
    path = tmp_path / "trips.csv"
    pd.DataFrame({"fare": np.arange(30_000) % 7}).to_csv(path)
    read = reader.read(path)
    assert read.kinds == {"fare": "int64"}
    assert len(read.rows) == 30_000
