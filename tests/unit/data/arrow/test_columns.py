from __future__ import annotations

import datetime
import decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.core.errors import InputError
from skewgate.data.arrow.columns import NUMBER, TEXT, ListValues, combine, simplify


def texts(*values):
    return pa.array(values, pa.large_binary())


@pytest.mark.parametrize(
    ("given_", "simple"),
    [
        (pa.array([3, None], pa.int8()), pa.array([3, None], pa.int64())),
        (pa.array([True, None, False]), pa.array([1, None, 0], pa.int64())),
        (pa.array([2**63], pa.uint64()), pa.array([2.0**63])),
        (pa.array([7], pa.uint64()), pa.array([7])),
        (pa.array([decimal.Decimal("1.25")]), pa.array([1.25])),
        (pa.array(["é", None]), texts("é".encode(), None)),
        (pa.array(["a", "b", "a"]).dictionary_encode(), texts(b"a", b"b", b"a")),
        (
            pa.array([[1.5], [], None], pa.large_list(pa.float32())),
            pa.array([1.5, None, None], "float"),
        ),
        (pa.array([[None], [2]], pa.list_(pa.int64())), pa.array([None, 2], pa.int64())),
        (pa.array([[], None], pa.list_(pa.null())), pa.nulls(2)),
        (pa.array([[1, None, 2], [3]]), pa.array([[1, 2], [3]], pa.large_list(pa.int64()))),
        (
            pa.array([["a", "b"], None]),
            pa.array([[b"a", b"b"], []], pa.large_list(pa.large_binary())),
        ),
    ],
)
def test_a_column_gets_its_simplest_form(given_, simple):
    assert simplify(given_, "x").equals(simple)
    rows = pa.concat_arrays([given_, given_]) if not pa.types.is_dictionary(given_.type) else given_
    assert simplify(rows.slice(len(given_) if rows is not given_ else 0), "x").equals(simple)


@pytest.mark.parametrize(
    "array", [pa.array([datetime.date(2020, 1, 1)]), pa.array([[[1]]]), pa.array([{"a": 1}])]
)
def test_what_is_neither_number_nor_text_is_refused(array):
    with pytest.raises(InputError, match=r"column trip: has the type .* make skew\.yaml ignore it"):
        simplify(array, "trip")


CELLS = st.lists(
    st.one_of(st.none(), st.lists(st.one_of(st.none(), st.integers(-3, 3)), max_size=3)),
    max_size=8,
)


@given(parts=st.lists(CELLS, max_size=4))
def test_parts_of_any_form_join_to_the_same_rows(parts):
    arrays = [simplify(pa.array(part, pa.large_list(pa.int64())), "x") for part in parts]
    joined = ListValues.of(combine(arrays, "x"))
    expected = [
        [each for each in cell or () if each is not None] for part in parts for cell in part
    ]
    assert joined.lengths.tolist() == list(map(len, expected))
    assert joined.flat.to_pylist() == [each for cell in expected for each in cell]


def test_whole_numbers_join_floats_and_missing_parts_join_anything():
    joined = combine([pa.nulls(1), pa.array([2]), pa.array([0.5], pa.float32())], "x")
    assert joined.equals(pa.array([None, 2.0, 0.5], pa.float64()))
    assert combine([pa.nulls(2), pa.nulls(1)], "x").equals(pa.nulls(3))
    assert combine([], "x").equals(pa.nulls(0))


def test_text_and_numbers_in_one_column_are_refused():
    with pytest.raises(InputError, match="column x: is text in one part of the data and numbers"):
        combine([pa.array([1]), pa.array([b"a"], pa.large_binary())], "x")


def test_values_know_their_kind_and_those_of_some_rows():
    values = ListValues.of(simplify(pa.array([["a", "b"], None, ["c"]]), "x"))
    assert values.kind == TEXT
    assert values.where(values.lengths != 2).to_pylist() == [b"c"]
    assert ListValues.of(pa.array([1.0])).kind == NUMBER
    assert ListValues.of(pa.nulls(3)).kind == ""
