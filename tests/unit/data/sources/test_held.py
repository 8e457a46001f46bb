"""Tables of other libraries are read as the same rows in a Parquet file are."""

import datetime
import decimal

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import pytest

from skewgate.core.errors import ColumnError, InputError
from skewgate.data.sources import held
from skewgate.data.sources.memory import MemorySource

ROWS = 1_000


def columns(rows: int = ROWS):
    rng = np.random.default_rng(5)
    return {
        "fare": [None if at % 7 == 0 else float(at) / 4 for at in range(rows)],
        "count": [int(each) for each in rng.integers(-5, 9, rows)],
        "company": [(None, "", "Blue", "größe")[at % 4] for at in range(rows)],
        "paid": [(True, None, False)[at % 3] for at in range(rows)],
        "when": [datetime.datetime(2024, 1, 1) + datetime.timedelta(0, at) for at in range(rows)],
    }


TABLE = pa.table(columns())


class Exported:
    """Says nothing but that it can be a stream of Arrow's."""

    def __init__(self, of):
        self._of = of

    def __arrow_c_stream__(self, requested_schema=None):
        return self._of.__arrow_c_stream__(requested_schema)


HOLDERS = {
    "table": lambda: TABLE,
    "batch": lambda: TABLE.combine_chunks().to_batches()[0],
    "reader": lambda: pa.RecordBatchReader.from_batches(TABLE.schema, TABLE.to_batches(300)),
    "dataset": lambda: pyarrow.dataset.dataset(TABLE),
    "pandas": lambda: pd.DataFrame(columns()).astype({"paid": "boolean"}),
    "pandas of objects": lambda: TABLE.to_pandas(),
    "polars": lambda: pl.DataFrame(columns()),
    "polars, lazy": lambda: pl.DataFrame(columns()).lazy(),
    "duckdb": lambda: duckdb.sql(
        "select case when i % 7 <> 0 then i / 4.0::double end as fare, k as count, "
        "[null, '', 'Blue', 'größe'][i % 4 + 1] as company, "
        "[true, null, false][i % 3 + 1] as paid, "
        "timestamp '2024-01-01' + to_seconds(i) as when from numbers order by i"
    ),
}


@pytest.fixture(autouse=True)
def _numbers():
    numbers = pd.DataFrame({"i": range(ROWS), "k": columns()["count"]})
    duckdb.register("numbers", numbers)
    yield
    duckdb.unregister("numbers")


def rows_of(data, wanted=None):
    batches = list(MemorySource("baseline", held.of(data, "baseline"), {}).batches(wanted))
    return [row for batch in batches for row in batch.to_pylist()]


@pytest.mark.parametrize("holder", HOLDERS)
def test_the_rows_are_those_of_the_table(holder):
    assert rows_of(HOLDERS[holder]()) == TABLE.to_pylist()


@pytest.mark.parametrize("holder", HOLDERS)
def test_only_wanted_columns_are_read_and_rows_can_be_read_again(holder):
    source = MemorySource("baseline", held.of(HOLDERS[holder](), "baseline"), {})
    for _ in range(2):
        batches = list(source.batches({"company", "nothing of the kind"}))
        assert {tuple(batch.schema.names) for batch in batches} == {("company",)}
        found = [value for batch in batches for value in batch.column(0).to_pylist()]
        assert found == TABLE["company"].to_pylist()


@pytest.mark.parametrize("holder", HOLDERS)
def test_rows_are_counted_without_any_column(holder):
    source = MemorySource("baseline", held.of(HOLDERS[holder](), "baseline"), {})
    assert sum(batch.num_rows for batch in source.batches(set())) == ROWS
    assert source.rows in (None, ROWS)


def test_two_relations_of_one_connection_are_read_at_the_same_time():
    first, second = HOLDERS["duckdb"](), HOLDERS["duckdb"]()
    readers = [
        MemorySource(name, held.of(each, name), {}).batches({name})
        for name, each in (("fare", first), ("count", second))
    ]
    read = [next(readers[0]).num_rows, *(batch.num_rows for batch in readers[0])]
    assert sum(read) == sum(batch.num_rows for batch in readers[1]) == ROWS


