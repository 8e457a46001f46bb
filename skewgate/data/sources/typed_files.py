"""What files that say the types of their columns have in common: Parquet and Arrow's own."""

from __future__ import annotations

import abc
import contextlib
import functools
from collections.abc import Collection, Iterable, Iterator, Mapping
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
from skewgate.data.sources.streams import Opener


class TypedSource(base.TableSource):
    """A file that says the types of its columns, and compresses itself."""

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
            self._schema = self._look(file)
            found = column_names.columns_of(
                self._schema.names, types, functools.partial(self._first_values, file), path
            )
        self._header, self.columns, self._notes = found.header, found.features, found.notes

    @abc.abstractmethod
    def _open(self) -> contextlib.AbstractContextManager[Any]:
        """Opens the file; what Arrow says of one that cannot be read becomes an InputError."""

    @abc.abstractmethod
    def _look(self, file: Any) -> pa.Schema:
        """Returns the schema of an open file."""

    @abc.abstractmethod
    def _beginning(self, file: Any, place: int) -> pa.Array | None:
        """Returns the first values of a column of an open file; None if there is no row."""

    def _first_values(self, file: Any, place: int) -> list[Any]:
        """Returns what a column begins with, if it is whole numbers or text; else one null."""
        kind = self._schema.types[place]
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not pa.types.is_integer(kind) and kind not in TEXT:
            return [None]
        found = self._beginning(file, place)
        return [] if found is None else values_of(found)

    def scan(self) -> Iterator[pa.Schema]:
        """See TableSource; the file says its types."""
        kinds = dict(zip(self._header, self._schema.types, strict=True))
        yield pa.schema([(name, self._types.get(name, kinds[name])) for name in self.columns])

    def _wanted(self, columns: Collection[str] | None) -> list[str]:
        wanted = base.looked_up(columns)
        return [name for name in self.columns if wanted is None or name in wanted]

    def _given(
        self, batches: Iterable[pa.RecordBatch], rejections: Rejections | None
    ) -> Iterator[pa.RecordBatch]:
        """Gives the rows of a file the types that are given, as far as they can have them."""
        first = 1
        for batch in batches:
            cast, problems = cast_batch(batch, self._types, self.path, enough(rejections))
            for at in sorted(problems):
                reject(rejections, Rejected(self.path, first + at, *problems[at]))
            lines = np.delete(np.arange(first, first + len(batch)), list(problems))
            yield base.with_lines(cast, lines if problems else first)
            first += len(batch)


def batch_rows(columns: int) -> int:
    """Returns how many rows of so many columns are read at once."""
    return max(min(base.BATCH_ROWS, base.BATCH_CELLS // max(columns, 1)), 1)


@contextlib.contextmanager
def without_code(path: str) -> Iterator[None]:
    """Refuses a file that brings code of its own to be run."""
    try:
        yield
    except RuntimeError as error:
        if PICKLED not in str(error):
            raise
        raise InputError(
            path,
            f"has a column of the type {PICKLED}, which brings code of its own to be run",
            "write it again with a type of Arrow's, and do not trust where it came from",
        ) from error
