"""Accumulates whole batches: every column, over all rows and by slice."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa

from skewgate.core.distributions import OpaqueDistribution
from skewgate.core.profile import Features, Profile
from skewgate.data.arrow.logical import logical_of_field
from skewgate.profiling.accumulators.column import ColumnAccumulator
from skewgate.profiling.accumulators.options import DEFAULT, ProfileOptions
from skewgate.profiling.accumulators.slicing import slices, unknown

Runner = Callable[[Callable[[Any], None], Iterable[Any]], Iterable[None]]
"""Calls a function on every item, as `map` does; a thread pool's `map` uses several cores."""


class ProfileAccumulator:
    """What is kept of batches of rows."""

    def __init__(self, options: ProfileOptions = DEFAULT) -> None:
        """Makes an empty accumulator."""
        self._options = options
        self._seen: set[str] = set()
        self._slices: dict[str, dict[str, ColumnAccumulator]] = {"": {}}
        self._rows: dict[str, int] = {"": 0}

    @property
    def rows(self) -> int:
        """Number of rows seen."""
        return self._rows[""]

    def add(self, batch: pa.RecordBatch, run: Runner = map) -> None:
        """Takes the rows of a batch.

        Args:
            batch: columns of numbers, text, booleans, times, or lists of them; of others it is
                kept that they cannot be compared.
            run: does the work of the columns, each of which is independent of the others.

        Raises:
            InputError: slices cannot be made by a column.
        """
        work = self._work("", batch)
        self._seen.update(batch.schema.names)
        for columns in self._options.slice_by:
            if set(columns) <= set(batch.schema.names):  # else no row of this batch is in one
                for key, part in slices(batch, columns):
                    work += self._work(key, part)
        collections.deque(run(lambda job: job[0].add(job[1]), work), maxlen=0)

    def _work(self, name: str, batch: pa.RecordBatch) -> list[tuple[ColumnAccumulator, pa.Array]]:
        kept = self._slices.setdefault(name, {})
        self._rows[name] = self._rows.get(name, 0) + batch.num_rows
        jobs = []
        for field, array in zip(batch.schema, batch.columns, strict=True):
            column = field.name
            if self._options.keeps(column):
                if column not in kept:
                    kept[column] = self._column(column)
                if array.null_count < len(array):
                    kept[column].note_logical(logical_of_field(field))
                jobs.append((kept[column], array))
        return jobs

    def _column(self, name: str) -> ColumnAccumulator:
        return ColumnAccumulator(
            name,
            categorical=name in self._options.categorical,
            resolution=self._options.resolution,
        )

    def kinds(self) -> dict[str, tuple[str, frozenset[str]]]:
        """Returns the kind of every column that has values, and the names of its types."""
        return {
            name: (column.kind, frozenset(map(str, column.types)))
            for name, column in self._slices[""].items()
            if column.kind
        }

    def give_up(self, column: str, problem: str, *, faulty: bool) -> None:
        """Keeps no values of a column; the arguments as in OpaqueDistribution."""
        for kept in self._slices.values():
            if column not in kept:
                kept[column] = self._column(column)
            kept[column].give_up(problem, faulty=faulty)

    def merge(self, other: ProfileAccumulator) -> None:
        """Takes what another accumulator has seen; the other must not be used any more."""
        self._seen |= other._seen
        for name, columns in other._slices.items():
            kept = self._slices.setdefault(name, {})
            self._rows[name] = self._rows.get(name, 0) + other._rows[name]
            for column, accumulator in columns.items():
                if column in kept:
                    kept[column].merge(accumulator)
                else:
                    kept[column] = accumulator

    def profile(self) -> Profile:
        """Returns the distributions of all features and slices.

        Every slice has every feature: one that none of its rows shows is missing in all of them,
        and one that cannot be compared over all rows cannot be compared in any slice.

        Raises:
            InputError: there are rows, and none has a column that makes slices.
        """
        absent = [column for columns in self._options.slice_by for column in columns]
        absent = [column for column in absent if column not in self._seen]
        if absent and self.rows:
            raise unknown(absent[0])
        slices: dict[str, Features] = {"": {}}
        value_counts: dict[str, Features] = {}
        for name, columns in self._slices.items():  # "" is the first
            slices[name], value_counts[name] = {}, {}
            for column in sorted(self._slices[""]):
                accumulator = columns.get(column) or self._column(column)
                found = accumulator.distribution(self._rows[name])
                whole = slices[""].get(column)
                if isinstance(whole, OpaqueDistribution):
                    n = accumulator.n_present
                    found = dataclasses.replace(whole, n_missing=self._rows[name] - n, n=n)
                slices[name][column] = found
                lengths = accumulator.value_count()
                if lengths is not None and not isinstance(found, OpaqueDistribution):
                    value_counts[name][column] = lengths
        return Profile(slices, dict(self._rows), value_counts)
