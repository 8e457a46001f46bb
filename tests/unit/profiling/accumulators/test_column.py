import datetime
import decimal
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.core.distributions import (
    CategoricalDistribution,
    EmptyDistribution,
    NumericDistribution,
    OpaqueDistribution,
)
from skewgate.data.arrow.values import numbers, validity
from skewgate.profiling.accumulators.column import ColumnAccumulator

UTC = datetime.timezone.utc
NOON = datetime.datetime(2016, 1, 1, 12, 0, 0)
NOON_SECONDS = 1_451_649_600.0


def accumulate(*arrays, **options):
    accumulator = ColumnAccumulator("x", **options)
    for array in arrays:
        accumulator.add(array)
    return accumulator


def profile(*arrays, **options):
    return accumulate(*arrays, **options).distribution(sum(map(len, arrays)))


def values(side):
    """Returns value to count of a numeric distribution that is exact."""
    assert isinstance(side, NumericDistribution)
    assert np.array_equal(side.left_lower, side.left_upper)
    assert np.array_equal(side.right_lower, side.right_upper)
    counts = np.round((side.right_lower - side.left_lower) * side.n).astype(int)
    return dict(zip(side.edges.tolist(), counts.tolist(), strict=True))


def text(kind, data, offsets):
    """Returns an array of text whose bytes need not be UTF-8."""
    width = np.int64 if str(kind).startswith("large") else np.int32
    buffers = [None, pa.py_buffer(np.array(offsets, width).tobytes()), pa.py_buffer(data)]
    return pa.Array.from_buffers(kind, len(offsets) - 1, buffers)


# Numbers of every type.


@pytest.mark.parametrize(
    "kind", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
)
def test_integers_are_numbers(kind):
    side = profile(pa.array([3, None, 3, 120], getattr(pa, kind)()))
    assert values(side) == {3.0: 2, 120.0: 1}
    assert (side.n, side.n_missing, side.n_nan) == (3, 1, 0)
    assert side.integer


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_floats_are_numbers_and_nan_is_not_null(kind):
    array = pa.array([0.5, -2.0, math.nan, math.inf, None], pa.float64())
    if kind == "float16":  # Arrow casts to it from numpy only
        array = pa.array(np.array([0.5, -2.0, np.nan, np.inf], kind))
    side = profile(array.cast(getattr(pa, kind)()))
    assert values(side) == {-2.0: 1, 0.5: 1, math.inf: 1}
    assert (side.n, side.n_nan) == (3, 1)
    assert side.n_missing == (0 if kind == "float16" else 1)
    assert not side.integer


def test_the_largest_integers_are_as_exact_as_floats():
    side = profile(pa.array([2**64 - 1, 7], pa.uint64()))
    assert values(side) == {7.0: 1, float(2**64): 1}


def test_booleans_are_0_and_1():
    side = profile(pa.array([True, None, False, True]))
    assert values(side) == {0.0: 1, 1.0: 2}
    assert side.integer


@pytest.mark.parametrize("kind", [pa.decimal128(9, 2), pa.decimal256(40, 2)])
def test_decimals_are_numbers(kind):
    array = pa.array([decimal.Decimal("1.25"), None, decimal.Decimal("-3.50")], kind)
    side = profile(array)
    assert values(side) == {-3.5: 1, 1.25: 1}
    assert not side.integer


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()])
def test_dates_are_seconds(kind):
    side = profile(pa.array([NOON.date(), None, datetime.date(1969, 12, 31)], kind))
    assert values(side) == {-86_400.0: 1, NOON_SECONDS - 43_200: 1}
    assert side.integer  # as tf.Example holds them


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/Chicago"])
def test_time_stamps_are_seconds_of_utc_in_any_unit_and_zone(unit, zone):
    moment = NOON.replace(tzinfo=UTC) if zone else NOON
    early = datetime.datetime(1905, 6, 7, tzinfo=UTC if zone else None)
    array = pa.array([moment, None, early], pa.timestamp(unit, zone))
    assert values(profile(array)) == {-2_037_657_600.0: 1, NOON_SECONDS: 1}
    assert profile(array).integer


def test_fractions_of_seconds_are_the_same_in_every_unit():
    moment = NOON.replace(microsecond=123_457)
    coarse, fine = (profile(pa.array([moment], pa.timestamp(unit))) for unit in ("us", "ns"))
    assert coarse.edges.tolist() == fine.edges.tolist() == [NOON_SECONDS + 0.123457]


def test_a_time_stamp_beyond_the_range_of_microseconds_is_no_other_time():
    side = profile(pa.array([2**50, 0], pa.timestamp("s")))
    assert values(side) == {0.0: 1, float(2**50): 1}


