"""A part of the rows of one side: fingerprints and columns, and how Arrow holds it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pyarrow as pa

from skewgate.data.arrow import columns as columns_lib
from skewgate.data.arrow.columns import Places
from skewgate.data.arrow.row_keys import Keys
from skewgate.data.arrow.values import numbers, places_array

_RANGE = 1 << 64


@dataclasses.dataclass(frozen=True)
class RowPart:
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

    def between(self, number: int, parts: int) -> RowPart:
        """Returns one of so many parts of equal ranges of fingerprints, without a copy."""
        first = _place(self.keys, number, parts)
        end = _place(self.keys, number + 1, parts)
        return RowPart(
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
    def from_batch(cls, batch: pa.RecordBatch) -> RowPart:
        """Reads what `to_batch` returned."""
        high, low, counts, *arrays = batch.columns
        keys = Keys(numbers(high).view(np.uint64), numbers(low).view(np.uint64))
        return cls(keys, numbers(counts), dict(zip(batch.schema.names[3:], arrays, strict=True)))

    @classmethod
    def join(cls, parts: Sequence[RowPart], needed: Collection[str] | None = None) -> RowPart:
        """Puts parts one after the other, which is no order of fingerprints any more.

        Args:
            parts: of one side.
            needed: see `join_columns`.

        Raises:
            InputError: a column that is needed is text in one part and numbers in another.
        """
        return cls(
            Keys(
                np.concatenate([np.empty(0, np.uint64), *(part.keys.high for part in parts)]),
                np.concatenate([np.empty(0, np.uint64), *(part.keys.low for part in parts)]),
            ),
            np.concatenate([np.empty(0, np.int64), *(part.counts for part in parts)]),
            join_columns([(part.columns, len(part.keys)) for part in parts], needed),
        )


def split(part: RowPart, parts: int) -> Iterator[tuple[int, RowPart]]:
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


def join_columns(
    parts: Sequence[tuple[dict[str, pa.Array], int]], needed: Collection[str] | None = None
) -> dict[str, pa.Array]:
    """Puts columns one below the other; what a part of so many rows lacks is null there.

    Args:
        parts: columns and numbers of rows.
        needed: the columns without which nothing can be done, by default all. Another one that is
            text in one part and numbers in another is null throughout.

    Raises:
        InputError: a column that is needed is text in one part and numbers in another.
    """
    names = dict.fromkeys(name for columns, _ in parts for name in columns)
    joined = {}
    for name in names:
        arrays = [columns[name] if name in columns else pa.nulls(size) for columns, size in parts]
        if needed is not None and name not in needed and columns_lib.is_mixed(arrays):
            joined[name] = pa.nulls(sum(map(len, arrays)))
        else:
            joined[name] = columns_lib.combine(arrays, name)
    return joined
