"""Reads CSV and JSON Lines block by block, compressed files too."""

from __future__ import annotations

import codecs
import collections
import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping

import pyarrow as pa
import pyarrow.csv
import pyarrow.json

from skewgate import tables
from skewgate.errors import InputError
from skewgate.sources.base import BLOCK_BYTES, Source, WiderTypes, check_names

# Blank lines, then a line whose quoted cells may hold line ends.
_HEADER = re.compile(rb'(?:\xef\xbb\xbf)?[\r\n]*((?:[^"\r\n]|"[^"]*")+)[\r\n]')


_WIDER = {
    pa.int64(): pa.float64(),
    pa.date32(): pa.timestamp("s"),
    pa.timestamp("s"): pa.timestamp("ns"),
}


class CheckedStream:
    """Reads a file, compressed or not, and makes sure that it is UTF-8.

    Arrow's CSV reader must not read through it: its threads would then need the interpreter's
    lock, which whoever drops the reader early holds while it waits for those threads.

    Attributes:
        quotes: number of double quotes read so far.
    """

    def __init__(self, path: str) -> None:
        """Opens a file.

        Raises:
            InputError: the file cannot be read.
        """
        self._path = path
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._lines = self.quotes = 0
        self._raw = _opened(path)

    def __enter__(self) -> CheckedStream:
        """Returns the stream, which is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the file."""
        self._raw.close()

    def read(self, size: int) -> bytes:
        """Reads up to `size` bytes; none at the end.

        Raises:
            InputError: they are not UTF-8, or the compressed stream is broken.
        """
        try:
            data = bytes(self._raw.read(size))
        except OSError as error:
            raise InputError(
                self._path, f"is not a whole compressed file ({error})", "write it again"
            ) from error
        try:
            self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            line = self._lines + 1 + error.object.count(b"\n", 0, error.start)
            raise InputError(
                f"{self._path}: line {line}",
                f"byte 0x{error.object[error.start]:02x} is not UTF-8",
                "save the file as UTF-8",
            ) from error
        self._lines += data.count(b"\n")
        self.quotes += data.count(b'"')
        return data


def _opened(path: str) -> pa.NativeFile:
    try:
        return pa.input_stream(path, compression="detect")
    except OSError as error:
        raise InputError(path, f"cannot be read: {error}", "check the file") from error


class CsvSource(Source):
    """A CSV file with a header; an empty cell is a missing value."""

    def __init__(self, path: str, types: Mapping[str, pa.DataType]) -> None:
        """Looks at the header; `types` are those that a schema gives to columns."""
        self.path = path
        self._declared = dict(types)
        self._wider: dict[str, pa.DataType] = {}
        with CheckedStream(path) as stream:
            beginning = b""
            while len(beginning) < BLOCK_BYTES and _HEADER.match(beginning) is None:
                more = stream.read(1 << 16)
                beginning += more
                if not more:
                    break
        if not beginning.strip():
            raise InputError(path, "is empty", "give a file with rows")
        found = _HEADER.match(beginning)
        line = (found.group(1) if found else beginning).decode("utf-8", "replace")
        try:
            self._header = next(csv.reader(io.StringIO(line, newline="")), [])
        except csv.Error as error:
            raise InputError(
                f"{path}: line 1", f"is not the header of a CSV file ({error})", "correct the line"
            ) from error
        check_names(self._header, f"{path}: line 1")
        self._bare = found is None and b"\n" not in beginning  # a header without a line end

    def batches(self, columns: Collection[str] | None = None) -> Iterator[pa.RecordBatch]:
        """See Source."""
        if self._bare:
            return
        wanted = [name for name in self._header if columns is None or name in columns]
        known = {**self._wider, **self._declared}
        types: dict[str, pa.DataType] = {}
        checked = self._checked()
        try:
            reader = pa.csv.open_csv(
                _opened(self.path),
                read_options=pa.csv.ReadOptions(block_size=BLOCK_BYTES, use_threads=False),
                parse_options=pa.csv.ParseOptions(newlines_in_values=True),
                convert_options=pa.csv.ConvertOptions(
                    column_types={name: known[name] for name in wanted if name in known},
                    include_columns=wanted,
                    null_values=[""],
                    strings_can_be_null=True,
                ),
            )
            types = {field.name: field.type for field in reader.schema}
            for batch in reader:
                next(checked, None)
                yield batch
        except (pa.ArrowInvalid, OSError) as error:
            collections.deque(checked, maxlen=0)  # knows better what is wrong, if it is the text
            self._explain(str(error), types, error)
        collections.deque(checked, maxlen=0)

    def _checked(self) -> Iterator[None]:
        """Reads the text block by block, beside Arrow's reader, and raises what is wrong."""
        with CheckedStream(self.path) as stream:
            while stream.read(BLOCK_BYTES):
                yield
            if stream.quotes % 2:
                raise InputError(
                    self.path,
                    "has an odd number of quotes, so one is never closed",
                    "close or double it",
                )

    def _explain(self, message: str, types: Mapping[str, pa.DataType], cause: Exception) -> None:
        """Raises what a message of Arrow means: a wider type, or a mistake in the file."""
        found = re.search(r"CSV column #(\d+):.* invalid value '(.*)'", message, re.DOTALL)
        if found is None:
            row = re.search(r"Row #(\d+): (.*)", message, re.DOTALL)
            place = f"{self.path}: line {row.group(1)}" if row else self.path
            problem = (row.group(2) if row else message).splitlines()[0].split(": '")[0]
            raise InputError(
                place, problem.rstrip("."), "give every line as many cells as the header"
            ) from cause
        column = self._header[int(found.group(1))]
        if column in self._declared:
            raise InputError(
                f"{self.path}: column {column}",
                f"must be {tables.SCHEMA_NAMES[str(self._declared[column])]} by the schema, "
                f"found {found.group(2)!r}",
                "correct the value, or the type in the schema",
            ) from cause
        self._wider[column] = _wider(types.get(column), found.group(2))
        raise WiderTypes from cause


