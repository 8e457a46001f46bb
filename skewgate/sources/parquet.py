"""Reads Parquet files batch by batch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import pyarrow as pa
import pyarrow.parquet

from skewgate import tables
from skewgate.errors import InputError
from skewgate.sources.base import BATCH_ROWS, Source, check_names

_BUFFER = 1 << 20  # bytes read ahead of each column, instead of a whole row group


class ParquetSource(Source):
    """A Parquet file."""

    def __init__(self, path: str, types: Mapping[str, pa.DataType]) -> None:
        """Opens the file; `types` are those that a schema gives to columns."""
        self.path, self._types = path, dict(types)
        self.rows = int(self._open().metadata.num_rows)

    def _open(self, texts: Collection[str] = ()) -> pa.parquet.ParquetFile:
        try:
            return pa.parquet.ParquetFile(
                self.path, read_dictionary=list(texts), buffer_size=_BUFFER
            )
        except (pa.ArrowInvalid, OSError) as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> InputError:
        return InputError(
            self.path,
            f"is not a whole Parquet file ({str(error).splitlines()[0].rstrip('.')})",
            "write it again",
        )

    def batches(self, columns: Collection[str] | None = None) -> Iterator[pa.RecordBatch]:
        """See Source; text comes as dictionaries."""
        schema = self._open().schema_arrow
        wanted = [name for name in schema.names if columns is None or name in columns]
        check_names(schema.names, self.path)
        texts = [
            name
            for name in wanted
            if schema.field(name).type in tables.TEXT
            and self._types.get(name, pa.string()) == pa.string()
        ]
        declared = {name: kind for name, kind in self._types.items() if name not in texts}
        file = self._open(texts)
        try:
            for batch in file.iter_batches(BATCH_ROWS, columns=wanted, use_threads=False):
                table = tables.as_declared(pa.Table.from_batches([batch]), declared, self.path)
                yield from table.to_batches()
        except (pa.ArrowInvalid, OSError) as error:
            raise self._broken(error) from error