@pytest.mark.parametrize(
    ("kind", "one"),
    [
        (pa.time32("s"), 3_600),
        (pa.time32("ms"), 3_600_000),
        (pa.time64("us"), 3_600 * 10**6),
        (pa.time64("ns"), 3_600 * 10**9),
        (pa.duration("s"), 3_600),
        (pa.duration("ms"), 3_600_000),
        (pa.duration("us"), 3_600 * 10**6),
        (pa.duration("ns"), 3_600 * 10**9),
    ],
)
def test_times_of_day_and_durations_are_seconds(kind, one):
    whole = pa.int32() if kind.bit_width == 32 else pa.int64()
    assert values(profile(pa.array([one, None, one], whole).cast(kind))) == {3_600.0: 2}


# Text.


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()])
@pytest.mark.parametrize("packed", [False, True])
def test_text_and_bytes_are_categories(kind, packed):
    array = pa.array(["Blue", None, "Café", "Blue", ""], kind)
    side = profile(array.dictionary_encode() if packed else array)
    assert side == CategoricalDistribution(
        {"Blue": 2.0, "Café": 1.0, "": 1.0}, other=0.0, n=4, n_missing=1
    )


def test_bytes_of_fixed_size_are_categories():
    assert profile(pa.array([b"ab", None, b"ab"], pa.binary(2))).counts == {"ab": 2.0}


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()])
def test_what_is_not_utf8_is_a_value_without_a_name(kind):
    side = profile(text(kind, b"ab\xff\xfeab", [0, 2, 4, 6]))
    assert (side.counts, side.n, side.other) == ({"ab": 2.0}, 3, 1.0)


def test_integers_are_categories_if_the_schema_says_so():
    side = profile(pa.array([7, None, 7, -1]), categorical=True)
    assert side.counts == {"7": 2.0, "-1": 1.0}
    packed = profile(pa.array([7, None, 7, -1]).dictionary_encode(), categorical=True)
    assert packed == side


def test_booleans_that_are_categories_are_named_as_numbers():
    assert profile(pa.array([True, False, True]), categorical=True).counts == {"1": 2.0, "0": 1.0}


# Dictionaries.


@pytest.mark.parametrize("kind", [pa.float64(), pa.int32(), pa.date32(), pa.bool_()])
def test_a_dictionary_is_its_values(kind):
    plain = pa.array([1, 0, None, 1], pa.int32()).cast(kind)
    assert values(profile(plain.dictionary_encode())) == values(profile(plain))
    assert profile(plain.dictionary_encode()).n_missing == 1


def test_a_dictionary_may_hold_a_null_and_names_that_nothing_uses():
    names = pa.array(["Blue", None, "unused", "Blue"])
    array = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 3, 0], pa.int8()), names)
    side = profile(array)
    assert side == CategoricalDistribution({"Blue": 3.0}, other=0.0, n=3, n_missing=2)


def test_a_dictionary_without_a_name_is_all_null():
    array = pa.DictionaryArray.from_arrays(pa.array([None, None], pa.int32()), pa.array([], "str"))
    assert profile(array) == EmptyDistribution(2)


def test_dictionaries_of_two_batches_may_differ():
    one = pa.array(["Blue", "Red"]).dictionary_encode()
    two = pa.array(["Red", "Red", "Blue"]).dictionary_encode()
    assert profile(one, two).counts == {"Blue": 2.0, "Red": 3.0}


# Lists.


@pytest.mark.parametrize("kind", [pa.list_(pa.int64()), pa.large_list(pa.int64())])
def test_lists_are_flattened_and_their_lengths_are_kept(kind):
    accumulator = accumulate(pa.array([[1, 2, 2], None, [], [5]], kind))
    side = accumulator.distribution(4)
    assert values(side) == {1.0: 1, 2.0: 2, 5.0: 1}
    assert (side.n, side.n_missing, side.n_present) == (4, 1, 3)
    assert values(accumulator.value_count()) == {0.0: 1, 1.0: 1, 3.0: 1}


def test_lists_of_fixed_size():
    array = pa.array([[1.0, 2.0], None, [2.0, None]], pa.list_(pa.float64(), 2))
    accumulator = accumulate(array)
    side = accumulator.distribution(3)
    assert values(side) == {1.0: 1, 2.0: 2}
    assert (side.n_missing, side.n_present) == (1, 2)
    assert values(accumulator.value_count()) == {1.0: 1, 2.0: 1}  # a null is no value


def test_lists_of_text():
    accumulator = accumulate(pa.array([["a", "b"], ["b", None], None]))
    side = accumulator.distribution(3)
    assert side == CategoricalDistribution({"a": 1.0, "b": 2.0}, 0.0, 3, 1, n_present=2)


