"""A window is one window to ingest, labels, simulation and schedule: its rows, times and name.

Rows are one in every half hour. The three contracts are read as files have them, and each side
assigns rows in its own way: ingest those of a scheduled run, labels and simulation all of them.
"""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import json

import numpy as np
import pyarrow as pa
import pytest

from skewgate.checks.labels import coverage
from skewgate.checks.labels.config import LabelConfig
from skewgate.checks.labels.counts import LabelCounts
from skewgate.cli.main import main
from skewgate.core import yaml_model
from skewgate.data.ingest import splits
from skewgate.data.windows import durations, scheduled
from skewgate.data.windows.grids import Grid
from skewgate.simulation import spec as simulation
from skewgate.simulation import windows as simulated

HALF_HOUR, HOUR, DAY = 1_800, 3_600, 86_400
ZONES = ("UTC", "Europe/Berlin", "America/Chicago", "Asia/Kolkata")


@dataclasses.dataclass(frozen=True)
class Found:
    """What somebody says of a window: when it is, its name, and the places of its rows."""

    start: int
    end: int
    name: str
    rows: tuple[int, ...]


def utc(*parts):
    return int(datetime.datetime(*parts, tzinfo=datetime.timezone.utc).timestamp())


def parsed(keys):
    """Returns the keys of a contract as a mapping."""
    return dict(each.split(": ") for each in keys.split(", "))


def batch_of(times):
    return pa.RecordBatch.from_arrays([pa.array(times)], ["at"])


def by_labels(times, keys):
    """Returns the windows that LabelJoiner writes to rows and reports."""
    base = "key: [id], labels: [tip], prediction_time: at, horizon: 1h"
    text = f"{{{base}, windows: {{{keys}}}}}"
    config = yaml_model.parse(LabelConfig, text, "labels.yaml")
    places, starts = config.windows.grid.assign(times)
    counts = dict(zip(*(x.tolist() for x in np.unique(starts, return_counts=True)), strict=True))
    counted = LabelCounts(windows={start: (rows, 0) for start, rows in counts.items()})
    reported = coverage.details(counted, config)["windows"]
    assert [each["predicted"] for each in reported] == list(counts.values())
    return [
        Found(each["start"], each["end"], each["name"], tuple(places[starts == each["start"]]))
        for each in reported
    ]


def by_simulation(times, keys):
    """Returns the windows that `skewgate simulate` writes and notes in truth.json."""
    rule = simulation.parse(f"windows: {{time: at, {keys}}}", "simulation.yaml").windows
    numbers, counts = np.unique(rule.keys(pa.array(times)), return_counts=True)
    rows = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
    windows = simulated.plan(rule, len(times), rows, "simulation.yaml")
    places = windows.of(batch_of(times), 0)
    found = []
    for number, size in enumerate(windows.sizes):
        each = windows.described(number)
        start, end = (
            int(scheduled.scheduled_time(each[key]).timestamp()) for key in ("start", "end")
        )
        mine = tuple(np.flatnonzero(places == number))
        assert len(mine) == size
        found.append(Found(start, end, each["name"], mine))
    return found


def by_ingest(times, keys, ends):
    """Returns the windows that runs read which were scheduled for some times."""
    content = {"by": "window", "column": "at", **parsed(keys)}
    window = splits.parse_splits(json.dumps(content), "pipeline.yaml")
    batch = batch_of(times)
    found = []
    for end in ends:
        ready = splits.ready(window, f"monitoring-{end // 60}")
        mine = tuple(np.flatnonzero(ready.codes(batch, "rows") == 0))
        found.append(Found(ready.start, ready.end, ready.window, mine))
    return found


def by_schedule(times, keys, ends):
    """Returns what the schedule says of the windows of runs, a moment before the next is due."""
    given = parsed(keys)
    grid = Grid(
        durations.parse(given["every"]),
        durations.parse(given.get("offset", "0h")),
        given["zone"],
    )
    found = []
    for end in ends:
        window = scheduled.window(datetime.datetime.fromtimestamp(end, datetime.timezone.utc), grid)
        start, end = (int(moment.timestamp()) for moment in (window.start, window.end))
        mine = tuple(np.flatnonzero((times >= start) & (times < end)))
        found.append(Found(start, end, window.name, mine))
    return found


