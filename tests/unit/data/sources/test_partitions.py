from __future__ import annotations

import json
import pathlib

import pyarrow as pa
import pyarrow.parquet
import pytest

from skewgate.core.errors import InputError
from skewgate.data import sources
from skewgate.data.sources import partitions
from skewgate.data.sources.base import lines_of

WRITERS = {
    "parquet": lambda path, rows: pa.parquet.write_table(pa.Table.from_pylist(rows), path),
    "csv": lambda path, rows: path.write_text(
        "\n".join([",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]) + "\n"
    ),
    "jsonl": lambda path, rows: path.write_text("\n".join(map(json.dumps, rows)) + "\n"),
}


@pytest.fixture
def write(tmp_path):
    def run(files, ending="parquet"):
        for name, rows in files.items():
            path = tmp_path / f"{name}.{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            WRITERS[ending](path, rows)
        return str(tmp_path)

    return run


def read(place, types=None, columns=None, complete=False):
    paths = sources.files(place)
    found = partitions.find(place, paths, types)
    tables = []
    for path in paths:
        source = sources.open_file(path, types, partitions=found, complete=complete)
        tables += [pa.Table.from_batches([batch]) for batch in source.batches(columns)]
    plain = [
        pa.table(
            {
                n: c.cast(pa.string()) if pa.types.is_dictionary(c.type) else c
                for n, c in zip(t.column_names, t.columns, strict=True)
            }
        )
        for t in tables
    ]
    return pa.concat_tables([table.select(plain[0].column_names) for table in plain])


def message(place, types=None):
    with pytest.raises(InputError) as caught:
        read(place, types)
    return str(caught.value)


@pytest.mark.parametrize("ending", list(WRITERS))
def test_folders_are_columns_whatever_the_format(write, ending):
    place = write(
        {"year=2024/month=1/a": [{"x": 1}, {"x": 2}], "year=2023/month=12/a": [{"x": 3}]}, ending
    )
    found = read(place)
    assert found.to_pydict() == {
        "x": [3, 1, 2],
        "year": [2023, 2024, 2024],
        "month": [12, 1, 1],
    }
    assert found.schema.field("year").type == pa.int64()


@pytest.mark.parametrize(
    ("folders", "values"),
    [
        (["1", "02", "-3"], [-3, 2, 1]),
        (["1", "02", "x"], ["02", "1", "x"]),
        (["1", "1.0"], ["1", "1.0"]),
        (["1", str(2**63)], ["1", str(2**63)]),
        (["1", "__HIVE_DEFAULT_PARTITION__"], [1, None]),
        (["a%2Fb", "c d", "e%20f", ""], ["", "a/b", "c d", "e f"]),
        (["2024-01-01", "2024-01-02"], ["2024-01-01", "2024-01-02"]),
        (["a=b", "__HIVE_DEFAULT_PARTITION__"], ["a=b", None]),
        (["__HIVE_DEFAULT_PARTITION__"], [None]),
    ],
)
def test_values_are_integers_if_all_are_else_text(write, folders, values):
    place = write({f"p={folder}/a": [{"x": 1}] for folder in folders})
    key = str
    assert sorted(read(place).to_pydict()["p"], key=key) == sorted(values, key=key)


def test_names_are_decoded_too(write):
    assert "a/b" in read(write({"a%2Fb=1/a": [{"x": 1}]})).column_names


def test_a_type_that_is_given_counts_more(write):
    place = write({"zip=01/a": [{"x": 1}], "zip=2/a": [{"x": 2}]})
    assert read(place, {"zip": pa.string()}).to_pydict()["zip"] == ["01", "2"]
    assert read(place, {"zip": pa.float64()}).to_pydict()["zip"] == [1.0, 2.0]


def test_a_value_against_its_type_names_the_folder(write):
    place = write({"zip=x/a": [{"x": 1}]})
    assert message(place, {"zip": pa.int64()}) == (
        f"{place}/zip=x/a.parquet: column zip: must be INT, and its folder says 'x'. "
        "Fix: rename the folder, or correct the type in the schema."
    )


def test_what_the_user_named_is_no_column(write):
    place = write({"year=2024/month=1/a": [{"x": 1}]})
    assert read(f"{place}/year=2024").column_names == ["x", "month"]
    assert read(f"{place}/year=2024/month=1/a.parquet").column_names == ["x"]
    assert read(f"{place}/year=*/month=1/*").column_names == ["x", "year", "month"]
    assert read(f"{place}/**/*.parquet").column_names == ["x", "year", "month"]


@pytest.mark.parametrize("ending", list(WRITERS))
def test_a_column_in_the_file_too_must_agree(write, ending):
    good = write({"year=2024/a": [{"year": 2024, "x": 1}], "year=2023/a": [{"x": 2}]}, ending)
    assert read(good).to_pydict()["year"] == [2023, 2024]
    bad = write({"year=2022/a": [{"year": 2022, "x": 1}, {"year": 2021, "x": 2}]}, ending)
    found = message(f"{bad}/year=2022*/*")
    assert "year=2022/a" in found
    assert "column year: is 2021, but the folder of the file says 2022." in found


def test_a_column_in_the_file_may_be_of_another_type(write):
    place = write({"p=1/a": [{"p": "1"}], "p=2/a": [{"p": "2"}]})
    assert read(place).to_pydict() == {"p": ["1", "2"]}
    place = write({"p=3/a": [{"p": "three"}]})
    assert "column p: is 'three', but the folder of the file says 3" in message(place)


def test_a_missing_value_in_the_file_is_what_the_folder_says(write):
    place = write(
        {"p=1/a": [{"p": None, "x": 1}, {"p": 1, "x": 2}], "p=2/a": [{"p": None, "x": 3}]}
    )
    assert read(place).to_pydict()["p"] == [1, 1, 2]


def test_a_missing_partition_must_be_missing_in_the_file(write):
    place = write({"p=__HIVE_DEFAULT_PARTITION__/a": [{"p": 1}]})
    assert "column p: is 1, but the folder of the file says None" in message(place)


def test_types_of_all_rows_hold_in_every_file(write):
    place = write({"p=1/a": [{"x": 1}], "p=2/a": [{"x": 2.5}, {"p": 2}]}, "jsonl")
    paths = sources.files(place)
    found = partitions.find(place, paths)
    types = sources.infer(paths, None, None, found)
    assert types == {"p": pa.int64(), "x": pa.float64()}
    assert read(place, types, complete=True).to_pydict() == {"x": [1.0, 2.5, None], "p": [1, 2, 2]}


@pytest.mark.parametrize("ending", list(WRITERS))
@pytest.mark.parametrize("columns", [{"year"}, {"x", "year"}, {"x"}, {"month", "y"}])
def test_some_columns_are_read(write, ending, columns):
    place = write({"year=1/month=2/a": [{"x": 1, "y": 2}] * 3}, ending)
    found = read(place, columns=columns)
    assert set(found.column_names) == columns
    assert found.num_rows == 3


def test_partitions_that_differ_are_refused(write):
    place = write({"year=1/a": [{"x": 1}], "year=2/month=1/a": [{"x": 1}]})
    assert message(f"{place}/**/*.parquet") == (
        f"{place}/year=2/month=1/a.parquet: lies in the partitions year, month, but "
        f"{place}/year=1/a.parquet in year. Fix: give all files the same partitions."
    )


def test_a_partition_that_is_there_twice_is_refused(write):
    place = write({"p=1/p=2/a": [{"x": 1}]})
    assert "has the partition p twice" in message(place)


def test_the_rows_of_a_file_are_known(write):
    place = write({"p=1/a": [{"x": 1}] * 7})
    [path] = sources.files(place)
    assert sources.open_file(path, partitions=partitions.find(place, [path])).rows == 7


@pytest.mark.parametrize(
    ("ending", "columns"), [("parquet", ["x", "p"]), ("csv", ["x", "p"]), ("jsonl", None)]
)
def test_the_columns_are_those_of_the_file_and_of_its_folders(write, ending, columns):
    place = write({"p=1/a": [{"x": 1}]}, ending)
    [path] = sources.files(place)
    source = sources.open_file(path, partitions=partitions.find(place, [path]))
    assert source.columns == columns


def test_columns_may_be_whatever_says_what_is_in_it(write):
    class AllButY:
        def __contains__(self, name):
            return name != "y"

    place = write({"p=1/a": [{"x": 1, "y": 2}]})
    [path] = sources.files(place)
    source = sources.open_file(path, partitions=partitions.find(place, [path]))
    [batch] = source.batches(AllButY())
    assert batch.schema.names == ["x", "p"]


def test_a_file_is_not_read_for_what_its_folder_says(write, monkeypatch):
    monkeypatch.setattr(partitions, "BATCH_ROWS", 3)
    place = write({"p=1/a": [{"x": 1}] * 7})
    [path] = sources.files(place)
    source = sources.open_file(path, partitions=partitions.find(place, [path]))
    pathlib.Path(path).unlink()
    batches = list(source.batches({"p"}))
    assert [batch.num_rows for batch in batches] == [3, 3, 1]
    assert [lines_of(batch, [0]) for batch in batches] == [[1], [4], [7]]
    assert batches[2].to_pydict() == {"p": [1]}
