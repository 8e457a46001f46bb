"""What is known of a CSV file, and what every pass over it learns."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NoReturn

import pyarrow as pa

from skewgate.data.arrow.kinds import is_number, joined
from skewgate.data.sources import base
from skewgate.data.sources.cell_kinds import Conventions
from skewgate.data.sources.csv_blocks import Dialect, parse
from skewgate.data.sources.csv_columns import Column

Types = dict[str, pa.DataType]


@dataclasses.dataclass
class Known:
    """What is known of a file, and what every pass over it learns.

    Attributes:
        path: the file.
        columns: names of all its columns.
        dialect, conventions: how it is written.
        declared: types that were given to columns.
        settled: those of them that were found in the whole file, and not given by the user.
        inferred: types of other columns, as far as they had to be widened.
        floor: types that hold for other files too, of other columns.
        text: other columns that are text, whatever follows.
        examined: other columns that are to be read as text from the first row on.
        commas: whether commas are decimal marks, by column.
        only_missing: columns that have marks of missing values and nothing else.
        notes: what was read otherwise than it stands in the file, by column.
    """

    path: str
    columns: list[str]
    dialect: Dialect
    conventions: Conventions
    declared: Types
    settled: frozenset[str] = frozenset()
    inferred: Types = dataclasses.field(default_factory=dict)
    floor: Types = dataclasses.field(default_factory=dict)
    text: set[str] = dataclasses.field(default_factory=set)
    examined: set[str] = dataclasses.field(default_factory=set)
    commas: dict[str, bool] = dataclasses.field(default_factory=dict)
    only_missing: set[str] = dataclasses.field(default_factory=set)
    notes: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    def column(self, name: str, *, whole: bool) -> Column:
        """Returns a column to be read as text; see Column for `whole`."""
        exact = name in self.declared and name not in self.settled
        column = Column(name, self.dialect, self.conventions, exact=exact, whole=whole)
        column.comma = self.commas.get(name)
        return column

    def parse(self, data: bytes, columns: Sequence[str], types: Types) -> pa.Table:
        """Reads columns of whole rows in types, or in those that they seem to have."""
        return parse(data, self.columns, columns, types, None, self.dialect)

    def settle_text(self, column: Column) -> None:
        """Notes that a column is text, whatever follows."""
        self.text.add(column.name)
        self.notes[column.name] = column.notes(pa.string())

    def learn_text(self, column: Column) -> NoReturn:
        """Lets the file be read again, with a column that is text."""
        self.inferred[column.name] = pa.string()
        self.settle_text(column)
        raise base.WiderTypes

    def learn(self, name: str, kind: pa.DataType, *, examined: bool) -> NoReturn:
        """Lets the file be read again, with a column of another type, or one to be examined."""
        self.inferred[name] = kind
        if examined:
            self.examined.add(name)
        raise base.WiderTypes

    def decide(self, column: Column, kind: pa.DataType) -> None:
        """Makes sure that a column whose cells were all read has the type that they say.

        Raises:
            WiderTypes: it has not.
        """
        floor = self.floor.get(column.name, pa.null())
        found = joined(column.tally.type(self.dialect.delimiter, floor), floor, text=True)
        comma = column.tally.comma(self.dialect.delimiter)
        if column.tally.commas():
            self.commas[column.name] = comma
            if column.comma != comma and is_number(found):
                self.learn(column.name, found, examined=True)
        if found != kind:
            if found in (None, pa.string()):
                self.learn_text(column)
            self.learn(column.name, found, examined=True)
