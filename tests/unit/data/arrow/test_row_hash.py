from __future__ import annotations

import datetime
import decimal

import numpy as np
import pyarrow as pa
import pytest

from skewgate.core.errors import InputError
from skewgate.data.arrow import row_hash


def hashes(*arrays):
    columns = {f"c{index}": array for index, array in enumerate(arrays)}
    return row_hash.hashes(columns, len(arrays[0]), "a.csv").tolist()


def test_hashes_never_change():
    day = datetime.datetime(2015, 1, 1, 12, 0, 0, 500_000)
    assert hashes(
        pa.array([1, None]),
        pa.array([2.5, float("nan")]),
        pa.array(["a text of 24 letters ....", ""]),
        pa.array([day, None], pa.timestamp("us")),
        pa.array([[1, 2], []]),
    ) == [15513023475274812398, 8517243618351758512]


WHOLE = [3, 0, 1, None]


@pytest.mark.parametrize(
    "kind",
    [pa.int8(), pa.uint16(), pa.uint64(), pa.float32(), pa.float64(), pa.decimal128(9, 2)],
    ids=str,
)
def test_a_whole_number_is_the_same_in_every_type(kind):
    array = pa.array([decimal.Decimal(v) if v is not None else v for v in WHOLE], pa.decimal128(9))
    assert hashes(array.cast(kind)) == hashes(pa.array(WHOLE, pa.int64()))


def test_a_boolean_is_0_or_1():
    assert hashes(pa.array([True, False, None])) == hashes(pa.array([1, 0, None]))


@pytest.mark.parametrize(
    "kind", [pa.date64(), pa.timestamp("s"), pa.timestamp("ns"), pa.timestamp("us", "UTC")], ids=str
)
def test_a_day_is_the_same_in_every_type(kind):
    days = pa.array([datetime.date(2015, 1, 1), datetime.date(1960, 2, 29), None])
    assert hashes(days.cast(kind)) == hashes(days)


def test_fractions_of_a_second_count_before_1970_too():
    ticks = pa.array([-1, -1_000_000, 0, 1, 1_000_000], pa.int64())
    found = hashes(ticks.cast(pa.timestamp("us")))
    assert len(set(found)) == 5
    whole = pa.array([-1, 0, 1], pa.int64()).cast(pa.timestamp("s"))
    assert found[1::3] + found[2:3] == hashes(whole)[0::2] + hashes(whole)[1:2]


TEXTS = ["", "a", "a\0", "eight by", "nine byte", "é" * 50, None]


@pytest.mark.parametrize("kind", [pa.large_string(), pa.binary(), pa.large_binary()], ids=str)
def test_a_text_is_the_same_in_every_type(kind):
    assert hashes(pa.array(TEXTS).cast(kind)) == hashes(pa.array(TEXTS))


@pytest.mark.parametrize("kind", [pa.large_list(pa.int64()), pa.list_(pa.float64())], ids=str)
def test_a_list_is_its_values_in_their_order(kind):
    lists = [[1, 2], [2, 1], [1], [], None, [1, 1], [None], [1, 2]]
    found = hashes(pa.array(lists, kind))
    assert found == hashes(pa.array(lists, pa.list_(pa.int8())))
    assert found[0] == found[7]
    assert len(set(found)) == 7


@pytest.mark.parametrize("kind", [pa.int64(), pa.string(), pa.date32(), pa.bool_()], ids=str)
def test_lists_that_are_all_empty_need_no_type(kind):
    """A block of JSON Lines has them as lists of nothing, whatever the next block shows."""
    lists = [[], None, [None], []]
    assert hashes(pa.array(lists, pa.list_(pa.null()))) == hashes(pa.array(lists, pa.list_(kind)))
    assert hashes(pa.array([[]], pa.list_(pa.null()))) == hashes(pa.array([[]], pa.list_(kind)))


def test_lists_of_a_fixed_size_and_of_texts_count_too():
    lists = [["a", "b"], ["b", "a"], None, ["a", None]]
    pairs = pa.array(lists, pa.list_(pa.string(), 2))
    assert hashes(pairs) == hashes(pa.array(lists, pa.list_(pa.string())))
    assert len(set(hashes(pairs))) == 4
    assert hashes(pairs.slice(1, 2)) == hashes(pairs)[1:3]


def test_every_nan_is_the_same():
    bits = np.array([0x7FF8000000000000, 0xFFF8000000000000, 0x7FF8000000000001], np.uint64)
    assert len(set(hashes(pa.array(bits.view(np.float64), from_pandas=False)))) == 1


def test_a_slice_has_the_hashes_of_its_rows():
    arrays = [
        pa.array(TEXTS),
        pa.array([None, 1, 2, 3, 4, 5, 6]),
        pa.array([[i, i] for i in range(7)]),
        pa.array([True, None] * 3 + [False]),
    ]
    whole = hashes(*arrays)
    assert [hashes(*(a.slice(i, 1) for a in arrays))[0] for i in range(7)] == whole
    assert hashes(*(a.slice(2, 3) for a in arrays)) == whole[2:5]


def test_a_row_is_the_same_whether_its_file_has_a_column_that_it_has_no_value_of_or_not():
    values = pa.array([1, 2, None])
    assert hashes(values, pa.nulls(3)) == hashes(values)
    assert hashes(values, pa.array([None, "x", None]))[::2] == hashes(values)[::2]
    assert hashes(pa.nulls(2)) == hashes(pa.array([None, None], pa.int64()))


def test_a_struct_is_refused():
    with pytest.raises(InputError, match=r"a\.csv: column c0: has the type struct<x: int64>"):
        hashes(pa.array([{"x": 1}]))


def test_an_interval_of_months_is_refused():
    with pytest.raises(InputError, match=r"column c0: has the type month_day_nano_interval"):
        hashes(pa.array([(1, 2, 3)], pa.month_day_nano_interval()))
