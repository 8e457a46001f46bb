"""Reads files and streams of Arrow's IPC format, and Feather of version 2, batch by batch."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data.arrow.extension_types import PICKLED
from skewgate.data.arrow.kinds import TEXT
from skewgate.data.arrow.values import values_of
from skewgate.data.sources import base, column_names
from skewgate.data.sources.casts import cast_batch
from skewgate.data.sources.rejected import Rejected, Rejections, enough, reject
from skewgate.data.sources.streams import Opener, open_binary

_FILE = b"ARROW1"
_OLD_FEATHER = b"FEA1"


class ArrowSource(base.TableSource):
    """A file in Arrow's IPC format, which compresses its buffers itself."""

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
        with self._open() as reader:
            self._schema = reader.schema
            found = column_names.columns_of(
                self._schema.names, types, functools.partial(_first_values, reader), path
            )
        self._header, self.columns, self._notes = found.header, found.features, found.notes

    @contextlib.contextmanager
    def _open(self) -> Iterator[Any]:
        """Yields Arrow's reader of the file or stream."""
        try:
            with open_binary(self.path, self._opener) as file:
                begin = file.read(len(_FILE))
                if begin.startswith(_OLD_FEATHER):
                    raise InputError(
                        self.path,
                        "is Feather of version 1, which holds no Arrow data",
                        "write it again by pyarrow.feather.write_feather, which writes version 2",
                    )
                file.seek(0)
                yield pa.ipc.open_file(file) if begin == _FILE else pa.ipc.open_stream(file)
        except (pa.ArrowInvalid, OSError) as error:
            raise InputError(
                self.path,
                f"is not a whole Arrow file ({str(error).splitlines()[0].rstrip('.')})",
                "write it again",
            ) from error
        except RuntimeError as error:
            if PICKLED not in str(error):
                raise
            raise InputError(
                self.path,
                f"has a column of the type {PICKLED}, which brings code of its own to be run",
                "write it again with a type of Arrow's, and do not trust where it came from",
            ) from error

    def scan(self) -> Iterator[pa.Schema]:
        """See TableSource; the file says its types."""
        kinds = dict(zip(self._header, self._schema.types, strict=True))
        yield pa.schema([(name, self._types.get(name, kinds[name])) for name in self.columns])

    def batches(
        self, columns: Collection[str] | None = None, rejections: Rejections | None = None
    ) -> Iterator[pa.RecordBatch]:
        """See Source."""
        names = [name for name in self.columns if columns is None or name in columns]
        rows = max(min(base.BATCH_ROWS, base.BATCH_CELLS // max(len(names), 1)), 1)
        first = 1
        with self._open() as reader:
            for whole in _all(reader):
                kept = {name: whole.column(self._header.index(name)) for name in names}
                part = base.of_columns(whole.num_rows, kept)
                for start in range(0, whole.num_rows, rows):
                    batch = part.slice(start, rows)
                    cast, problems = cast_batch(batch, self._types, self.path, enough(rejections))
                    for at in sorted(problems):
                        reject(rejections, Rejected(self.path, first + at, *problems[at]))
                    lines = np.delete(np.arange(first, first + len(batch)), list(problems))
                    yield base.with_lines(cast, lines if problems else first)
                    first += len(batch)


def _first_values(reader: Any, place: int) -> list[Any]:
    """Returns values that a column begins with, if they are whole numbers or text."""
    kind = reader.schema.types[place]
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not pa.types.is_integer(kind) and kind not in TEXT:
        return [None]
    batch = next(_all(reader), None)
    return [] if batch is None else values_of(batch.column(place).slice(0, column_names.MOST_ROWS))


def _all(reader: Any) -> Iterator[pa.RecordBatch]:
    """Yields the batches of a file or a stream."""
    if isinstance(reader, pa.ipc.RecordBatchFileReader):
        for at in range(reader.num_record_batches):
            yield reader.get_batch(at)
    else:
        yield from reader
