"""Time stamps in text that stand to the nanosecond."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.data.arrow.values import from_stored, stored, validity

_FIRST, _LAST = "1678", "2261"
"""The years that 64 bits of nanoseconds hold as a whole; beyond, Arrow overflows silently."""


def whole_microseconds(times: pa.Array, texts: pa.Array) -> pa.Array | None:
    """Returns time stamps rounded down to microseconds; None if one is beyond what 64 bits hold.

    Args:
        times: as Arrow reads the texts, in nanoseconds.
        texts: what they stand as.
    """
    years = pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(texts), 0, 4)
    least, most = (value.as_py() for value in pc.min_max(years).values())
    if least is not None and not (least >= _FIRST and most <= _LAST):
        return None
    kind = pa.timestamp("us", times.type.tz)
    return from_stored(stored(times, np.int64) // 1_000, kind, validity(times))
