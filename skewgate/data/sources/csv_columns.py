"""Reads a column of CSV whose cells are not all of one kind; `csv_tally` decides what it is."""

from __future__ import annotations

import collections

import pyarrow as pa
import pyarrow.compute as pc

from skewgate.data.arrow import spellings
from skewgate.data.arrow.kinds import is_number
from skewgate.data.sources.cell_kinds import Cells, Conventions, Kind
from skewgate.data.sources.csv_blocks import Dialect, InvalidColumn
from skewgate.data.sources.csv_tally import COMMAS, Tally, read_texts, without_plus


class Column:
    """A column that is read as text first.

    Attributes:
        name: of the column.
        tally: what its cells are so far.
        exact: whether any text that does not fit its type is an error: the user gave the type.
        whole: whether the tally is of all rows of the file.
        comma: whether commas are decimal marks; None where no cell has had one yet.
    """

    def __init__(
        self,
        name: str,
        dialect: Dialect,
        conventions: Conventions,
        *,
        exact: bool,
        whole: bool,
    ) -> None:
        """Makes a column of no rows."""
        self.name, self.exact, self.whole = name, exact, whole
        self._dialect, self._conventions = dialect, conventions
        self.tally = Tally()
        self.comma: bool | None = None

    def cells(self, texts: pa.Array) -> Cells:
        """Tells the cells of a block apart."""
        return Cells.of(texts, self._conventions)

    def convert(self, cells: Cells, kind: pa.DataType) -> pa.Array:
        """Returns cells as values of a type.

        Args:
            cells: of one block.
            kind: the type; what is odd in a column of numbers is null, unless it must be exact.

        Raises:
            InvalidColumn: a cell does not fit.
        """
        if kind == pa.string():
            return cells.spread(cells.texts)
        hidden = [Kind.MISSING]
        if kind != pa.float64():
            hidden.append(Kind.NAN)
        if is_number(kind):
            other_mark = (Kind.POINT,) if self.comma else COMMAS
            if self.exact and self.comma and cells.count(*other_mark):
                raise InvalidColumn(self.name)
            if not self.exact:
                hidden.append(Kind.OTHER)
                if kind == pa.float64():
                    hidden += other_mark
                elif not self.comma:
                    hidden += COMMAS
        texts = cells.without(*hidden)
        if kind == pa.float64() and self.comma:
            texts = pc.replace_substring(texts, ",", ".")
        return cells.spread(self._values(texts, kind))

    def _values(self, texts: pa.Array, kind: pa.DataType) -> pa.Array:
        if pa.types.is_null(kind):
            if texts.null_count < len(texts):
                raise InvalidColumn(self.name)
            return pa.nulls(len(texts))
        if kind == pa.int64() and self.exact:
            values, bad = spellings.integers(texts)
            if bad.any():
                raise InvalidColumn(self.name)
            return values
        if is_number(kind):
            texts = without_plus(texts)
        try:
            return read_texts(texts, kind, self._conventions.decimal)
        except InvalidColumn as error:
            raise InvalidColumn(self.name) from error

    def notes(self, kind: pa.DataType) -> list[str]:
        """Says what was read otherwise than it stands in the file.

        Args:
            kind: the type that the column has.
        """
        tally = self.tally
        if kind == pa.string():
            return [] if self.exact else self._notes_of_text()
        notes = []
        missing = collections.Counter(tally.missing)
        if kind != pa.float64() and tally.counts[Kind.NAN]:
            missing["NaN"] = tally.counts[Kind.NAN]
        if missing:
            total = sum(missing.values())
            notes.append(
                f"read {_named(missing)} as missing in {_rows(total)} of column {self.name}"
            )
        odd = 0 if self.exact or not is_number(kind) else tally.n_odd(self._dialect.delimiter)
        if odd:
            texts = _named(tally.odd(self._dialect.delimiter))
            notes.append(
                f"read {texts} as missing in {_rows(odd)} of column {self.name}, whose other "
                "values are numbers"
            )
        if self.comma and tally.commas():
            notes.append(f"read decimal commas in column {self.name}")
        return notes

    def _notes_of_text(self) -> list[str]:
        tally = self.tally
        commas = tally.commas()
        numbers = tally.counts[Kind.WHOLE] + tally.counts[Kind.POINT]
        looks = commas + tally.looks
        seen = commas + numbers + tally.looked
        if not looks or (looks + numbers) * 10 < seen * 9:
            return []
        others = tally.samples.get(Kind.OTHER)
        example = f", such as {next(iter(others))!r}" if others else ""
        return [
            f"column {self.name} is read as text, and nearly all its values look like "
            f"numbers{example}: give the option decimal, "
            "or write numbers without signs and marks between thousands"
        ]


def _named(texts: collections.Counter[str]) -> str:
    """Returns the most frequent texts as messages show them."""
    ordered = sorted(texts.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"`{text.strip()}`" for text, _ in ordered[:3]]
    return ", ".join(shown) + (", ..." if len(texts) > len(shown) else "")


def _rows(count: int) -> str:
    return f"{count:,} row" + ("s" if count != 1 else "")
