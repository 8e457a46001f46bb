"""Arrow arrays to numpy and back: slices, nulls and empty arrays of every layout."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.data.arrow import values

LISTS = {
    "list": pa.list_(pa.int32()),
    "large": pa.large_list(pa.int32()),
    "fixed": pa.list_(pa.int32(), 2),
}
MASKS = st.lists(st.booleans() | st.none(), max_size=20)


def sliced(rows, kind, start):
    return pa.array(rows, kind).slice(min(start, len(rows))), rows[min(start, len(rows)) :]


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint32(), pa.int64(), pa.float32(), pa.float64()])
@given(rows=st.lists(st.integers(0, 9) | st.none(), max_size=20), start=st.integers(0, 5))
def test_numbers_are_the_values_and_stored_ones_have_a_place_for_null(kind, rows, start):
    array, rows = sliced(rows, kind, start)
    known = [row is not None for row in rows]
    assert values.validity(array).tolist() == known
    assert values.numbers(array).tolist() == [row for row in rows if row is not None]
    stored = values.stored(array)
    assert stored.dtype == kind.to_pandas_dtype()
    assert stored[np.array(known, bool)].tolist() == values.numbers(array).tolist()
    again = values.from_stored(stored, kind, values.validity(array))
    assert again.equals(array)


def test_numbers_of_an_array_without_nulls_are_not_copied():
    array = pa.array([1, 2, 3])
    assert values.numbers(array).ctypes.data == array.buffers()[1].address


@pytest.mark.parametrize("kind", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("start", [0, 1, 4])
def test_lengths_are_of_the_lists_that_are_not_null(kind, start):
    rows = [[1, None], None, [3, 4], [5, 6]]
    if not pa.types.is_fixed_size_list(kind):
        rows[2] = []
    array, rows = sliced(rows, kind, start)
    found = values.list_lengths(array)
    assert found.tolist() == [len(row) for row in rows if row is not None]
    assert found.dtype == np.int64


@pytest.mark.parametrize(
    ("kind", "rows", "width"),
    [
        (pa.string(), ["ab", "", "cde"], np.int32),
        (pa.large_string(), ["ab", "", "cde"], np.int64),
        (pa.large_binary(), [b"ab", b"", b"cde"], np.int64),
        (pa.list_(pa.int8()), [[1, 2], [], [3, 4, 5]], np.int32),
        (pa.large_list(pa.int8()), [[1, 2], [], [3, 4, 5]], np.int64),
    ],
    ids=str,
)
def test_offsets_say_where_each_row_begins_and_the_last_ends(kind, rows, width):
    array = pa.array(rows, kind)
    assert values.offsets(array).tolist() == [0, 2, 2, 5]
    assert values.offsets(array.slice(1)).tolist() == [2, 2, 5]
    assert values.offsets(array.slice(3)).tolist() == [5]
    assert values.offsets(pa.array([], kind)).tolist() == [0]
    assert values.offsets(array).dtype == width


@given(MASKS, st.integers(0, 9))
def test_a_mask_goes_to_numpy_with_null_as_false(rows, start):
    array, rows = sliced(rows, pa.bool_(), start)
    assert values.from_mask_array(array).tolist() == [row is True for row in rows]


@given(st.lists(st.booleans(), max_size=20))
def test_a_mask_comes_back_as_it_was(rows):
    array = values.mask_array(np.array(rows, bool))
    assert array.equals(pa.array(rows, pa.bool_()))
    assert values.from_mask_array(array).tolist() == rows


def test_places_are_null_where_they_are_not_known():
    places = np.array([4, 5, 6])
    assert values.places_array(places).equals(pa.array([4, 5, 6]))
    known = np.array([True, False, True])
    assert values.places_array(places, known).equals(pa.array([4, None, 6]))
    assert values.places_array(places, known | True).null_count == 0
    assert values.places_array(np.array([[1, 2], [3, 4]])[:, 1]).to_pylist() == [2, 4]


@pytest.mark.parametrize("start", [0, 2])
def test_bytes_of_a_fixed_length_are_cast_though_they_are_a_slice(start):
    rows = [b"abc", None, b"\xff12", b"xyz", None]
    array = pa.array(rows, pa.binary(3)).slice(start)
    assert values.to_bytes(array).equals(pa.array(rows[start:], pa.large_binary()))
    with pytest.raises(pa.ArrowInvalid):
        values.castable(array).cast(pa.string())
    assert values.castable(array.slice(1)).equals(array.slice(1))


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()])
def test_text_becomes_bytes(kind):
    array = pa.array(["a", None, "Café"], kind).slice(1)
    assert values.to_bytes(array).to_pylist() == [None, "Café".encode()]


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"", True), (b"abc", True), ("Café".encode(), True), (b"Caf\xe9", False), (b"\x80", False)],
)
def test_bytes_are_text_if_they_are_utf8(data, expected):
    assert values.is_utf8(data) is expected
    assert (values.name_of(data) is not None) is expected
