"""Which windows hold a point in time, and what they are called."""

from __future__ import annotations

import datetime

import numpy as np
import numpy.typing as npt

from skewgate.checks.labels.config import WindowRules

Places = npt.NDArray[np.int64]

_DAY = 86_400
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def assign(times: Places, rules: WindowRules) -> tuple[Places, Places]:
    """Finds the windows that hold each time.

    Args:
        times: seconds since 1970, shape (n,).
        rules: where windows begin and end.

    Returns:
        Places in `times`, ascending, and the start of a window that holds each, in seconds since
        1970 and ascending within a place, both of shape (m,); m >= n, for no time is in no window.

    >>> half_days = WindowRules(length_hours=24, every_hours=12)
    >>> [found.tolist() for found in assign(np.array([3_600, 86_400]), half_days)]
    [[0, 0, 1, 1], [-43200, 0, 43200, 86400]]
    """
    moved = np.asarray(times, np.int64) - rules.offset
    last = np.floor_divide(moved, rules.every)
    first = np.floor_divide(moved - rules.length, rules.every) + 1
    counts = last - first + 1
    places = np.repeat(np.arange(len(moved)), counts)
    steps = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
    return places, rules.offset + (np.repeat(first, counts) + steps) * rules.every


def name(start: int, rules: WindowRules) -> str:
    """Returns the name of a window: its start in UTC, without the time if all start at midnight.

    >>> name(1_456_812_000, WindowRules()), name(1_456_812_000, WindowRules(every_hours=6))
    ('2016-03-01', '2016-03-01T06:00Z')
    """
    at_midnight = rules.every % _DAY == 0 and rules.offset % _DAY == 0
    return iso(start)[:10] if at_midnight else iso(start)


def iso(seconds: int) -> str:
    """Returns a time in UTC to the minute.

    >>> iso(1_456_812_059)
    '2016-03-01T06:00Z'
    """
    return (_EPOCH + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%MZ")