def agreed(keys, first, last):
    """Returns the windows between two times after everybody has said the same of them."""
    times = np.arange(first, last, HALF_HOUR)
    found = by_labels(times, keys)
    ends = [each.end for each in found]
    assert by_simulation(times, keys) == found
    assert by_ingest(times, keys, ends) == found
    assert by_schedule(times, keys, ends) == found
    assert sum(len(each.rows) for each in found) == len(times)
    for before, after in itertools.pairwise(found):
        assert before.end == after.start
    assert len({each.name for each in found}) == len(found)
    return {each.name: each for each in found}


@pytest.mark.parametrize("zone", ZONES)
def test_every_day_of_a_year_is_one_window_to_all_four(zone):
    ahead = {"UTC": 0, "Europe/Berlin": 1, "America/Chicago": -6, "Asia/Kolkata": 5.5}[zone] * HOUR
    first, last = (int(utc(year, 1, 1) - ahead) for year in (2026, 2027))
    days = agreed(f"every: 1d, zone: {zone}", first, last)
    dates = [datetime.date(2026, 1, 1) + datetime.timedelta(days=n) for n in range(365)]
    assert list(days) == [date.isoformat() for date in dates]
    changes = {
        "Europe/Berlin": {"2026-03-29": 23, "2026-10-25": 25},
        "America/Chicago": {"2026-03-08": 23, "2026-11-01": 25},
    }.get(zone, {})
    for name, day in days.items():
        hours = changes.get(name, 24)
        assert day.end - day.start == hours * HOUR
        assert len(day.rows) == 2 * hours
    assert (days["2026-01-01"].start, days["2026-12-31"].end) == (first, last)


def test_the_fifteenth_of_july_in_berlin_is_one_window(capsys):
    day = agreed("every: 1d, zone: Europe/Berlin", utc(2026, 7, 14, 22), utc(2026, 7, 15, 22))
    assert list(day) == ["2026-07-15"]
    found = day["2026-07-15"]
    assert (found.start, found.end) == (utc(2026, 7, 14, 22), utc(2026, 7, 15, 22))
    assert len(found.rows) == 48
    scheduled_run = ["2026-07-16T06:00:00Z", "--every", "1d", "--time-zone", "Europe/Berlin"]
    main(["schedule", "window", *scheduled_run, "--name", "--start"])
    assert capsys.readouterr().out == "2026-07-15 2026-07-14T22:00:00Z 2026-07-15T22:00:00Z\n"


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("every", "first", "last", "count"),
    [
        ("every: 1h", utc(2026, 3, 27), utc(2026, 3, 31), 96),
        ("every: 1h", utc(2026, 10, 24), utc(2026, 10, 27), 72),
        ("every: 1h", utc(2026, 10, 31), utc(2026, 11, 3), 72),
        ("every: 6h", utc(2026, 3, 1), utc(2026, 4, 10), 160),
        ("every: 6h, offset: 2h", utc(2026, 10, 20), utc(2026, 11, 10), 85),
        ("every: 1d, offset: 6h", utc(2026, 3, 1), utc(2026, 4, 10), 41),
        ("every: 1w", utc(2026, 1, 1), utc(2026, 12, 31), 53),
        ("every: 1mo", utc(2026, 1, 15), utc(2026, 12, 15), 12),
        ("every: 3mo, offset: 1mo", utc(2026, 1, 15), utc(2026, 12, 15), 5),
    ],
)
def test_windows_of_any_length_are_one_to_all_four(zone, every, first, last, count):
    found = agreed(f"{every}, zone: {zone}", first, last)
    assert len(found) == count


def test_the_hour_that_comes_twice_is_two_windows_to_all_four():
    found = agreed("every: 1h, zone: Europe/Berlin", utc(2026, 10, 25), utc(2026, 10, 25, 3))
    assert list(found) == [
        "2026-10-25T02:00+02:00",
        "2026-10-25T02:00+01:00",
        "2026-10-25T03:00+01:00",
    ]
    assert [each.end - each.start for each in found.values()] == [HOUR] * 3
