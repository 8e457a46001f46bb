from __future__ import annotations

import datetime
import pathlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.checks.labels.config import FIRST_SECOND, LAST_SECOND
from skewgate.core.errors import InputError
from skewgate.data.windows import durations, zones
from skewgate.data.windows.durations import Duration
from skewgate.data.windows.grids import Grid

MARCH = 1_456_790_400  # 2016-03-01T00:00Z
HOUR, DAY = 3_600, 86_400
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/Havana",  # midnight comes twice in autumn
    "Africa/Cairo",  # midnight is skipped in spring
    "America/St_Johns",  # clocks once went from 00:01 to 23:01 of the day before
    "Pacific/Apia",  # skipped a whole day in 2011
)


def grid(every="1d", offset="0h", zone="UTC", length=None):
    read = [None if text is None else durations.parse(text) for text in (every, offset, length)]
    return Grid(read[0], read[1], zone, read[2])


def names(time, **rules):
    made = grid(**rules)
    _, starts = made.assign(np.array([time]))
    return [made.name(start) for start in starts.tolist()]


def utc(*parts):
    return int(datetime.datetime(*parts, tzinfo=datetime.timezone.utc).timestamp())


def spans(made, first, last):
    """Returns the windows from the one that holds a time to the one that holds another."""
    low, high = made.numbers(np.array([first, last])).tolist()
    numbers = np.arange(low, high + 1)
    return made.starts(numbers), made.ends(numbers)


@pytest.mark.parametrize(
    ("hours", "rules", "expected"),
    [
        (0, {}, ["2016-03-01"]),
        (-1 / 3_600, {}, ["2016-02-29"]),
        (23.99, {}, ["2016-03-01"]),
        (24, {}, ["2016-03-02"]),
        (0, {"every": "24h"}, ["2016-03-01"]),
        (0, {"offset": "6h"}, ["2016-02-29T06:00Z"]),
        (6, {"offset": "6h"}, ["2016-03-01T06:00Z"]),
        (0, {"offset": "-24h"}, ["2016-03-01"]),
        (23, {"offset": "-1h"}, ["2016-03-01T23:00Z"]),
        (0, {"length": "2d"}, ["2016-02-29", "2016-03-01"]),
        (7, {"every": "6h", "length": "12h"}, ["2016-03-01T00:00Z", "2016-03-01T06:00Z"]),
        (0.6, {"every": "30m"}, ["2016-03-01T00:30Z"]),
        (7, {"every": "6h", "zone": "Asia/Kolkata"}, ["2016-03-01T11:30+05:30"]),
        (0, {"every": "1w"}, ["2016-02-29"]),
        (0, {"every": "7d"}, ["2016-02-29"]),
        (0, {"every": "1w", "offset": "-1d"}, ["2016-02-28"]),
        (0, {"every": "1mo"}, ["2016-03-01"]),
        (-1, {"every": "1mo"}, ["2016-02-01"]),
        (0, {"every": "1mo", "offset": "4d"}, ["2016-02-05"]),
        (0, {"every": "3mo"}, ["2016-01-01"]),
        (0, {"every": "3mo", "offset": "1mo"}, ["2016-02-01"]),
        (0, {"every": "12mo"}, ["2016-01-01"]),
        (0, {"every": "1mo", "length": "3mo"}, ["2016-01-01", "2016-02-01", "2016-03-01"]),
        (0, {"every": "1mo", "length": "40d"}, ["2016-02-01", "2016-03-01"]),
    ],
)
def test_windows_are_half_open_and_named_by_their_start(hours, rules, expected):
    assert names(MARCH + int(hours * HOUR), **rules) == expected


@pytest.mark.parametrize(
    ("day", "hours"),
    [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 7, 15), 24), ((2026, 1, 15), 24)],
)
def test_a_day_is_one_window_whatever_the_clocks_do(day, hours):
    start, end = spans(grid(zone="Europe/Berlin"), utc(*day, 12), utc(*day, 12))
    assert (end - start).tolist() == [hours * HOUR]


@pytest.mark.parametrize("day", [(2026, 3, 29), (2026, 10, 25)])
def test_hours_are_of_one_length_whatever_the_clocks_do(day):
    start, end = spans(grid("6h", zone="Europe/Berlin"), utc(*day), utc(*day, 23))
    assert (end - start).tolist() == [6 * HOUR] * 4
    assert start[0] == utc(*day)


