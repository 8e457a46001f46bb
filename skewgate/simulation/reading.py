"""Reads the rows of all files of a place in one set of types, in blocks of a fixed size."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.core.errors import InputError
from skewgate.data import sources
from skewgate.data.arrow.columns import large_lists
from skewgate.data.arrow.kinds import is_list, is_text, is_time
from skewgate.data.arrow.times import is_clock
from skewgate.data.arrow.values import numbers, places_array, validity
from skewgate.data.sources import json_types, partitions
from skewgate.data.sources.base import Source, WiderTypes
from skewgate.data.sources.csv_files import CsvSource
from skewgate.data.sources.json_files import JsonSource
from skewgate.data.sources.partitions import PartitionedSource
from skewgate.data.sources.reading_options import RECOGNISED, ReadingOptions
from skewgate.data.sources.records import RecordSource
from skewgate.statistics.messages import is_statistics
from skewgate.storage import content, s3

Progress = Callable[[str, int], None]


class Observer(Protocol):
    """What looks at the rows in the first pass; it is copied, in case a file is read again."""

    def add(self, batch: pa.RecordBatch) -> None:
        """Takes rows."""


class Rows:
    """The rows of a place.

    Attributes:
        place: what the user named.
        schema: the columns, in the order in which they first occur, and their types.
        rows: how many there are.
        files: how many rows each file has, in order.
    """

    def __init__(
        self,
        place: str,
        types: Mapping[str, pa.DataType] | None = None,
        options: ReadingOptions = RECOGNISED,
    ) -> None:
        """Opens the files.

        Args:
            place: what the user named.
            types: of columns.
            options: how CSV is to be read.

        Raises:
            InputError: there is none, or one has no known format or holds no rows.
        """
        self.place = place
        paths = sources.files(place)
        for path in paths:
            if is_statistics(path):
                raise InputError(path, "holds statistics, not rows", "give the data themselves")
        found = partitions.find(place, paths, types)
        self._sources = [
            sources.open_file(path, types, partitions=found, options=options) for path in paths
        ]
        self.schema = pa.schema([])
        self.rows = 0
        self.files: dict[str, int] = {}
        self._states = {path: _state(path) for path in paths}
        self._longest: dict[str, int] = {}  # values of a row, of columns of records

    @property
    def expected(self) -> int | None:
        """Number of rows to read, or None if a file does not say it."""
        counts = [source.rows for source in self._sources]
        return None if None in counts else sum(count or 0 for count in counts)

    def observe(self, observer: Observer, progress: Progress) -> Observer:
        """Reads all rows once, and learns their types.

        Args:
            observer: is shown every batch, in the types of its file.
            progress: told the place and the rows of every batch; rows below 0 are read again.

        Returns:
            The observer that has seen all rows once.

        Raises:
            InputError: a file is broken, files have different types, or there are no rows.
        """
        fresh = copy.deepcopy(observer)
        types: dict[str, tuple[pa.DataType, str]] = {}
        for source in self._sources:
            observer, types = self._observe(source, observer, types, progress)
        if self._take_for_text(types):
            progress(self.place, -sum(self.files.values()))
            return self.observe(fresh, progress)
        self.rows = sum(self.files.values())
        if not self.rows:
            raise InputError(self.place, "has no rows", "give data with rows")
        self.schema = pa.schema(
            [(name, self._type(name, kind)) for name, (kind, _) in types.items()]
        )
        return observer

    def _take_for_text(self, types: Mapping[str, tuple[pa.DataType, str]]) -> bool:
        """Lets columns of nothing but `NA` be read again that are text in another file."""
        again = False
        for source in self._sources:
            text = {name for name in source.only_missing() if is_text(types[name][0])}
            again |= bool(text) and source.read_as_text(text)
        return again

    def _observe(
        self,
        source: Source,
        observer: Observer,
        types: dict[str, tuple[pa.DataType, str]],
        progress: Progress,
    ) -> tuple[Observer, dict[str, tuple[pa.DataType, str]]]:
        while True:
            # Only readers of text may have to begin again.
            again = isinstance(_file(source), CsvSource | JsonSource)
            seeing, known, count = copy.deepcopy(observer) if again else observer, dict(types), 0
            try:
                for batch in source.batches():
                    plain = self._plain(source, batch)
                    for field in plain.schema:
                        before = known.get(field.name, (field.type, source.path))
                        known[field.name] = (_wider(before, field, source.path), source.path)
                    seeing.add(plain)
                    count += batch.num_rows
                    progress(self.place, batch.num_rows)
            except WiderTypes:
                progress(self.place, -count)
                continue
            except InputError as error:
                if error.where.startswith("windows."):
                    raise InputError(
                        f"{source.path}: {error.where}", error.problem, error.fix
                    ) from error
                raise
            self.files[source.path] = count
            return seeing, known

    def _type(self, name: str, kind: pa.DataType) -> pa.DataType:
        return pa.large_list(kind) if self._longest.get(name, 0) > 1 else kind

    def _plain(self, source: Source, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Decodes dictionaries, and takes the values of records out of their lists."""
        columns = []
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            if pa.types.is_dictionary(array.type):
                array = array.dictionary_decode()
            if isinstance(_file(source), RecordSource) and is_list(array.type):
                longest = pc.max(pc.list_value_length(array)).as_py() or 0
                self._longest[name] = max(self._longest.get(name, 0), longest)
                array = _as_text(_first_value(array))
            columns.append(_filled(array))
        return pa.RecordBatch.from_arrays(columns, batch.schema.names)

    def notes(self) -> dict[str, list[str]]:
        """Says by path what was read otherwise than it stands in the file."""
        return {source.path: source.notes() for source in self._sources if source.notes()}

    def blocks(
        self, size: int, progress: Progress = lambda place, rows: None
    ) -> Iterator[pa.RecordBatch]:
        """Yields all rows in blocks of `size` rows, the last of which may be shorter.

        Args:
            size: at least 1.
            progress: as for `observe`, which must have run.

        Raises:
            InputError: a file has changed since it was observed.
        """
        waiting: list[pa.RecordBatch] = []
        filled = 0
        for batch in self._batches(progress):
            start = 0
            while start < batch.num_rows:
                part = batch.slice(start, size - filled)
                waiting.append(part)
                filled += part.num_rows
                start += part.num_rows
                if filled == size:
                    yield self._join(waiting)
                    waiting, filled = [], 0
        if filled:
            yield self._join(waiting)

    def _join(self, parts: list[pa.RecordBatch]) -> pa.RecordBatch:
        return join(parts, self.schema)

    def _batches(self, progress: Progress) -> Iterator[pa.RecordBatch]:
        for source in self._sources:
            count = 0
            try:
                for batch in source.batches():
                    yield self._typed(source, batch)
                    count += batch.num_rows
                    progress(self.place, batch.num_rows)
            except (WiderTypes, pa.ArrowException, KeyError) as error:
                raise self.changed(source.path) from error
            if count != self.files[source.path] or _state(source.path) != self._states[source.path]:
                raise self.changed(source.path)

    def changed(self, place: str = "") -> InputError:
        """Returns the error that a file, or any of them, changed between the passes."""
        return InputError(
            place or self.place, "changed while it was read", "wait until it is written"
        )

    def _typed(self, source: Source, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Gives a batch all columns, in their types."""
        names = set(batch.schema.names)
        columns = []
        for field in self.schema:
            if field.name not in names:
                columns.append(pa.nulls(batch.num_rows, field.type))
                continue
            array = batch.column(batch.schema.get_field_index(field.name))
            if pa.types.is_dictionary(array.type):
                array = array.dictionary_decode()
            if isinstance(_file(source), RecordSource) and not is_list(field.type):
                array = _first_value(array)
            array = _filled(array)
            columns.append(array if array.type == field.type else _cast(array, field, source.path))
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)


def _file(source: Source) -> Source:
    """Returns the file of a source that adds the columns of its folder."""
    return source.file if isinstance(source, PartitionedSource) else source


def _state(path: str) -> content.State | str:
    """Returns what changes when a file does; "" of one that is not there."""
    try:
        if s3.is_remote(path):
            return s3.version(path) or repr(s3.status(path))
        return content.state(path)
    except FileNotFoundError:
        return ""


def _cast(array: pa.Array, field: pa.Field, path: str) -> pa.Array:
    if is_list(field.type) and not is_list(array.type):
        return large_lists(validity(array).astype(np.int64), array.drop_null()).cast(field.type)
    if pa.types.is_struct(field.type):
        return json_types.conformed(array, field.type)
    try:
        return array.cast(field.type)
    except pa.ArrowInvalid as error:
        raise InputError(
            f"{path}: column {field.name}",
            f"cannot be read as {field.type}, as it is elsewhere ({str(error).splitlines()[0]})",
            "write it with one type, or give a --schema",
        ) from error


def join(parts: list[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    """Returns the rows of several batches as one."""
    if len(parts) == 1 and all(column.offset == 0 for column in parts[0].columns):
        return parts[0]
    columns = [
        pa.concat_arrays([part.column(index) for part in parts]) for index in range(len(schema))
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _first_value(array: pa.Array) -> pa.Array:
    """Returns the first value of each list, null for an empty or missing one."""
    if not is_list(array.type):
        return array
    starts = numbers(array.offsets).astype(np.int64)
    return array.values.take(places_array(starts[:-1], starts[:-1] < starts[1:]))


def _filled(array: pa.Array) -> pa.Array:
    """Returns objects that no row gives a key as missing, as no file of windows can hold them."""
    if not pa.types.is_nested(array.type) or pa.types.is_map(array.type):
        return array
    return json_types.conformed(array, json_types.filled(array.type))


def _as_text(array: pa.Array) -> pa.Array:
    """Returns bytes as text if all are UTF-8."""
    if not pa.types.is_large_binary(array.type):
        return array
    try:
        return array.cast(pa.large_string())
    except pa.ArrowInvalid:
        return array


def _wider(before: tuple[pa.DataType, str], field: pa.Field, path: str) -> pa.DataType:
    """Returns the type that holds what a column has had so far and has now.

    Raises:
        InputError: there is none.
    """
    kind, found = before[0], field.type
    if kind == found or pa.types.is_null(found):
        return kind
    if pa.types.is_null(kind):
        return found
    both = (kind, found)
    if all(map(pa.types.is_integer, both)) and not any(map(pa.types.is_uint64, both)):
        return pa.int64()
    if all(pa.types.is_integer(each) or pa.types.is_floating(each) for each in both):
        return pa.float64()
    if all(map(is_time, both)) and is_clock(kind) == is_clock(found):
        nanoseconds = any(pa.types.is_timestamp(each) and each.unit == "ns" for each in both)
        return pa.timestamp("ns" if nanoseconds else "us", None if is_clock(kind) else "UTC")
    if all(pa.types.is_string(each) or pa.types.is_large_string(each) for each in both):
        return pa.large_string()
    if set(both) == {pa.large_binary(), pa.large_string()}:  # records that are not all UTF-8
        return pa.large_binary()
    if (
        all(map(pa.types.is_struct, both))
        and (kind_of_both := json_types.joined(*both)) is not None
    ):
        return kind_of_both
    where = "in other rows" if before[1] == path else f"in {before[1]}"
    raise InputError(
        f"{path}: column {field.name}",
        f"is {found} here, and {kind} {where}",
        "write it with one type, or give a --schema",
    )
