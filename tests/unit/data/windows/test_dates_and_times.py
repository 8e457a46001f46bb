"""A date is no instant: which window a row lies in, however its time is written, in four zones.

The oracle is the calendar: what is dated, or what clocks showed, on a day lies in the window of
that day, and in that of the week that has it. Only moments ask `zoneinfo` which day it was.
"""

from __future__ import annotations

import datetime
import json
import zoneinfo

import numpy as np
import pyarrow as pa
import pytest

from skewgate.checks.labels import rows as label_rows
from skewgate.checks.labels.config import LabelConfig
from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.data.ingest import splits
from skewgate.data.ingest.moments import moments
from skewgate.simulation import spec as simulation

ZONES = ("UTC", "Europe/Berlin", "America/Chicago", "Asia/Kolkata")
EPOCH, UTC = datetime.datetime(1970, 1, 1), datetime.timezone.utc
# Every third hour and a half: days on which clocks change in Berlin or Chicago, and a plain one.
DAYS = ("2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01", "2026-11-24")
HOURS = [
    datetime.datetime.fromisoformat(day) + datetime.timedelta(minutes=90 * n)
    for day in DAYS
    for n in range(-32, 48)
]
ELSEWHERE = zoneinfo.ZoneInfo("Asia/Tokyo")


def seconds(naive):
    return int((naive - EPOCH).total_seconds())


def dated(zone):
    """Dates, and the days they are."""
    return pa.array([each.date() for each in HOURS], pa.date32()), [each.date() for each in HOURS]


def shown(zone):
    """Time stamps without a zone, and the days that calendars showed with them."""
    return pa.array(HOURS, pa.timestamp("us")), [each.date() for each in HOURS]


def with_zone(zone):
    """Time stamps of another zone, and the days that they were here."""
    there = [each.replace(tzinfo=UTC).astimezone(zoneinfo.ZoneInfo(zone)) for each in HOURS]
    stamps = pa.array(HOURS, pa.timestamp("s")).cast(pa.timestamp("s", "UTC"))
    return stamps.cast(pa.timestamp("ms", "Asia/Tokyo")), [each.date() for each in there]


def counted(zone):
    """Seconds since 1970, and the days that they were here."""
    return pa.array([seconds(each) for each in HOURS], pa.int64()), with_zone(zone)[1]


def counted_by_clock(zone):
    """Seconds of a clock, as tf.Example has time stamps without a zone."""
    return counted(zone)[0], shown(zone)[1]


FORMS = {
    "date": (dated, "utc"),
    "naive": (shown, "utc"),
    "zoned": (with_zone, "utc"),
    "seconds": (counted, "utc"),
    "seconds of a clock": (counted_by_clock, "clock"),
}
MATRIX = pytest.mark.parametrize(
    ("zone", "form", "every"),
    [
        pytest.param(zone, form, every, id=f"{zone}-{form}-{every}")
        for zone in ZONES
        for form in FORMS
        for every in ("1d", "1w")
    ],
)


def first_day(day, every):
    """Returns the day on which the window of a day begins."""
    return day - datetime.timedelta(days=day.weekday() if every == "1w" else 0)


def expected(days, every):
    """Returns the places of the rows of each window, by the day on which it begins."""
    found = {}
    for place, day in enumerate(days):
        found.setdefault(first_day(day, every), []).append(place)
    return found


def run_after(day, every, zone):
    """Returns the scheduled time of the run that takes a window: when it is over."""
    end = day + datetime.timedelta(days=7 if every == "1w" else 1)
    local = datetime.datetime.combine(end, datetime.time(), zoneinfo.ZoneInfo(zone))
    return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def batch_of(array):
    return pa.RecordBatch.from_arrays([array], ["at"])


@MATRIX
def test_a_scheduled_run_takes_the_rows_of_its_days(zone, form, every):
    make, unit = FORMS[form]
    array, days = make(zone)
    content = {"by": "window", "column": "at", "zone": zone, "every": every, "seconds": unit}
    split = splits.parse_splits(json.dumps(content), "pipeline.yaml")
    for day, places in expected(days, every).items():
        run = splits.ready(split, run_after(day, every, zone))
        assert run.window == day.isoformat()
        assert np.flatnonzero(run.codes(batch_of(array), "a") == 0).tolist() == places


@MATRIX
def test_a_simulation_cuts_at_the_ends_of_its_days(zone, form, every):
    make, unit = FORMS[form]
    array, days = make(zone)
    keys = f"{{time: at, every: {every}, zone: {zone}, seconds: {unit}}}"
    rule = simulation.parse(f"windows: {keys}", "simulation.yaml").windows
    numbers = rule.keys(array)
    names = [rule.grid.name(start) for start in rule.grid.starts(numbers).tolist()]
    assert names == [first_day(day, every).isoformat() for day in days]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("form", ["seconds", "seconds of a clock"])
@pytest.mark.parametrize("every", ["1d", "1w"])
def test_predictions_lie_in_the_windows_of_their_days(zone, form, every):
    make, unit = FORMS[form]
    array, days = make(zone)
    config = yaml_model.parse(
        LabelConfig,
        "{key: [id], labels: [tip], prediction_time: at, horizon: 1h, "
        f"windows: {{every: {every}, zone: {zone}, seconds: {unit}}}}}",
        "labels.yaml",
    )
    batch = pa.RecordBatch.from_arrays([array.cast(pa.int64())], ["at"])
    part, _ = label_rows.prediction_part([b""] * len(array), batch, 0, config, "a")
    _, starts = config.windows.grid.assign(label_rows.number_column(part, label_rows.TIME))
    names = [config.windows.grid.name(start) for start in starts.tolist()]
    assert names == [first_day(day, every).isoformat() for day in days]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("form", FORMS)
