"""Tables of pandas, Polars, DuckDB and Arrow, and of whatever speaks Arrow's C interface.

Nothing here imports these libraries: who has a table of one has imported it already.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data.arrow import arrow_streams
from skewgate.data.sources.memory import Held
from skewgate.data.sources.pandas_frames import PandasFrame

KINDS = (
    "a path, a pandas or Polars data frame, an Arrow table, a DuckDB relation, or anything with "
    "__arrow_c_stream__"
)
_ONE_AT_A_TIME = threading.Lock()
"""A connection of DuckDB streams one result at a time, and both sides may be of one."""


def of(data: Any, where: str) -> Held:
    """Returns a table that can be read more than once.

    A stream, such as a RecordBatchReader, is used up by one reading, and is read into memory.

    Args:
        data: see KINDS.
        where: what the table is, for messages, such as "baseline".

    Raises:
        InputError: it is none of these, or its columns have no names that can be told apart.
    """
    if isinstance(data, pa.Table):
        return ArrowTable(data)
    if isinstance(data, pa.RecordBatch):
        return ArrowTable(pa.Table.from_batches([data]))
    if isinstance(data, pa.RecordBatchReader):
        return ArrowTable(data.read_all())
    if _is_a(data, "pyarrow.dataset", "Dataset"):
        return ArrowDataset(data)
    if _is_a(data, "pandas", "DataFrame"):
        return PandasFrame(data, where)
    if _is_a(data, "polars", "LazyFrame"):
        data = data.collect()
    if _is_a(data, "polars", "DataFrame"):
        return ArrowTable(_of_polars(data))
    if _is_a(data, "duckdb", "DuckDBPyRelation"):
        return DuckRelation(data)
    if hasattr(data, "__arrow_c_stream__") and not _is_a_column(data):
        return ArrowTable(arrow_streams.read(data, where))
    kind = type(data)
    raise InputError(
        where,
        f"must be {KINDS}; found {kind.__module__}.{kind.__qualname__}",
        "convert it, such as by pandas.DataFrame(...) or pyarrow.table({...})",
    )


def _is_a(data: Any, module: str, name: str) -> bool:
    """Says whether data are of a class of a library that is loaded."""
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(data, kind)


def _is_a_column(data: Any) -> bool:
    """Says whether data are one column, which streams too, and is no table."""
    return _is_a(data, "pandas", "Series") or _is_a(data, "polars", "Series")


class ArrowTable:
    """An Arrow table, whose buffers are read where they are."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self.schema: pa.Schema = table.schema
        self.rows: int | None = table.num_rows

    def read(self, places: Sequence[int], rows: int) -> Iterator[pa.RecordBatch]:
        """See Held."""
        chosen = pa.Table.from_arrays(
            [self._table.column(place) for place in places],
            schema=pa.schema([self.schema.field(place) for place in places]),
        )
        yield from chosen.to_batches(max_chunksize=rows)


class ArrowDataset:
    """A data set of Arrow, which is read from its files each time."""

    rows: int | None = None

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        self.schema: pa.Schema = dataset.schema

    def read(self, places: Sequence[int], rows: int) -> Iterator[pa.RecordBatch]:
        """See Held."""
        names = [self.schema.names[place] for place in places]
        yield from self._dataset.to_batches(columns=names, batch_size=rows)


class DuckRelation:
    """A relation of DuckDB, which is run each time, so that no more than a batch is in memory."""

    rows: int | None = None

    def __init__(self, relation: Any) -> None:
        self._relation = relation
        with _ONE_AT_A_TIME:
            self.schema: pa.Schema = _stream(relation.limit(0), 1).schema

    def read(self, places: Sequence[int], rows: int) -> Iterator[pa.RecordBatch]:
        """See Held."""
        quoted = ['"{}"'.format(self.schema.names[place].replace('"', '""')) for place in places]
        with _ONE_AT_A_TIME:
            yield from _stream(self._relation.project(", ".join(quoted)), rows)


def _stream(relation: Any, rows: int) -> pa.RecordBatchReader:
    """Runs a relation; the method is called otherwise by old versions."""
    read = getattr(relation, "to_arrow_reader", None) or relation.fetch_record_batch
    return read(rows)


def _of_polars(frame: Any) -> pa.Table:
    """Returns a frame with types that every Arrow knows; views of text are not."""
    levels = getattr(sys.modules["polars"], "CompatLevel", None)
    return frame.to_arrow() if levels is None else frame.to_arrow(compat_level=levels.oldest())
