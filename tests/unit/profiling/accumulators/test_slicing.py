import decimal
import itertools
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.core.errors import InputError
from skewgate.core.slices import key_of
from skewgate.profiling.accumulators.slicing import slices


def batch(**columns):
    arrays = [c if isinstance(c, pa.Array) else pa.array(c) for c in columns.values()]
    return pa.RecordBatch.from_arrays(arrays, list(columns))


def rows_by_key(data, columns):
    """Returns the key of each slice to the `row` of its rows."""
    index = data.schema.get_field_index("row")
    return {key: part.column(index).to_pylist() for key, part in slices(data, columns)}


def loop(cells, columns):
    """Makes the same slices by a plain loop over the rows."""
    found = {}
    for row in range(len(cells[columns[0]])):
        choices = []
        for column in sorted(columns):
            cell = cells[column][row]
            values = cell if isinstance(cell, list) else [cell]
            choices.append([(column, str(value)) for value in values if value is not None])
        for chosen in itertools.product(*choices):
            rows = found.setdefault(key_of(dict(chosen)), [])
            if row not in rows:
                rows.append(row)
    return found


def test_a_slice_for_each_value():
    data = batch(row=[0, 1, 2, 3], company=["Blue", None, "Red", "Blue"])
    assert rows_by_key(data, ["company"]) == {"company=Blue": [0, 3], "company=Red": [2]}


def test_several_columns_in_the_order_of_their_names():
    data = batch(row=[0, 1, 2], paid=["Cash", "Cash", None], area=[8, 32, 8])
    expected = {"area=8&paid=Cash": [0], "area=32&paid=Cash": [1]}
    assert rows_by_key(data, ["paid", "area"]) == expected
    assert rows_by_key(data, ["area", "paid"]) == expected


def test_a_row_with_several_values_belongs_to_several_slices():
    data = batch(row=[0, 1, 2, 3], tag=[["a", "b"], None, [], ["b", "b", None]])
    assert rows_by_key(data, ["tag"]) == {"tag=a": [0], "tag=b": [0, 3]}


def test_all_columns_of_the_rows_are_kept():
    data = batch(company=["Blue", "Red", "Blue"], fare=[1.5, None, 2.5], tags=[["x"], [], None])
    [blue, red] = [part for _, part in slices(data, ["company"])]
    assert pa.Table.from_batches([blue]).to_pydict() == {
        "company": ["Blue", "Blue"],
        "fare": [1.5, 2.5],
        "tags": [["x"], None],
    }
    assert red.num_rows == 1


@pytest.mark.parametrize("nobody", [pa.nulls(3), pa.array([None] * 3, "str"), pa.array([[]] * 3)])
def test_a_batch_without_a_value_has_no_slices(nobody):
    assert list(slices(batch(row=[0, 1, 2], company=nobody), ["company"])) == []


def test_a_batch_without_rows_has_no_slices():
    assert list(slices(batch(company=pa.array([], "str")), ["company"])) == []


@pytest.mark.parametrize(
    ("array", "keys"),
    [
        (pa.array([True, False, None]), ["company=1", "company=0"]),
        (pa.array([7, -1, None], pa.int8()), ["company=7", "company=-1"]),
        (pa.array([b"Blue", b"caf\xff", None]), ["company=Blue", "company=caf%FF"]),
        (pa.array(["Blue", "", None]).dictionary_encode(), ["company=Blue", "company="]),
        (pa.array([7, 8, None]).dictionary_encode(), ["company=7", "company=8"]),
        (pa.array([True, False, None]).dictionary_encode(), ["company=1", "company=0"]),
        (pa.array(["a\0", "a", None]), ["company=a%00", "company=a"]),
        (pa.array([7.0, -1.0, math.nan]), ["company=7", "company=-1"]),
        (pa.array([7.0, 2.0**40, None], pa.float32()), ["company=7", f"company={2**40}"]),
        (pa.array([decimal.Decimal("7.00"), 8, None]), ["company=7", "company=8"]),
        (pa.array([7.0, 8.0, None]).dictionary_encode(), ["company=7", "company=8"]),
        (pa.array([[7.0], [8.0], None]), ["company=7", "company=8"]),
        (
            pa.array([[1], [2], None], pa.list_(pa.int64(), 1)),
            ["company=1", "company=2"],
        ),
    ],
    ids=lambda value: str(getattr(value, "type", "")),
)
def test_keys_of_every_type(array, keys):
    assert rows_by_key(batch(row=[0, 1, 2], company=array), ["company"]) == {
        keys[0]: [0],
        keys[1]: [1],
    }


