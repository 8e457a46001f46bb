"""Reads Parquet files batch by batch."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from skewgate.core.errors import InputError
from skewgate.data.arrow.extension_types import PICKLED
from skewgate.data.arrow.kinds import TEXT
from skewgate.data.arrow.values import values_of
from skewgate.data.sources import base, column_names
from skewgate.data.sources.casts import cast_batch
from skewgate.data.sources.parquet_errors import unreadable
from skewgate.data.sources.rejected import Rejected, Rejections, enough, reject
from skewgate.data.sources.streams import Opener, open_binary

_BUFFER = 1 << 20  # bytes read ahead of each column, instead of a whole row group
_DICTIONARIES = frozenset(["PLAIN", "RLE", "BIT_PACKED", "PLAIN_DICTIONARY", "RLE_DICTIONARY"])
"""Encodings of text that Arrow reads as dictionaries."""


class ParquetSource(base.TableSource):
    """A Parquet file, which compresses its pages itself."""

    columns: list[str]
    may_be_packed = False

    def __init__(
        self,
        path: str,
        types: Mapping[str, pa.DataType],
        opener: Opener | None = None,
        *,
        complete: bool = False,
    ) -> None:
        """See TableSource; the columns are those of the file, whatever `types` name."""
        self.path, self._types, self._opener = path, dict(types), opener
        with self._open() as file:
            self.rows = int(file.metadata.num_rows)
            self._schema = file.schema_arrow
            found = column_names.columns_of(
                self._schema.names, types, functools.partial(_first_values, file), path
            )
        self._header, self.columns, self._notes = found.header, found.features, found.notes

    @contextlib.contextmanager
    def _open(self, texts: Collection[str] = ()) -> Iterator[pa.parquet.ParquetFile]:
        source: Any = self.path if self._opener is None else open_binary(self.path, self._opener)
        try:
            yield pa.parquet.ParquetFile(source, read_dictionary=list(texts), buffer_size=_BUFFER)
        except UnicodeDecodeError as error:
            problem = "has a column whose name is not UTF-8"
            raise InputError(self.path, problem, "rename it") from error
        except (pa.ArrowInvalid, OSError, NotImplementedError) as error:
            raise unreadable(self.path, source, error) from error
        except RuntimeError as error:
            if PICKLED not in str(error):
                raise
            raise InputError(
                self.path,
                f"has a column of the type {PICKLED}, which brings code of its own to be run",
                "write it again with a type of Arrow's, and do not trust where it came from",
            ) from error
        finally:
            if self._opener is not None:
                source.close()

    def scan(self) -> Iterator[pa.Schema]:
        """See TableSource; the file says its types."""
        kinds = dict(zip(self._header, self._schema.types, strict=True))
        yield pa.schema([(name, self._types.get(name, kinds[name])) for name in self.columns])

    def batches(
        self, columns: Collection[str] | None = None, rejections: Rejections | None = None
    ) -> Iterator[pa.RecordBatch]:
        """See Source; text comes as dictionaries."""
        fields = dict(zip(self._header, self._schema, strict=True))
        names = [name for name in self.columns if columns is None or name in columns]
        stored = [fields[name].name for name in names]
        texts = [
            fields[name].name
            for name in names
            if fields[name].type in TEXT and self._types.get(name, pa.string()) == pa.string()
        ]
        texts = self._as_dictionaries(texts)
        rows = max(min(base.BATCH_ROWS, base.BATCH_CELLS // max(len(names), 1)), 1)
        first = 1
        with self._open(texts) as file:
            for batch in file.iter_batches(rows, columns=stored, use_threads=False):
                renamed = _taken(batch, stored, names)
                cast, problems = cast_batch(renamed, self._types, self.path, enough(rejections))
                for at in sorted(problems):
                    reject(rejections, Rejected(self.path, first + at, *problems[at]))
                lines = np.delete(np.arange(first, first + len(batch)), list(problems))
                yield base.with_lines(cast, lines if problems else first)
                first += len(batch)

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


def _first_values(file: pa.parquet.ParquetFile, place: int) -> list[Any]:
    """Returns values of whole numbers or text that a column begins with; else one missing value."""
    field = file.schema_arrow.field(place)
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if not pa.types.is_integer(kind) and kind not in TEXT:
        return [None]
    rows = file.iter_batches(column_names.MOST_ROWS, columns=[field.name], use_threads=False)
    batch = next(rows, None)
    return [] if batch is None else values_of(_taken(batch, [field.name], [field.name]).column(0))


def _taken(batch: pa.RecordBatch, stored: list[str], names: list[str]) -> pa.RecordBatch:
    """Returns columns under other names: asked for `a`, Arrow also gives a column `a.b`."""
    if batch.schema.names == names:
        return batch
    places = map(batch.schema.get_field_index, stored)
    return base.of_columns(batch.num_rows, dict(zip(names, map(batch.column, places), strict=True)))