def test_names_of_duckdb_may_hold_quotes():
    assert rows_of(duckdb.sql('select 1 as "a ""b"" , c"')) == [{'a "b" , c': 1}]


@pytest.mark.parametrize(
    "data", [[1, 2], {"a": [1]}, np.zeros(3), pd.Series([1.0]), None, object()], ids=repr
)
def test_anything_else_is_refused_in_one_sentence(data):
    with pytest.raises(InputError) as error:
        held.of(data, "current")
    assert "current: must be a path, a pandas or Polars data frame" in str(error.value)
    assert f"found {type(data).__module__}.{type(data).__qualname__}" in str(error.value)


# Of pandas.


def test_the_index_of_a_data_frame_is_no_feature():
    frame = pd.DataFrame({"x": [3, 4]}, index=pd.Index(["a", "b"], name="key"))
    assert rows_of(frame) == [{"x": 3}, {"x": 4}]


def test_what_pandas_calls_missing_is_missing():
    frame = pd.DataFrame(
        {
            "float": [1.5, np.nan],
            "object": ["a", np.nan],
            "time": [pd.Timestamp("2024-01-01"), pd.NaT],
            "integer": pd.array([1, pd.NA], dtype="Int64"),
            "text": pd.array(["b", pd.NA], dtype="string"),
            "sparse": pd.arrays.SparseArray([2.0, np.nan]),
            "category": pd.Categorical(["c", None], categories=["c", "d"]),
        }
    )
    assert set(rows_of(frame)[1].values()) == {None}
    assert rows_of(frame)[0]["sparse"] == 2.0
    assert rows_of(frame)[0]["category"] == "c"


def test_names_of_columns_are_texts():
    assert rows_of(pd.DataFrame({7: [1], ("a", "b"): [2]})) == [{"7": 1, "('a', 'b')": 2}]


@pytest.mark.parametrize("names", [["x", "x"], [1, "1"]])
def test_two_columns_of_one_name_are_refused(names):
    frame = pd.DataFrame([[1, 2]], columns=names)
    with pytest.raises(InputError, match=f"has the column {names[0]} twice"):
        MemorySource("baseline", held.of(frame, "baseline"), {})


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ([1, "a"], "has values of the types int, str"),
        ([decimal.Decimal(1), object()], "has values of the types Decimal, object"),
        (np.array([1j, 2j]), "has the type complex128, which Arrow does not know"),
        ([2**70, 1], "has values that Arrow cannot hold"),
    ],
)
def test_a_column_without_a_type_is_at_fault_alone(values, problem):
    frame = pd.DataFrame({"good": [1, 2], "bad": values})
    with pytest.raises(ColumnError) as error:
        rows_of(frame)
    assert error.value.column == "bad"
    assert problem in str(error.value)
    assert rows_of(frame, {"good"}) == [{"good": 1}, {"good": 2}]


def test_numbers_of_pandas_are_not_converted_before_they_are_read():
    frame = pd.DataFrame({"x": np.arange(10, dtype=np.float64), "s": list("abcdefghij")})
    table = held.of(frame, "baseline")
    frame.loc[:, "x"] = -1.0
    (batch,) = table.read([0], 100)
    assert batch.column(0).to_pylist() == [-1.0] * 10


def test_an_empty_frame_has_no_rows():
    assert rows_of(pd.DataFrame({"x": [], "s": pd.Series([], dtype=object)})) == []
    assert rows_of(pd.DataFrame()) == []


# Whatever speaks Arrow's C interface.


def test_a_stream_of_any_object_is_read():
    assert rows_of(Exported(HOLDERS["duckdb"]())) == TABLE.to_pylist()


def test_types_that_this_arrow_does_not_know_are_refused_or_read():
    frame = pl.DataFrame({"s": ["a", "a text that is longer than twelve letters"]})
    try:
        assert rows_of(Exported(frame)) == frame.to_dicts()
    except InputError as error:
        assert "baseline: has a column that pyarrow" in str(error)  # noqa: PT017 (either is right)
