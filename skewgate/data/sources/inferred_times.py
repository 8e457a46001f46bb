"""Time stamps in nanoseconds, as versions of Arrow infer them of CSV in their own ways.

They are whole microseconds here, rounded down.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable

import pyarrow as pa

Attempt = Callable[[str, pa.DataType], pa.Table | None]
"""Reads one column again, as a type; None if a cell is none of it."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[ T].*)?", re.ASCII)


def with_far_times(table: pa.Table, given: Container[str], attempt: Attempt) -> pa.Table:
    """Reads time stamps in years that 64 bits of nanoseconds do not hold.

    Newer versions of Arrow (26, not 10) infer text for a column that holds one.

    Args:
        table: what was inferred.
        given: columns whose type was not inferred.
        attempt: see Attempt.
    """
    for at, field in enumerate(table.schema):
        if field.type != pa.string() or field.name in given:
            continue
        if _DATE.fullmatch(_first_text(table.column(at))):
            kinds = (pa.timestamp("us", zone) for zone in (None, "UTC"))
            table = _replaced(table, at, kinds, attempt)
    return table


def without_nanoseconds(table: pa.Table, attempt: Attempt) -> pa.Table:
    """Replaces time stamps in nanoseconds, which older versions overflow silently after 2262.

    Args:
        table: what was inferred.
        attempt: see Attempt.
    """
    for at, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            kinds = (pa.timestamp("us", field.type.tz), pa.string())
            table = _replaced(table, at, kinds, attempt)
    return table


def _replaced(table: pa.Table, at: int, kinds: Iterable[pa.DataType], attempt: Attempt) -> pa.Table:
    """Returns the table with a column as the first of some types that it can be read as."""
    for kind in kinds:
        found = attempt(table.schema.field(at).name, kind)
        if found is not None:
            return table.set_column(at, found.schema.field(0), found.column(0))
    return table


def _first_text(column: pa.ChunkedArray) -> str:
    """Returns the first text that is there; empty if there is none."""
    for chunk in column.chunks:
        if chunk.null_count < len(chunk):
            at = int(chunk.is_valid().index(True).as_py()) if chunk.null_count else 0
            return str(chunk[at])
    return ""
