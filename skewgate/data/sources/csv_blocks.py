"""Reads a block of CSV, and finds out which rows keep Arrow from reading it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from skewgate.core.errors import InputError
from skewgate.data.arrow import spellings
from skewgate.data.arrow.bad_rows import bad_rows
from skewgate.data.arrow.kinds import name_of
from skewgate.data.arrow.values import is_utf8
from skewgate.data.sources import quoting
from skewgate.data.sources.rejected import Rejected, shortened

Types = Mapping[str, pa.DataType]
_DIGITS = rb"[0-9a-fA-F]{1,16}[ \t]*(?:[^0-9a-zA-Z]|\Z)"
_HEXADECIMAL = {mark: re.compile(mark + _DIGITS) for mark in (b"0x", b"0X")}
"""What Arrow may take for a number to the base of 16."""
_CONVERSION = re.compile(r"CSV column #(\d+):")


class InvalidColumn(Exception):  # noqa: N818  a signal, not an error
    """A value does not fit the type of a column: the only argument is the column's name."""


def parse(
    data: bytes,
    header: Sequence[str],
    columns: Sequence[str],
    types: Types,
    skipped: list[tuple[int, int]] | None = None,
) -> pa.Table:
    """Reads whole rows.

    Args:
        data: the rows, without the header.
        header: names of all columns.
        columns: the columns to read.
        types: their types, as far as they are known.
        skipped: takes the 0-based position and the number of cells of rows with another number of
            cells than the header, which otherwise are an error.

    Raises:
        InvalidColumn: a value does not fit.
        pa.ArrowInvalid: the text is no CSV.
    """

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
                newlines_in_values=b'"' in data,
                invalid_row_handler=None if skipped is None else skip,
            ),
            pa.csv.ConvertOptions(
                column_types={name: types[name] for name in columns if name in types},
                include_columns=columns,
                null_values=[""],
                strings_can_be_null=True,
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
    return _without_nanoseconds(_without_hexadecimals(table, data, header, types), data, header)


def parse_spelled(
    data: bytes, header: Sequence[str], columns: Sequence[str], types: Types, spelled: Set[str]
) -> pa.Table:
    """Reads whole rows like `parse`, and some columns of integers by every spelling of INT.

    Arrow knows one of these spellings only, but is fast: see `spellings`.

    Args:
        data, header, columns, types: see `parse`.
        spelled: the columns.

    Raises:
        InvalidColumn, pa.ArrowInvalid: see `parse`.
    """
    table = parse(data, header, columns, {**types, **dict.fromkeys(spelled, pa.string())})
    for name in spelled & set(columns):
        values, bad = spellings.integers(table.column(name).combine_chunks())
        if bad.any():
            raise InvalidColumn(name)
        at = table.column_names.index(name)
        table = table.set_column(at, pa.field(name, pa.int64()), values)
    return table


def _without_hexadecimals(
    table: pa.Table, data: bytes, header: Sequence[str], types: Types
) -> pa.Table:
    """Takes back what Arrow has read as numbers to the base of 16, which are text.

    Raises:
        InvalidColumn: a column is to be one of integers, and holds such.
    """
    integers = [field.name for field in table.schema if field.type == pa.int64()]
    if not integers or not _may_have_hexadecimals(data):
        return table
    text = parse(data, header, integers, dict.fromkeys(integers, pa.string()))
    for name in integers:
        if spellings.has_hexadecimals(text.column(name).combine_chunks()):
            if name in types:
                raise InvalidColumn(name)
            at = table.column_names.index(name)
            table = table.set_column(at, text.schema.field(name), text.column(name))
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


def _without_nanoseconds(table: pa.Table, data: bytes, header: Sequence[str]) -> pa.Table:
    """Replaces inferred time stamps in nanoseconds, which overflow silently after 2262."""
    for at, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            kind = pa.timestamp("us", field.type.tz)
            try:
                other = parse(data, header, [field.name], {field.name: kind})
            except InvalidColumn:
                other = parse(data, header, [field.name], {field.name: pa.string()})
            table = table.set_column(at, other.schema.field(0), other.column(0))
    return table


@dataclasses.dataclass
class Rows:
    """The rows of a block that may hold some that cannot be read.

    Attributes:
        header: names of all columns.
        texts: the rows that are left, with their line ends.
        lines: the line of each of these.
        rejected: those that are not, in order of their lines.
    """

    path: str
    header: Sequence[str]
    texts: list[bytes]
    lines: quoting.Places
    rejected: list[Rejected]

    @classmethod
    def of(cls, path: str, header: Sequence[str], line: int, data: bytes) -> Rows:
        """Tells the rows of a block apart and rejects those whose cells cannot be told apart.

        Args:
            path: the file.
            header: names of all columns.
            line: number of the block's first line.
            data: the block.
        """
        spans = quoting.rows(data)
        starts = np.array([start for start, _, _ in spans], np.int64)
        lines = line + quoting.line_numbers(data, starts)
        rows = cls(path, header, [data[start:end] for start, end, _ in spans], lines, [])
        unsound = [at for at, (_, _, sound) in enumerate(spans) if not sound]
        rows.reject(unsound, "a quote that is not closed at the end of a cell", "closed quotes")
        if not is_utf8(data):
            rows.reject(
                [at for at, text in enumerate(rows.texts) if not is_utf8(text)],
                "bytes that are not UTF-8",
                "UTF-8",
            )
        rows._reject_lengths()
        return rows

    def data(self) -> bytes:
        """Returns the text of the rows that are left."""
        return b"".join(self.texts)

    def reject(self, positions: Sequence[int], found: str, expected: str) -> None:
        """Rejects rows as a whole, by their positions."""
        self._drop(dict.fromkeys(positions, ("", found, expected)))

    def reject_invalid(self, column: str, kind: pa.DataType, enough: int | None) -> None:
        """Rejects the rows whose value in a column does not fit its type.

        Args:
            column: its name.
            kind: its type.
            enough: number of rejected rows at which the rows behind them are of no matter.
        """
        place = self.header.index(column)
        problems = {}
        invalid = self._invalid(column, kind, enough)
        if len(invalid) == enough:
            self.texts, self.lines = self.texts[: invalid[-1] + 1], self.lines[: invalid[-1] + 1]
        for at in invalid:
            cells = quoting.cells(self.texts[at].rstrip(b"\r\n")) or []
            problems[at] = (column, shortened(cells[place].decode().strip(" \t")), name_of(kind))
        if not problems:
            raise InputError(
                f"{self.path}: column {column}", "cannot be read in whole", "write the file again"
            )
        self._drop(problems)

    def _invalid(self, column: str, kind: pa.DataType, enough: int | None) -> list[int]:
        """Returns the first rows whose value in a column does not fit its type."""
        if kind == pa.int64():
            table = parse(self.data(), self.header, [column], {column: pa.string()})
            _, bad = spellings.integers(table.column(0).combine_chunks())
            return [int(at) for at in np.flatnonzero(bad)[:enough]]

        def accepts(start: int, end: int) -> bool:
            data = b"".join(self.texts[start:end])
            try:
                parse(data, self.header, [column], {column: kind})
            except InvalidColumn:
                return False
            return True

        return bad_rows(len(self.texts), accepts, enough)

    def _reject_lengths(self) -> None:
        skipped: list[tuple[int, int]] = []
        if self.texts:
            kinds = {self.header[0]: pa.string()}
            table = parse(self.data(), self.header, self.header[:1], kinds, skipped)
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
