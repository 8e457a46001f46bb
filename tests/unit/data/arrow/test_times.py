"""Seconds of times of every type and unit, against whole-number arithmetic and Python's own."""

from __future__ import annotations

import datetime
import fractions
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.data.arrow import times

UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
DATES = [pa.date32(), pa.date64()]
STAMPS = [pa.timestamp(unit, zone) for unit in UNITS for zone in (None, "UTC", "Europe/Berlin")]
CLOCKS = [pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")]
DURATIONS = [pa.duration(unit) for unit in UNITS]
TIMES = [*DATES, *STAMPS, *CLOCKS, *DURATIONS]
UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)


def per_second(kind):
    """Returns how many units of a type are a second, as the type is specified."""
    if pa.types.is_date32(kind):
        return fractions.Fraction(1, 86_400)
    return 1_000 if pa.types.is_date64(kind) else UNITS[kind.unit if has_unit(kind) else unit(kind)]


def has_unit(kind):
    return pa.types.is_timestamp(kind) or pa.types.is_duration(kind)


def unit(kind):
    return str(kind)[len("time32[") : -1]


def array_of(kind, ticks):
    """Returns an array that stores some whole numbers, None for null."""
    plain = pa.int32() if kind.bit_width == 32 else pa.int64()
    return pa.array(ticks, plain).cast(kind)


@st.composite
def arrays(draw, types=TIMES, nulls=True):
    kind = draw(st.sampled_from(types))
    largest = {32: 20_000, 64: 4 * 10**18}[kind.bit_width]
    least = 0 if kind in CLOCKS else -largest
    if kind in CLOCKS:
        largest = 86_400 * per_second(kind) - 1
    numbers = st.integers(least, largest) | st.integers(-3, 3).map(lambda n: max(n, least))
    if pa.types.is_date64(kind):  # whole days, as Arrow wants them
        numbers = st.integers(-(10**6), 10**6).map(lambda days: days * 86_400_000)
    ticks = draw(st.lists(numbers | st.none() if nulls else numbers, max_size=12))
    start = draw(st.integers(0, len(ticks)))
    return kind, ticks[start:], array_of(kind, ticks).slice(start)


@given(arrays())
def test_whole_seconds_are_rounded_down_and_nulls_stay(drawn):
    kind, ticks, array = drawn
    found = times.whole_seconds(array)
    assert found.type == pa.int64()
    assert found.null_count == array.null_count
    assert found.to_pylist() == [
        None if tick is None else math.floor(tick / fractions.Fraction(per_second(kind)))
        for tick in ticks
    ]


@given(arrays(nulls=False))
def test_seconds_and_nanoseconds_are_all_of_a_time(drawn):
    kind, ticks, array = drawn
    whole, rest = times.with_nanoseconds(array)
    assert whole.dtype == rest.dtype == np.int64
    for tick, second, nanoseconds in zip(ticks, whole.tolist(), rest.tolist(), strict=True):
        assert 0 <= nanoseconds < 10**9
        exact = tick / fractions.Fraction(per_second(kind))
        assert second + fractions.Fraction(nanoseconds, 10**9) == exact


@given(arrays())
def test_float_seconds_are_the_nearest_there_are_and_nulls_are_left_out(drawn):
    kind, ticks, array = drawn
    units = per_second(kind)
    expected = []
    for tick in ticks:
        if tick is None:
            continue
        if pa.types.is_timestamp(kind) and kind.unit == "ns":
            tick, units = int(fractions.Fraction(tick, 1_000)), 10**6  # towards zero
        expected.append(float(tick) / float(units) if units >= 1 else float(tick * 86_400))
    found = times.float_seconds(array)
    assert found.dtype == np.float64
    assert found.tolist() == expected


