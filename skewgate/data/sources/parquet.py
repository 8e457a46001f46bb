"""Reads Parquet files batch by batch."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from skewgate.core.errors import InputError
from skewgate.data.arrow.extension_types import PICKLED
from skewgate.data.arrow.kinds import TEXT
from skewgate.data.sources import base
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
        self.columns = self._schema.names
        base.check_names(self.columns, path)

    @contextlib.contextmanager
    def _open(self, texts: Collection[str] = ()) -> Iterator[pa.parquet.ParquetFile]:
        source: Any = self.path if self._opener is None else open_binary(self.path, self._opener)
        try:
            yield pa.parquet.ParquetFile(source, read_dictionary=list(texts), buffer_size=_BUFFER)
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
        fields = ((field.name, self._types.get(field.name, field.type)) for field in self._schema)
        yield pa.schema(list(fields))

    def batches(
        self, columns: Collection[str] | None = None, rejections: Rejections | None = None
    ) -> Iterator[pa.RecordBatch]:
        """See Source; text comes as dictionaries."""
        names = [name for name in self.columns if columns is None or name in columns]
        texts = [
            name
            for name in names
            if self._schema.field(name).type in TEXT
            and self._types.get(name, pa.string()) == pa.string()
        ]
        texts = self._as_dictionaries(texts)
        rows = max(min(base.BATCH_ROWS, base.BATCH_CELLS // max(len(names), 1)), 1)
        first = 1
        with self._open(texts) as file:
            for batch in file.iter_batches(rows, columns=names, use_threads=False):
                cast, problems = cast_batch(batch, self._types, self.path, enough(rejections))
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