def test_the_hour_that_comes_twice_is_two_windows_of_two_names():
    hourly = grid("1h", zone="Europe/Berlin")
    start, _ = spans(hourly, utc(2026, 10, 25, 0), utc(2026, 10, 25, 1))
    assert [hourly.name(each) for each in start.tolist()] == [
        "2026-10-25T02:00+02:00",
        "2026-10-25T02:00+01:00",
    ]


def test_an_offset_of_days_is_what_the_clocks_show():
    six = grid(offset="6h", zone="Europe/Berlin")
    start, end = spans(six, utc(2026, 3, 28, 12), utc(2026, 3, 29, 12))
    assert [six.name(each) for each in start.tolist()] == [
        "2026-03-28T06:00+01:00",
        "2026-03-29T06:00+02:00",
    ]
    assert (end - start).tolist() == [23 * HOUR, 24 * HOUR]


def test_a_length_of_days_is_what_the_clocks_show_too():
    rolling = grid(length="36h", zone="Europe/Berlin")
    start, end = spans(rolling, utc(2026, 3, 28, 12), utc(2026, 3, 28, 12))
    assert zones.text(int(end[0]), "Europe/Berlin") == "2026-03-29T12:00+02:00"
    assert end - start == [35 * HOUR]


def test_a_day_without_midnight_begins_when_its_clocks_begin():
    # In Cairo the clocks went from 23:59:59 on Thursday to 01:00 on Friday 26 April 2024.
    cairo = grid(zone="Africa/Cairo")
    start, end = spans(cairo, utc(2024, 4, 26), utc(2024, 4, 26))
    assert start.tolist() == [utc(2024, 4, 25, 22)]
    assert cairo.name(int(start[0])) == "2024-04-26"
    assert end - start == [23 * HOUR]


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (None, ["2011-12-29", "2011-12-31"]),
        ("2d", ["2011-12-28", "2011-12-29", "2011-12-31"]),
    ],
)
def test_a_day_that_a_zone_skipped_is_no_window(length, expected):
    apia = grid(zone="Pacific/Apia", length=length)
    skip = utc(2011, 12, 30, 10)
    _, starts = apia.assign(np.array([skip - 1, skip]))
    assert [apia.name(start) for start in starts.tolist()] == expected


def test_a_time_before_1970_has_a_window_too():
    assert names(-1) == ["1969-12-31"]
    assert names(FIRST_SECOND, offset="1h") == ["1899-12-31T01:00Z"]
    assert names(LAST_SECOND, length="2d")[-1] == "9999-12-31"
    assert names(LAST_SECOND - 2 * DAY, zone="Europe/Berlin") == ["9999-12-30"]
    assert names(LAST_SECOND, zone="Asia/Kolkata") == ["10000-01-01"]


def test_no_times_have_no_windows():
    for made in (grid(), grid(zone="Europe/Berlin"), grid(zone="Europe/Berlin", length="2d")):
        places, starts = made.assign(np.empty(0, np.int64))
        assert len(places) == len(starts) == 0


def test_times_far_apart_ask_for_their_own_windows_only(monkeypatch):
    asked = []
    real = zones.instants
    monkeypatch.setattr(
        zones, "instants", lambda clocks, zone: asked.append(len(clocks)) or real(clocks, zone)
    )
    berlin = grid(zone="Europe/Berlin")
    times = np.repeat(np.array([FIRST_SECOND, MARCH, LAST_SECOND]), 1_000)
    _, starts = berlin.assign(times)
    assert [berlin.name(start) for start in np.unique(starts).tolist()] == [
        "1900-01-01",
        "2016-03-01",
        "10000-01-01",
    ]
    assert sum(asked) < 50


minutes = st.integers(1, 5_000)


