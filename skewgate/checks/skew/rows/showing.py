"""Values of rows as a report shows them: plain values of JSON, bounded in size."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa

from skewgate.data.arrow.kinds import is_list

MOST_VALUES = 10
"""Values shown of a list."""
MOST_CHARACTERS = 100
"""Characters shown of a text."""

Shown = str | int | float | list[Any] | None


def value(array: pa.Array, place: int) -> Shown:
    """Returns the value of a row: None if it is missing, a list if it has several values.

    Args:
        array: a column as `columns.simplify` returns it.
        place: the row.
    """
    found = array[place].as_py()
    if found is None or found == []:
        return None
    if not is_list(array.type):
        return _one(found, array.type)
    shown = [_one(each, array.type.value_type) for each in found[:MOST_VALUES]]
    if len(found) > MOST_VALUES:
        shown.append(f"... {len(found)} values in all")
    return shown if len(found) > 1 else shown[0]


def text(found: bytes) -> str:
    r"""Returns a text, with bytes that are not UTF-8 escaped, cut to `MOST_CHARACTERS`.

    >>> text(b"caf\xe9"), text("café".encode())
    ('caf\\xe9', 'café')
    """
    shown = found[: 4 * MOST_CHARACTERS].decode("utf-8", "backslashreplace")
    if len(found) <= 4 * MOST_CHARACTERS and len(shown) <= MOST_CHARACTERS:
        return shown
    return f"{shown[:MOST_CHARACTERS]}... ({len(found)} bytes)"


def _one(found: bytes | int | float, kind: pa.DataType) -> str | int | float:
    if isinstance(found, bytes):
        return text(found)
    if isinstance(found, int) or not math.isfinite(found):
        return found if isinstance(found, int) else str(found)  # JSON has no NaN
    # 0.1, not 0.10000000149011612
    return float(str(np.float32(found))) if pa.types.is_float32(kind) else found