def test_a_dictionary_may_hold_a_null():
    packed = pa.DictionaryArray.from_arrays(pa.array([1, 0, 2, 1]), pa.array(["x", None, "y"]))
    data = batch(row=[0, 1, 2, 3], company=packed)
    assert rows_by_key(data, ["company"]) == {"company=x": [1], "company=y": [2]}


def test_slices_of_a_slice_of_a_batch():
    data = batch(row=[0, 1, 2, 3], tag=[["a"], ["b", "c"], None, ["c"]], n=[1, 2, 3, None])
    assert rows_by_key(data.slice(1, 3), ["tag"]) == {"tag=b": [1], "tag=c": [1, 3]}
    assert rows_by_key(data.slice(1, 3), ["tag", "n"]) == {"n=2&tag=b": [1], "n=2&tag=c": [1]}


def test_columns_that_cannot_make_slices_are_refused():
    data = batch(fare=[1.5], kinds=[[0.5]], nested=[{"a": 1}])
    for column, kind in (("fare", "double"), ("kinds", "double"), ("nested", "struct<a: int64>")):
        with pytest.raises(InputError) as caught:
            list(slices(data, [column]))
        assert str(caught.value) == (
            f"slices: {column}: has the type {kind}, and slices are made of text or whole "
            "numbers. Fix: slice by another column."
        )
    with pytest.raises(InputError, match=r"^slices: company: is not a column of the data"):
        list(slices(data, ["company"]))


CELLS = st.one_of(st.none(), st.sampled_from(["x", "y", "x_b_y", "", "_", "\n"]))
LISTS = st.one_of(st.none(), st.lists(st.one_of(st.none(), st.integers(0, 3)), max_size=3))


@given(
    rows=st.lists(st.tuples(CELLS, LISTS, st.integers(0, 2)), min_size=1, max_size=30),
    columns=st.lists(st.sampled_from("abc"), min_size=1, unique=True),
    packed=st.booleans(),
)
def test_slices_are_those_of_a_plain_loop(rows, columns, packed):
    a, b, c = (list(cells) for cells in zip(*rows, strict=True))
    text = pa.array(a, pa.string())
    data = batch(
        row=np.arange(len(rows)).tolist(),
        a=text.dictionary_encode() if packed else text,
        b=pa.array(b, pa.list_(pa.int64())),
        c=c,
    )
    assert rows_by_key(data, columns) == loop({"a": a, "b": b, "c": c}, columns)


def test_values_that_make_one_name_make_slices_of_their_own():
    data = batch(row=[0, 1, 2], a=["1_b_x", "1", "1"], b=[None, "x", ""])
    assert rows_by_key(data, ["a"]) == {"a=1_b_x": [0], "a=1": [1, 2]}
    assert rows_by_key(data, ["a", "b", "a"]) == {"a=1&b=x": [1], "a=1&b=": [2]}


def test_bytes_that_are_no_text_are_values_as_others():
    data = batch(row=[0, 1, 2], company=[b"\xff", b"\xfe", b"\xff"])
    assert rows_by_key(data, ["company"]) == {"company=%FF": [0, 2], "company=%FE": [1]}


def test_fractions_make_slices_where_they_are_asked_for():
    data = batch(row=[0, 1, 2, 3], fare=pa.array([0.5, 2.0, None, 0.1], pa.float32()))
    parts = slices(data, ["fare"], fractions=True)
    found = {key: part.column(0).to_pylist() for key, part in parts}
    assert found == {"fare=0.5": [0], "fare=2": [1], "fare=0.1": [3]}
