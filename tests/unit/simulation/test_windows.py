import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.core.errors import InputError
from skewgate.simulation.windows import MOST_WINDOWS, WindowRule, plan

DAY = 86_400


def of(windows, rows):
    batch = pa.RecordBatch.from_arrays([pa.nulls(rows)], ["x"])
    return windows.of(batch, 0).tolist()


def test_windows_of_rows_leave_the_rest_to_the_last():
    windows = plan(WindowRule(rows=3), 7, {}, "s")
    assert windows.sizes.tolist() == [3, 3, 1]
    assert of(windows, 7) == [0, 0, 0, 1, 1, 1, 2]


@given(number=st.integers(1, 40), more=st.integers(0, 100))
def test_windows_by_number_differ_by_one_row_at_most(number, more):
    windows = plan(WindowRule(number=number), number + more, {}, "s")
    assert len(windows.sizes) == number
    assert windows.sizes.sum() == number + more
    assert windows.sizes.max() - windows.sizes.min() <= 1
    assert np.bincount(of(windows, number + more)).tolist() == windows.sizes.tolist()


STAMPS = [
    datetime.datetime(2015, 12, 31, 23, 59, 59),
    datetime.datetime(2016, 1, 1),
    datetime.datetime(2016, 3, 31, 12),
    datetime.datetime(1969, 12, 31),
]


@pytest.mark.parametrize(
    ("rules", "expected", "name"),
    [
        ({"every": "1d"}, [0, 1, 91, -16801], "2015-12-31"),
        ({"every": "1mo"}, [0, 1, 3, -552], "2015-12-01"),
        ({"every": "3mo"}, [0, 1, 1, -184], "2015-10-01"),
        ({"every": "12h"}, [0, 1, 182, -33603], "2015-12-31T12:00Z"),
        ({"every": "1d", "zone": "Europe/Berlin"}, [0, 0, 90, -16802], "2016-01-01"),
        ({"every": "1d", "offset": "6h"}, [0, 0, 91, -16802], "2015-12-31T06:00Z"),
    ],
)
def test_windows_by_time(rules, expected, name):
    rule = WindowRule(time="t", **rules)
    found = rule.keys(pa.array(STAMPS, pa.timestamp("s", "UTC")))
    assert (found - found[0]).tolist() == expected
    for unit in ("ms", "us", "ns"):
        assert rule.keys(pa.array(STAMPS, pa.timestamp(unit, "UTC"))).tolist() == found.tolist()
    seconds = [int((each - datetime.datetime(1970, 1, 1)).total_seconds()) for each in STAMPS]
    assert rule.keys(pa.array(seconds)).tolist() == found.tolist()
    assert rule.keys(pa.array(np.array(seconds) + 0.75)).tolist() == found.tolist()
    windows = plan(rule, 2, {int(found[0]): 1, int(found[1]): 1}, "s")
    assert windows.described(0)["name"] == name


def test_dates_are_times():
    days = pa.array([datetime.date(2016, 1, 31), datetime.date(2016, 2, 1)])
    rule = WindowRule(time="t", every="1mo")
    found = rule.keys(days).tolist()
    assert rule.keys(days.cast(pa.date64())).tolist() == found
    assert found[1] - found[0] == 1


def test_a_window_of_time_without_rows_has_a_number_all_the_same():
    rule = WindowRule(time="t", every="1d")
    first, last = rule.keys(pa.array([100 * DAY, 103 * DAY])).tolist()
    windows = plan(rule, 5, {first: 2, last: 3}, "s")
    assert windows.sizes.tolist() == [2, 0, 0, 3]
    assert windows.described(3) == {
        "name": "1970-04-14",
        "start": "1970-04-14T00:00:00Z",
        "end": "1970-04-15T00:00:00Z",
    }
    times = [103, 100, 99, 104]
    batch = pa.RecordBatch.from_arrays([pa.array([day * DAY for day in times])], ["t"])
    assert windows.of(batch, 0).tolist() == [3, 0, -1, -1]


def test_a_day_that_a_zone_skipped_is_no_window():
    rule = WindowRule(time="t", every="1d", zone="Pacific/Apia")
    skip = 1_325_239_200  # the end of 29 December 2011 and the beginning of the 31st
    first, last = rule.keys(pa.array([skip - 1, skip])).tolist()
    windows = plan(rule, 2, {first: 1, last: 1}, "s")
    assert windows.sizes.tolist() == [1, 1]
    assert [windows.described(each)["name"] for each in (0, 1)] == ["2011-12-29", "2011-12-31"]
    batch = pa.RecordBatch.from_arrays([pa.array([skip, skip - 1])], ["t"])
    assert windows.of(batch, 0).tolist() == [1, 0]


def test_windows_of_rows_have_no_times():
    assert plan(WindowRule(rows=3), 7, {}, "s").described(0) == {}


@pytest.mark.parametrize(
    ("column", "found"),
    [
        (pa.array([1, None]), "has rows without a time, 1 at once"),
        (pa.array([1.0, float("nan"), None]), "has rows without a time, 2 at once"),
        (pa.nulls(3), "has rows without a time, 3 at once"),
        (pa.array(["2016-01-01"]), "is of type string, and windows need dates"),
    ],
)
def test_a_row_without_a_time_belongs_to_no_window(column, found):
    with pytest.raises(InputError, match=found):
        WindowRule(time="t", every="1d").keys(column)


@pytest.mark.parametrize(
    ("rule", "rows", "keys"),
    [
        (WindowRule(rows=1), MOST_WINDOWS + 1, {}),
        (WindowRule(time="t", every="1m"), 2, {0: 1, MOST_WINDOWS: 1}),
        (WindowRule(number=9), 8, {}),
    ],
)
def test_too_many_windows_are_refused(rule, rows, keys):
    with pytest.raises(InputError, match=r"windows.*make (longer|fewer) windows"):
        plan(rule, rows, keys, "s")


def test_a_time_that_a_schema_calls_a_number_is_read_as_it_stands_where_the_zone_matters():
    types = {"t": pa.int64(), "n": pa.int64(), "x": pa.float64()}
    rule = WindowRule(time="t", every="1d", zone="Asia/Kolkata")
    assert rule.types_to_read(types) == {"n": pa.int64(), "x": pa.float64()}
    assert WindowRule(time="t", every="1d").types_to_read(types) == types
    assert WindowRule(time="x", every="1d", zone="Asia/Kolkata").types_to_read(types) == types
    assert WindowRule(number=2).types_to_read(None) == {}


@pytest.mark.parametrize("key", ["offset: 6h", "zone: UTC", "seconds: clock"])
def test_what_belongs_to_windows_by_time_is_refused_without_a_time(key):
    name, value = key.split(": ")
    with pytest.raises(ValueError, match=f"{name} is for windows by time"):
        WindowRule(number=2, **{name: value})