def _wider(kind: pa.DataType | None, value: str) -> pa.DataType:
    """Returns the next wider type that a CSV column may have, as Arrow widens within a block."""
    if kind is not None and pa.types.is_null(kind):
        return _inferred(value)
    return _WIDER.get(kind, pa.string())


def _inferred(value: str) -> pa.DataType:
    """Returns the type that Arrow sees in one cell."""
    cell = value.replace('"', '""')
    table = pa.csv.read_csv(
        pa.BufferReader(f'x\n"{cell}"\n'.encode()),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
    )
    kind = table.schema.field("x").type
    return pa.string() if pa.types.is_null(kind) else kind


class JsonSource(Source):
    """A file of JSON Lines: one object a line."""

    def __init__(self, path: str, types: Mapping[str, pa.DataType]) -> None:
        """Takes the types that a schema gives to columns; the file is opened when read."""
        self.path, self._declared = path, dict(types)
        self._texts: dict[str, pa.DataType] = {}  # what Arrow takes for times here or there
        self._timelike: dict[str, bool] = {}  # whether text looked like times where it came first
        with CheckedStream(path) as stream:
            if not stream.read(1 << 16).strip():
                raise InputError(path, "is empty", "give a file with rows")

    def batches(self, columns: Collection[str] | None = None) -> Iterator[pa.RecordBatch]:
        """See Source."""
        parse = pa.json.ParseOptions(explicit_schema=pa.schema(list(self._texts.items())))
        for first_line, block in _blocks(self.path):
            options = pa.json.ReadOptions(block_size=len(block) + 1, use_threads=False)
            try:
                table = pa.json.read_json(pa.BufferReader(block), options, parse)
            except pa.ArrowInvalid as error:
                row = re.search(r"row (\d+)", str(error))
                line = first_line + (int(row.group(1)) if row else 0)
                raise InputError(
                    f"{self.path}: line {line}" + ("" if row else " or later"),
                    f"is not JSON Lines ({str(error).splitlines()[0].rstrip('.')})",
                    "write one object a line, with values of one type in each column",
                ) from error
            self._check_times(table)
            wanted = [name for name in table.column_names if columns is None or name in columns]
            table = tables.as_declared(table.select(wanted), self._declared, self.path)
            yield from table.combine_chunks().to_batches()

    def _check_times(self, table: pa.Table) -> None:
        """Reads again if a column looks like times in one block and is text elsewhere."""
        for field in table.schema:
            timelike = pa.types.is_timestamp(field.type)
            if timelike or pa.types.is_string(field.type):
                declared = self._declared.get(field.name) == pa.string()
                first = self._timelike.setdefault(field.name, timelike and not declared)
                if timelike != first:
                    self._timelike[field.name] = False
                    self._texts[field.name] = pa.string()
                    raise WiderTypes


def _blocks(path: str) -> Iterator[tuple[int, bytes]]:
    """Yields whole lines, several megabytes at a time, with the number of the first one."""
    with CheckedStream(path) as stream:
        line, rest = 1, b""
        while data := stream.read(BLOCK_BYTES):
            whole, newline, rest = (rest + data).rpartition(b"\n")
            if whole.strip():
                yield line, whole + newline
            line += whole.count(b"\n") + len(newline)
        if rest.strip():
            yield line, rest