def test_lists_of_dictionaries():
    kind = pa.list_(pa.dictionary(pa.int32(), pa.string()))
    assert profile(pa.array([["a", "b"], ["b"]], kind)).counts == {"a": 1.0, "b": 2.0}


def test_lists_of_at_most_one_value_are_values_and_an_empty_one_is_missing():
    accumulator = accumulate(pa.array([[1.5], [], None, [None], [math.nan]]))
    side = accumulator.distribution(5)
    assert values(side) == {1.5: 1}
    assert (side.n, side.n_nan, side.n_missing, side.n_present) == (1, 1, 3, None)
    assert accumulator.value_count() is None


def test_lists_without_a_value():
    empty = pa.array([[], None, []], pa.list_(pa.int64()))
    assert profile(empty) == EmptyDistribution(3, n_empty=2)
    assert profile(pa.array([[], [None]])) == EmptyDistribution(2, n_empty=2)


def test_lists_of_one_value_in_one_batch_and_of_two_in_another():
    one, two = pa.array([[1], []], pa.list_(pa.int64())), pa.array([[1, 3], None])
    for order in ((one, two), (two, one)):
        accumulator = accumulate(*order)
        side = accumulator.distribution(4)
        assert (side.n, side.n_missing, side.n_present) == (3, 1, 3)
        assert values(accumulator.value_count()) == {0.0: 1, 1.0: 1, 2.0: 1}


# Slices of arrays, and nulls at the borders of words.


@st.composite
def sliced(draw):
    """Returns a slice of an array and the values that it holds, for several types."""
    length = draw(st.sampled_from([0, 1, 7, 8, 9, 63, 64, 65, 130]))
    nulls = draw(st.sampled_from(["none", "all", "some"]))
    keep = {"none": st.just(True), "all": st.just(False), "some": st.booleans()}[nulls]
    cells = [i % 5 if draw(keep) else None for i in range(length)]
    start = draw(st.integers(0, length))
    end = draw(st.integers(start, length))
    return pa.array(cells, pa.int64())[start:end], cells[start:end]


@given(pair=sliced(), kind=st.sampled_from([pa.int64(), pa.float32(), pa.bool_(), pa.date32()]))
def test_slices_of_arrays_of_numbers(pair, kind):
    array, cells = pair
    if pa.types.is_date(kind):
        array = array.cast(pa.int32())
    array = array.cast(kind)
    scale = 86_400.0 if pa.types.is_date(kind) else 1.0
    expected = [
        scale * (bool(c) if pa.types.is_boolean(kind) else c) for c in cells if c is not None
    ]
    side = profile(array)
    assert side.n_missing == len(cells) - len(expected)
    assert (values(side) if expected else {}) == {v: expected.count(v) for v in expected}


@given(pair=sliced(), packed=st.booleans())
def test_slices_of_arrays_of_text(pair, packed):
    array, cells = pair
    whole = array.cast(pa.string())
    side = profile(whole.dictionary_encode() if packed else whole)
    names = [str(c) for c in cells if c is not None]
    assert side.n_missing == len(cells) - len(names)
    assert (side.counts if names else {}) == {name: names.count(name) for name in names}


def test_slices_of_dictionaries_and_lists():
    packed = pa.array(["a", None, "b", "b", "c"]).dictionary_encode()
    assert profile(packed[1:4]) == CategoricalDistribution({"b": 2.0}, 0.0, 2, n_missing=1)
    lists = pa.array([[1, 1], None, [2], [], [3, 4, 5], [6]])
    for kind in (pa.list_(pa.int64()), pa.large_list(pa.int64())):
        accumulator = accumulate(lists.cast(kind)[1:5])
        assert values(accumulator.distribution(4)) == {2.0: 1, 3.0: 1, 4.0: 1, 5.0: 1}
        assert values(accumulator.value_count()) == {0.0: 1, 1.0: 1, 3.0: 1}
    fixed = pa.array([[1, 1], None, [2, 3], [4, 4]], pa.list_(pa.int64(), 2))
    assert values(profile(fixed[1:3])) == {2.0: 1, 3.0: 1}


@given(pair=sliced())
def test_numbers_and_validity_of_plain_arrays(pair):
    array, cells = pair
    assert numbers(array).tolist() == [cell for cell in cells if cell is not None]
    assert validity(array).tolist() == [cell is not None for cell in cells]


# Who lacks the column.


def test_a_column_of_nulls_is_empty():
    assert profile(pa.nulls(3)) == EmptyDistribution(3)
    assert profile(pa.array([None, None], pa.float64())) == EmptyDistribution(2)
    assert profile(pa.array([None, None], pa.string())) == EmptyDistribution(2)


