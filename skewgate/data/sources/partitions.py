"""Columns that stand in the names of folders: `year=2024/month=1/rows.parquet`.

Names and values are decoded as URLs are (`a%2Fb` is `a/b`); `__HIVE_DEFAULT_PARTITION__` is a
missing value. A column whose values are all whole numbers of 64 bits holds integers, every other
one text. If a file has the column too, it must hold what the folder says, or nothing.
"""

from __future__ import annotations

import os
import re
import urllib.parse
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.core.errors import InputError
from skewgate.core.wording import listed, quote
from skewgate.data.arrow.kinds import TEXT, name_of
from skewgate.data.arrow.values import from_mask_array, validity
from skewgate.data.sources import locations
from skewgate.data.sources.base import BATCH_ROWS, Source, lines_of, with_lines
from skewgate.data.sources.rejected import Rejected, Rejections

MISSING = "__HIVE_DEFAULT_PARTITION__"
"""What Hive and Spark call the folder of rows whose column is null."""
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_INT64 = np.iinfo(np.int64)

Values = Mapping[str, str | None]
"""Of one file: column to what its folder says, None for missing."""


class Partitions:
    """What the folders of some files say.

    Attributes:
        types: of the columns: the type that is given to one, else int64, text, or null if every
            file misses it.
    """

    def __init__(
        self, values: Mapping[str, Values], given: Mapping[str, pa.DataType] | None = None
    ) -> None:
        """Takes the values of each path, and the types that are given to columns.

        Raises:
            InputError: the files have different columns, or a value is not of the type given.
        """
        self._values = dict(values)
        first: tuple[str, Values] | None = None
        for path, columns in values.items():
            first = first or (path, columns)
            if columns.keys() != first[1].keys():
                raise InputError(
                    path,
                    f"lies in the partitions {_named(columns)}, but {first[0]} in "
                    f"{_named(first[1])}",
                    "give all files the same partitions",
                )
        names = list(first[1]) if first else []
        self.types = {
            name: (given or {}).get(name) or _type_of([each[name] for each in values.values()])
            for name in names
        }
        self._scalars = {path: self._typed(path, columns) for path, columns in values.items()}

    def _typed(self, path: str, values: Values) -> dict[str, pa.Scalar]:
        scalars = {}
        for name, value in values.items():
            kind = self.types[name]
            if value is None:
                scalars[name] = pa.scalar(None, kind)
                continue
            try:
                scalars[name] = pa.scalar(value, pa.string()).cast(kind)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                raise InputError(
                    f"{path}: column {name}",
                    f"must be {name_of(kind)}, and its folder says {quote(value)}",
                    "rename the folder, or correct the type in the schema",
                ) from error
        return scalars

    def of(self, path: str) -> Mapping[str, pa.Scalar]:
        """Returns the columns of a file with their values; none for a file that is not known."""
        return self._scalars.get(path, {})


def find(
    location: str, paths: Sequence[str], given: Mapping[str, pa.DataType] | None = None
) -> Partitions:
    """Reads the partitions of files from their paths.

    Args:
        location: what the user named; only folders below its `locations.root` count.
        paths: the files that it stands for.
        given: types of columns, by a schema or a user.

    Raises:
        InputError: files have different partitions, one has a column twice, or a value is not of
            the type given.
    """
    above = locations.root(location)
    return Partitions({path: _values(path, above) for path in paths}, given)


