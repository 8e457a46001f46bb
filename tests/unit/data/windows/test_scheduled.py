from __future__ import annotations

import datetime
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.core.errors import InputError
from skewgate.data.windows.durations import Duration, parse
from skewgate.data.windows.grids import Grid
from skewgate.data.windows.scheduled import UTC, scheduled_time, window, write

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",  # midnight comes twice in autumn
    "Africa/Cairo",  # midnight is skipped in spring
    "Asia/Kathmandu",  # 5:45 ahead
    "Pacific/Apia",  # skipped a whole day in 2011
)
SECOND = datetime.timedelta(seconds=1)
moments = st.datetimes(
    datetime.datetime(2001, 1, 1), datetime.datetime(2099, 1, 1), timezones=st.just(UTC)
)
lengths = st.one_of(
    st.builds(Duration, st.integers(1, 90), st.sampled_from(["m", "h"])),
    st.builds(Duration, st.integers(1, 10), st.sampled_from(["d", "w", "mo"])),
)
grids = st.builds(Grid, lengths, zone=st.sampled_from(ZONES))


def of(every, zone="UTC"):
    return Grid(parse(every), zone=zone)


def utc(*parts):
    return datetime.datetime(*parts, tzinfo=UTC)


@given(moments, grids)
def test_a_window_is_over_at_the_scheduled_time_and_the_next_one_is_not(moment, grid):
    found = window(moment, grid)
    assert found.start < found.end <= moment
    length = grid.every.seconds + grid.every.months * 31 * 86400
    assert moment - found.end < datetime.timedelta(seconds=length + 2 * 86400)


@given(moments, grids)
def test_windows_follow_each_other_without_gap_or_overlap(moment, grid):
    found = window(moment, grid)
    assert window(found.end, grid) == found
    assert window(found.end - SECOND, grid).end == found.start


@given(moments, grids, st.integers(0, 10**9))
def test_runs_scheduled_within_one_window_evaluate_the_same_one(moment, grid, seconds):
    found = window(moment, grid)
    later = min(found.end + datetime.timedelta(seconds=seconds), moment)
    assert window(later, grid) == found


@given(moments, grids, st.sampled_from(ZONES))
def test_the_zone_in_which_the_scheduled_time_is_written_changes_nothing(moment, grid, other):
    assert window(moment.astimezone(zoneinfo.ZoneInfo(other)), grid) == window(moment, grid)


@given(moments)
def test_every_way_of_writing_a_scheduled_time_says_the_same(moment):
    moment = moment.replace(second=0, microsecond=0)
    minutes = (moment - utc(1970, 1, 1)) // datetime.timedelta(minutes=1)
    texts = [
        write(moment),
        moment.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
        moment.strftime("%Y%m%d%H%M%S"),
        f"skewgate-monitoring-{minutes}",
        moment.astimezone(datetime.timezone(datetime.timedelta(hours=-3.5))).isoformat(),
    ]
    assert {scheduled_time(text) for text in texts} == {moment}


def test_a_daily_window_ends_at_midnight_where_the_data_are_from():
    daily = of("1d", "America/New_York")
    found = window("2026-11-25T06:00:00Z", daily)
    assert (found.start, found.end) == (utc(2026, 11, 24, 5), utc(2026, 11, 25, 5))
    assert found.name == "2026-11-24"
    assert window("2026-11-25T04:00:00Z", daily).end == utc(2026, 11, 24, 5)


@pytest.mark.parametrize(
    ("scheduled", "hours"),
    [("2026-03-30T06:00:00Z", 23), ("2026-10-26T06:00:00Z", 25), ("2026-11-25T06:00:00Z", 24)],
)
def test_a_day_on_which_the_clocks_change_is_one_window(scheduled, hours):
    found = window(scheduled, of("1d", "Europe/Berlin"))
    assert found.end - found.start == datetime.timedelta(hours=hours)


@pytest.mark.parametrize("scheduled", ["2026-03-29T12:00:00Z", "2026-10-25T12:00:00Z"])
def test_hours_are_of_one_length_on_days_on_which_the_clocks_change(scheduled):
    found = window(scheduled, of("6h", "Europe/Berlin"))
    assert found.end == scheduled_time(scheduled)
    assert found.end - found.start == datetime.timedelta(hours=6)


def test_weeks_end_on_monday_and_months_on_the_first():
    weekly = window("2026-11-25T06:00:00Z", of("1w"))
    assert (weekly.start, weekly.end) == (utc(2026, 11, 16), utc(2026, 11, 23))
    monthly = window("2026-11-25T06:00:00Z", of("1mo", "Asia/Kathmandu"))
    assert (monthly.start, monthly.end) == (
        utc(2026, 9, 30, 18, 15),
        utc(2026, 10, 31, 18, 15),
    )


def test_the_end_of_a_window_is_the_run_at_that_moment():
    assert window("2026-11-25T00:00:00Z", of("1d")).end == utc(2026, 11, 25)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-11-25",
        "2026-11-25T06:00:00",  # no time zone
        "2026-13-25T06:00:00Z",
        "2026-11-25T06:00:00+99:00",
        "20261325060000",
        "202611250600",
        "monitoring-manual",
        "monitoring-12345678",  # 1993: not a Job of a schedule
        "29926440",
        "1999-12-31T23:59:59Z",
        "[[ScheduledTime]]",
        "{{$.pipeline_job_schedule_time_utc}}",
    ],
)
def test_what_is_no_scheduled_time_is_refused(text):
    with pytest.raises(
        InputError, match=r"^scheduled time: must be a time such as .* got "
    ) as error:
        scheduled_time(text)
    assert repr(text) in str(error.value)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(InputError, match="must have a time zone, got 2026-11-25T06:00:00"):
        window(datetime.datetime(2026, 11, 25, 6), Grid())
