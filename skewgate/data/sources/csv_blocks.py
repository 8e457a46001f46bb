"""Reads a block of CSV, and finds out which rows keep Arrow from reading it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from skewgate.core.errors import InputError
from skewgate.data.arrow import spellings
from skewgate.data.arrow.bad_rows import bad_rows
from skewgate.data.arrow.kinds import name_of
from skewgate.data.arrow.values import is_utf8
from skewgate.data.sources import inferred_times, quoting
from skewgate.data.sources.rejected import Rejected, shortened

Types = Mapping[str, pa.DataType]
_NANOSECONDS = re.compile(rb"(:[0-9]{2}\.[0-9]{6})[0-9]{1,3}(?![0-9])")
"""The digits of a second that no microsecond holds."""
_DIGITS = rb"[0-9a-fA-F]{1,16}[ \t]*(?:[^0-9a-zA-Z]|\Z)"
_HEXADECIMAL = {mark: re.compile(mark + _DIGITS) for mark in (b"0x", b"0X")}
"""What Arrow may take for a number to the base of 16."""
_CONVERSION = re.compile(r"CSV column #(\d+):")


@dataclasses.dataclass(frozen=True)
class Dialect:
    """How a file writes cells.

    Attributes:
        delimiter: the byte between cells.
        decimal: the decimal mark.
        nulls: texts that are missing values in every column.
    """

    delimiter: bytes = quoting.COMMA
    decimal: str = "."
    nulls: tuple[str, ...] = ("",)


PLAIN = Dialect()


class InvalidColumn(Exception):  # noqa: N818  a signal, not an error
    """A value does not fit the type of a column: the only argument is the column's name."""


def parse(
    data: bytes,
    header: Sequence[str],
    columns: Sequence[str],
    types: Types,
    skipped: list[tuple[int, int]] | None = None,
    dialect: Dialect = PLAIN,
    *,
    blank_rows: bool = False,
) -> pa.Table:
    """Reads whole rows.

    Args:
        data: the rows, without the header.
        header: names of all columns.
        columns: the columns to read.
        types: their types, as far as they are known.
        skipped: takes the 0-based position and the number of cells of rows with another number of
            cells than the header, which otherwise are an error.
        dialect: how cells are written.
        blank_rows: whether a blank line is a row of one empty cell.

    Raises:
        InvalidColumn: a value does not fit.
        pa.ArrowInvalid: the text is no CSV.
    """
    try:
        return _parsed(data, header, columns, types, skipped, dialect, blank_rows=blank_rows)
    except InvalidColumn as error:
        name = error.args[0]
        kind = types.get(name)
        shorter = _NANOSECONDS.sub(rb"\1", data)
        if kind is None or not pa.types.is_timestamp(kind) or shorter == data:
            raise
        found = _parsed(shorter, header, [name], {name: kind}, None, dialect, blank_rows=blank_rows)
        others = [column for column in columns if column != name]
        if not others:
            return found
        if skipped is not None:
            skipped.clear()
        table = parse(data, header, others, types, skipped, dialect, blank_rows=blank_rows)
        return table.add_column(columns.index(name), found.schema.field(0), found.column(0))


def _parsed(
    data: bytes,
    header: Sequence[str],
    columns: Sequence[str],
    types: Types,
    skipped: list[tuple[int, int]] | None,
    dialect: Dialect,
    *,
    blank_rows: bool,
) -> pa.Table:
    def skip(row: Any) -> str:
        if skipped is not None:
            skipped.append((row.number - 1, row.actual_columns))
        return "skip"

    try:
        # Not read_csv, which looks at every object of the process when it ends.
        reader = pa.csv.open_csv(
            pa.BufferReader(data),
            pa.csv.ReadOptions(
                column_names=header, block_size=max(len(data), 1), use_threads=False
            ),
            pa.csv.ParseOptions(
                delimiter=dialect.delimiter.decode(),
                ignore_empty_lines=not blank_rows,
                newlines_in_values=b'"' in data,
                invalid_row_handler=None if skipped is None else skip,
            ),
            pa.csv.ConvertOptions(
                column_types={name: types[name] for name in columns if name in types},
                include_columns=columns,
                null_values=list(dialect.nulls),
                strings_can_be_null=True,
                decimal_point=dialect.decimal,
                true_values=list(spellings.TRUE),
                false_values=list(spellings.FALSE),
            ),
        )
        table = reader.read_all()
    except pa.ArrowInvalid as error:
        found = _CONVERSION.search(str(error))
        if found is None:
            raise
        raise InvalidColumn(header[int(found.group(1))]) from error

    def again(name: str, kind: pa.DataType) -> pa.Table:
        rows: list[tuple[int, int]] | None = None if skipped is None else []
        return parse(data, header, [name], {name: kind}, rows, dialect, blank_rows=blank_rows)

    if _may_have_hexadecimals(data):
        table = _without_hexadecimals(table, types, again)

    def attempt(name: str, kind: pa.DataType) -> pa.Table | None:
        try:
            return again(name, kind)
        except InvalidColumn:
            return None

    table = inferred_times.with_far_times(table, types, attempt)
    return inferred_times.without_nanoseconds(table, attempt)


