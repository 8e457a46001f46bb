"""What clocks show in a time zone, and when they show it.

A *clock time* is what the clocks of a zone show, in seconds after 1970-01-01T00:00 on the same
clocks; an *instant* is seconds since 1970 in UTC. In UTC both are the same number.
"""

from __future__ import annotations

import datetime
import functools
import zoneinfo

import numpy as np
import numpy.typing as npt

from skewgate.core.errors import InputError

Places = npt.NDArray[np.int64]

UTC = "UTC"
_EPOCH = datetime.datetime(1970, 1, 1)
_DAY = 86_400
_CYCLE = 146_097 * _DAY
"""Seconds of 400 years, after which dates fall on the same weekdays again."""
_BLOCK, _MOST_BLOCKS = 512, 64
"""Days whose beginnings are looked up at once, and how many times that is worth it."""
_FIRST, _LAST = -11_676_096_000, 240_779_520_000
"""The beginnings of 1600 and of 9600. Before the one no zone has changed its clocks; until the
other Python knows what they show."""


def check(zone: str) -> None:
    """Makes sure that there is a time zone of an IANA name.

    Raises:
        InputError: there is none.
    """
    if zone != UTC:
        _zone(zone)


def instants(clocks: Places, zone: str) -> Places:
    """Returns when clocks show some times, or pass them, for the first time.

    A time that clocks skip in spring is passed when they skip it; of a time that they show twice
    in autumn, the first counts. The result ascends if `clocks` do.

    Args:
        clocks: clock times, shape (n,).
        zone: IANA name of a time zone.

    Returns:
        Instants, shape (n,).

    >>> instants(np.array([1_774_744_200]), "Europe/Berlin").tolist()  # 2026-03-29T00:30
    [1774740600]
    """
    if zone == UTC:
        return clocks
    place = _zone(zone)
    days = clocks // _DAY
    if len(clocks) < _BLOCK or len(blocks := np.unique(days // _BLOCK)) > _MOST_BLOCKS:
        return _each(clocks, place)
    starts = np.stack([_day_starts(block, zone) for block in blocks.tolist()])
    row, day = np.searchsorted(blocks, days // _BLOCK), days % _BLOCK
    found: Places = starts[row, day] + clocks % _DAY
    # On the days on which clocks change, each time is looked up for itself.
    changing = starts[row, day + 1] - starts[row, day] != _DAY
    found[changing] = _each(clocks[changing], place)
    return found


def offset(instant: int, zone: str) -> int:
    """Returns by how many seconds the clocks of a zone are ahead of UTC at an instant."""
    return 0 if zone == UTC else _offset_at(instant, _zone(zone))


def text(instant: int, zone: str = UTC) -> str:
    """Returns what clocks show at an instant, with how far they are ahead of UTC.

    >>> text(1_456_812_000), text(1_456_812_000, "Europe/Berlin")
    ('2016-03-01T06:00Z', '2016-03-01T07:00+01:00')
    """
    ahead = offset(instant, zone)
    shown = np.datetime64(instant + ahead, "s")
    clock = str(shown) if (instant + ahead) % 60 else str(shown.astype("datetime64[m]"))
    if zone == UTC:
        return f"{clock}Z"
    minutes, seconds = divmod(abs(ahead), 60)  # seconds: before zones, towns had their own time
    rest = f":{seconds:02d}" if seconds else ""
    return f"{clock}{'-' if ahead < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}{rest}"


def date(instant: int, zone: str = UTC) -> str:
    """Returns the day that calendars show at an instant.

    >>> date(1_456_786_800), date(1_456_786_800, "Europe/Berlin")
    ('2016-02-29', '2016-03-01')
    """
    return str(np.datetime64(instant + offset(instant, zone), "s").astype("datetime64[D]"))


def _zone(zone: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            "time zone", f"{zone!r} is not known", "give an IANA name such as Europe/Berlin"
        ) from error


@functools.lru_cache(maxsize=1_024)
def _day_starts(block: int, zone: str) -> Places:
    """Returns the instants at which the days of a block begin, and that at which it ends."""
    return _each(np.arange(block * _BLOCK, (block + 1) * _BLOCK + 1) * _DAY, _zone(zone))


def _each(clocks: Places, zone: zoneinfo.ZoneInfo) -> Places:
    """Returns instants, those of equal times looked up once."""
    different, where = np.unique(clocks, return_inverse=True)
    found = np.array([_instant(clock, zone) for clock in different.tolist()], np.int64)
    return found[where]


def _instant(clock: int, zone: zoneinfo.ZoneInfo) -> int:
    shown = _datetime(clock)
    before, after = (_offset(shown.replace(fold=fold), zone) for fold in (0, 1))
    if before >= after:
        return clock - before
    low, high = clock - after, clock - before  # clocks skip it: after low, and until high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if middle + _offset_at(middle, zone) >= clock else (middle, high)
    return high


def _offset(shown: datetime.datetime, zone: zoneinfo.ZoneInfo) -> int:
    ahead = zone.utcoffset(shown)
    assert ahead is not None  # only of a time without a date
    return int(ahead.total_seconds())


def _offset_at(instant: int, zone: zoneinfo.ZoneInfo) -> int:
    return _offset(zone.fromutc(_datetime(instant).replace(tzinfo=zone)), zone)


def _datetime(seconds: int) -> datetime.datetime:
    """Returns a time in a year that Python has, at which the clocks show the same."""
    if seconds >= _LAST:
        seconds = _LAST - _CYCLE + (seconds - _LAST) % _CYCLE
    elif seconds < _FIRST:
        seconds = _FIRST - _CYCLE + (seconds - _FIRST) % _CYCLE
    return _EPOCH + datetime.timedelta(seconds=seconds)
