"""Numbers that stand for times: what kind and unit they have, and how people read them.

A logical type is a kind and a unit, such as `timestamp[s]`: seconds since 1970-01-01 00:00 UTC.

| kind | the number counts | shown as |
| --- | --- | --- |
| date | since 1970 | 2016-01-31 |
| timestamp | since 1970 | 2016-01-31 10:00:00 |
| time | since midnight | 10:00:00 |
| duration | from 0 | 2 d 03:00:00 |
"""

from __future__ import annotations

import datetime
import math
import re

from skewgate.core.wording import number

_UNITS = {"d": 86_400.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_LOGICAL = re.compile(r"(date|timestamp|time|duration)\[(d|s|ms|us|ns)\]")
_EPOCH = datetime.datetime(1970, 1, 1)
_DAY = 86_400
DATE, TIMESTAMP, TIME, DURATION = "date[s]", "timestamp[s]", "time[s]", "duration[s]"


def is_logical(text: str) -> bool:
    """Says whether a text is a logical type of times.

    >>> is_logical("timestamp[ms]"), is_logical("timestamp"), is_logical("")
    (True, False, False)
    """
    return _LOGICAL.fullmatch(text) is not None


def is_moment(logical: str) -> bool:
    """Says whether numbers of a logical type are points in time, which only ever move on."""
    return logical.startswith(("date[", "timestamp["))


def joined(one: str, other: str) -> str:
    """Returns the logical type of values of which some are of one and some of another; "" for none.

    >>> joined("date[s]", "timestamp[s]"), joined("date[s]", "time[s]"), joined("", "date[s]")
    ('timestamp[s]', '', '')
    """
    if one == other:
        return one
    return TIMESTAMP if {one, other} == {DATE, TIMESTAMP} else ""


def either(one: str, other: str) -> str:
    """Returns the logical type of two sides, of which one may not know it.

    >>> either("", "date[s]"), either("date[s]", "timestamp[s]"), either("time[s]", "date[s]")
    ('date[s]', 'timestamp[s]', '')
    """
    return joined(one or other, other or one)


def shown(value: float, logical: str = "", *others: float) -> str:
    """Returns a number as people read it: a time where it stands for one.

    Args:
        value: the number; one beyond the years 1 to 9999 is shown as such.
        logical: its logical type, "" for plain numbers.
        others: numbers that it stands beside, as in `number`.

    >>> shown(1451606400.0), shown(1451606400.0, "date[s]"), shown(16801.0, "date[d]")
    ('1,451,606,400', '2016-01-01', '2016-01-01')
    >>> shown(1451642400.25, "timestamp[s]"), shown(1451642400250.0, "timestamp[ms]")
    ('2016-01-01 10:00:00.25', '2016-01-01 10:00:00.25')
    >>> shown(36000.0, "time[s]"), shown(183600.0, "duration[s]"), shown(-90.5, "duration[s]")
    ('10:00:00', '2 d 03:00:00', '-00:01:30.5')
    """
    found = _LOGICAL.fullmatch(logical)
    if found is None or not math.isfinite(value):
        return number(value, *others)
    kind, seconds = found[1], value * _UNITS[found[2]]
    if kind == "duration" or (kind == "time" and not 0 <= seconds < _DAY):
        return _length(seconds)
    try:
        moment = _EPOCH + datetime.timedelta(seconds=seconds)
    except OverflowError:
        return number(value)
    if kind == "time":
        return _clock(moment)
    date = moment.date().isoformat()
    return date if kind == "date" and _clock(moment) == "00:00:00" else f"{date} {_clock(moment)}"


def _clock(moment: datetime.datetime) -> str:
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return f"{moment:%H:%M:%S}{fraction}"


def _length(seconds: float) -> str:
    micros = round(abs(seconds) * 1e6)
    days, rest = divmod(micros, _DAY * 1_000_000)
    moment = _EPOCH + datetime.timedelta(microseconds=rest)
    sign = "-" if seconds < 0 and micros else ""
    return f"{sign}{f'{days:,} d ' if days else ''}{_clock(moment)}"
