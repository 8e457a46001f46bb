"""Windows of time: which of them holds a moment, when it starts and ends, and what it is called.

Windows of days, weeks and months follow the clocks of their zone, so that a day is a day where the
data are from, also if it has 23 or 25 hours. Windows of minutes and hours are counted in UTC and
are all of one length. `docs/windows.md` has the rules.

>>> berlin = Grid(zone="Europe/Berlin")
>>> number = berlin.numbers(np.array([1_774_789_200]))  # 2026-03-29T13:00Z
>>> start, end = berlin.starts(number), berlin.ends(number)
>>> berlin.name(int(start[0])), ((end - start) // 3600).tolist()
('2026-03-29', [23])
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from skewgate.core.errors import InputError
from skewgate.data.windows import zones
from skewgate.data.windows.durations import DAILY, DAY, NOTHING, Duration

Places = npt.NDArray[np.int64]

MOST_WINDOWS_OF_A_ROW = 366
_FIRST_DAY = -719_162 * DAY
"""Monday, 0001-01-01, from which days and weeks are counted."""
_FIRST_MONTH = -1_969 * 12
"""January of the year 1, from which months are counted."""
_SHORTEST_MONTH, _LONGEST_MONTH = 28 * DAY, 31 * DAY
_REACH = 3
"""Windows by which a moment may be beside the one of that time of UTC: a day, and one more."""
_DENSE = 4_096


@dataclasses.dataclass(frozen=True)
class Grid:
    """Windows that follow each other. A window has a number, which ascends with time.

    Attributes:
        every: from one start to the next.
        offset: moves all starts.
        zone: IANA name of the time zone whose clocks days, weeks and months follow, and in which
            windows are named.
        length: from start to end; None for `every`. More than that makes rolling windows.
    """

    every: Duration = DAILY
    offset: Duration = NOTHING
    zone: str = zones.UTC
    length: Duration | None = None

    def __post_init__(self) -> None:
        """Checks that the windows leave no gap.

        Raises:
            InputError: they would, a row would lie in too many, or there is no such zone.
        """
        zones.check(self.zone)
        if self.every.count < 1:
            raise InputError("windows", f"every must be more than 0, got {self.every}")
        for name, duration in (("offset", self.offset), ("length", self.length)):
            if duration and duration.months and not self.every.months:
                raise InputError(
                    "windows",
                    f"{name} of {duration} needs windows of months, got every of {self.every}",
                )
        if self.length is None:
            return
        if _longest(self.every) > _shortest(self.length) and not self._whole_months():
            raise InputError(
                "windows",
                f"every of {self.every} is more than length of {self.length}: what lies between "
                "would be in no window",
            )
        count = math.ceil(_longest(self.length) / _shortest(self.every))
        if count > MOST_WINDOWS_OF_A_ROW:
            raise InputError(
                "windows",
                f"a row would lie in {count:,} windows, and may in {MOST_WINDOWS_OF_A_ROW}: raise "
                "every",
            )

    def numbers(self, times: Places) -> Places:
        """Returns the window that starts last of those that hold each time.

        Args:
            times: seconds since 1970, shape (n,).

        Returns:
            Numbers of windows, shape (n,).
        """
        return self._last(np.asarray(times, np.int64), ends=False)

    def starts(self, numbers: Places) -> Places:
        """Returns the first second of windows, since 1970; shape (n,)."""
        return self._edges(numbers, ends=False)

    def ends(self, numbers: Places) -> Places:
        """Returns the first second after windows, since 1970; shape (n,)."""
        return self._edges(numbers, ends=True)

    def assign(self, times: Places) -> tuple[Places, Places]:
        """Finds all windows that hold each time.

        Args:
            times: seconds since 1970, shape (n,).

        Returns:
            Places in `times`, ascending, and the start of a window that holds each, in seconds
            since 1970 and ascending within a place, both of shape (m,); m >= n, for no time is in
            no window.

        >>> half_days = Grid(Duration(12, "h"), length=Duration(1, "d"))
        >>> [found.tolist() for found in half_days.assign(np.array([3_600, 86_400]))]
        [[0, 0, 1, 1], [-43200, 0, 43200, 86400]]
        """
        times = np.asarray(times, np.int64)
        last = self._last(times, ends=False)
        if self.length is None or self.length == self.every:
            return np.arange(len(times)), self.starts(last)
        counts = last - self._last(times, ends=True)
        places = np.repeat(np.arange(len(times)), counts)
        steps = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
        numbers = np.repeat(last - counts + 1, counts) + steps
        if len(skipped := self._skipped(numbers)):
            exist = ~np.isin(numbers, skipped)
            places, numbers = places[exist], numbers[exist]
        return places, self.starts(numbers)

    def name(self, start: int) -> str:
        """Returns the name of a window by its start: the day, or the day and the time.

        >>> Grid().name(1_456_812_000), Grid(Duration(6, "h")).name(1_456_812_000)
        ('2016-03-01', '2016-03-01T06:00Z')
        """
        by_day = self.every.seconds % DAY == self.offset.seconds % DAY == 0
        if by_day and (self._by_clock or self.zone == zones.UTC):
            return zones.date(start, self.zone)
        return zones.text(start, self.zone)

    @property
    def _by_clock(self) -> bool:
        return self.every.unit not in ("m", "h")

    @property
    def _uniform(self) -> bool:
        """Whether the clock that the windows follow is never changed."""
        return self.zone == zones.UTC or not self._by_clock

    def _whole_months(self) -> bool:
        months = self.length.months if self.length else 0
        return bool(months) and months >= self.every.months

    def _skipped(self, numbers: Places) -> Places:
        """Returns windows that are over when they start, as a zone may leave out a whole day."""
        if self._uniform or not len(numbers):
            return numbers[:0]
        near = _neighbours(numbers)
        starts = self._instants(near, ends=False)
        skipped: Places = near[:-1][(np.diff(starts) == 0) & (np.diff(near) == 1)]
        return skipped

    def _last(self, times: Places, *, ends: bool) -> Places:
        """Returns the last window that has started, or ended, at each time."""
        guesses = self._number_at(times, ends=ends)
        if self._uniform or not len(times):
            return guesses
        near = _neighbours(guesses)
        edges = self._instants(near, ends=ends)
        found: Places = near[np.searchsorted(edges, times, side="right") - 1]
        return found

    def _edges(self, numbers: Places, *, ends: bool) -> Places:
        """Returns starts or ends; where clocks must be asked, once for each window."""
        numbers = np.asarray(numbers, np.int64)
        if self._uniform or not len(numbers):
            return self._instants(numbers, ends=ends)
        low, high = int(numbers.min()), int(numbers.max())
        if high - low <= _DENSE:
            different, where = np.arange(low, high + 1), numbers - low
        else:
            different, where = np.unique(numbers, return_inverse=True)
        found: Places = self._instants(different, ends=ends)[where]
        return found

    def _instants(self, numbers: Places, *, ends: bool) -> Places:
        clocks = self._clocks(numbers, ends=ends)
        return clocks if self._uniform else zones.instants(clocks, self.zone)

    def _clocks(self, numbers: Places, *, ends: bool) -> Places:
        """Returns what the clock that windows follow shows when they start, or end."""
        months, seconds = self._from_first(ends=ends)
        if self.every.months:
            return _month_starts(numbers * self.every.months + months) + seconds
        return numbers * self.every.seconds + seconds

    def _number_at(self, clocks: Places, *, ends: bool) -> Places:
        """Returns the last window that has started, or ended, when the clock shows some times."""
        months, seconds = self._from_first(ends=ends)
        if self.every.months:
            return np.floor_divide(_months(clocks - seconds) - months, self.every.months)
        return np.floor_divide(clocks - seconds, self.every.seconds)

    def _from_first(self, *, ends: bool) -> tuple[int, int]:
        """Returns the months and seconds at which window 0 starts, or ends."""
        parts = [self.offset, *([self.length or self.every] if ends else [])]
        months, seconds = (sum(getattr(part, unit) for part in parts) for unit in _UNITS)
        if self.every.months:
            return months + _FIRST_MONTH, seconds
        return months, seconds + (_FIRST_DAY if self._by_clock else 0)


_UNITS = ("months", "seconds")


def _shortest(duration: Duration) -> int:
    return duration.months * _SHORTEST_MONTH + duration.seconds


def _longest(duration: Duration) -> int:
    return duration.months * _LONGEST_MONTH + duration.seconds


def _months(clocks: Places) -> Places:
    """Returns months since 1970, rounded down."""
    return clocks.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)


def _month_starts(months: Places) -> Places:
    return months.astype("datetime64[M]").astype("datetime64[s]").astype(np.int64)


def _neighbours(numbers: Places) -> Places:
    """Returns numbers and those near them, ascending."""
    low, high = int(numbers.min()), int(numbers.max())
    if high - low <= _DENSE:
        return np.arange(low - _REACH, high + _REACH + 1)
    reach = np.arange(-_REACH, _REACH + 1)
    return np.unique(np.unique(numbers)[:, None] + reach)