def _values(path: str, above: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for folder in os.path.dirname(path.removeprefix(above)).split("/"):
        if not locations.is_partition(folder):
            continue
        name, _, value = folder.partition("=")
        name = urllib.parse.unquote(name)
        if name in found:
            raise InputError(path, f"has the partition {name} twice", "rename one of the folders")
        found[name] = None if value == MISSING else urllib.parse.unquote(value)
    return found


def _type_of(values: Sequence[str | None]) -> pa.DataType:
    """Returns the type that holds for all values of a column.

    >>> _type_of(["01", None, "-7"]), _type_of(["1", "eu"]), _type_of([None])
    (DataType(int64), DataType(string), DataType(null))
    """
    known = [value for value in values if value is not None]
    if not known:
        return pa.null()
    whole = all(
        _WHOLE.fullmatch(value) and _INT64.min <= int(value) <= _INT64.max for value in known
    )
    return pa.int64() if whole else pa.string()


def _named(values: Values) -> str:
    return listed(list(values), nothing="no column")


class PartitionedSource(Source):
    """A file, and the columns that its folder says."""

    def __init__(self, file: Source, columns: Mapping[str, pa.Scalar]) -> None:
        """Takes the file and the value of each column."""
        self.file, self.path, self.rows = file, file.path, file.rows
        self._columns = dict(columns)
        of_file: list[str] | None = getattr(file, "columns", None)
        self.columns = None if of_file is None else list(dict.fromkeys([*of_file, *columns]))

    def read_as_text(self, names: Collection[str]) -> bool:
        """See Source; what a folder says stays as it is."""
        return self.file.read_as_text(names)

    def only_missing(self) -> set[str]:
        """See Source."""
        return self.file.only_missing() - self._columns.keys()

    def notes(self) -> list[str]:
        """See Source."""
        return self.file.notes()

    def batches(
        self, columns: Collection[str] | None = None, rejections: Rejections | None = None
    ) -> Iterator[pa.RecordBatch]:
        """See Source; the columns of the folder stand behind those of the file.

        Raises:
            InputError: the file has such a column too, and another value in it.
        """
        added = {
            name: value
            for name, value in self._columns.items()
            if columns is None or name in columns
        }
        of_file = None if columns is None else self._of_file(columns)
        if columns is not None and of_file is None and added and self.rows is not None:
            yield from self._of_folder(added, self.rows)
            return
        for batch in self.file.batches(of_file, rejections):
            arrays = dict(zip(batch.schema.names, batch.columns, strict=True))
            if columns is not None:
                arrays = {name: array for name, array in arrays.items() if name in columns}
            fields = {name: batch.schema.field(name) for name in arrays}
            for name, value in added.items():
                arrays[name] = (
                    self._checked(name, value, batch)
                    if name in arrays
                    else _repeated(value, batch.num_rows)
                )
                fields[name] = pa.field(name, arrays[name].type)
            schema = pa.schema(list(fields.values()), batch.schema.metadata)
            yield pa.RecordBatch.from_arrays(list(arrays.values()), schema=schema)

    def _of_file(self, columns: Collection[str]) -> Collection[str] | None:
        """Returns the columns to read of the file; all if it may have none of them.

        A file of which no column is read does not say how many rows it has.
        """
        known = getattr(self.file, "columns", None) or ()
        return columns if any(name in columns for name in known) else None

    def _of_folder(self, columns: Mapping[str, pa.Scalar], rows: int) -> Iterator[pa.RecordBatch]:
        """Yields the columns of the folder alone, of a file that says how many rows it has."""
        for first in range(0, rows, BATCH_ROWS):
            length = min(BATCH_ROWS, rows - first)
            arrays = [_repeated(value, length) for value in columns.values()]
            yield with_lines(pa.RecordBatch.from_arrays(arrays, list(columns)), first + 1)

    def _checked(self, name: str, value: pa.Scalar, batch: pa.RecordBatch) -> pa.Array:
        """Returns a column that the file has too, filled where the file says nothing."""
        column = batch.column(batch.schema.get_field_index(name))
        if column.null_count == len(column):
            return _repeated(value, len(column))
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        differs = _differs(column, value)
        if differs.any():
            at = int(np.argmax(differs))
            [line] = lines_of(batch, [at])
            raise InputError(
                Rejected(self.path, line, name, "", "").place,
                f"is {column[at].as_py()!r}, but the folder of the file says {value.as_py()!r}",
                "correct one of them, or rename the column",
            )
        if not column.null_count or not value.is_valid:
            return column
        return pc.fill_null(column, _as(value, column.type))


def _repeated(value: pa.Scalar, rows: int) -> pa.Array:
    """Returns a column of one value, text as a dictionary, as Parquet files give it."""
    if not value.is_valid:
        return pa.nulls(rows, value.type)
    if value.type in TEXT:
        return pa.DictionaryArray.from_arrays(
            pa.array(np.zeros(rows, np.int32)), pa.array([value.as_py()], value.type)
        )
    return pa.array(np.full(rows, value.as_py()), value.type)


def _as(value: pa.Scalar, kind: pa.DataType) -> pa.Scalar:
    return value.cast(pa.string()).cast(kind)


def _differs(column: pa.Array, value: pa.Scalar) -> npt.NDArray[np.bool_]:
    """Says which values of a column are not what a folder says, shape (n,)."""
    known = validity(column)
    if not value.is_valid:
        return known
    try:
        same = pc.equal(column, _as(value, column.type))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return known
    return known & ~from_mask_array(same)
