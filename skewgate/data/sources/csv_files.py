"""Reads CSV block by block, compressed files too."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Collection, Iterator, Mapping

import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data.sources import base, cell_kinds, column_names, dialects, quoting
from skewgate.data.sources.cell_kinds import Conventions
from skewgate.data.sources.csv_known import Known
from skewgate.data.sources.csv_pass import Pass
from skewgate.data.sources.reading_options import RECOGNISED, ReadingOptions
from skewgate.data.sources.rejected import Rejections
from skewgate.data.sources.streams import Opener, TextFile, count_lines

_MOST_COLUMNS = 100_000
"""Columns for which Arrow's parser takes some hundred megabytes."""


class CsvSource(base.TableSource):
    """A CSV file; an empty cell, quoted or not, is a missing value.

    `csv_tally` says what else is missing, and what a column is whose cells are not alike.
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
        options: ReadingOptions = RECOGNISED,
        settled: Collection[str] = (),
    ) -> None:
        """See TableSource; the columns are those of the file, whatever `types` name.

        Args:
            path, types, opener, complete: see TableSource.
            options: how the text is to be read.
            settled: columns whose types `infer` found, and the user did not give.
        """
        self.path = path
        self._opener, self._options = opener, options
        self._file = TextFile(path, opener, options.encoding)
        beginning = self._beginning()
        if not beginning.strip():
            raise InputError(path, "is empty", "give a file with rows")
        layout = dialects.recognise(path, beginning, options)
        if len(layout.columns) > _MOST_COLUMNS:
            raise InputError(
                f"{path}: line 1",
                f"has {len(layout.columns):,} cells, where at most {_MOST_COLUMNS:,} are read",
                "split the table, or write it as Parquet",
            )
        found = column_names.columns_of(
            layout.columns,
            types,
            lambda place: column_names.first_cells(
                beginning[layout.start :],
                place,
                whole=len(beginning) < dialects.LOOKED_AT,
                delimiter=layout.dialect.delimiter.decode(),
            ),
            f"{path}: line 1",
        )
        self.columns = found.features
        conventions = Conventions(
            decimal=layout.dialect.decimal,
            commas=options.decimal is None and layout.dialect.delimiter != quoting.COMMA,
            missing=cell_kinds.MISSING
            if options.null_values is None
            else frozenset(text.strip().lower() for text in options.null_values),
        )
        self._known = Known(
            path,
            found.header,
            layout.dialect,
            conventions,
            {name: types[name] for name in self.columns if name in types},
            frozenset(settled),
        )
        self._notes = (*layout.notes, *found.notes)
        self._start = layout.start
        self._line = 1 + count_lines(beginning[: self._start])

    def _beginning(self) -> bytes:
        """Returns the header and something behind it, or the whole file."""
        beginning = b""
        for more in self._file.reads(dialects.LOOKED_AT):
            beginning += more
            if len(beginning) >= dialects.LOOKED_AT and dialects.has_header(beginning):
                break
            if len(beginning) > base.LONGEST_ROW:
                break
        return beginning

    def notes(self) -> list[str]:
        """See Source."""
        known = self._known.notes.values()
        return [*self._notes, *(note for notes in known for note in notes)]

    def read_as_text(self, names: Collection[str]) -> bool:
        """See Source."""
        known = self._known
        changed = [name for name in names if name in self.columns and name not in known.declared]
        for name in changed:
            known.declared[name] = pa.string()
            known.notes.pop(name, None)
            known.only_missing.discard(name)
        return bool(changed)

    def only_missing(self) -> set[str]:
        """See Source."""
        return set(self._known.only_missing)

    def batches(
        self, columns: Collection[str] | None = None, rejections: Rejections | None = None
    ) -> Iterator[pa.RecordBatch]:
        """See Source."""
        wanted = base.looked_up(columns)
        names = [name for name in self.columns if wanted is None or name in wanted]
        known = self._known
        if not names:  # Arrow would read all columns
            names = self.columns[:1]
            known = dataclasses.replace(known, declared={names[0]: pa.string()}, notes={})
        reading = Pass(known, names, rejections, self._has_commas)
        delimiter = self._known.dialect.delimiter
        blocks = self._file.blocks(
            lambda data: quoting.whole_rows(data, delimiter), self._start, self._line
        )
        for line, data in blocks:
            if data[:1] in b"\r\n" and not data.strip(b"\r\n"):
                continue
            batch = reading.batch(line, data)
            if batch is not None:
                yield batch
        reading.finish()

    def scan(self) -> Iterator[pa.Schema]:
        """See TableSource."""
        while True:
            schema = None
            try:
                for batch in self.batches(None, Rejections(None)):
                    schema = batch.schema
            except base.WiderTypes:
                continue
            if schema is not None:
                yield schema
            return

    def widened(self, types: Mapping[str, pa.DataType]) -> dict[str, pa.DataType]:
        """Returns types of columns, widened where they do not hold for this file."""
        known = self._known
        while True:
            known.floor = {name: kind for name, kind in types.items() if name not in known.declared}
            known.inferred = dict(known.floor)
            known.text = {name for name, kind in known.floor.items() if kind == pa.string()}
            try:
                collections.deque(self.batches(None, Rejections(None)), maxlen=0)
            except base.WiderTypes:
                types = {**types, **known.inferred}
                continue
            return dict(types)

    def _has_commas(self, column: str) -> bool:
        """Says whether commas are decimal marks in a column, by all of its cells."""
        known = self._known
        if column not in known.commas:
            other = CsvSource(self.path, {}, self._opener, options=self._options)
            other._known.examined.add(column)
            known.commas[column] = other._commas(column)
        return known.commas[column]

    def _commas(self, column: str) -> bool:
        while True:
            try:
                collections.deque(self.batches([column], Rejections(None)), maxlen=0)
            except base.WiderTypes:
                continue
            return self._known.commas.get(column, False)
