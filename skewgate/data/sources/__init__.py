"""Opens what a user names: a file, a folder or a pattern, of any format that can be compared."""

from __future__ import annotations

import glob
import os
import pathlib
from collections.abc import Mapping

import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data.sources.base import Source, TableSource
from skewgate.data.sources.csv_files import CsvSource
from skewgate.data.sources.inference import joined_types
from skewgate.data.sources.json_files import JsonSource
from skewgate.data.sources.parquet import ParquetSource
from skewgate.data.sources.records import RecordSource
from skewgate.data.sources.streams import PACKED, Opener

_TABLES: dict[str, type[TableSource]] = {
    ".csv": CsvSource,
    ".parquet": ParquetSource,
    ".jsonl": JsonSource,
    ".ndjson": JsonSource,
}
"""The reader of each ending of a name."""
_STATISTICS = (".pb", ".pbtxt")
_RECORDS = (".tfrecord", ".tfrecords")
FORMATS = (*_TABLES, *_RECORDS, *_STATISTICS)


def files(location: str) -> list[str]:
    """Returns the files that a path, folder or pattern stands for, in order.

    A folder stands for the files in it that are neither hidden nor markers such as `_SUCCESS`.

    Raises:
        InputError: there is none.
    """
    if os.path.isdir(location):
        paths = sorted(
            str(path)
            for path in pathlib.Path(location).iterdir()
            if path.is_file() and not path.name.startswith((".", "_"))
        )
        if not paths:
            raise InputError(location, "is a folder without files", "name a folder that has data")
        return paths
    if os.path.exists(location):
        return [location]
    paths = sorted(path for path in glob.glob(location) if os.path.isfile(path))
    if not paths:
        raise InputError(location, "no such file, folder or pattern", "check the path")
    return paths


def is_statistics(path: str) -> bool:
    """Says whether a file holds TFDV statistics, by its name."""
    return path.lower().endswith(_STATISTICS)


def open_file(
    path: str,
    types: Mapping[str, pa.DataType] | None = None,
    opener: Opener | None = None,
    *,
    known: Mapping[str, pa.DataType] | None = None,
    complete: bool = False,
) -> Source:
    """Opens one file of rows.

    Args:
        path: its name says the format; CSV and JSON Lines may be compressed.
        types: types that a schema or a user gives to columns. Others are those that hold for the
            beginning of the file, until a later row is wider.
        opener: opens paths of another file system; without it they are local.
        known: types that other rows of the data set have shown. JSON Lines keep to these kinds of
            values; other formats read by them if they are complete.
        complete: whether `types` and `known` name all columns that the rows have, as `infer` does,
            so that a column that comes late in JSON Lines is there from the start.

    Raises:
        InputError: the format is unknown, or the file cannot be opened.
    """
    kind = _table(path)
    if kind is JsonSource:
        return JsonSource(path, types or {}, opener, known=known, complete=complete)
    if kind is not None:
        given = {**(known or {}), **(types or {})} if complete else types or {}
        return kind(path, given, opener, complete=complete)
    if "tfrecord" in os.path.basename(path).lower():
        return RecordSource(path, opener)
    raise InputError(
        path, f"is none of the formats {', '.join(FORMATS)}", "rename or convert the file"
    )


def infer(
    paths: list[str],
    types: Mapping[str, pa.DataType] | None = None,
    opener: Opener | None = None,
) -> dict[str, pa.DataType]:
    """Reads all files of a data set and returns the types that hold for every row of them.

    Args:
        paths: CSV, Parquet or JSON Lines files.
        types: types that are given to columns, which stay as they are.
        opener: opens paths of another file system; without it they are local.

    Returns:
        The types of the columns that the files have, in the order of the files. With these, and
        `complete`, no reading is ever wider. A column without a value has the type null.

    Raises:
        InputError: the files have different columns, a column has types that no type holds for,
            or a file is not what it should be.
    """
    tables: list[TableSource] = []
    for path in paths:
        kind = _table(path)
        if kind is None:
            raise InputError(
                path, f"is none of the formats {', '.join(_TABLES)}", "rename or convert the file"
            )
        tables.append(kind(path, types or {}, opener))
    return joined_types(tables)


def _table(path: str) -> type[TableSource] | None:
    name = os.path.basename(path).lower()
    bare = name
    for ending in PACKED:
        bare = bare.removesuffix(ending)
    kind = _TABLES.get(os.path.splitext(bare)[1])
    return None if kind and not kind.may_be_packed and bare != name else kind
