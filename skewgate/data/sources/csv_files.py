"""Reads CSV block by block, compressed files too."""

from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data.arrow.kinds import is_time, joined
from skewgate.data.arrow.times import whole_seconds
from skewgate.data.arrow.values import is_utf8
from skewgate.data.sources import base, column_names, quoting
from skewgate.data.sources.csv_blocks import InvalidColumn, Rows, parse
from skewgate.data.sources.rejected import Rejections, enough, reject
from skewgate.data.sources.streams import Opener, TextFile, count_lines

# Blank lines, then a line whose quoted cells may hold line ends.
_HEADER = re.compile(rb'[\r\n]*((?:[^"\r\n]|"[^"]*")+)(?:\r\n?|\n|\Z)')
_BEGINNING = 1 << 16  # bytes
_Types = dict[str, pa.DataType]


@dataclasses.dataclass
class _Reading:
    """One pass over a file.

    Attributes:
        columns: the columns to read.
        types: types of columns, as far as they are known.
        rejections: takes the rows that cannot be read.
        forms: how the text writes columns that are integers by declaration: as booleans or times.
        filled: the columns that had a value already.
    """

    columns: Sequence[str]
    types: _Types
    rejections: Rejections | None
    forms: _Types = dataclasses.field(default_factory=dict)
    filled: set[str] = dataclasses.field(default_factory=set)

    def written(self) -> _Types:
        """Returns the types as which the text is to be read."""
        return {**self.types, **self.forms}

    def note_values(self, batch: pa.RecordBatch) -> None:
        """Notes which columns have a value."""
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            if column.null_count < len(column):
                self.filled.add(name)

    def batch(self, table: pa.Table, lines: int | quoting.Places) -> pa.RecordBatch:
        """Returns a table of one block as a batch."""
        [batch] = table.combine_chunks().to_batches()
        columns = [
            _as_integers(column) if name in self.forms else column
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        ]
        return base.with_lines(
            pa.RecordBatch.from_arrays(columns, batch.schema.names) if self.forms else batch, lines
        )


def _as_integers(column: pa.Array) -> pa.Array:
    return column.cast(pa.int64()) if pa.types.is_boolean(column.type) else whole_seconds(column)