def _without_hexadecimals(
    table: pa.Table, types: Types, again: Callable[[str, pa.DataType], pa.Table]
) -> pa.Table:
    """Takes back what Arrow has read as numbers to the base of 16, which are text.

    Raises:
        InvalidColumn: a column is to be one of integers, and holds such.
    """
    for at, field in enumerate(table.schema):
        if field.type == pa.int64():
            text = again(field.name, pa.string())
            if spellings.has_hexadecimals(text.column(0).combine_chunks()):
                if field.name in types:
                    raise InvalidColumn(field.name)
                table = table.set_column(at, text.schema.field(0), text.column(0))
    return table


def _may_have_hexadecimals(data: bytes) -> bool:
    return any(
        mark[1:] in data and _has_pair(data, mark) and form.search(data) is not None
        for mark, form in _HEXADECIMAL.items()
    )


def _has_pair(data: bytes, pair: bytes) -> bool:
    """Says whether two bytes stand there, faster than a search by Python does."""
    number = int.from_bytes(pair, "little")
    return any(
        bool((np.frombuffer(data, "<u2", (len(data) - at) // 2, at) == number).any())
        for at in (0, 1)
    )


@dataclasses.dataclass
class Rows:
    """The rows of a block that may hold some that cannot be read.

    Attributes:
        header: names of all columns.
        dialect: how cells are written.
        texts: the rows that are left, with their line ends.
        lines: the line of each of these.
        rejected: those that are not, in order of their lines.
    """

    path: str
    header: Sequence[str]
    dialect: Dialect
    texts: list[bytes]
    lines: quoting.Places
    rejected: list[Rejected]

    @classmethod
    def of(
        cls, path: str, header: Sequence[str], line: int, data: bytes, dialect: Dialect = PLAIN
    ) -> Rows:
        """Tells the rows of a block apart and rejects those whose cells cannot be told apart.

        Args:
            path: the file.
            header: names of all columns.
            line: number of the block's first line.
            data: the block.
            dialect: how cells are written.
        """
        spans = quoting.rows(data, dialect.delimiter)
        starts = np.array([start for start, _, _ in spans], np.int64)
        lines = line + quoting.line_numbers(data, starts)
        texts = [data[start:end] for start, end, _ in spans]
        rows = cls(path, header, dialect, texts, lines, [])
        unsound = [at for at, (_, _, sound) in enumerate(spans) if not sound]
        rows.reject(unsound, "a quote that is not closed at the end of a cell", "closed quotes")
        if not is_utf8(data):
            rows.reject(
                [at for at, text in enumerate(rows.texts) if not is_utf8(text)],
                "bytes that are not UTF-8",
                "UTF-8, or the option encoding",
            )
        rows._reject_wide()
        rows._reject_lengths()
        return rows

    def data(self) -> bytes:
        """Returns the text of the rows that are left."""
        return b"".join(self.texts)

    def reject(self, positions: Sequence[int], found: str, expected: str) -> None:
        """Rejects rows as a whole, by their positions."""
        self._drop(dict.fromkeys(positions, ("", found, expected)))

    def reject_invalid(
        self,
        column: str,
        kind: pa.DataType,
        enough: int | None,
        fits: Callable[[bytes], bool],
    ) -> None:
        """Rejects the rows whose value in a column does not fit its type.

        Args:
            column: its name.
            kind: its type.
            enough: number of rejected rows at which the rows behind them are of no matter.
            fits: says whether the values of the column fit in all of some rows.
        """

        def accepts(start: int, end: int) -> bool:
            return fits(b"".join(self.texts[start:end]))

        place = self.header.index(column)
        problems = {}
        invalid = bad_rows(len(self.texts), accepts, enough)
        if len(invalid) == enough:
            self.texts, self.lines = self.texts[: invalid[-1] + 1], self.lines[: invalid[-1] + 1]
        for at in invalid:
            cells = quoting.cells(self.texts[at].rstrip(b"\r\n"), self.dialect.delimiter) or []
            problems[at] = (column, shortened(cells[place].decode().strip(" \t")), name_of(kind))
        if not problems:
            raise InputError(
                f"{self.path}: column {column}", "cannot be read in whole", "write the file again"
            )
        self._drop(problems)

    def _reject_wide(self) -> None:
        """Rejects the rows that Arrow must not see."""
        header, mark = len(self.header), self.dialect.delimiter
        wide = [quoting.wide_cells(text, header, mark) for text in self.texts]
        self._drop({at: ("", str(n), f"{header} cells") for at, n in enumerate(wide) if n})

    def _reject_lengths(self) -> None:
        skipped: list[tuple[int, int]] = []
        if self.texts:
            kinds = {self.header[0]: pa.string()}
            table = parse(self.data(), self.header, self.header[:1], kinds, skipped, self.dialect)
            if table.num_rows + len(skipped) != len(self.texts):
                raise InputError(
                    f"{self.path}: line {self.lines[0]} or later",
                    "holds rows that cannot be told apart",
                    "quote cells that hold quotes or line ends",
                )
        expected = f"{len(self.header)} cells"
        self._drop({at: ("", str(cells), expected) for at, cells in skipped})

    def _drop(self, problems: Mapping[int, tuple[str, str, str]]) -> None:
        if not problems:
            return
        self.rejected += [
            Rejected(self.path, int(self.lines[at]), *problem) for at, problem in problems.items()
        ]
        self.rejected.sort(key=lambda row: row.line)
        left = np.ones(len(self.texts), np.bool_)
        left[list(problems)] = False
        self.texts = [text for text, kept in zip(self.texts, left, strict=True) if kept]
        self.lines = self.lines[left]
