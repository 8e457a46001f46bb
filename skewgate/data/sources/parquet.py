"""Reads Parquet files batch by batch."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Collection, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from skewgate.core.errors import InputError
from skewgate.data.arrow.kinds import TEXT
from skewgate.data.sources import base, column_names
from skewgate.data.sources.parquet_errors import ERRORS, unreadable
from skewgate.data.sources.rejected import Rejections
from skewgate.data.sources.streams import arrow_source
from skewgate.data.sources.typed_files import TypedSource, batch_rows, without_code

_BUFFER = 1 << 20  # bytes read ahead of each column, instead of a whole row group
_VERIFIED = (
    {"page_checksum_verification": True}
    if "page_checksum_verification" in inspect.signature(pa.parquet.ParquetFile).parameters
    else {}
)
"""Compares pages with their check sums, where they have one and this Arrow can."""
_DICTIONARIES = frozenset(["PLAIN", "RLE", "BIT_PACKED", "PLAIN_DICTIONARY", "RLE_DICTIONARY"])
"""Encodings of text that Arrow reads as dictionaries."""


class ParquetSource(TypedSource):
    """A Parquet file, which compresses its pages itself."""

    @contextlib.contextmanager
    def _open(self, texts: Collection[str] = ()) -> Iterator[pa.parquet.ParquetFile]:
        source: Any = None
        try:
            source = arrow_source(self.path, self._opener)
            with without_code(self.path):
                yield pa.parquet.ParquetFile(
                    source,
                    read_dictionary=list(texts),
                    buffer_size=_BUFFER,
                    pre_buffer=False,  # newer versions of Arrow would hold the whole file
                    **_VERIFIED,
                )
        except UnicodeDecodeError as error:
            problem = "has a column whose name is not UTF-8"
            raise InputError(self.path, problem, "rename it") from error
        except ERRORS as error:
            raise unreadable(self.path, source or self.path, error) from error
        finally:
            if source is not None:
                source.close()

    def _look(self, file: pa.parquet.ParquetFile) -> pa.Schema:
        self.rows = int(file.metadata.num_rows)
        return file.schema_arrow

    def _beginning(self, file: pa.parquet.ParquetFile, place: int) -> pa.Array | None:
        name = self._schema.names[place]
        rows = file.iter_batches(column_names.MOST_ROWS, columns=[name], use_threads=False)
        batch = next(rows, None)
        return None if batch is None else _taken(batch, [name], [name]).column(0)

    def batches(
        self, columns: Collection[str] | None = None, rejections: Rejections | None = None
    ) -> Iterator[pa.RecordBatch]:
        """See Source; text comes as dictionaries."""
        fields = dict(zip(self._header, self._schema, strict=True))
        names = self._wanted(columns)
        stored = [fields[name].name for name in names]
        texts = [
            fields[name].name
            for name in names
            if fields[name].type in TEXT and self._types.get(name, pa.string()) == pa.string()
        ]
        texts = self._as_dictionaries(texts)
        with self._open(texts) as file:
            read = file.iter_batches(batch_rows(len(names)), columns=stored, use_threads=False)
            taken = (_taken(batch, stored, names) for batch in read)
            yield from self._given(map(_checked, taken), rejections)

    def _as_dictionaries(self, texts: list[str]) -> list[str]:
        """Returns the columns of text that can be read as dictionaries; the others come plain."""
        if not texts:
            return []
        with self._open() as file:
            places = {file.schema.column(at).path: at for at in range(len(file.schema))}
            groups = [file.metadata.row_group(at) for at in range(file.metadata.num_row_groups)]
            return [
                name
                for name in texts
                if name in places
                and all(_DICTIONARIES.issuperset(g.column(places[name]).encodings) for g in groups)
            ]


def _checked(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Returns a batch whose dictionaries have what the rows name of them.

    Raises:
        pa.ArrowInvalid: one has not.
    """
    for column in batch.columns:
        if pa.types.is_dictionary(column.type):
            most = pc.max(column.indices).as_py()
            if most is not None and most >= len(column.dictionary):
                raise pa.ArrowInvalid("a value stands beyond the end of its dictionary")
    return batch


def _taken(batch: pa.RecordBatch, stored: list[str], names: list[str]) -> pa.RecordBatch:
    """Returns columns under other names: asked for `a`, Arrow also gives a column `a.b`."""
    if batch.schema.names == names:
        return batch
    places = map(batch.schema.get_field_index, stored)
    return base.of_columns(batch.num_rows, dict(zip(names, map(batch.column, places), strict=True)))
