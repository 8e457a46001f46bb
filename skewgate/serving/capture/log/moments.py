"""Times as logs write them, as microseconds since 1970 in UTC."""

from __future__ import annotations

import datetime
import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.data.arrow.values import numbers
from skewgate.data.windows import zones

SECOND = 1_000_000
_FIRST, _LAST = -2_208_988_800 * SECOND, 253_370_764_800 * SECOND - 1
"""The years 1900 to 9998; a window of the last year would end in one that no calendar has."""
_FARTHEST = 10**24
"""Beyond the last time in any unit, and small enough to be multiplied."""
_FACTORS = {"s": SECOND, "ms": 1_000, "us": 1, "ns": 0.001}
_TEXT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9}))?\s?([Zz]|UTC|[+-]\d\d:?\d\d)?"
)
_READ_AT_ONCE = r"^(19|20|21)\d\d-\d\d-\d\d[Tt ]\d\d:\d\d"
"""Arrow takes 10Z for 10:00Z, and a year that 64 bits of nanoseconds do not hold for another."""
_EPOCH = datetime.datetime(1970, 1, 1)
_DIGITS = re.compile(r"-?\d{1,19}(?:\.\d{1,9})?")


def moment(value: Any, unit: str = "s", zone: str = zones.UTC) -> int | None:
    """Returns a time; None if the value is none, or lies beyond the years 1900 to 9998.

    Args:
        value: RFC 3339 text, or a number.
        unit: what a number counts since 1970.
        zone: whose clocks show a text that names no zone.

    >>> moment("1970-01-01T00:00:01.5Z"), moment(2), moment("1970-01-01 01:00+01:00"), moment("x")
    (1500000, 2000000, 0, None)
    """
    if isinstance(value, str):
        found = _TEXT.fullmatch(value.strip())
        if found is not None:
            return _within(_from_text(found, zone))
        if not _DIGITS.fullmatch(value):
            return None
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not -_FARTHEST <= value <= _FARTHEST:  # NaN, too
        return None
    factor = _FACTORS[unit]
    return _within(int(value // 1000) if unit == "ns" else round(value * factor))


def _within(micros: int | None) -> int | None:
    return None if micros is None or not _FIRST <= micros <= _LAST else int(micros)


def _from_text(found: re.Match[str], zone: str) -> int | None:
    day, clock, fraction, offset = found.groups()
    try:
        shown = datetime.datetime.fromisoformat(f"{day}T{clock}")
        seconds = (shown - _EPOCH) // datetime.timedelta(seconds=1)
        if offset is None:
            seconds = int(zones.instants(np.array([seconds]), zone)[0])
        elif offset[0] in "+-":
            ahead = int(offset[1:3]) * 3600 + int(offset[-2:]) * 60
            seconds -= ahead if offset[0] == "+" else -ahead
    except (ValueError, OverflowError):
        return None
    return seconds * SECOND + int(f"{fraction or '':0<6}"[:6])


def moments(
    array: pa.Array, unit: str = "s", zone: str = zones.UTC
) -> npt.NDArray[np.int64] | None:
    """Returns the times of a column at once, or None if each has to be looked at.

    Args:
        array: text, numbers or time stamps.
        unit, zone: as of `moment`.
    """
    kind = array.type
    if array.null_count:
        return None
    if pa.types.is_integer(kind):
        values = numbers(array).astype(np.int64)
        factor = 1 if unit == "ns" else int(_FACTORS[unit])
        most = np.iinfo(np.int64).max // factor
        if ((values > most) | (values < -most)).any():
            return None
        found = values // 1000 if unit == "ns" else values * factor
    elif pa.types.is_floating(kind):
        floats = numbers(array).astype(np.float64)
        if not np.isfinite(floats).all() or np.abs(floats).max(initial=0) > _FARTHEST:
            return None
        scaled = np.rint(floats * _FACTORS[unit]) if unit != "ns" else floats // 1000
        if not (np.abs(scaled) <= _LAST).all():
            return None
        found = scaled.astype(np.int64)
    elif pa.types.is_string(kind):
        if not pc.all(pc.match_substring_regex(array, _READ_AT_ONCE)).as_py():
            return None
        try:
            found = numbers(array.cast(pa.timestamp("ns", "UTC")).view(pa.int64())) // 1000
        except pa.ArrowInvalid:
            return None
    elif pa.types.is_timestamp(kind) and kind.tz is not None:
        found = numbers(array.cast(pa.timestamp("us", "UTC"), safe=False).view(pa.int64()))
    else:
        return None
    fits = ((found >= _FIRST) & (found <= _LAST)).all()
    return np.asarray(found, np.int64) if fits else None


def written(micros: int) -> str:
    """Returns a time as RFC 3339 in UTC.

    >>> written(1_500_000)
    '1970-01-01T00:00:01.500000Z'
    """
    shown = _EPOCH + datetime.timedelta(microseconds=int(micros))
    return f"{shown.isoformat(timespec='microseconds')}Z"
