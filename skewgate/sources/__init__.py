"""Opens what a user names: a file, a folder or a pattern, of any format that can be compared."""

from __future__ import annotations

import glob
import os
import pathlib
from collections.abc import Callable, Mapping

import pyarrow as pa

from skewgate import tables
from skewgate.errors import InputError
from skewgate.sources.base import Source
from skewgate.sources.parquet import ParquetSource
from skewgate.sources.records import RecordSource
from skewgate.sources.text import CsvSource, JsonSource

_TABLES: dict[str, Callable[[str, Mapping[str, pa.DataType]], Source]] = {
    "csv": CsvSource,
    "parquet": ParquetSource,
    "json": JsonSource,
}
_STATISTICS = (".pb", ".pbtxt")
_RECORDS = (".tfrecord", ".tfrecords")
_PACKED = (".gz", ".bz2", ".zst")
FORMATS = (*tables.FORMATS, *_RECORDS, *_STATISTICS)


def files(place: str) -> list[str]:
    """Returns the files that a path, folder or pattern stands for, in order.

    A folder stands for the files in it that are neither hidden nor markers such as `_SUCCESS`.

    Raises:
        InputError: there is none.
    """
    if os.path.isdir(place):
        found = sorted(
            str(path)
            for path in pathlib.Path(place).iterdir()
            if path.is_file() and not path.name.startswith((".", "_"))
        )
        if not found:
            raise InputError(place, "is a folder without files", "name a folder that has data")
        return found
    if os.path.exists(place):
        return [place]
    found = sorted(path for path in glob.glob(place) if os.path.isfile(path))
    if not found:
        raise InputError(place, "no such file, folder or pattern", "check the path")
    return found


def is_statistics(path: str) -> bool:
    """Says whether a file holds TFDV statistics, by its name."""
    return path.lower().endswith(_STATISTICS)


def open_file(path: str, types: Mapping[str, pa.DataType] | None = None) -> Source:
    """Opens one file of rows.

    Args:
        path: its name says the format; CSV and JSON Lines may be compressed.
        types: types that a schema gives to columns.

    Raises:
        InputError: the format is unknown, or the file cannot be opened.
    """
    name = os.path.basename(path).lower()
    bare = name
    for ending in _PACKED:
        bare = bare.removesuffix(ending)
    kind = tables.FORMATS.get(os.path.splitext(bare)[1], "")
    if kind == "parquet" and bare != name:
        kind = ""
    if not kind and "tfrecord" in name:
        return RecordSource(path)
    if not kind:
        raise InputError(
            path, f"is none of the formats {', '.join(FORMATS)}", "rename or convert the file"
        )
    return _TABLES[kind](path, types or {})
