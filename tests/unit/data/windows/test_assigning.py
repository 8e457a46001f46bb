from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.checks.labels.config import FIRST_SECOND, LAST_SECOND
from skewgate.data.windows import assigning
from skewgate.data.windows.assigning import WindowRules

MARCH = 1_456_790_400  # 2016-03-01T00:00Z
HOUR = 3_600


def names(time, **rules):
    rules = WindowRules(**rules)
    _, starts = assigning.assign(np.array([time]), rules)
    return [assigning.name(start, rules) for start in starts.tolist()]


@pytest.mark.parametrize(
    ("hours", "rules", "expected"),
    [
        (0, {}, ["2016-03-01"]),
        (-1 / 3_600, {}, ["2016-02-29"]),
        (23.99, {}, ["2016-03-01"]),
        (24, {}, ["2016-03-02"]),
        (0, {"offset_hours": 6}, ["2016-02-29T06:00Z"]),
        (6, {"offset_hours": 6}, ["2016-03-01T06:00Z"]),
        (0, {"offset_hours": -24}, ["2016-03-01"]),
        (23, {"offset_hours": -1}, ["2016-03-01T23:00Z"]),
        (0, {"length_hours": 48}, ["2016-02-29", "2016-03-01"]),
        (
            7,
            {"length_hours": 12, "every_hours": 6},
            ["2016-03-01T00:00Z", "2016-03-01T06:00Z"],
        ),
        (0.6, {"length_hours": 0.5, "every_hours": 0.5}, ["2016-03-01T00:30Z"]),
    ],
)
def test_windows_are_half_open_and_named_by_their_start_in_utc(hours, rules, expected):
    assert names(MARCH + int(hours * HOUR), **rules) == expected


def test_a_time_before_1970_has_a_window_too():
    assert names(-1) == ["1969-12-31"]
    assert names(FIRST_SECOND, offset_hours=1) == ["1899-12-31T01:00Z"]
    assert names(LAST_SECOND, length_hours=48)[-1] == "9999-12-31"


minutes = st.integers(1, 5_000)


@given(
    st.lists(st.integers(FIRST_SECOND, LAST_SECOND), max_size=20),
    minutes,
    st.integers(1, 40),
    st.integers(-5_000, 5_000),
)
def test_a_row_lies_in_exactly_the_windows_that_hold_it(times, every, factor, offset):
    rules = WindowRules(
        length_hours=every * factor / 60 + (every // 2) / 60,
        every_hours=every / 60,
        offset_hours=offset / 60,
    )
    places, starts = assigning.assign(np.array(times, np.int64), rules)
    for place, time in enumerate(times):
        mine = starts[places == place]
        assert np.all((mine <= time) & (time < mine + rules.length))
        assert np.all((mine - rules.offset) % rules.every == 0)
        # The neighbours on both sides do not hold it, so none is forgotten.
        assert mine[0] - rules.every + rules.length <= time < mine[-1] + rules.every
        assert np.all(np.diff(mine) == rules.every)
    found = [assigning.name(start, rules) for start in sorted(set(starts.tolist()))]
    assert found == sorted(found)
    assert len(set(found)) == len(found)
