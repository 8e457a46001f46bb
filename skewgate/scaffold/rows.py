"""Reads the rows of a table: how often each label occurs, and a bounded sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.data.arrow.values import mask_array, values_of
from skewgate.data.sources.reading_options import ReadingOptions
from skewgate.simulation.reading import Progress, Rows, join

MOST_VALUES = 10_000
"""Distinct values beyond which nobody counts."""
_BLOCK = 65_536


class Counter:
    """Counts the values of a column; an observer of `Rows`.

    Attributes:
        counts: rows of each value; None if there are too many values.
    """

    def __init__(self, column: str) -> None:
        """Takes the name of the column."""
        self._column = column
        self.counts: dict[Any, int] | None = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Takes rows."""
        at = batch.schema.get_field_index(self._column)
        if at < 0 or self.counts is None:
            return
        values = batch.column(at).drop_null()
        if pa.types.is_floating(values.type):
            values = values.filter(pc.is_finite(values))
        found = values.value_counts()
        numbers = found.field("counts").to_pylist()
        for value, count in zip(values_of(found.field("values")), numbers, strict=True):
            self.counts[value] = self.counts.get(value, 0) + count
        if len(self.counts) > MOST_VALUES:
            self.counts = None


def count(
    place: str,
    column: str,
    types: Mapping[str, pa.DataType],
    csv: ReadingOptions,
    progress: Progress,
) -> dict[Any, int] | None:
    """Returns how many rows have each value of a column; None if there are too many values.

    Raises:
        InputError: the data cannot be read.
    """
    return _observed(Rows(place, types, csv), column, progress)


def _observed(rows: Rows, column: str, progress: Progress) -> dict[Any, int] | None:
    counter = rows.observe(Counter(column), progress)
    assert isinstance(counter, Counter)
    return counter.counts


def sample(
    place: str,
    column: str,
    types: Mapping[str, pa.DataType],
    csv: ReadingOptions,
    most: int,
    progress: Progress,
) -> tuple[pa.RecordBatch, dict[Any, int] | None]:
    """Returns the rows of data, evenly thinned to at most `most`, in their order; see `count`.

    Raises:
        InputError: the data cannot be read.
    """
    rows = Rows(place, types, csv)
    counts = _observed(rows, column, progress)
    kept, start = [], 0
    for block in rows.blocks(_BLOCK):
        kept.append(_thinned(block, start, most, rows.rows))
        start += block.num_rows
    return join(kept, rows.schema), counts


def thinned(rows: pa.RecordBatch, most: int) -> pa.RecordBatch:
    """Returns at most `most` rows, evenly spread."""
    return _thinned(rows, 0, most, rows.num_rows)


def _thinned(block: pa.RecordBatch, start: int, most: int, rows: int) -> pa.RecordBatch:
    if rows <= most:
        return block
    places = np.arange(start, start + block.num_rows + 1) * most // rows
    return block.filter(mask_array(places[1:] > places[:-1]))
