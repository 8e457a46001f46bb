"""One pass over a CSV file: turns its blocks into batches, and learns the types of its columns."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import pyarrow as pa

from skewgate.data.arrow.kinds import is_number, joined
from skewgate.data.arrow.values import is_utf8
from skewgate.data.sources import base, quoting
from skewgate.data.sources.cell_kinds import Cells, Kind
from skewgate.data.sources.csv_blocks import InvalidColumn, Rows
from skewgate.data.sources.csv_columns import Column
from skewgate.data.sources.csv_known import Known, Types
from skewgate.data.sources.csv_tally import COMMAS, ODD_CELLS, Tally, one_array
from skewgate.data.sources.rejected import Rejections, enough, reject
from skewgate.data.sources.streams import count_lines

_SAMPLE = 4096
"""Cells of a column of text that are looked at first."""


class Pass:
    """One pass.

    Args:
        known: of the file.
        columns: the columns to read.
        rejections: takes the rows that cannot be read.
        has_commas: finds out whether commas are decimal marks in a column.
    """

    def __init__(
        self,
        known: Known,
        columns: Sequence[str],
        rejections: Rejections | None,
        has_commas: Callable[[str], bool],
    ) -> None:
        self._known, self._columns, self._rejections = known, columns, rejections
        self._has_commas = has_commas
        self._types: Types = {**known.inferred, **known.declared}
        self._odd: dict[str, Column] = {}  # columns that are read as text and converted
        self._pending: dict[str, Tally] = {}  # of these, with the block at work
        for name in known.examined.intersection(columns) - known.declared.keys() - known.text:
            self._odd[name] = self._known.column(name, whole=True)

    def batch(self, line: int, data: bytes) -> pa.RecordBatch | None:
        """Returns the rows of a block that can be read; None if there is none.

        Args:
            line: number of the first line.
            data: whole rows.

        Raises:
            InputError: a row is rejected that may not be.
            WiderTypes: read again, with what was learned.
        """
        found = self._read(line, data) or self._salvaged(line, data)
        if found is None:
            return None
        batch = self._finished(*found)
        for field in batch.schema:
            self._types.setdefault(field.name, field.type)
        for name, tally in self._pending.items():
            self._count(name, tally)
        return batch

    def _finished(self, table: pa.Table, lines: int | quoting.Places) -> pa.RecordBatch:
        [batch] = table.combine_chunks().to_batches()
        return base.with_lines(batch, lines)

    def _count(self, name: str, tally: Tally) -> None:
        """Takes over what is known with another block."""
        column = self._odd[name]
        column.tally = tally
        if name in self._known.declared:
            return
        if self._types[name] == pa.string() and tally.is_text_for_good():
            self._known.settle_text(column)
            del self._odd[name]
        elif is_number(self._types[name]) and tally.counts[Kind.OTHER] > ODD_CELLS:
            self._known.learn_text(column)

    def finish(self) -> None:
        """Decides what the columns are, once all blocks were read.

        Raises:
            WiderTypes: read again, because a column is something else than its beginning said.
        """
        for name, column in list(self._odd.items()):
            kind = self._types.get(name)
            if kind is None:
                continue
            if name not in self._known.declared and column.whole:
                self._known.decide(column, kind)
            if pa.types.is_null(kind) and column.tally.missing:
                self._known.only_missing.add(name)
            self._known.notes[name] = column.notes(kind)

    def _written(self) -> Types:
        """Returns the types as which the text is to be read."""
        return {**self._types, **dict.fromkeys(self._odd, pa.string())}

    def _parse(self, data: bytes, columns: Sequence[str]) -> pa.Table:
        return self._known.parse(data, columns, self._written())

    def _cells(self, column: Column, data: bytes) -> Cells:
        table = self._known.parse(data, [column.name], {column.name: pa.string()})
        return column.cells(one_array(table.column(0)))

    def _read(self, line: int, data: bytes) -> tuple[pa.Table, int | quoting.Places] | None:
        """Reads a block if there is nothing wrong with it."""
        delimiter = self._known.dialect.delimiter
        places, loose = quoting.quotes(data, delimiter)
        if loose or len(places) % 2 or not is_utf8(data):
            return None
        if quoting.has_wide_rows(data, places, len(self._known.columns), delimiter):
            return None
        declared = self._known.declared
        # First of all the rows are rejected that do not fit a given type.
        rejecting = any(declared.get(name, pa.string()) != pa.string() for name in self._columns)
        table = None
        while table is None:
            try:
                table = self._converted(self._parse(data, self._columns))
            except InvalidColumn as error:
                name = error.args[0]
                if name in self._odd if name in declared else rejecting:
                    return None
                self._look_into(name, data)
            except pa.ArrowInvalid:
                return None
        if count_lines(data) + (data[-1:] not in b"\r\n") == table.num_rows:
            return table, line
        starts = quoting.row_starts(data, delimiter)
        if len(starts) != table.num_rows:
            return None
        return table, line + quoting.line_numbers(data, starts)

    def _salvaged(self, line: int, data: bytes) -> tuple[pa.Table, int | quoting.Places] | None:
        """Reads those rows of a block that can be read."""
        known = self._known
        rows = Rows.of(known.path, known.columns, line, data, known.dialect)
        declared = [name for name in self._columns if name in known.declared]
        table = None
        while rows.texts and table is None:
            try:
                if declared:  # first, so that no rejected row makes another column wider
                    self._converted(self._parse(rows.data(), declared))
                table = self._converted(self._parse(rows.data(), self._columns))
            except InvalidColumn as error:
                name = error.args[0]
                if name not in declared or name not in self._odd:
                    self._look_into(name, rows.data())
                else:
                    self._reject(name, rows)
        for row in rows.rejected:
            reject(self._rejections, row)
        return None if table is None else (table, rows.lines)

    def _reject(self, name: str, rows: Rows) -> None:
        column, kind = self._odd[name], self._types[name]

        def accepts(data: bytes) -> bool:
            try:
                column.convert(self._cells(column, data), kind)
            except InvalidColumn:
                return False
            return True

        rows.reject_invalid(name, kind, enough(self._rejections), accepts)

    def _converted(self, table: pa.Table) -> pa.Table:
        """Gives the columns that are read as text their types.

        Raises:
            InvalidColumn: a cell does not fit a type that is given.
            WiderTypes: a cell does not fit another one.
        """
        self._pending = {}
        names, declared = table.schema.names, self._known.declared
        columns = table.columns
        places = [
            at
            for at, name in enumerate(names)
            if name in self._odd
            or (name not in self._types and self._may_be_odd(name, columns[at]))
        ]
        if not places:
            return table
        for at in sorted(places, key=lambda at: names[at] not in declared):
            name = names[at]
            column = self._odd[name]
            cells = column.cells(one_array(columns[at]))
            tally = copy.deepcopy(column.tally)
            tally.add(cells)
            columns[at] = pa.chunked_array([self._convert(column, cells, tally)])
            self._pending[name] = tally
        return pa.Table.from_arrays(columns, names)

    def _may_be_odd(self, name: str, values: pa.ChunkedArray) -> bool:
        """Looks at a column that begins so: says whether it is text that may be something else."""
        if values.type != pa.string() or name in self._known.text:
            return False
        column = self._known.column(name, whole=True)
        if len(values) > _SAMPLE:
            column.tally.add(column.cells(one_array(values.slice(0, _SAMPLE))))
            if column.tally.is_text_for_good():
                self._known.settle_text(column)
                return False
        self._odd[name] = self._known.column(name, whole=True)
        return True

    def _convert(self, column: Column, cells: Cells, tally: Tally) -> pa.Array:
        """Returns cells in the type of their column; the tally counts them already."""
        name = column.name
        given = name in self._known.declared
        late = not given and not column.whole and is_number(self._types[name])
        if late and cells.count(Kind.OTHER, *COMMAS):
            self._known.learn(name, self._types[name], examined=True)
        delimiter = self._known.dialect.delimiter
        if column.comma is None and cells.count(*COMMAS):
            column.comma = self._has_commas(name) if given else tally.comma(delimiter)
        kind = self._types.get(name)
        if kind is None:
            kind = tally.type(delimiter)
        try:
            return column.convert(cells, kind)
        except InvalidColumn:
            if given:
                raise
        wider = joined(kind, tally.type(delimiter, kind), text=True)
        if wider in (None, kind):
            self._known.learn_text(column)
        self._known.learn(name, wider, examined=name in self._odd)

    def _look_into(self, name: str, data: bytes) -> None:
        """Finds out why a column does not fit its type: it has marks of missing values, or more.

        Raises:
            WiderTypes: its type is another one, or must be found anew.
        """
        column = self._known.column(name, whole=False)
        if name in self._known.declared:
            self._odd[name] = column
            return
        kind = self._types[name]
        cells = self._cells(column, data)
        if not (is_number(kind) and cells.count(Kind.OTHER, *COMMAS)):
            try:
                column.convert(cells, kind)
            except InvalidColumn:
                pass
            else:
                self._odd[name] = column
                return
        column.tally.add(cells)
        delimiter = self._known.dialect.delimiter
        wider = joined(kind, column.tally.type(delimiter, kind), text=True)
        if wider not in (kind, pa.string(), None):
            self._known.learn(name, wider, examined=name in self._odd)
        if column.tally.is_text_for_good():
            self._known.learn_text(column)
        self._known.learn(name, self._types[name], examined=True)