class CsvSource(base.TableSource):
    """A CSV file with a header; an empty cell, quoted or not, is a missing value.

    Attributes:
        inferred: types of the columns without a given one, as far as they had to be widened.
    """

    text = True
    columns: list[str]

    def __init__(
        self,
        path: str,
        types: Mapping[str, pa.DataType],
        opener: Opener | None = None,
        *,
        complete: bool = False,
    ) -> None:
        """See TableSource; the columns are those of the file, whatever `types` name."""
        self.path = path
        self.inferred: _Types = {}
        self._file = TextFile(path, opener)
        beginning = self._beginning()
        if not beginning.strip():
            raise InputError(path, "is empty", "give a file with rows")
        line = _HEADER.match(beginning)
        self._start = line.end() if line else len(beginning)
        found = column_names.columns_of(
            self._names(line.group(1) if line else beginning),
            types,
            lambda place: column_names.first_cells(
                beginning[self._start :], place, whole=len(beginning) < _BEGINNING
            ),
            f"{path}: line 1",
        )
        self._header, self.columns, self._notes = found.header, found.features, found.notes
        self._declared = {name: types[name] for name in self.columns if name in types}
        self._line = 1 + count_lines(beginning[: self._start])

    def _beginning(self) -> bytes:
        """Returns the header and something behind it, or the whole file."""
        beginning = b""
        for more in self._file.reads(_BEGINNING):
            beginning += more
            line = _HEADER.match(beginning)
            if (line and line.end() < len(beginning)) or len(beginning) > base.LONGEST_ROW:
                break
        return beginning

    def _names(self, line: bytes) -> list[str]:
        cells = quoting.cells(line)
        if cells is None or not is_utf8(line):
            problem = "is not UTF-8" if cells else "has a quote that is never closed"
            raise InputError(f"{self.path}: line 1", problem, "correct the header")
        return [cell.decode() for cell in cells]

    def notes(self) -> list[str]:
        """See Source."""
        return self._notes

    def batches(
        self, columns: Collection[str] | None = None, rejections: Rejections | None = None
    ) -> Iterator[pa.RecordBatch]:
        """See Source."""
        names = [name for name in self.columns if columns is None or name in columns]
        reading = _Reading(names, {**self.inferred, **self._declared}, rejections)
        for batch in self._batches(reading):
            for field in batch.schema:
                reading.types.setdefault(field.name, field.type)
            yield batch

    def scan(self) -> Iterator[pa.Schema]:
        """See TableSource."""
        for batch in self._batches(_Reading(self.columns, self._declared, Rejections(None))):
            yield batch.schema

    def widened(self, types: Mapping[str, pa.DataType]) -> _Types:
        """Returns types of columns, widened where they do not hold for this file."""
        while True:
            self.inferred = {
                name: kind for name, kind in types.items() if name not in self._declared
            }
            try:
                collections.deque(self.batches(None, Rejections(None)), maxlen=0)
            except base.WiderTypes:
                types = {**types, **self.inferred}
                continue
            return dict(types)

    def _batches(self, reading: _Reading) -> Iterator[pa.RecordBatch]:
        for line, data in self._file.blocks(quoting.whole_rows, self._start, self._line):
            if data[:1] in b"\r\n" and not data.strip(b"\r\n"):
                continue
            batch = self._read(line, data, reading)
            if batch is None:
                batch = self._salvaged(line, data, reading)
            if batch is not None:
                reading.note_values(batch)
                yield batch

    def _read(self, line: int, data: bytes, reading: _Reading) -> pa.RecordBatch | None:
        """Reads a block if there is nothing wrong with it."""
        places, loose = quoting.quotes(data)
        if loose or len(places) % 2 or not is_utf8(data):
            return None
        try:
            table = parse(data, self._header, reading.columns, reading.written())
        except (InvalidColumn, pa.ArrowInvalid):
            return None
        if count_lines(data) + (data[-1:] not in b"\r\n") == table.num_rows:
            return reading.batch(table, line)
        starts = quoting.row_starts(data)
        if len(starts) != table.num_rows:
            return None
        return reading.batch(table, line + quoting.line_numbers(data, starts))

    def _salvaged(self, line: int, data: bytes, reading: _Reading) -> pa.RecordBatch | None:
        """Reads those rows of a block that can be read."""
        rows = Rows.of(self.path, self._header, line, data)
        declared = [name for name in reading.columns if name in self._declared]
        table = None
        while rows.texts and table is None:
            try:
                if declared:  # first, so that no rejected row makes another column wider
                    parse(rows.data(), self._header, declared, reading.written())
                table = parse(rows.data(), self._header, reading.columns, reading.written())
            except InvalidColumn as error:
                column = error.args[0]
                if column not in self._declared:
                    self._widen(column, rows, reading)
                elif not self._reinterpreted(column, rows, reading):
                    kind = reading.written()[column]
                    rows.reject_invalid(column, kind, enough(reading.rejections))
        for row in rows.rejected:
            reject(reading.rejections, row)
        return None if table is None else reading.batch(table, rows.lines)

    def _widen(self, column: str, rows: Rows, reading: _Reading) -> None:
        """Notes the types that hold for the rows too, of a column that is too narrow for them."""
        open_ = [name for name in reading.columns if name not in self._declared]
        for field in parse(rows.data(), self._header, open_, {}).schema:
            known = reading.types.get(field.name, pa.null())
            wider = joined(known, field.type, text=True)
            if field.name == column and wider == known:
                wider = pa.string()
            if wider != known:
                self.inferred[field.name] = wider
        raise base.WiderTypes

    def _reinterpreted(self, column: str, rows: Rows, reading: _Reading) -> bool:
        """Notes that the integers of a column are booleans or times, if they are so throughout."""
        if self._declared[column] != pa.int64():
            return False
        known = reading.forms.get(column, pa.null())
        if column in reading.filled and pa.types.is_null(known):
            return False
        found = parse(rows.data(), self._header, [column], {}).schema.field(0).type
        form = joined(known, found, text=True)
        if form == known or not (is_time(form) or form in (pa.bool_(), pa.time32("s"))):
            return False
        reading.forms[column] = form
        return True