def test_ranges_of_days_hold_the_rows_of_their_days(zone, form):
    make, unit = FORMS[form]
    array, days = make(zone)
    content = {
        "by": "time",
        "column": "at",
        "zone": zone,
        "seconds": unit,
        "ranges": {"one": ["2026-10-25", "2026-10-26"], "more": ["2026-10-31", "2026-11-02"]},
    }
    codes = splits.parse_splits(json.dumps(content), "pipeline.yaml").codes(batch_of(array), "a")
    one, more = (
        datetime.date(2026, 10, 25),
        (datetime.date(2026, 10, 31), datetime.date(2026, 11, 1)),
    )
    assert codes.tolist() == [0 if day == one else 1 if day in more else -1 for day in days]


def test_the_window_of_a_day_takes_the_rows_of_that_date():
    dates = pa.array([datetime.date(2026, 11, day) for day in (23, 24, 24, 25)])
    content = {"by": "window", "column": "at", "zone": "America/Chicago"}
    split = splits.parse_splits(json.dumps(content), "pipeline.yaml")
    run = splits.ready(split, "2026-11-25T12:00:00Z")
    assert run.window == "2026-11-24"
    assert run.codes(batch_of(dates), "a").tolist() == [-1, 0, 0, -1]


@pytest.mark.parametrize(
    ("shows", "moment"),
    [
        ("2026-11-01T00:59:59", "2026-11-01T05:59:59Z"),
        ("2026-11-01T01:30:00", "2026-11-01T06:30:00Z"),  # shown twice: the first counts
        ("2026-11-01T02:00:00", "2026-11-01T08:00:00Z"),
        ("2026-03-08T02:30:00", "2026-03-08T08:00:00Z"),  # never shown: when it is skipped
        ("2026-03-08T03:00:00", "2026-03-08T08:00:00Z"),
    ],
)
def test_a_time_that_clocks_show_twice_or_never_has_one_moment(shows, moment):
    array = pa.array([datetime.datetime.fromisoformat(shows)], pa.timestamp("ns"))
    wanted = datetime.datetime.fromisoformat(moment[:-1])
    assert moments(array, "America/Chicago").tolist() == [seconds(wanted)]


@pytest.mark.parametrize("zone", ["America/Havana", "Africa/Cairo", "Pacific/Apia", "Asia/Tehran"])
def test_many_times_are_the_moments_that_each_of_them_is_alone(zone):
    rng = np.random.default_rng(7)
    several = [
        datetime.datetime(2009, 1, 1) + datetime.timedelta(minutes=37 * n) for n in range(4_000)
    ]
    stamps = pa.array([several[n] for n in rng.permutation(len(several))], pa.timestamp("s"))
    alone = [moments(stamps.slice(n, 1), zone).tolist() for n in range(0, len(stamps), 97)]
    assert [[each] for each in moments(stamps, zone).tolist()[::97]] == alone


def test_missing_and_endless_times_stay_what_they_are():
    numbers = pa.array([None, np.nan, np.inf, 0.5])
    for unit in ("utc", "clock"):
        found = moments(numbers, "Asia/Kolkata", unit)
        expected = [np.nan, np.nan, np.inf, 0.5 if unit == "utc" else -19_800.0]
        np.testing.assert_array_equal(found, expected)
    far = pa.array([2**63 - 1, -(2**63), None]).cast(pa.timestamp("s"))
    assert np.isnan(moments(far, "Asia/Kolkata")[2])


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2016-03-05T12:00", "2016-03-05T18:00:00"),
        ("2016-03-05", "2016-03-05T06:00:00"),
        ("2016-03-05T12:00Z", "2016-03-05T12:00:00"),
        ("1457179200", "2016-03-05T12:00:00"),
    ],
)
def test_as_of_is_of_the_zone_unless_it_names_one(written, moment):
    text = (
        "{key: [id], labels: [tip], prediction_time: at, horizon: 1h, "
        f"as_of: {written}, windows: {{zone: America/Chicago}}}}"
    )
    config = yaml_model.parse(LabelConfig, text, "labels.yaml")
    assert config.as_of == seconds(datetime.datetime.fromisoformat(moment))


def test_labels_that_come_by_the_clock_are_as_late_as_clocks_passed():
    text = (
        "{key: [id], labels: [tip], prediction_time: at, label_time: at, horizon: 1h, "
        "windows: {zone: America/Chicago, seconds: clock}}"
    )
    config = yaml_model.parse(LabelConfig, text, "labels.yaml")
    shows = [datetime.datetime(2026, 3, 8, 1, 30), datetime.datetime(2026, 3, 8, 3, 30)]
    batch = pa.RecordBatch.from_arrays(
        [pa.array(["a", "b"]), pa.array([1, 1]), pa.array([seconds(each) for each in shows])],
        ["id", "tip", "at"],
    )
    part, _ = label_rows.label_part(batch, 0, config, "a")
    before, after = label_rows.number_column(part, label_rows.TIME).tolist()
    assert after - before == 3_600  # clocks skip two o'clock


def test_what_seconds_count_is_one_of_two():
    content = {"by": "window", "column": "at", "seconds": "local"}
    with pytest.raises(InputError, match=r"seconds: .*'utc' or 'clock'"):
        splits.parse_splits(json.dumps(content), "pipeline.yaml")
