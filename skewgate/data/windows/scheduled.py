"""The time window of a scheduled run, from the time it was scheduled for.

A run that starts late, or is repeated, was scheduled for the same time and so
evaluates the same window: the last whole one before that time.

>>> window("2026-11-25T06:00:00Z", parse_every("1d"))
Window(start=datetime.datetime(2026, 11, 24, 0, 0, tzinfo=datetime.timezone.utc), \
end=datetime.datetime(2026, 11, 25, 0, 0, tzinfo=datetime.timezone.utc))
"""

from __future__ import annotations

import dataclasses
import datetime
import re
import zoneinfo
from typing import Literal

from skewgate.core.errors import InputError

UTC = datetime.timezone.utc
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = {"m": 60, "h": 3600}
_DAY, _WEEK = 1, 7
_EVERY = re.compile(r"([1-9]\d{0,3})([mhdw])")
_RFC3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.\d+)?(?:[Zz]|([+-]\d{2}:\d{2}))"
)
_DIGITS = re.compile(r"\d{14}")
_JOB = re.compile(r"[a-z0-9.-]+-(\d{8})")
_YEARS = range(2000, 2160)  # what eight digits of minutes can say, and a job's name can mean


@dataclasses.dataclass(frozen=True)
class Every:
    """The length of windows.

    Attributes:
        count: of units, at least 1.
        unit: "m" minutes, "h" hours, "d" days or "w" weeks.
    """

    count: int
    unit: Literal["m", "h", "d", "w"]


@dataclasses.dataclass(frozen=True)
class Window:
    """A window of time, in UTC.

    Attributes:
        start: its first moment.
        end: the first moment after it.
    """

    start: datetime.datetime
    end: datetime.datetime


def parse_every(text: str) -> Every:
    """Parses the length of windows, such as "15m", "6h", "1d" or "2w".

    Raises:
        InputError: it is none.
    """
    found = _EVERY.fullmatch(text)
    if not found:
        raise InputError(
            "length of windows",
            f"must be a number with m, h, d or w for minutes, hours, days or weeks, got {text!r}",
            "give one such as 1d",
        )
    return Every(int(found[1]), found[2])  # type: ignore[arg-type]


def scheduled_time(text: str) -> datetime.datetime:
    """Parses the time that a run was scheduled for, as schedulers write it.

    Args:
        text: RFC 3339 with a time zone, as Vertex AI; 14 digits in UTC, as Kubeflow's
            `[[ScheduledTime]]`; or the name of a Job of a Kubernetes CronJob, which ends in the
            minutes since 1970.

    Returns:
        The time in UTC, to the second.

    Raises:
        InputError: it is no such text, or a macro that no scheduler has replaced.
    """
    found = _parse(text.strip())
    if found is None or found.year not in _YEARS:
        raise InputError(
            "scheduled time",
            "must be a time such as 2026-11-25T06:00:00Z, 14 digits such as 20261125060000, or the "
            f"name of a CronJob's Job such as monitoring-29926440, got {text!r}",
            "give the time that the run was scheduled for",
        )
    return found


def window_end(
    scheduled: datetime.datetime | str, every: Every, zone: str = "UTC"
) -> datetime.datetime:
    """Returns the end of the last whole window before a scheduled time, in UTC.

    Windows of days and weeks (from Monday) end at midnight in `zone`, so that a day on which the
    clocks change has 23 or 25 hours. Windows of hours and minutes are counted in UTC, whatever
    `zone` is, so that all have the same length and none is lost or doubled.

    Args:
        scheduled: with a time zone, or as text that `scheduled_time` takes.
        every: the length of windows.
        zone: IANA name of a time zone, such as "Europe/Berlin".

    Raises:
        InputError: there is no such zone, or the scheduled time has none or is no time.
    """
    moment = _moment(scheduled)
    if every.unit in _SECONDS:
        length = _length(every)
        return _EPOCH + (moment - _EPOCH) // length * length
    place = _zone(zone)
    days = _days(every)
    today = moment.astimezone(place).date().toordinal()
    return _midnight(today - (today - 1) % days, place)


def window(scheduled: datetime.datetime | str, every: Every, zone: str = "UTC") -> Window:
    """Returns the last whole window before a scheduled time; see `window_end`.

    Raises:
        InputError: there is no such zone, or the scheduled time has none or is no time.
    """
    end = window_end(scheduled, every, zone)
    if every.unit in _SECONDS:
        return Window(end - _length(every), end)
    place = _zone(zone)
    last = end.astimezone(place).date().toordinal()
    return Window(_midnight(last - _days(every), place), end)


def write(moment: datetime.datetime) -> str:
    """Returns a time as RFC 3339 in UTC, to the second.

    >>> write(scheduled_time("20261125060000"))
    '2026-11-25T06:00:00Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def check_zone(name: str) -> None:
    """Raises InputError if there is no time zone of that IANA name."""
    _zone(name)


def _parse(text: str) -> datetime.datetime | None:
    try:
        if found := _RFC3339.fullmatch(text):
            given = f"{found[1]}T{found[2]}{found[3] or '+00:00'}"
            return datetime.datetime.fromisoformat(given).astimezone(UTC)
        if _DIGITS.fullmatch(text):
            return datetime.datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # digits of no time, such as a 13th month
        return None
    if found := _JOB.fullmatch(text):
        return _EPOCH + datetime.timedelta(minutes=int(found[1]))
    return None


def _moment(scheduled: datetime.datetime | str) -> datetime.datetime:
    if isinstance(scheduled, str):
        return scheduled_time(scheduled)
    if scheduled.tzinfo is None:
        raise InputError(
            "scheduled time", f"must have a time zone, got {scheduled.isoformat()}", "give one"
        )
    return scheduled.astimezone(UTC)


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            "time zone", f"{name!r} is none", "give an IANA name such as Europe/Berlin"
        ) from error


def _length(every: Every) -> datetime.timedelta:
    return datetime.timedelta(seconds=every.count * _SECONDS[every.unit])


def _days(every: Every) -> int:
    return every.count * (_WEEK if every.unit == "w" else _DAY)


def _midnight(ordinal: int, place: zoneinfo.ZoneInfo) -> datetime.datetime:
    """Returns the first moment of a day in UTC; where clocks skip midnight, when they skip it."""
    day = datetime.date.fromordinal(ordinal)
    return datetime.datetime(day.year, day.month, day.day, tzinfo=place).astimezone(UTC)
