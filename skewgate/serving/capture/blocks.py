"""Blocks of lines as tables of nested columns, whose types are those of JSON: no times."""

from __future__ import annotations

import threading

import pyarrow as pa

from skewgate.data.arrow.kinds import is_list, is_time
from skewgate.data.arrow.values import is_utf8
from skewgate.data.sources import json_blocks, json_types
from skewgate.data.sources.streams import occurrences


class Known:
    """What blocks have shown of the types of columns. Threads may share it."""

    def __init__(self) -> None:
        self._types: dict[str, pa.DataType] = {}
        self._lock = threading.Lock()

    def parse(self, data: bytes) -> pa.Table | None:
        """Returns lines as a table, a row each; None if Arrow would not read them as JSON is meant.

        Args:
            data: lines, none of them blank.
        """
        rows = occurrences(data, b"\n") + (data[-1:] != b"\n")
        fit = is_utf8(data) and json_blocks.is_plain(data, rows)
        if not fit or json_blocks.is_odd(data, rows) or not json_blocks.ends_well(data):
            return None
        for _ in range(2):
            try:
                table = json_blocks.parse(data, json_blocks.explicit(self._types))
            except pa.ArrowInvalid:
                return self._anew(data, rows)
            if table.num_rows != rows or len(set(table.column_names)) < table.num_columns:
                return None
            if not any(_has_times(kind) for kind in table.schema.types):
                return table
            self._note(table.schema)
        return None

    def _anew(self, data: bytes, rows: int) -> pa.Table | None:
        """Reads lines that do not fit what was shown before, such as text after numbers."""
        try:
            told = {name: _texts_only(kind) for name, kind in self._types.items()}
            table = json_blocks.parse(data, json_blocks.explicit(told))
        except pa.ArrowInvalid:
            return None
        fits = table.num_rows == rows and not any(map(_has_times, table.schema.types))
        return table if fits else None

    def _note(self, schema: pa.Schema) -> None:
        """Keeps that what looks like times is text."""
        with self._lock:
            known = dict(self._types)
            for field in schema:
                kind = _texts_only(field.type)
                both = json_types.joined(known.get(field.name, pa.null()), kind)
                known[field.name] = kind if both is None else both
            self._types = known


def _has_times(kind: pa.DataType) -> bool:
    if is_list(kind):
        return _has_times(kind.value_type)
    if pa.types.is_struct(kind):
        return any(_has_times(field.type) for field in kind)
    return is_time(kind)


def _texts_only(kind: pa.DataType) -> pa.DataType:
    """Returns a type in which nothing but text is told."""
    if is_list(kind):
        return pa.list_(_texts_only(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, _texts_only(field.type)) for field in kind])
    if is_time(kind) or pa.types.is_string(kind):
        return pa.string()
    return pa.null()