@given(
    st.lists(st.integers(FIRST_SECOND, LAST_SECOND), max_size=20),
    minutes,
    st.integers(1, 40),
    st.integers(-5_000, 5_000),
)
def test_a_row_lies_in_exactly_the_windows_that_hold_it(times, every, factor, offset):
    length = every * factor + every // 2
    made = Grid(Duration(every, "m"), Duration(offset, "m"), "UTC", Duration(length, "m"))
    places, starts = made.assign(np.array(times, np.int64))
    for place, time in enumerate(times):
        mine = starts[places == place]
        assert np.all((mine <= time) & (time < mine + length * 60))
        assert np.all((mine - offset * 60) % (every * 60) == 0)
        # The neighbours on both sides do not hold it, so none is forgotten.
        assert mine[0] - every * 60 + length * 60 <= time < mine[-1] + every * 60
        assert np.all(np.diff(mine) == every * 60)
    found = [made.name(start) for start in sorted(set(starts.tolist()))]
    assert found == sorted(found)
    assert len(set(found)) == len(found)


everys = st.one_of(
    st.builds(Duration, st.integers(1, 90), st.sampled_from(["m", "h"])),
    st.builds(Duration, st.integers(1, 10), st.sampled_from(["d", "w", "mo"])),
)
offsets = st.builds(Duration, st.integers(-50, 50), st.sampled_from(["m", "h", "d", "w"]))


@settings(deadline=None)
@given(
    st.lists(st.integers(utc(1985, 1, 1), utc(2060, 1, 1)), min_size=1, max_size=20),
    everys,
    offsets,
    st.integers(1, 4),
    st.sampled_from(ZONES),
)
def test_the_windows_of_a_row_are_those_that_a_list_of_all_windows_says(
    times, every, offset, factor, zone
):
    length = Duration(every.count * factor, every.unit)
    made = Grid(every, offset, zone, length)
    places, starts = made.assign(np.array(times))
    for place, time in enumerate(times):
        (last,) = made.numbers(np.array([time])).tolist()
        near = np.arange(last - factor - 4, last + 5)
        begin, end, after = made.starts(near), made.ends(near), made.starts(near + 1)
        holds = (begin <= time) & (time < end) & (begin < after)
        assert starts[places == place].tolist() == begin[holds].tolist()


@settings(deadline=None)
@given(st.integers(utc(1985, 1, 1), utc(2060, 1, 1)), everys, offsets, st.sampled_from(ZONES))
def test_windows_follow_each_other_without_gap_or_overlap(time, every, offset, zone):
    made = Grid(every, offset, zone)
    (number,) = made.numbers(np.array([time])).tolist()
    numbers = np.arange(number - 3, number + 4)
    assert made.ends(numbers).tolist() == made.starts(numbers + 1).tolist()
    start, end = made.starts(numbers)[3], made.ends(numbers)[3]
    assert start <= time < end
    assert made.numbers(np.array([start, end - 1])).tolist() == [number, number]
    if made.ends(numbers)[4] > end:  # else a zone skipped that window
        assert made.numbers(np.array([end])).tolist() == [number + 1]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"every": "0h"}, "every must be more than 0, got 0h"),
        ({"length": "12h"}, "every of 1d is more than length of 12h: what lies between"),
        ({"every": "1mo", "length": "30d"}, "every of 1mo is more than length of 30d"),
        ({"every": "2mo", "length": "1mo"}, "every of 2mo is more than length of 1mo"),
        ({"every": "30m", "length": "10d"}, "lie in 480 windows, and may in 366: raise every"),
        ({"every": "30d", "offset": "1mo"}, "offset of 1mo needs windows of months, got every of"),
        ({"every": "4w", "length": "1mo"}, "length of 1mo needs windows of months, got every of"),
        ({"zone": "Berlin"}, "'Berlin' is not known"),
    ],
)
def test_windows_that_make_no_sense_are_one_sentence(rules, message):
    with pytest.raises(InputError) as error:
        grid(**rules)
    assert message in str(error.value)


def rows_of_the_page():
    page = pathlib.Path(__file__).parents[4] / "docs" / "windows.md"
    _, _, table = page.read_text().partition("| every | offset | zone | moment |")
    lines = table.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("row", rows_of_the_page())
def test_the_table_of_the_page_says_what_is_so(row):
    every, offset, zone, moment, *expected = row
    made = grid(every, offset, zone)
    time = int(datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp())
    number = made.numbers(np.array([time]))
    start, end = int(made.starts(number)[0]), int(made.ends(number)[0])
    assert [zones.text(start), zones.text(end), made.name(start)] == expected
