"""When clocks show a time, in zones whose clocks do what clocks can do."""

from __future__ import annotations

import datetime
import zoneinfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.core.errors import InputError
from skewgate.data.windows import zones

ZONES = ("Europe/Berlin", "America/Havana", "Africa/Cairo", "Asia/Kathmandu", "Pacific/Apia")
CYCLE = 146_097 * 86_400


def clock(*parts):
    """Returns what clocks show as a number."""
    return int((datetime.datetime(*parts) - datetime.datetime(1970, 1, 1)).total_seconds())


def shown_first(zone, *parts):
    """Returns when clocks show a time first, in UTC."""
    (instant,) = zones.instants(np.array([clock(*parts)]), zone).tolist()
    return zones.text(instant)


@pytest.mark.parametrize(
    ("zone", "parts", "instant"),
    [
        ("UTC", (2026, 3, 29, 2, 30), "2026-03-29T02:30Z"),
        ("Europe/Berlin", (2026, 3, 29, 1, 59), "2026-03-29T00:59Z"),
        ("Europe/Berlin", (2026, 3, 29, 2, 30), "2026-03-29T01:00Z"),  # skipped
        ("Europe/Berlin", (2026, 3, 29, 3, 0), "2026-03-29T01:00Z"),
        ("Europe/Berlin", (2026, 10, 25, 2, 30), "2026-10-25T00:30Z"),  # first of two
        ("Europe/Berlin", (2026, 10, 25, 3, 0), "2026-10-25T02:00Z"),
        ("Africa/Cairo", (2024, 4, 26), "2024-04-25T22:00Z"),  # from 23:59:59 to 01:00
        ("America/Havana", (2026, 11, 1), "2026-11-01T04:00Z"),  # from 00:59:59 to 00:00
        ("America/Toronto", (1919, 3, 31), "1919-03-31T04:30Z"),  # from 23:29:59 to 00:30
        ("Pacific/Apia", (2011, 12, 30, 12), "2011-12-30T10:00Z"),  # no such day
        ("Pacific/Apia", (2011, 12, 31), "2011-12-30T10:00Z"),
    ],
)
def test_clocks_show_a_time_when_they_first_show_or_pass_it(zone, parts, instant):
    assert shown_first(zone, *parts) == instant


@given(
    st.lists(st.integers(clock(1900, 1, 1), clock(2100, 1, 1)), min_size=1, max_size=20),
    st.sampled_from(ZONES),
)
def test_instants_ascend_with_the_clocks_and_show_what_was_asked_for(clocks, zone):
    found = zones.instants(np.array(sorted(clocks)), zone)
    assert (np.diff(found) >= 0).all()
    for asked, instant in zip(sorted(clocks), found.tolist(), strict=True):
        before, now = (each + zones.offset(each, zone) for each in (instant - 1, instant))
        assert before < asked <= now


@given(st.integers(clock(1900, 1, 1), clock(2100, 1, 1)), st.sampled_from(ZONES))
def test_clocks_show_what_python_says(instant, zone):
    moment = datetime.datetime.fromtimestamp(instant, zoneinfo.ZoneInfo(zone))
    shown = datetime.datetime.fromisoformat(zones.text(instant, zone))
    assert shown == moment or shown == moment.replace(second=0)
    assert zones.date(instant, zone) == moment.date().isoformat()


@pytest.mark.parametrize("years", [-4, 2, 25])
def test_far_away_the_calendar_repeats_itself(years):
    day = clock(2400, 7, 15) if years > 0 else clock(1700, 7, 15)
    times = np.array([day, day + years * CYCLE])
    near, far = zones.instants(times, "Europe/Berlin").tolist()
    assert far - near == years * CYCLE
    assert zones.text(far, "Europe/Berlin")[-6:] == zones.text(near, "Europe/Berlin")[-6:]


def test_seconds_are_told_where_there_are_any():
    assert zones.text(clock(2026, 7, 15, 8, 0, 5)) == "2026-07-15T08:00:05Z"
    # Before 1 April 1893 Berlin had the time of its own sun.
    assert zones.text(clock(1890, 1, 1), "Europe/Berlin") == "1890-01-01T00:53:28+00:53:28"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "Europe"])
def test_an_unknown_time_zone_is_refused(zone):
    with pytest.raises(InputError, match=r"^time zone: .* is not known. Fix: give an IANA name"):
        zones.check(zone)


def test_utc_needs_no_data_of_zones(monkeypatch):
    monkeypatch.setattr(zoneinfo, "ZoneInfo", None)
    zones.check("UTC")
    assert zones.text(0, "UTC") == "1970-01-01T00:00Z"
