"""Which windows hold a point in time, and what they are called."""

from __future__ import annotations

import datetime
import math
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pydantic

from skewgate.core.yaml_model import StrictModel

Places = npt.NDArray[np.int64]

_DAY = 86_400
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)

MOST_WINDOWS_OF_A_ROW = 366
LONGEST_HOURS = 10 * 366 * 24
Hours = Annotated[float, pydantic.Field(allow_inf_nan=False)]


class WindowRules(StrictModel):
    """Into which windows the predictions are cut, by their time.

    Windows begin at `offset_hours` after 1970-01-01T00:00Z and every `every_hours` from there, and
    hold what is not before their start and before their end. All three are whole minutes.

    Attributes:
        length_hours: from start to end.
        every_hours: from one start to the next; less than `length_hours` makes rolling windows, in
            which a row lies in several.
        offset_hours: moves all windows, such as -1 for days in Central Europe in winter.
        feature: what the names of a row's windows are written to.
    """

    length_hours: Hours = pydantic.Field(default=24.0, gt=0, le=LONGEST_HOURS)
    every_hours: Hours = pydantic.Field(default=24.0, gt=0, le=LONGEST_HOURS)
    offset_hours: Hours = pydantic.Field(default=0.0, ge=-LONGEST_HOURS, le=LONGEST_HOURS)
    feature: str = pydantic.Field(default="window", min_length=1)

    @pydantic.field_validator("length_hours", "every_hours", "offset_hours")
    @classmethod
    def _whole_minutes(cls, value: float) -> float:
        if not math.isclose(value * 60, round(value * 60), rel_tol=0, abs_tol=1e-6):
            raise ValueError(f"must be a whole number of minutes, got {value!r} hours")
        if value and not round(value * 60):
            raise ValueError(f"must be at least a minute, got {value!r} hours")
        return value

    @pydantic.model_validator(mode="after")
    def _cover(self) -> WindowRules:
        if self.every > self.length:
            raise ValueError(
                f"every_hours of {self.every_hours:g} is more than length_hours of "
                f"{self.length_hours:g}: what lies between would be in no window"
            )
        if self.length > MOST_WINDOWS_OF_A_ROW * self.every:
            raise ValueError(
                f"a row would lie in {math.ceil(self.length / self.every):,} windows, and may in "
                f"{MOST_WINDOWS_OF_A_ROW}: raise every_hours"
            )
        return self

    @property
    def length(self) -> int:
        """Returns seconds from start to end."""
        return round(self.length_hours * 60) * 60

    @property
    def every(self) -> int:
        """Returns seconds from one start to the next."""
        return round(self.every_hours * 60) * 60

    @property
    def offset(self) -> int:
        """Returns seconds by which the windows are moved."""
        return round(self.offset_hours * 60) * 60


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
