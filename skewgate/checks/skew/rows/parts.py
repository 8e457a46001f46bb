"""Turns rows of one side into a part: keys, columns to compare, and counts of what is left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

from skewgate.checks.skew.config import RowRules
from skewgate.data.arrow import columns as columns_lib
from skewgate.data.arrow.columns import ListValues
from skewgate.data.arrow.row_keys import Groups, fingerprints
from skewgate.data.arrow.row_parts import RowPart, join_columns
from skewgate.data.arrow.values import places_array


@dataclasses.dataclass
class SideCounts:
    """What is known of all rows of one side.

    Attributes:
        rows: number of rows read.
        without_key: rows that lack a key feature, or have several values of one.
        duplicated: rows whose key occurs more than once on this side.
        duplicated_there: rows whose key occurs once here and more than once on the other side.
        unmatched: rows whose key does not occur on the other side.
        columns: for every column seen, the kinds of values it has; none if it has no value, and
            its values are left out if there are several.
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


def make_part(
    batches: Sequence[pa.RecordBatch], rules: RowRules, features: Iterable[str] | None = None
) -> tuple[RowPart, SideCounts]:
    """Reads rows of one side.

    Rows without a key are counted and left out; of several rows with one key, one is kept.

    Args:
        batches: columns of values or of lists of values; a column may be missing in some.
        rules: names keys, slices and features to ignore.
        features: the features to keep beside keys and slices; all without it.

    Raises:
        InputError: a column is neither numbers nor text, or a key or slicing feature is one here
            and the other there.
    """
    simple = []
    for batch in batches:
        kept = {
            name: columns_lib.simplify(batch.column(index), name)
            for index, name in enumerate(batch.schema.names)
            if name in rules.needed
            or (name not in rules.ignored and (features is None or name in features))
        }
        simple.append((kept, batch.num_rows))
    columns = join_columns(simple, rules.needed)
    rows = sum(size for _, size in simple)
    keys, present = fingerprints(columns, rules.keys, rows)
    counts_of_side = SideCounts(rows, rows - int(np.count_nonzero(present)))
    counts_of_side.columns = {
        name: frozenset().union(*(_kinds(kept[name]) for kept, _ in simple if name in kept))
        for name in columns
    }
    with_key = np.flatnonzero(present)
    groups = Groups.of(keys.take(with_key))
    counts = groups.total(np.ones(len(with_key), np.int64))
    taken = with_key[groups.order[groups.starts]]
    places = places_array(taken)
    return (
        RowPart(
            keys.take(taken), counts, {name: array.take(places) for name, array in columns.items()}
        ),
        counts_of_side,
    )


def _kinds(array: pa.Array) -> frozenset[str]:
    kind = ListValues.of(array).kind
    return frozenset({kind} if kind else ())
