"""Finds the times in JSON's text that Arrow does not tell apart, or does not find.

Arrow takes text for a time stamp to the second if all of a column is one, and makes UTC of those
that name a zone without saying so. Here they keep that they do, and fractions of a second are read.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from skewgate.data.arrow.values import validity, values_of

_ZONE = r"[T ].*(?:Z|[+-]\d\d(?::?\d\d)?)$"
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_ZONED = pa.timestamp("s", "UTC")


def with_times(table: pa.Table, data: bytes, plain: Collection[str]) -> pa.Table:
    """Gives columns of time stamps the type that says what their text is.

    Args:
        table: as Arrow reads it, in one chunk.
        data: the text that it was read from.
        plain: columns that are no times whatever their text is.

    Returns:
        The table. Columns whose time stamps all name a zone are of UTC, and those in which only
        some do are text.
    """
    stamps: dict[str, int] = {}
    changed: dict[int, tuple[pa.DataType, pa.Array]] = {}  # the table is made anew once
    for place, field in enumerate(table.schema):
        if field.name in plain:
            continue
        if pa.types.is_timestamp(field.type):
            stamps[field.name] = place
        elif pa.types.is_string(field.type) and (found := _fractions(table.column(place).chunk(0))):
            changed[place] = found.type, found
    texts = _texts(data, stamps) if stamps and _may_name_zones(data) else {}
    for name, place in stamps.items() if texts else ():
        text = texts[name]
        zoned = pc.sum(pc.match_substring_regex(text, _ZONE)).as_py() or 0
        if zoned == len(text) - text.null_count:
            found = table.column(place).chunk(0).cast(_ZONED)
            changed[place] = _ZONED, found
        elif zoned:
            changed[place] = pa.string(), text
    if not changed:
        return table
    columns = list(table.columns)
    fields = list(table.schema)
    for place, (kind, array) in changed.items():
        columns[place] = pa.chunked_array([array])
        fields[place] = pa.field(fields[place].name, kind)
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _fractions(text: pa.Array) -> pa.Array | None:
    """Returns text as time stamps to the microsecond, if all of it is that."""
    first = text.slice(int(np.argmax(validity(text))), 1)
    if text.null_count == len(text) or not _STAMP.match(str(values_of(first)[0])):
        return None
    for kind in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            return text.cast(kind)
        except pa.ArrowInvalid:
            continue
    return None


def _may_name_zones(data: bytes) -> bool:
    """Says whether a text ends as one does that names a zone: `Z`, `+01`, `+0100` or `+01:00`."""
    letters = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(letters == ord('"'))
    ends = ends[ends >= len("T00+00")]
    last = letters[ends - 1]
    if (last == ord("Z")).any():
        return True
    # Of a date the sign before the day is no zone's: there is another before the month.
    hours = _is_sign(letters[ends - 3]) & (letters[ends - 6] != ord("-"))
    minutes = _is_sign(letters[ends - 6]) & (letters[ends - 3] == ord(":"))
    return bool((hours | minutes | _is_sign(letters[ends - 5])).any())


def _is_sign(letters: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = (letters == ord("+")) | (letters == ord("-"))
    return found


def _texts(data: bytes, names: Collection[str]) -> dict[str, pa.Array]:
    """Reads some columns as text."""
    table = pa.json.read_json(
        pa.BufferReader(data),
        pa.json.ReadOptions(block_size=len(data) + 1, use_threads=False),
        pa.json.ParseOptions(
            explicit_schema=pa.schema([(name, pa.string()) for name in names]),
            unexpected_field_behavior="ignore",
        ),
    ).combine_chunks()
    return {
        name: column.chunk(0)
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
