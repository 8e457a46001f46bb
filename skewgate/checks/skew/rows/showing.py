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


def value(array: pa.Array, row: int) -> Shown:
    """Returns the value of a row: None if it is missing, a list if it has several values.

    Args:
        array: a column as `columns.simplify` returns it.
        row: the row.
    """
    cell = array[row].as_py()
    if cell is None or cell == []:
        return None
    if not is_list(array.type):
        return _one(cell, array.type)
    shown = [_one(each, array.type.value_type) for each in cell[:MOST_VALUES]]
    if len(cell) > MOST_VALUES:
        shown.append(f"... {len(cell)} values in all")
    return shown if len(cell) > 1 else shown[0]


def text(content: bytes) -> str:
    r"""Returns a text, with bytes that are not UTF-8 escaped, cut to `MOST_CHARACTERS`.

    >>> text(b"caf\xe9"), text("café".encode())
    ('caf\\xe9', 'café')
    """
    shown = content[: 4 * MOST_CHARACTERS].decode("utf-8", "backslashreplace")
    if len(content) <= 4 * MOST_CHARACTERS and len(shown) <= MOST_CHARACTERS:
        return shown
    return f"{shown[:MOST_CHARACTERS]}... ({len(content)} bytes)"


def _one(cell: bytes | int | float, kind: pa.DataType) -> str | int | float:
    if isinstance(cell, bytes):
        return text(cell)
    if isinstance(cell, int) or not math.isfinite(cell):
        return cell if isinstance(cell, int) else str(cell)  # JSON has no NaN
    # 0.1, not 0.10000000149011612
    return float(str(np.float32(cell))) if pa.types.is_float32(kind) else cell
