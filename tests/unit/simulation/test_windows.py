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
    ("every", "expected", "start"),
    [
        ("1d", [16800, 16801, 16891, -1], "2015-12-31T00:00:00Z"),
        ("month", [551, 552, 554, -1], "2015-12-01T00:00:00Z"),
        ("quarter", [183, 184, 184, -1], "2015-10-01T00:00:00Z"),
        ("12h", [33601, 33602, 33783, -2], "2015-12-31T12:00:00Z"),
    ],
)
def test_windows_by_time(every, expected, start):
    rule = WindowRule(time="t", every=every)
    for unit in ("s", "ms", "us", "ns"):
        assert rule.keys(pa.array(STAMPS, pa.timestamp(unit))).tolist() == expected
    seconds = [int((each - datetime.datetime(1970, 1, 1)).total_seconds()) for each in STAMPS]
    assert rule.keys(pa.array(seconds)).tolist() == expected
    assert rule.keys(pa.array(np.array(seconds) + 0.75)).tolist() == expected
    assert rule.start(expected[0]) == start


def test_dates_are_times():
    days = pa.array([datetime.date(2016, 1, 31), datetime.date(2016, 2, 1)])
    rule = WindowRule(time="t", every="month")
    assert rule.keys(days).tolist() == rule.keys(days.cast(pa.date64())).tolist() == [552, 553]


def test_a_window_of_time_without_rows_has_a_number_all_the_same():
    windows = plan(WindowRule(time="t", every="1d"), 5, {100: 2, 103: 3}, "s")
    assert windows.sizes.tolist() == [2, 0, 0, 3]
    assert windows.start(3) == "1970-04-14T00:00:00Z"
    batch = pa.RecordBatch.from_arrays([pa.array([103 * DAY, 100 * DAY])], ["t"])
    assert windows.of(batch, 0).tolist() == [3, 0]


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
        (WindowRule(time="t", every="1s"), 2, {0: 1, MOST_WINDOWS: 1}),
        (WindowRule(number=9), 8, {}),
    ],
)
def test_too_many_windows_are_refused(rule, rows, keys):
    with pytest.raises(InputError, match=r"windows.*make (longer|fewer) windows"):
        plan(rule, rows, keys, "s")
