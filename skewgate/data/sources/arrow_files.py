"""Reads files and streams of Arrow's IPC format, and Feather of version 2, batch by batch."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from typing import Any

import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data.sources import base, column_names
from skewgate.data.sources.rejected import Rejections
from skewgate.data.sources.streams import open_binary
from skewgate.data.sources.typed_files import TypedSource, batch_rows, without_code

_FILE = b"ARROW1"
_OLD_FEATHER = b"FEA1"


class ArrowSource(TypedSource):
    """A file in Arrow's IPC format, which compresses its buffers itself."""

    @contextlib.contextmanager
    def _open(self) -> Iterator[Any]:
        """Yields Arrow's reader of the file or stream."""
        try:
            with without_code(self.path), open_binary(self.path, self._opener) as file:
                begin = file.read(len(_FILE))
                if begin.startswith(_OLD_FEATHER):
                    raise InputError(
                        self.path,
                        "is Feather of version 1, which holds no Arrow data",
                        "write it again by pyarrow.feather.write_feather, which writes version 2",
                    )
                file.seek(0)
                yield pa.ipc.open_file(file) if begin == _FILE else pa.ipc.open_stream(file)
        except UnicodeDecodeError as error:
            problem = "has a column whose name is not UTF-8"
            raise InputError(self.path, problem, "rename it") from error
        except (pa.ArrowException, OSError, MemoryError) as error:
            raise InputError(
                self.path,
                f"is not a whole Arrow file ({str(error).splitlines()[0].rstrip('.')})",
                "write it again",
            ) from error

    def _look(self, file: Any) -> pa.Schema:
        return file.schema

    def _beginning(self, file: Any, place: int) -> pa.Array | None:
        batch = next(_all(file), None)
        return None if batch is None else batch.column(place).slice(0, column_names.MOST_ROWS)

    def batches(
        self, columns: Collection[str] | None = None, rejections: Rejections | None = None
    ) -> Iterator[pa.RecordBatch]:
        """See Source."""
        with self._open() as reader:
            yield from self._given(self._parts(reader, self._wanted(columns)), rejections)

    def _parts(self, reader: Any, names: list[str]) -> Iterator[pa.RecordBatch]:
        """Yields columns of the file in batches of bounded size."""
        rows = batch_rows(len(names))
        places = {name: at for at, name in enumerate(self._header)}
        for whole in _all(reader):
            kept = {name: whole.column(places[name]) for name in names}
            part = base.of_columns(whole.num_rows, kept)
            for start in range(0, whole.num_rows, rows):
                yield part.slice(start, rows)


def _all(reader: Any) -> Iterator[pa.RecordBatch]:
    """Yields the batches of a file or a stream, once they are what they say.

    Arrow follows offsets and lengths without a look, also to where no memory is.

    Raises:
        pa.ArrowInvalid: a batch is not.
    """
    is_file = isinstance(reader, pa.ipc.RecordBatchFileReader)
    batches = map(reader.get_batch, range(reader.num_record_batches)) if is_file else reader
    for batch in batches:
        batch.validate(full=True)
        yield batch
