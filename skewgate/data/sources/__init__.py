"""Opens what a user names: a file, a folder or a pattern, of any format that can be compared."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping

import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data.sources import locations
from skewgate.data.sources.arrow_files import ArrowSource
from skewgate.data.sources.base import Source, TableSource
from skewgate.data.sources.csv_files import CsvSource
from skewgate.data.sources.inference import joined_types
from skewgate.data.sources.json_files import JsonSource
from skewgate.data.sources.parquet import ParquetSource
from skewgate.data.sources.partitions import PartitionedSource, Partitions
from skewgate.data.sources.reading_options import RECOGNISED, ReadingOptions
from skewgate.data.sources.records import RecordSource
from skewgate.data.sources.streams import PACKED, Opener
from skewgate.storage import s3

_TABLES: dict[str, type[TableSource]] = {
    ".csv": CsvSource,
    ".tsv": CsvSource,
    ".parquet": ParquetSource,
    ".pq": ParquetSource,
    ".parq": ParquetSource,
    ".jsonl": JsonSource,
    ".ndjson": JsonSource,
    ".json": JsonSource,
    ".arrow": ArrowSource,
    ".feather": ArrowSource,
    ".ipc": ArrowSource,
}
"""The reader of each ending of a name."""
_STATISTICS = (".pb", ".pbtxt")
_RECORDS = (".tfrecord", ".tfrecords")
FORMATS = (*_TABLES, *_RECORDS, *_STATISTICS)


def files(location: str) -> list[str]:
    """Returns the files that a path, folder or pattern stands for, in order: see `locations`.

    Raises:
        InputError: there is none, or a folder holds what may not be passed over.
    """
    return locations.find(location)


def is_statistics(path: str) -> bool:
    """Says whether a file holds TFDV statistics, by its name."""
    return path.lower().endswith(_STATISTICS)


def is_records(path: str) -> bool:
    """Says whether a file is TFRecord, by its name."""
    return _table(path) is None and "tfrecord" in os.path.basename(path).lower()


def opener_of(path: str) -> Opener | None:
    """Returns what opens an object of a store; None for a local file."""
    return functools.partial(s3.open_object, mode="rb") if s3.is_remote(path) else None


def open_file(
    path: str,
    types: Mapping[str, pa.DataType] | None = None,
    opener: Opener | None = None,
    *,
    known: Mapping[str, pa.DataType] | None = None,
    complete: bool = False,
    partitions: Partitions | None = None,
    options: ReadingOptions = RECOGNISED,
) -> Source:
    """Opens one file of rows.

    Args:
        path: its name says the format; CSV and JSON Lines may be compressed.
        types: types that a schema or a user gives to columns. Others are those that hold for the
            beginning of the file, until a later row is wider.
        opener: opens paths of another file system; without it they are local, or objects of a
            store that is read from here.
        known: types that other rows of the data set have shown. JSON Lines keep to these kinds of
            values; other formats read by them if they are complete.
        complete: whether `types` and `known` name all columns that the rows have, as `infer` does,
            so that a column that comes late in JSON Lines is there from the start.
        partitions: the columns that the folders of files say, which are added to the rows.
        options: how CSV is to be read.

    Raises:
        InputError: the format is unknown, or the file cannot be opened.
    """
    columns = partitions.of(path) if partitions is not None else {}
    if columns:
        return PartitionedSource(
            open_file(path, types, opener, known=known, complete=complete, options=options),
            columns,
        )
    opener = opener or opener_of(path)
    kind = _table(path)
    given = {**(known or {}), **(types or {})} if complete else types or {}
    if kind is JsonSource:
        return JsonSource(path, types or {}, opener, known=known, complete=complete)
    if kind is CsvSource:
        settled = given.keys() - (types or {}).keys()
        return CsvSource(path, given, opener, complete=complete, options=options, settled=settled)
    if kind is not None:
        return kind(path, given, opener, complete=complete)
    if is_records(path):
        return RecordSource(path, opener)
    raise InputError(
        path, f"is not one of the formats {', '.join(FORMATS)}", "rename or convert the file"
    )


def infer(
    paths: list[str],
    types: Mapping[str, pa.DataType] | None = None,
    opener: Opener | None = None,
    partitions: Partitions | None = None,
    options: ReadingOptions = RECOGNISED,
) -> dict[str, pa.DataType]:
    """Reads all files of a data set and returns the types that hold for every row of them.

    Args:
        paths: CSV, Parquet or JSON Lines files.
        types: types that are given to columns, which stay as they are.
        opener: opens paths of another file system, as for `open_file`.
        partitions: the columns that the folders of files say.
        options: how CSV is to be read.

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
                path,
                f"is not one of the formats {', '.join(_TABLES)}",
                "rename or convert the file",
            )
        opened = opener or opener_of(path)
        if kind is CsvSource:
            tables.append(CsvSource(path, types or {}, opened, options=options))
        else:
            tables.append(kind(path, types or {}, opened))
    found = joined_types(tables)
    return {**(partitions.types if partitions is not None else {}), **found}


def _table(path: str) -> type[TableSource] | None:
    name = os.path.basename(path).lower()
    bare = name
    for ending in PACKED:
        bare = bare.removesuffix(ending)
    kind = _TABLES.get(os.path.splitext(bare)[1])
    return None if kind and not kind.may_be_packed and bare != name else kind