@pytest.mark.parametrize("kind", STAMPS, ids=str)
def test_a_time_stamp_is_seconds_of_utc_whatever_its_zone(kind):
    moment = datetime.datetime(2026, 7, 15, 12, 30, 1, tzinfo=UTC)
    array = pa.array([moment if kind.tz else moment.replace(tzinfo=None)], kind)
    seconds = (moment - EPOCH).total_seconds()
    assert times.whole_seconds(array).to_pylist() == [seconds]
    assert times.float_seconds(array).tolist() == [seconds]


@pytest.mark.parametrize("kind", DATES, ids=str)
def test_a_date_is_its_midnight(kind):
    array = pa.array([datetime.date(1969, 12, 31), datetime.date(2024, 2, 29)], kind)
    assert times.whole_seconds(array).to_pylist() == [-86_400, 1_709_164_800]
    assert times.float_seconds(array).tolist() == [-86_400.0, 1_709_164_800.0]
    assert times.moments(array).tolist() == [-86_400.0, 1_709_164_800.0]


def test_nanoseconds_of_a_time_stamp_are_dropped_and_those_of_a_duration_are_not():
    stamps = array_of(pa.timestamp("ns"), [1_999, -1_999])
    assert times.float_seconds(stamps).tolist() == [1e-6, -1e-6]
    assert times.whole_seconds(stamps).to_pylist() == [0, -1]
    assert times.float_seconds(array_of(pa.duration("ns"), [1_999])).tolist() == [1_999 / 1e9]


def test_times_at_the_ends_of_their_type_do_not_wrap_round():
    for kind in (pa.timestamp("s"), pa.timestamp("ns"), pa.duration("us")):
        ends = [-(2**63), 2**63 - 1]
        found = times.float_seconds(array_of(kind, ends))
        assert found.tolist() == pytest.approx([end / per_second(kind) for end in ends], rel=1e-12)
        assert times.whole_seconds(array_of(kind, ends)).to_pylist() == [
            end // per_second(kind) for end in ends
        ]


@given(arrays([*DATES, *STAMPS]))
def test_moments_of_times_are_whole_seconds_with_nan_for_null(drawn):
    _, _, array = drawn
    expected = [np.nan if each is None else each for each in times.whole_seconds(array).to_pylist()]
    np.testing.assert_array_equal(times.moments(array), np.array(expected, np.float64))


@pytest.mark.parametrize(
    "kind", [pa.int8(), pa.uint64(), pa.int64(), pa.float16(), pa.float32(), pa.float64()], ids=str
)
def test_moments_of_numbers_are_the_numbers(kind):
    values = [np.float16(each) for each in (7, 0, 3)] if pa.types.is_float16(kind) else [7, 0, 3]
    array = pa.array([values[0], None, *values[1:]], kind).slice(1)
    found = times.moments(array)
    np.testing.assert_array_equal(found, [np.nan, 0.0, 3.0])
    assert found.dtype == np.float64


def test_moments_of_floats_keep_fractions_and_infinity():
    array = pa.array([0.5, np.inf, np.nan, None, -1.25])
    np.testing.assert_array_equal(times.moments(array), [0.5, np.inf, np.nan, np.nan, -1.25])


def test_a_column_without_values_has_no_moment():
    np.testing.assert_array_equal(times.moments(pa.nulls(2)), [np.nan, np.nan])
    assert times.moments(pa.nulls(0)).shape == (0,)


def test_what_counts_from_1970_is_a_moment_and_nothing_else_is():
    numbers = [pa.int16(), pa.uint64(), pa.float16(), pa.float64(), pa.null()]
    assert all(map(times.is_moment, [*DATES, *STAMPS, *numbers]))
    others = [pa.bool_(), pa.string(), pa.decimal128(9), pa.list_(pa.int64()), pa.binary()]
    assert not any(map(times.is_moment, [*CLOCKS, *DURATIONS, *others]))


def test_an_interval_of_months_has_no_seconds():
    assert all(map(times.has_seconds, TIMES))
    others = [pa.month_day_nano_interval(), pa.int64(), pa.null(), pa.string()]
    assert not any(map(times.has_seconds, others))
