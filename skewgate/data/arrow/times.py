"""Times as seconds: one rule for every reader, whatever type holds them.

Dates and time stamps count from 1970-01-01 00:00 UTC, times of day from midnight, durations from 0.
A time stamp with a zone is stored in UTC and counts as that. A date, or a time stamp without a
zone, is what clocks showed (`is_clock`): its number is that of the same clock time in UTC, and only
who knows the zone knows when it was.

| type | `whole_seconds` | `with_nanoseconds` | `float_seconds` | `moments` |
| --- | --- | --- | --- | --- |
| date32 | days x 86,400 | the same, 0 | the same | the same |
| date64 | rounded down | down, rest | ms / 1e3 | rounded down |
| timestamp s, ms, us | rounded down | down, rest | ticks / unit | rounded down |
| timestamp ns | rounded down | down, rest | whole us (towards 0) / 1e6 | rounded down |
| time32, time64 | rounded down | down, rest | ticks / unit | no moment |
| duration | rounded down | down, rest | ticks / unit | no moment |
| integer, float | | | | seconds as they are |
| null | stays | none may be there | left out | NaN |

A 64-bit float tells microseconds of today's time stamps and no nanoseconds, so that the nanoseconds
are dropped first: a time is the same number however fine its unit is. tf.Example, splits and
windows take whole seconds, hashes of rows all of a time, profiles floats; what tf.Example gets of a
duration is a float too.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.core.distributions import FloatArray
from skewgate.data.arrow.kinds import is_number, is_time
from skewgate.data.arrow.values import places_array, stored, validity

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_DAY = 86_400
_UNIT = re.compile(r".*\[(\w+).*\]")

Ticks = npt.NDArray[np.int64]


def has_seconds(kind: pa.DataType) -> bool:
    """Says whether a type is that of dates, time stamps, times of day or durations."""
    # Intervals of months and days, which pyarrow counts among the temporal types, have none.
    return bool(is_time(kind) or pa.types.is_time(kind) or pa.types.is_duration(kind))


def whole_seconds(array: pa.Array) -> pa.Array:
    """Returns dates, time stamps, times of day or durations as whole seconds, rounded down.

    Returns:
        int64; nulls stay.

    >>> whole_seconds(pa.array([-1, None, 1_999], pa.timestamp("ms"))).to_pylist()
    [-1, None, 1]
    """
    ticks, units = _ticks(array)
    whole = ticks if units == 1 else ticks // units
    return places_array(whole, validity(array) if array.null_count else None)


def with_nanoseconds(array: pa.Array) -> tuple[Ticks, Ticks]:
    """Returns times without nulls as whole seconds, rounded down, and the nanoseconds beyond."""
    ticks, units = _ticks(array)
    whole, rest = np.divmod(ticks, units)
    return whole, rest * (_PER_SECOND["ns"] // units)


def float_seconds(array: pa.Array) -> FloatArray:
    """Returns times as seconds with their fractions, without nulls.

    >>> float_seconds(pa.array([1_500, None], pa.duration("ms"))).tolist()
    [1.5]
    """
    ticks, units = _ticks(array)
    if array.null_count:
        ticks = ticks[validity(array)]
    if pa.types.is_timestamp(array.type) and units == _PER_SECOND["ns"]:
        ticks, units = (ticks - np.fmod(ticks, 1_000)) // 1_000, _PER_SECOND["us"]
    found: FloatArray = ticks / float(units)
    return found


def is_moment(kind: pa.DataType) -> bool:
    """Says whether `moments` takes a type: dates, time stamps, seconds as numbers, or null."""
    return is_time(kind) or is_number(kind) or pa.types.is_null(kind)


def is_clock(kind: pa.DataType) -> bool:
    """Says whether a type tells what clocks or calendars showed, and not where these are.

    >>> [is_clock(kind) for kind in (pa.date32(), pa.timestamp("s"), pa.timestamp("s", "UTC"))]
    [True, True, False]
    """
    return bool(pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.tz is None))


def moments(array: pa.Array) -> FloatArray:
    """Returns seconds since 1970, NaN where there is none, shape (n,).

    Those of an `is_clock` type are as if its clocks showed UTC.

    Args:
        array: of a type that `is_moment` knows; dates and time stamps are rounded down.
    """
    if pa.types.is_null(array.type):
        return np.full(len(array), np.nan)
    seconds = whole_seconds(array) if is_time(array.type) else array
    found: FloatArray = stored(seconds).astype(np.float64)
    if array.null_count:
        found[~validity(array)] = np.nan
    return found


def _ticks(array: pa.Array) -> tuple[Ticks, int]:
    """Returns times in a unit, anything where they are null, and how many units are a second."""
    kind = array.type
    ticks = stored(array, np.int32 if kind.bit_width == 32 else np.int64)
    ticks = ticks.astype(np.int64, copy=False)
    if pa.types.is_date32(kind):
        return ticks * _DAY, 1
    # By its text, as older versions have no `unit` of times of day.
    return ticks, 1_000 if pa.types.is_date64(kind) else _PER_SECOND[_UNIT.sub(r"\1", str(kind))]
