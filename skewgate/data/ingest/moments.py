"""When rows are, by a column of dates, time stamps or numbers: one rule for every contract.

A date is a day of the zone, and counts as its beginning there. A time stamp without a zone is what
the clocks of the zone showed: of a time that they show twice the first counts, and one that they
skip is when they skip it. A time stamp with a zone is a moment whatever the zone is, and so are
seconds since 1970, unless the contract says that they are of a clock. `docs/windows.md` has the
rule too.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from skewgate.core.distributions import FloatArray
from skewgate.data.arrow import times
from skewgate.data.arrow.kinds import is_number
from skewgate.data.windows import zones
from skewgate.data.windows.contract import Seconds

_FARTHEST = 1 << 62
"""Seconds that a moment may be away; no window is farther away than that."""


def moments(array: pa.Array, zone: str, seconds: Seconds = "utc") -> FloatArray:
    """Returns when rows are, in seconds since 1970, NaN where there is none, shape (n,).

    Args:
        array: of a type that `times.is_moment` knows.
        zone: IANA name of the time zone of the contract.
        seconds: what numbers count.

    Raises:
        InputError: there is no such zone.

    >>> day = pa.array([20_782], pa.date32())  # 2026-11-25
    >>> stamp = pa.array([1_795_564_800], pa.timestamp("s", "UTC"))
    >>> [moments(each, "America/Chicago").tolist() for each in (day, stamp)]
    [[1795586400.0], [1795564800.0]]
    """
    found = times.moments(array)
    counted = seconds == "clock" and is_number(array.type)
    if zone == zones.UTC or not (counted or times.is_clock(array.type)):
        return found
    known = np.isfinite(found)
    clocks = np.clip(found[known], -_FARTHEST, _FARTHEST).astype(np.int64)
    found[known] = zones.instants(clocks, zone)
    return found
