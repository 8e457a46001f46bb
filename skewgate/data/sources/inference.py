"""Finds the types that hold for every row of several files."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data.arrow.kinds import joined
from skewgate.data.sources import json_types
from skewgate.data.sources.base import TableSource
from skewgate.data.sources.csv_files import CsvSource
from skewgate.data.sources.json_files import JsonSource


def joined_types(sources: Sequence[TableSource]) -> dict[str, pa.DataType]:
    """Returns the types of the columns of several files, which are read once or twice.

    Raises:
        InputError: the files have different columns, or a column has types that no type holds for.
    """
    check_columns(sources)
    text = any(source.text for source in sources)
    lines = all(isinstance(source, JsonSource) for source in sources)
    types: dict[str, pa.DataType] = {}
    seen: dict[str, set[pa.DataType]] = {}
    for source in sources:
        types = {**dict.fromkeys(source.columns or (), pa.null()), **types}
        if lines and isinstance(source, JsonSource):
            source.known = dict(types)  # the first value of all files says what a column holds
        for schema in source.scan():
            for field in schema:
                known = types.get(field.name, pa.null())
                wider = (
                    json_types.joined(known, field.type)
                    if lines
                    else joined(known, field.type, text)
                )
                if wider is None:
                    raise InputError(
                        f"{source.path}: column {field.name}",
                        f"has the type {field.type}, and {known} before",
                        "give the column one type in all files",
                    )
                types[field.name] = wider
                seen.setdefault(field.name, set()).add(field.type)
    mixed = any(seen.get(name, set()) - {pa.null(), kind} for name, kind in types.items())
    if mixed:  # what a narrow type takes, such as 0x10, a wide one may not: see
        for source in sources:
            if isinstance(source, CsvSource):
                types = source.widened(types)
    return types


def check_columns(sources: Sequence[TableSource]) -> None:
    """Makes sure that files have the same columns, in any order.

    Raises:
        InputError: they have not.
    """
    first = None
    for source in sources:
        if source.columns is None:
            continue
        first = first or source
        if sorted(source.columns) != sorted(first.columns or ()):
            raise InputError(
                source.path,
                f"has the columns {', '.join(source.columns)}, but {first.path} has "
                f"{', '.join(first.columns or ())}",
                "give all files the same columns",
            )
