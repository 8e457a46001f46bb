import os
import pickle

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from skewgate.core.errors import InputError
from skewgate.data.sources import base, parquet


@pytest.fixture
def write(tmp_path):
    def write(table, name="trips.parquet", **options):
        path = tmp_path / name
        pa.parquet.write_table(table, path, **options)
        return path

    return write


def test_row_groups_are_read_one_after_the_other(reader, write):
    table = pa.table({"fare": [4.5, None, 1.0, 2.0, 7.0], "n": list(range(5))})
    found = reader.read(write(table, row_group_size=2))
    assert found.rows == table.to_pylist()
    assert found.source.rows == 5


def test_a_big_row_group_is_read_in_batches(reader, write, monkeypatch):
    monkeypatch.setattr(base, "BATCH_ROWS", 1_000)
    path = write(pa.table({"n": np.arange(10_500)}), row_group_size=10_500)
    found = reader.read(path)
    assert [batch.num_rows for batch in found.batches] == [1_000] * 10 + [500]
    assert [row["n"] for row in found.rows] == list(range(10_500))


def test_a_batch_of_many_columns_has_fewer_rows(reader, write, monkeypatch):
    monkeypatch.setattr(base, "BATCH_CELLS", 12_000)
    path = write(pa.table({f"c{at}": np.arange(2_000) for at in range(8)}))
    assert [batch.num_rows for batch in reader.read(path).batches] == [1_500, 500]
    assert [batch.num_rows for batch in reader.read(path, ["c1"]).batches] == [2_000]


def test_rows_are_numbered(reader, write, monkeypatch):
    monkeypatch.setattr(base, "BATCH_ROWS", 2)
    assert reader.read(write(pa.table({"n": [7, 8, 9]}))).lines == [1, 2, 3]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary()])
def test_text_comes_as_dictionaries(reader, write, kind):
    names = ["Blue", None, "Red", "Blue"]
    found = reader.read(write(pa.table({"company": pa.array(names, kind), "n": [1, 2, 3, 4]})))
    assert found.kinds["company"].startswith("dictionary<")
    values = [row["company"] for row in found.rows]
    assert [v.decode() if isinstance(v, bytes) else v for v in values] == names


def test_dictionaries_and_lists_are_read(reader, write):
    table = pa.table(
        {
            "company": pa.array(["a", None, "a"]).dictionary_encode(),
            "area": pa.array([7, 8, 7]).dictionary_encode(),
            "tags": [["x"], [], None],
        }
    )
    assert reader.read(write(table)).rows == table.to_pylist()


def test_only_the_columns_that_are_asked_for_are_read(reader, write):
    path = write(pa.table({"a": [1, 2], "b": ["x", "y"], "c.d": [3, 4]}))
    assert reader.read(path, ["b", "z", "c.d"]).rows == [{"b": "x", "c.d": 3}, {"b": "y", "c.d": 4}]


def test_rows_of_a_file_without_the_columns_count(reader, write):
    found = reader.read(write(pa.table({"a": [1, 2, 3]})), [])
    assert sum(batch.num_rows for batch in found.batches) == 3


def test_a_file_without_rows_has_no_rows(reader, write):
    found = reader.read(write(pa.table({"fare": pa.array([], pa.float64())})))
    assert (found.rows, found.source.rows) == ([], 0)


def test_types_come_from_the_schema(reader, write):
    table = pa.table(
        {
            "fare": pa.array([1.5, 2.0], pa.float32()),
            "area": pa.array(["7", None]),
            "company": pa.array([12, 13]),
            "kind": pa.array(["x", "y"]).dictionary_encode(),
        }
    )
    declared = {
        "fare": pa.float64(),
        "area": pa.int64(),
        "company": pa.string(),
        "kind": pa.string(),
        "gone": pa.int64(),
    }
    found = reader.read(write(table), **declared)
    assert found.rows == [
        {"fare": 1.5, "area": 7, "company": "12", "kind": "x"},
        {"fare": 2.0, "area": None, "company": "13", "kind": "y"},
    ]


def test_a_value_against_the_schema_is_named(reader, write):
    path = write(pa.table({"miles": ["7", "far"]}))
    assert reader.message(path, miles=pa.int64()) == (
        f"{path}: row 2, column miles: expected INT, found 'far'. "
        "Fix: correct the value, or the type in the schema."
    )


def test_a_duplicate_column_is_named(reader, write):
    path = write(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["fare", "fare"]))
    assert reader.message(path) == f"{path}: has the column fare twice. Fix: rename one of them."


@pytest.mark.parametrize("kept", [0, 3, 100, -1, -9])
def test_a_truncated_file_is_refused(reader, write, kept):
    path = write(pa.table({"fare": np.random.default_rng(0).normal(size=5_000)}))
    path.write_bytes(path.read_bytes()[:kept])
    assert reader.message(path).startswith(f"{path}: is not a whole Parquet file (")
    assert reader.message(path).endswith("). Fix: write it again.")


def test_a_broken_page_is_refused(reader, write):
    path = write(pa.table({"fare": np.random.default_rng(0).normal(size=5_000)}))
    data = bytearray(path.read_bytes())
    data[4:400] = bytes(396)
    path.write_bytes(bytes(data))
    assert reader.message(path).startswith(f"{path}: is not a whole Parquet file (")


class Planted:
    """What leaves a file behind when somebody unpickles it."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (str(self.path),))


def test_code_that_a_file_brings_along_is_refused_and_not_run(reader, write, tmp_path):
    metadata = {
        "ARROW:extension:name": "arrow.py_extension_type",
        "ARROW:extension:metadata": pickle.dumps(Planted(tmp_path / "ran")),
    }
    field = pa.field("fare", pa.int64(), metadata=metadata)
    path = write(pa.table([pa.array(range(5))], schema=pa.schema([field])))
    with pytest.raises(InputError) as caught:
        reader.read(path)
    assert str(caught.value).startswith(
        f"{path}: has a column of the type arrow.py_extension_type, which brings code of its own"
    )
    assert not (tmp_path / "ran").exists()


def test_a_dictionary_that_lacks_what_rows_name_is_an_error():
    indices = pa.array([0, 7], pa.int32())
    words = pa.DictionaryArray.from_arrays(indices, pa.array(["a", "b"]), safe=False)
    with pytest.raises(pa.ArrowInvalid, match="beyond the end of its dictionary"):
        parquet._checked(pa.RecordBatch.from_arrays([words], ["s"]))


@pytest.mark.skipif(not parquet._VERIFIED, reason="this pyarrow verifies no check sums of pages")
def test_a_page_that_its_check_sum_does_not_fit_is_refused(reader, write):
    table = pa.table({"x": range(1_000)})
    options = {"compression": "none", "use_dictionary": False, "write_page_checksum": True}
    path = write(table, **options)
    told, untold = (number.to_bytes(8, "little") for number in (500, 501))
    path.write_bytes(path.read_bytes().replace(told, untold, 1))
    assert "is not a whole Parquet file" in reader.message(path)
