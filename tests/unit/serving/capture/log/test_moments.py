"""Times as logs write them."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
import pytest

from skewgate.serving.capture.log.moments import moment, moments, written

NOON = 1_772_366_400_000_000  # 2026-03-01T12:00Z


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01 12:00:00 UTC",
        "2026-03-01T12:00Z",
        "2026-03-01T13:00:00.000000000+01:00",
        "2026-03-01t05:30:00.0-0630",
        "1772366400",
        "1772366400.0",
    ],
)
def test_one_moment_in_many_spellings(text):
    assert moment(text) == NOON


def test_numbers_count_what_the_unit_says():
    for unit, number in {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}.items():
        assert moment(1_772_366_400 * number, unit) == NOON
        assert moments(pa.array([1_772_366_400 * number]), unit).tolist() == [NOON]


def test_a_text_without_a_zone_is_of_the_clocks_of_the_zone():
    assert moment("2026-03-01T06:00:00", zone="America/Chicago") == NOON


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "",
        "noon",
        "2026-13-01T00:00Z",
        "2026-03-01T25:00Z",
        float("nan"),
        10**30,
        [1],
        1e308,
        10**400,
        float("inf"),
    ],
)
def test_what_is_no_time_is_none(value):
    assert moment(value) is None


def test_milliseconds_taken_for_seconds_are_no_time():
    assert moment(1_772_366_400_000) is None
    assert moments(pa.array([1_772_366_400_000])) is None


@pytest.mark.parametrize(
    "values",
    [
        ["2026-03-01T12:00:00Z", "2026-03-01T13:00:00.123456789+01:00"],
        [1_772_366_400, 1],
        [1_772_366_400.25, 0.0000015, -3.7],
    ],
)
def test_a_column_is_read_as_its_values_are(values):
    found = moments(pa.array(values))
    assert found.tolist() == [moment(value) for value in values]


def test_a_column_that_cannot_be_told_at_once_is_left():
    assert moments(pa.array(["2026-03-01T12:00:00Z", "noon"])) is None
    assert moments(pa.array(["2026-03-01T12:00:00Z", None])) is None
    assert moments(pa.array([float("nan")])) is None


def test_a_time_is_written_as_it_is_read():
    stamp = datetime.datetime(2026, 3, 1, 12, 0, 0, 123_456, datetime.timezone.utc)
    assert moment(written(moment(stamp.isoformat()))) == moment(stamp.isoformat())
    assert written(np.int64(NOON)) == "2026-03-01T12:00:00.000000Z"


@pytest.mark.parametrize(
    "text",
    ["2026-03-01T10Z", "1600-01-01T00:00:00Z", "2300-01-01T00:00:00Z", "9999-12-31T00:00:00Z"],
)
def test_a_column_is_not_read_at_once_as_other_times_than_one_by_one(text):
    found = moments(pa.array([text]))
    assert found is None or found.tolist() == [moment(text)]


def test_a_placeholder_at_the_end_of_all_calendars_is_no_time():
    assert moment("9998-12-31T23:59:59Z") is not None
    assert moment("9999-12-31T00:00:00Z") is None


def test_numbers_that_no_unit_can_mean_are_no_times_in_a_column_either():
    assert moments(pa.array([1.5, 1e308])) is None
    assert moments(pa.array([float("inf")]), "ns") is None


def test_the_least_whole_number_is_no_time():
    assert moments(pa.array([-(2**63)])) is None
    assert moment(-(2**63)) is None
