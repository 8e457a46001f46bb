"""The time window of a scheduled run, from the time it was scheduled for.

A run that starts late, or is repeated, was scheduled for the same time and so
evaluates the same window: the last whole one before that time.

>>> found = window("2026-11-25T06:00:00Z", Grid())
>>> found.name, write(found.start), write(found.end)
('2026-11-24', '2026-11-24T00:00:00Z', '2026-11-25T00:00:00Z')
"""

from __future__ import annotations

import dataclasses
import datetime
import re

import numpy as np

from skewgate.core.errors import InputError
from skewgate.data.windows.grids import Grid

UTC = datetime.timezone.utc
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.\d+)?(?:[Zz]|([+-]\d{2}:\d{2}))"
)
_DIGITS = re.compile(r"\d{14}")
_JOB = re.compile(r"[a-z0-9.-]+-(\d{8})")
_YEARS = range(2000, 2160)  # what eight digits of minutes can say, and a job's name can mean


@dataclasses.dataclass(frozen=True)
class Window:
    """A window of time, in UTC.

    Attributes:
        start: its first moment.
        end: the first moment after it.
        name: what it is called, in its time zone.
    """

    start: datetime.datetime
    end: datetime.datetime
    name: str


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


def window(scheduled: datetime.datetime | str, grid: Grid) -> Window:
    """Returns the last whole window before a scheduled time.

    Args:
        scheduled: with a time zone, or as text that `scheduled_time` takes.
        grid: the windows.

    Raises:
        InputError: the scheduled time has no time zone or is no time.
    """
    moment = (_moment(scheduled) - _EPOCH) // datetime.timedelta(seconds=1)
    end = int(grid.starts(grid.numbers(np.array([moment])))[0])
    start = int(grid.starts(grid.numbers(np.array([end - 1])))[0])
    first, last = (_EPOCH + datetime.timedelta(seconds=seconds) for seconds in (start, end))
    return Window(first, last, grid.name(start))


def write(moment: datetime.datetime) -> str:
    """Returns a time as RFC 3339 in UTC, to the second.

    >>> write(scheduled_time("20261125060000"))
    '2026-11-25T06:00:00Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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