def test_nulls_before_a_type_is_known():
    side = profile(pa.nulls(3), pa.array([2.5, 2.5]))
    assert (values(side), side.n_missing) == ({2.5: 2}, 3)


def test_rows_that_never_showed_the_column_lack_it():
    assert accumulate(pa.array([1, None])).distribution(rows=10).n_missing == 9


def test_a_batch_without_rows_is_nothing():
    assert profile(pa.array([], pa.float64()), pa.array([1.5])).n == 1


# What changes from part to part.


def test_integers_and_floats_are_one_column():
    whole, real = pa.array([1, 2]), pa.array([2.0, 0.5])
    for order in ((whole, real), (real, whole)):
        side = profile(*order)
        assert values(side) == {0.5: 1, 1.0: 1, 2.0: 2}
        assert not side.integer


@pytest.mark.parametrize("merged", [False, True])
def test_text_and_numbers_are_not_and_both_types_are_told(merged):
    number, name = pa.array([1.5, None]), pa.array(["far"])
    for parts in ((number, name), (name, number)):
        if merged:
            found = accumulate(parts[0])
            found.merge(accumulate(parts[1]))
        else:
            found = accumulate(*parts)
        assert found.kind == "opaque"
        assert found.distribution(4) == OpaqueDistribution(
            n_missing=2,
            n=2,
            problem="is double in one part of the data and string in another",
            types=frozenset({"double", "string"}),
            faulty=True,
        )


def test_merging_is_reading_on():
    parts = [
        pa.nulls(2),
        pa.array([[1, 2], None], pa.list_(pa.int64())),
        pa.array([2.5, None]),
        pa.array([7]),
    ]
    for order in ((0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)):
        merged = accumulate()
        for index in order:
            merged.merge(accumulate(parts[index]))
        side = merged.distribution(7)
        assert values(side) == {1.0: 1, 2.0: 1, 2.5: 1, 7.0: 1}
        assert (side.n_missing, side.n_present, side.integer) == (4, 3, False)


def test_merging_categories():
    merged = accumulate(pa.array(["a", None]))
    merged.merge(accumulate(pa.array(["a", "b", "b"]).dictionary_encode()))
    merged.merge(accumulate(pa.nulls(1)))
    assert merged.distribution(6) == CategoricalDistribution({"a": 2.0, "b": 2.0}, 0.0, 4, 2)


# What cannot be compared.


@pytest.mark.parametrize(
    "array",
    [
        pa.array([{"a": 1}]),
        pa.array([[{"a": 1}]]),
        pa.array([[[1]]]),
        pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
    ],
    ids=lambda array: str(array.type),
)
def test_what_cannot_be_compared_is_kept_as_that(array):
    found = accumulate(array, array)
    side = found.distribution(3)
    assert isinstance(side, OpaqueDistribution)
    assert side.problem.startswith("has the type ")
    assert side.problem.endswith(", which cannot be compared")
    assert (side.n, side.n_missing, side.faulty) == (
        2,
        1,
        False,
    )
    assert found.value_count() is None


def test_a_column_that_was_given_up_keeps_no_values():
    found = accumulate(pa.array([1.5]))
    found.give_up("cannot be read", faulty=False)
    found.add(pa.array([2.5, None]))
    found.merge(accumulate(pa.array(["a"])))
    assert found.distribution(4) == OpaqueDistribution(
        1, 3, "cannot be read", frozenset({"double", "string"})
    )


# Types.


def test_the_types_that_held_the_values_are_kept():
    single, double = pa.array([0.5], pa.float32()), pa.array([0.25])
    assert profile(single).types == {"float"}
    assert profile(single, double, pa.nulls(1)).types == {"float", "double"}
    assert profile(pa.array([[1], [2, 3]], pa.list_(pa.int16()))).types == {"int16"}
    assert profile(pa.array(["a"]).dictionary_encode()).types == {"string"}


def test_categories_are_named_alike_whatever_type_holds_the_numbers():
    arrays = [
        pa.array([2, 10]),
        pa.array([2.0, 10.0]),
        pa.array([2.0, 10.0], pa.float32()),
        pa.array([decimal.Decimal("2.00"), decimal.Decimal("10.00")]),
    ]
    for array in arrays:
        found = accumulate(array, categorical=True).distribution(2)
        assert found.counts == {"2": 1.0, "10": 1.0}
    for kind in (pa.float32(), pa.float64()):
        found = accumulate(pa.array([0.1, -0.0], kind), categorical=True).distribution(2)
        assert found.counts == {"0.1": 1.0, "0": 1.0}
