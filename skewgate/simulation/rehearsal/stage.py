"""The rows that a rehearsal plays with: a baseline and windows, in memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa

from skewgate.checks.drift.config import DriftConfig
from skewgate.core.profile import Profile
from skewgate.data.arrow.values import mask_array, places_array
from skewgate.data.sources.reading_options import RECOGNISED, ReadingOptions
from skewgate.profiling.accumulators.numeric import FINE_RESOLUTION
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.profiling.accumulators.profile import ProfileAccumulator
from skewgate.simulation.kinds.randoms import uniforms
from skewgate.simulation.reading import Progress, Rows, join
from skewgate.simulation.simulate import window_blocks
from skewgate.simulation.spec import Spec, default_rehearsal
from skewgate.simulation.survey import survey

MOST_ROWS = 200_000
"""Rows kept; of larger data every window keeps the same share, evenly spread."""


@dataclasses.dataclass(frozen=True)
class Stage:
    """The rows of a rehearsal.

    Attributes:
        windows: the rows of each window, the baseline's first.
        baseline: how many windows are the baseline.
        first: the first window with drift, from 1.
        config: the drift configuration.
        categorical: columns of numbers that are names of categories.
        rows_read: rows of the data, of which more may have been read than are kept.
    """

    windows: tuple[pa.RecordBatch, ...]
    baseline: int
    first: int
    config: DriftConfig
    categorical: frozenset[str]
    rows_read: int

    @property
    def numbers(self) -> range:
        """Numbers of the windows that are compared with the baseline."""
        return range(self.baseline + 1, len(self.windows) + 1)

    def window(self, number: int) -> pa.RecordBatch:
        """Returns the rows of a window, counted from 1."""
        return self.windows[number - 1]

    def baseline_rows(self) -> pa.RecordBatch:
        """Returns the rows of the baseline."""
        return join(list(self.windows[: self.baseline]), self.windows[0].schema)

    def all_rows(self) -> pa.RecordBatch:
        """Returns the rows of all windows."""
        return join(list(self.windows), self.windows[0].schema)

    def profile(self, rows: pa.RecordBatch) -> Profile:
        """Returns the distributions of rows, as exact as what `skewgate drift` reads again."""
        accumulator = ProfileAccumulator(
            ProfileOptions(self.categorical, self.config.slices, FINE_RESOLUTION)
        )
        accumulator.add(rows)
        return accumulator.profile()


def load(
    data: str,
    spec: Spec,
    config: DriftConfig,
    types: Mapping[str, pa.DataType] | None,
    categorical: Collection[str],
    progress: Progress,
    *,
    shuffle: bool = False,
    csv: ReadingOptions = RECOGNISED,
    tell: Callable[[dict[str, list[str]]], None] = lambda notes: None,
) -> Stage:
    """Reads data in two passes and keeps at most about `MOST_ROWS` rows.

    With `shuffle` the rows change places, and each window keeps its size. `csv` says how CSV files
    are written, and `tell` is told by path what is read otherwise than it stands in a file.

    Raises:
        InputError: the data cannot be read, or make too few windows.
    """
    rows = Rows(data, spec.windows.types_to_read(types), csv)
    _, windows = survey(rows, (), spec.windows, spec.where, progress)
    tell(rows.notes())
    baseline, first = default_rehearsal(spec.rehearsal, len(windows.sizes), spec.where)
    kept: list[list[pa.RecordBatch]] = [[] for _ in windows.sizes]
    for window, start, block, _ in window_blocks(rows, windows):
        kept[window].append(_thinned(block, start, MOST_ROWS, rows.rows))
    cut = tuple(_joined(parts, rows.schema) for parts in kept)
    return Stage(
        windows=_shuffled(cut, spec.seed) if shuffle else cut,
        baseline=baseline,
        first=first,
        config=config,
        categorical=frozenset(categorical),
        rows_read=rows.rows,
    )


def _thinned(block: pa.RecordBatch, start: int, most: int, rows: int) -> pa.RecordBatch:
    """Keeps an evenly spread share of the rows of a window, `most` of `rows`."""
    if rows <= most:
        return block
    places = np.arange(start, start + block.num_rows + 1) * most // rows
    return block.filter(mask_array(places[1:] > places[:-1]))


def _shuffled(windows: Sequence[pa.RecordBatch], seed: int) -> tuple[pa.RecordBatch, ...]:
    rows = join(list(windows), windows[0].schema)
    order = np.argsort(uniforms(seed, "order of rows", 0, rows.num_rows), kind="stable")
    mixed = rows.take(places_array(order))
    ends = np.cumsum([window.num_rows for window in windows]).tolist()
    return tuple(
        mixed.slice(end - window.num_rows, window.num_rows)
        for window, end in zip(windows, ends, strict=True)
    )


def _joined(parts: Sequence[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    if parts:
        return join(list(parts), schema)
    return pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)
