"""Reads the files of a data set in small batches of one shape."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data import sources
from skewgate.data.arrow.kinds import feature_type, is_text
from skewgate.data.ingest.declared_times import types_to_read
from skewgate.data.ingest.plan import Plan
from skewgate.data.sources.base import Source, WiderTypes
from skewgate.data.sources.rejected import Rejected, Rejections

CHUNK_ROWS, CHUNK_BYTES = 4096, 4 << 20
"""What is converted and compressed at once: the rows, and about the bytes in Arrow's form."""


@dataclasses.dataclass(frozen=True)
class Chunk:
    """Rows of one file, one after the other.

    Attributes:
        path: the file.
        place: of the chunk among all chunks, from 0.
        batch: the rows; None where only rejected ones are left.
        first_row: where the rows begin in the batch that the source gave.
        rejected: rows that could not be read, between the chunk before and this one.
    """

    path: str
    place: int
    batch: pa.RecordBatch | None
    first_row: int
    rejected: Rejections

    @property
    def rows(self) -> int:
        """Rows of the file that this stands for, rejected ones included."""
        return (self.batch.num_rows if self.batch is not None else 0) + self.rejected.count


class _Since(Rejections):
    """Collects rejected rows until somebody takes them."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._since = Rejections(limit)

    def add(self, row: Rejected) -> None:
        """See Rejections; the limit holds for what was not taken yet."""
        self._since.add(row)

    def take(self) -> Rejections:
        """Returns what was collected, and begins anew."""
        taken, self._since = self._since, Rejections(self.limit)
        return taken


class Reader:
    """Reads files, and makes sure that their columns are alike.

    Args:
        plan: how to read.
        types: of columns, where they are known.
        final: whether `types` hold for all files; if not, a file of other types is a reason to
            read again.

    Attributes:
        types: of the columns that were read, without dictionaries.
        notes: what was read otherwise than it stands in a file, by path.
    """

    def __init__(self, plan: Plan, types: Mapping[str, pa.DataType], *, final: bool) -> None:
        self._plan, self._known, self._final = plan, types, final
        self._place = 0
        self._first = ""  # the file that `types` are of
        self.types: dict[str, pa.DataType] = {}
        self.notes: dict[str, list[str]] = {}
        self._only_missing: set[str] = set()

    def chunks(self, paths: Sequence[str]) -> Iterator[Chunk]:
        """Yields the rows of all files.

        Raises:
            InputError: a file cannot be read, has no row, or has other columns than the first.
            WiderTypes: read again, with types that hold for all rows.
        """
        for path in paths:
            source = self._open(path)
            rows = 0
            for chunk in self._chunks(path, source):
                rows += chunk.rows
                yield chunk
            if not rows:
                raise InputError(path, "has a header and no rows", "give a file with rows")
            if source.rows is not None and source.rows != rows:
                raise InputError(
                    path, f"says that it has {source.rows} rows, found {rows}", "write it again"
                )
            if source.notes():
                self.notes[path] = source.notes()
            self._only_missing |= source.only_missing()
        if not self._final and any(is_text(self.types[name]) for name in self._only_missing):
            raise WiderTypes  # what is missing in one file is text, as it is in another

    def _open(self, path: str) -> Source:
        """Opens a file; types that are given convert values, those that are known do not."""
        given, known = self._plan.types_to_read, self._known if self._final else self.types
        # A Parquet file says of its times itself what they are, also beside files of others.
        if path.lower().endswith(".parquet"):
            given, known = (types_to_read(self._plan.splits, each) for each in (given, known))
        if self._final:
            given = {name: kind for name, kind in given.items() if name in known}
        return sources.open_file(
            path,
            given,
            self._plan.opener,
            known=known,
            complete=self._final,
            partitions=self._plan.partitions,
            options=self._plan.reading,
        )

    def _chunks(self, path: str, source: Source) -> Iterator[Chunk]:
        incoming = _Since(self._plan.max_rejected)
        for found in source.batches(rejections=incoming):
            batch = self._aligned(found, path)
            step = _step(batch)
            for start in range(0, batch.num_rows, step):
                rows = batch.slice(start, step)
                yield Chunk(path, self._next(), rows, start, incoming.take())
        rejected = incoming.take()
        if rejected.count:
            yield Chunk(path, self._next(), None, 0, rejected)

    def _next(self) -> int:
        self._place += 1
        return self._place - 1

    def _aligned(self, batch: pa.RecordBatch, path: str) -> pa.RecordBatch:
        """Returns a batch with the columns in the order of the first file."""
        if not self._first:
            self._first = path
            self.types = {field.name: plain(field.type) for field in batch.schema}
            return batch
        if set(batch.schema.names) != set(self.types):
            if not self._final:
                raise WiderTypes
            raise InputError(
                path,
                f"has the columns {', '.join(batch.schema.names)}, but {self._first} has "
                f"{', '.join(self.types)}",
                "give all files the same columns",
            )
        for field in batch.schema:
            self._check_type(field.name, plain(field.type), path)
        if batch.schema.names == list(self.types):
            return batch
        fields = [batch.schema.field(name) for name in self.types]
        return pa.RecordBatch.from_arrays(
            [batch.column(batch.schema.get_field_index(name)) for name in self.types],
            schema=pa.schema(fields, batch.schema.metadata),
        )

    def _check_type(self, name: str, kind: pa.DataType, path: str) -> None:
        known = self.types[name]
        if kind == known or pa.types.is_null(kind):
            return
        if pa.types.is_null(known):
            self.types[name] = kind
        elif not self._final:
            raise WiderTypes
        elif feature_type(kind) != feature_type(known):
            raise InputError(
                f"{path}: column {name}",
                f"is {kind}, but {known} in {self._first}",
                f"give the type of {name} in the schema or in `types`",
            )


def plain(kind: pa.DataType) -> pa.DataType:
    """Returns the type of a column's values; how the file or the reader keeps them is no matter."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _step(batch: pa.RecordBatch) -> int:
    """Returns how many rows are converted at once; it depends on the data alone."""
    by_size = int(CHUNK_BYTES * batch.num_rows // max(batch.nbytes, 1))
    return max(1, min(CHUNK_ROWS, by_size))
