"""The rows of a scheduled run are those of the last whole window before its time."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from skewgate.core.errors import InputError
from skewgate.data.ingest import splits

HOUR, DAY = 3_600, 86_400
NOON = 1_451_649_600  # 2016-01-01 12:00 UTC
WINDOW = {"by": "window", "name": "serving", "column": "when"}


def parse(**changes):
    return splits.parse_splits(json.dumps({**WINDOW, **changes}), "pipeline.yaml")


def taken(scheduled, times, **changes):
    column = times if isinstance(times, pa.Array) else pa.array(times)
    batch = pa.RecordBatch.from_arrays([column], ["when"])
    found = splits.ready(parse(**changes), scheduled)
    assert found.names() == ["serving"]
    return np.flatnonzero(found.codes(batch, "a.csv") == 0).tolist()


def test_a_run_takes_the_day_before_its_time():
    midnight = NOON - 12 * HOUR
    times = [midnight - DAY - 1, midnight - DAY, midnight - 1, midnight, None]
    assert taken("2016-01-01T06:30:00Z", times) == [1, 2]


@pytest.mark.parametrize("kind", [pa.int64(), pa.float64(), pa.timestamp("us", "Europe/Berlin")])
def test_times_may_be_numbers_or_time_stamps(kind):
    seconds = pa.array([NOON - HOUR, NOON - HOUR - 1, NOON - 1, NOON])
    if pa.types.is_timestamp(kind):
        times = seconds.cast(pa.timestamp("s")).cast(pa.timestamp("us")).cast(kind)
    else:
        times = seconds.cast(kind)
    assert taken("2016-01-01T12:59:00Z", times, every="1h") == [0, 2]


def test_a_late_or_repeated_run_takes_the_same_rows():
    times = list(range(NOON - 2 * DAY, NOON + DAY, HOUR))
    on_time, late = taken("2016-01-01T00:00:00Z", times), taken("20160101235959", times)
    assert on_time == late
    assert len(on_time) == 24


def test_a_day_ends_at_midnight_of_the_zone():
    midnight_there = NOON - 13 * HOUR  # Berlin is an hour ahead in winter
    times = [midnight_there - 1, midnight_there]
    assert taken("2016-01-01T06:00:00Z", times, zone="Europe/Berlin") == [0]


@pytest.mark.parametrize("scheduled", [None, ""])
def test_a_window_without_a_scheduled_time_is_refused(scheduled):
    with pytest.raises(InputError, match="scheduled_time: is missing, and the split serving"):
        splits.ready(parse(), scheduled)


def test_a_macro_that_no_scheduler_replaced_is_refused():
    with pytest.raises(InputError, match=r"scheduled time: .*\[\[ScheduledTime\]\]"):
        splits.ready(parse(), "[[ScheduledTime]]")


def test_an_offset_moves_the_day_and_a_month_ends_on_the_first():
    midnight = NOON - 12 * HOUR
    times = [midnight - 31 * DAY - 1, midnight - 31 * DAY, midnight - 18 * HOUR, midnight]
    assert taken("2016-01-01T06:30:00Z", times, offset="6h") == [2, 3]
    assert taken("2016-01-01T06:30:00Z", times, every="1mo") == [1, 2]


def test_a_window_has_the_name_that_labels_have_for_it():
    found = splits.ready(parse(zone="Europe/Berlin"), "2026-03-30T06:00:00Z")
    assert found.window == "2026-03-29"
    assert found.text == "2026-03-28T23:00:00Z/2026-03-29T22:00:00Z"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"every": "1y"}, "1y"),
        ({"offset": "noon"}, "noon"),
        ({"zone": "Mars/Base"}, "Mars/Base"),
    ],
)
def test_what_is_no_length_or_zone_is_refused_with_the_key(changes, found):
    with pytest.raises(InputError, match=rf"{next(iter(changes))}: .*{found}"):
        parse(**changes)


def test_other_splits_need_no_scheduled_time():
    found = splits.parse_splits('{"by": "all"}', "pipeline.yaml")
    assert splits.ready(found, None) is found
