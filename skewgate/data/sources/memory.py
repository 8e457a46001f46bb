"""Reads tables that other libraries hold in this process, as if they were files."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa

from skewgate.data.sources import base, column_names
from skewgate.data.sources.rejected import Rejections
from skewgate.data.sources.typed_files import TypedSource, batch_rows


class Held(Protocol):
    """A table that can be read more than once.

    Attributes:
        schema: names and types of the columns.
        rows: how many there are, if that is known before they are read.
    """

    schema: pa.Schema
    rows: int | None

    def read(self, places: Sequence[int], rows: int) -> Iterator[pa.RecordBatch]:
        """Yields some columns, in batches of at most so many rows.

        Args:
            places: of the columns in the schema, at least one.
            rows: the most of a batch.

        Raises:
            ColumnError: a column cannot be read.
        """


class MemorySource(TypedSource):
    """A table in this process; nothing of it is copied but what Arrow has to convert."""

    def __init__(self, name: str, held: Held, types: Mapping[str, pa.DataType]) -> None:
        """Looks at the columns of a table.

        Args:
            name: stands for a path in messages, such as "baseline".
            held: the table.
            types: those that are given to columns.

        Raises:
            InputError: two columns have one name, or a name has a zero byte.
        """
        self._held, self.rows = held, held.rows
        super().__init__(name, types)

    @contextlib.contextmanager
    def _open(self) -> Iterator[Any]:
        yield self._held

    def _look(self, file: Any) -> pa.Schema:
        return file.schema

    def _beginning(self, file: Any, place: int) -> pa.Array | None:
        batch = next(file.read([place], column_names.MOST_ROWS), None)
        return None if batch is None else batch.column(0)

    def batches(
        self, columns: Collection[str] | None = None, rejections: Rejections | None = None
    ) -> Iterator[pa.RecordBatch]:
        """See Source."""
        yield from self._given(self._parts(self._wanted(columns)), rejections)

    def _parts(self, names: list[str]) -> Iterator[pa.RecordBatch]:
        """Yields columns under the names that they have as features.

        The first column stands for the rows where no column is wanted.
        """
        places = [self._header.index(name) for name in names]
        if not self._header:
            return
        for batch in self._held.read(places or [0], batch_rows(len(names))):
            kept = zip(names, batch.columns, strict=False) if names else ()
            yield base.of_columns(batch.num_rows, dict(kept))
