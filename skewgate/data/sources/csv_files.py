"""Reads CSV block by block, compressed files too."""

from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data.arrow.kinds import joined
from skewgate.data.arrow.values import is_utf8
from skewgate.data.sources import base, quoting
from skewgate.data.sources.csv_blocks import InvalidColumn, Rows, parse, parse_spelled
from skewgate.data.sources.rejected import Rejections, enough, reject
from skewgate.data.sources.streams import Opener, TextFile, count_lines

# Blank lines, then a line whose quoted cells may hold line ends.
_HEADER = re.compile(rb'[\r\n]*((?:[^"\r\n]|"[^"]*")+)(?:\r\n?|\n|\Z)')
_Types = dict[str, pa.DataType]


@dataclasses.dataclass
class _Reading:
    """One pass over a file.

    Attributes:
        columns: the columns to read.
        types: types of columns, as far as they are known.
        rejections: takes the rows that cannot be read.
        spelled: columns that are integers by declaration, and not written as plain ones throughout.
    """

    columns: Sequence[str]
    types: _Types
    rejections: Rejections | None
    spelled: set[str] = dataclasses.field(default_factory=set)

    def batch(self, table: pa.Table, lines: int | quoting.Places) -> pa.RecordBatch:
        """Returns a table of one block as a batch."""
        [batch] = table.combine_chunks().to_batches()
        return base.with_lines(batch, lines)


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
        self.columns = self._names(line.group(1) if line else beginning)
        base.check_names(self.columns, f"{path}: line 1")
        self._declared = {name: types[name] for name in self.columns if name in types}
        self._start = line.end() if line else len(beginning)
        self._line = 1 + count_lines(beginning[: self._start])

    def _beginning(self) -> bytes:
        """Returns the header and something behind it, or the whole file."""
        beginning = b""
        for more in self._file.reads(1 << 16):
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
                yield batch

    def _read(self, line: int, data: bytes, reading: _Reading) -> pa.RecordBatch | None:
        """Reads a block if there is nothing wrong with it."""
        places, loose = quoting.quotes(data)
        if loose or len(places) % 2 or not is_utf8(data):
            return None
        table = None
        while table is None:
            try:
                table = self._parse(data, reading.columns, reading)
            except InvalidColumn as error:
                if not self._spelled(error.args[0], reading):
                    return None
            except pa.ArrowInvalid:
                return None
        if count_lines(data) + (data[-1:] not in b"\r\n") == table.num_rows:
            return reading.batch(table, line)
        starts = quoting.row_starts(data)
        if len(starts) != table.num_rows:
            return None
        return reading.batch(table, line + quoting.line_numbers(data, starts))

    def _salvaged(self, line: int, data: bytes, reading: _Reading) -> pa.RecordBatch | None:
        """Reads those rows of a block that can be read."""
        rows = Rows.of(self.path, self.columns, line, data)
        declared = [name for name in reading.columns if name in self._declared]
        table = None
        while rows.texts and table is None:
            try:
                if declared:  # first, so that no rejected row makes another column wider
                    self._parse(rows.data(), declared, reading)
                table = self._parse(rows.data(), reading.columns, reading)
            except InvalidColumn as error:
                column = error.args[0]
                if column not in self._declared:
                    self._widen(column, rows, reading)
                elif not self._spelled(column, reading):
                    kind = self._declared[column]
                    rows.reject_invalid(column, kind, enough(reading.rejections))
        for row in rows.rejected:
            reject(reading.rejections, row)
        return None if table is None else reading.batch(table, rows.lines)

    def _widen(self, column: str, rows: Rows, reading: _Reading) -> None:
        """Notes the types that hold for the rows too, of a column that is too narrow for them."""
        open_ = [name for name in reading.columns if name not in self._declared]
        for field in parse(rows.data(), self.columns, open_, {}).schema:
            known = reading.types.get(field.name, pa.null())
            wider = joined(known, field.type, text=True)
            if field.name == column and wider == known:
                wider = pa.string()
            if wider != known:
                self.inferred[field.name] = wider
        raise base.WiderTypes

    def _parse(self, data: bytes, columns: Sequence[str], reading: _Reading) -> pa.Table:
        return parse_spelled(data, self.columns, columns, reading.types, reading.spelled)

    def _spelled(self, column: str, reading: _Reading) -> bool:
        """Notes that a column of integers is to be read by every spelling, if it was not yet."""
        if self._declared.get(column) != pa.int64() or column in reading.spelled:
            return False
        reading.spelled.add(column)
        return True
