"""A part of the rows of one side: fingerprints and the columns to compare, and how it is stored."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from skewgate.checks.skew.config import RowRules
from skewgate.data.arrow import columns as columns_lib
from skewgate.data.arrow.columns import Places, places_array
from skewgate.data.arrow.row_keys import Groups, Keys, fingerprints
from skewgate.profiling.accumulators.column import is_list, numbers

_RANGE = 1 << 64


@dataclasses.dataclass
class SideCounts:
    """What is known of all rows of one side.

    Attributes:
        rows: number of rows read.
        without_key: rows that lack a key feature, or have several values of one.
        duplicated: rows whose key occurs more than once on this side.
        duplicated_there: rows whose key occurs once here and more than once on the other side.
        unmatched: rows whose key does not occur on the other side.
        columns: for every column seen, the kinds of values it has; none if it has no value.
    """

    rows: int = 0
    without_key: int = 0
    duplicated: int = 0
    duplicated_there: int = 0
    unmatched: int = 0
    columns: dict[str, frozenset[str]] = dataclasses.field(default_factory=dict)

    def merge(self, other: SideCounts) -> None:
        """Takes what was counted of other rows."""
        self.rows += other.rows
        self.without_key += other.without_key
        self.duplicated += other.duplicated
        self.duplicated_there += other.duplicated_there
        self.unmatched += other.unmatched
        for name, kinds in other.columns.items():
            self.columns[name] = self.columns.get(name, frozenset()) | kinds


@dataclasses.dataclass(frozen=True)
class Part:
    """Rows with a key, in ascending order of fingerprint.

    Attributes:
        keys: the fingerprints.
        counts: how many rows have this key, shape (n,); where it is more than 1, the columns hold
            the values of one of them, which nobody reads.
        columns: as `columns.simplify` returns them, n rows each.
    """

    keys: Keys
    counts: Places
    columns: dict[str, pa.Array]

    def between(self, number: int, parts: int) -> Part:
        """Returns one of so many parts of equal ranges of fingerprints, without a copy."""
        first = _place(self.keys, number, parts)
        end = _place(self.keys, number + 1, parts)
        return Part(
            self.keys.take(slice(first, end)),
            self.counts[first:end],
            {name: array.slice(first, end - first) for name, array in self.columns.items()},
        )

    def to_batch(self) -> pa.RecordBatch:
        """Returns the part as a batch of Arrow, fingerprints and counts first."""
        meta = (self.keys.high.view(np.int64), self.keys.low.view(np.int64), self.counts)
        return pa.RecordBatch.from_arrays(
            [*map(places_array, meta), *self.columns.values()], ["", "", "", *self.columns]
        )

    @classmethod
    def from_batch(cls, batch: pa.RecordBatch) -> Part:
        """Reads what `to_batch` returned."""
        high, low, counts, *arrays = batch.columns
        keys = Keys(numbers(high).view(np.uint64), numbers(low).view(np.uint64))
        return cls(keys, numbers(counts), dict(zip(batch.schema.names[3:], arrays, strict=True)))

    @classmethod
    def join(cls, parts: Sequence[Part]) -> Part:
        """Puts parts one after the other, which is no order of fingerprints any more.

        Raises:
            InputError: a column is text in one part and numbers in another.
        """
        return cls(
            Keys(
                np.concatenate([np.empty(0, np.uint64), *(part.keys.high for part in parts)]),
                np.concatenate([np.empty(0, np.uint64), *(part.keys.low for part in parts)]),
            ),
            np.concatenate([np.empty(0, np.int64), *(part.counts for part in parts)]),
            _join_columns([(part.columns, len(part.keys)) for part in parts]),
        )


def make_part(
    batches: Sequence[pa.RecordBatch], rules: RowRules, features: Iterable[str] | None = None
) -> tuple[Part, SideCounts]:
    """Reads rows of one side.

    Rows without a key are counted and left out; of several rows with one key, one is kept.

    Args:
        batches: columns of values or of lists of values; a column may be missing in some.
        rules: names keys, slices and features to ignore.
        features: the features to keep beside keys and slices; all without it.

    Raises:
        InputError: a column is neither numbers nor text, or is one here and the other there.
    """
    needed = frozenset(rules.keys).union(*rules.slices)
    simple = []
    for batch in batches:
        kept = {
            name: columns_lib.simplify(batch.column(index), name)
            for index, name in enumerate(batch.schema.names)
            if name in needed
            or (name not in rules.ignored and (features is None or name in features))
        }
        simple.append((kept, batch.num_rows))
    columns = _join_columns(simple)
    rows = sum(size for _, size in simple)
    keys, present = fingerprints(columns, rules.keys, rows)
    seen = SideCounts(rows, rows - int(np.count_nonzero(present)))
    seen.columns = {name: _kinds(array) for name, array in columns.items()}
    with_key = np.flatnonzero(present)
    groups = Groups.of(keys.take(with_key))
    counts = groups.total(np.ones(len(with_key), np.int64))
    taken = with_key[groups.order[groups.starts]]
    places = places_array(taken)
    return (
        Part(
            keys.take(taken), counts, {name: array.take(places) for name, array in columns.items()}
        ),
        seen,
    )


def split(part: Part, parts: int) -> Iterator[tuple[int, Part]]:
    """Yields the number and the rows of each of so many ranges that has rows."""
    for number in range(parts):
        found = part.between(number, parts)
        if len(found.keys):
            yield number, found


def _place(keys: Keys, number: int, parts: int) -> int:
    """Returns where in ascending fingerprints a range begins."""
    bound = -(-number * _RANGE // parts)
    if bound >= _RANGE:
        return len(keys)
    return int(np.searchsorted(keys.high, np.uint64(bound), side="left"))


def _kinds(array: pa.Array) -> frozenset[str]:
    if is_list(array.type):
        found = len(array.flatten()) > 0
        return frozenset({columns_lib.kind_of(array.type.value_type)} if found else ())
    return frozenset({columns_lib.kind_of(array.type)} if array.null_count < len(array) else ())


def _join_columns(parts: Sequence[tuple[dict[str, pa.Array], int]]) -> dict[str, pa.Array]:
    names = dict.fromkeys(name for columns, _ in parts for name in columns)
    return {
        name: columns_lib.combine(
            [columns[name] if name in columns else pa.nulls(size) for columns, size in parts],
            name,
        )
        for name in names
    }
