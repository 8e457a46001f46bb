"""Which rows of the examples are evaluated: those whose labels are there and complete."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute
from apache_beam.metrics import Metrics, MetricsFilter

_NAMESPACE = "skewgate.performance_gate"
_READ, _LABELLED, _EVALUATED = "read", "labelled", "evaluated"


@dataclasses.dataclass(frozen=True)
class Selection:
    """What a row needs to be evaluated.

    Attributes:
        labels: features that must have a value.
        window: feature that names the windows of a row, or "".
        incomplete: windows that lack too many labels; a row that is in no other is left out.
    """

    labels: tuple[str, ...]
    window: str = ""
    incomplete: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class RowCounts:
    """Rows of a split: read, those of them with a label, those of them that were evaluated."""

    read: int
    labelled: int
    evaluated: int


class Select(beam.DoFn):  # type: ignore[misc, unused-ignore]
    """Keeps and counts the rows to evaluate."""

    def __init__(self, selection: Selection, index: int) -> None:
        """Takes what to keep, and the number of the split."""
        super().__init__()
        self._selection = selection
        self._read, self._labelled, self._evaluated = (
            Metrics.counter(_NAMESPACE, f"{name}[{index}]")
            for name in (_READ, _LABELLED, _EVALUATED)
        )

    def process(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Takes one batch of the source."""
        self._read.inc(batch.num_rows)
        kept = labelled_rows(batch, self._selection.labels)
        self._labelled.inc(kept.num_rows)
        if self._selection.incomplete:
            kept = rows_of_complete_windows(
                kept, self._selection.window, self._selection.incomplete
            )
        self._evaluated.inc(kept.num_rows)
        if kept.num_rows:
            yield kept


def counts(result: beam.runners.runner.PipelineResult, splits: int) -> list[RowCounts]:
    """Returns what was counted of each split."""
    found = result.metrics().query(MetricsFilter().with_namespace(_NAMESPACE))
    by_name = {counter.key.metric.name: int(counter.result) for counter in found["counters"]}
    return [
        RowCounts(*(by_name.get(f"{name}[{index}]", 0) for name in (_READ, _LABELLED, _EVALUATED)))
        for index in range(splits)
    ]


def labelled_rows(batch: pa.RecordBatch, labels: Sequence[str]) -> pa.RecordBatch:
    """Returns the rows of a batch that have a value of every label."""
    kept = np.ones(batch.num_rows, bool)
    for label in labels:
        index = batch.schema.get_field_index(label)
        if index < 0 or pa.types.is_null(batch.schema.field(index).type):
            return batch.slice(0, 0)
        lengths = pa.compute.fill_null(pa.compute.list_value_length(batch.column(index)), 0)
        kept &= np.asarray(lengths) > 0
    return batch if kept.all() else batch.filter(pa.array(kept))


def rows_of_complete_windows(
    batch: pa.RecordBatch, feature: str, incomplete: frozenset[str]
) -> pa.RecordBatch:
    """Returns the rows that are in at least one complete window, or in none at all.

    The names of incomplete windows are taken off the rows that stay, so that no slice of such a
    window is left.

    Args:
        batch: rows whose feature is a list of window names.
        feature: its name; without it all rows are returned, for none is in such a window.
        incomplete: names of windows.
    """
    index = batch.schema.get_field_index(feature)
    if index < 0 or pa.types.is_null(batch.schema.field(index).type):
        return batch
    column = batch.column(index)
    names = pa.array([name.encode("utf-8") for name in sorted(incomplete)], pa.binary())
    values = column.flatten()
    kept = ~np.asarray(pa.compute.is_in(values.cast(pa.binary()), value_set=names))
    parents = np.asarray(pa.compute.list_parent_indices(column))
    before = np.bincount(parents, minlength=batch.num_rows)
    left = np.bincount(parents[kept], minlength=batch.num_rows)
    lists = pa.ListArray if pa.types.is_list(column.type) else pa.LargeListArray
    offsets = np.concatenate([[0], np.cumsum(left)])
    offset_type = pa.int32() if lists is pa.ListArray else pa.int64()
    stripped = lists.from_arrays(pa.array(offsets, offset_type), values.filter(pa.array(kept)))
    columns = [stripped if i == index else each for i, each in enumerate(batch.columns)]
    renewed = pa.RecordBatch.from_arrays(columns, schema=batch.schema)
    return renewed.filter(pa.array((left > 0) | (before == 0)))
