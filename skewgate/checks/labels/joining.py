"""Gives prediction rows their labels, a range of keys at a time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from skewgate.checks.labels.config import LAST_SECOND, LabelConfig
from skewgate.checks.labels.counts import LabelCounts, mixed_types
from skewgate.checks.labels.rows import (
    KEYED,
    LABEL,
    NO_TIME,
    OWN,
    PLACE,
    RECORD,
    TIME,
    groups_of,
    last_of_each,
    mask_column,
    number_column,
)
from skewgate.data.arrow.columns import Mask, Places, large_lists
from skewgate.data.arrow.row_keys import Groups, Keys
from skewgate.data.arrow.row_parts import RowPart
from skewgate.data.arrow.values import places_array
from skewgate.data.tf_example import patching

_TIMES = 1 << 39
"""More than there are seconds in the years 1900 to 9999, twice."""


class Joiner:
    """Joins the labels of some keys with the predictions that have them, in any number of parts.

    Attributes:
        counted: what was counted of the predictions so far.
    """

    def __init__(self, labels: RowPart, config: LabelConfig) -> None:
        """Takes all labels whose keys are looked for, in any order.

        Raises:
            InputError: a label is a whole number in some rows and a float in others.
        """
        self._config = config
        self._labels = last_of_each(labels)
        for name, array in self._labels.columns.items():
            if pa.float64() in (array.type, getattr(array.type, "value_type", None)):
                raise mixed_types(name.removeprefix(LABEL), {"int64", "float"})
        groups = Groups.of(self._labels.keys)
        self._keys = self._labels.keys.take(groups.order[groups.starts])
        self._group = np.repeat(np.arange(len(groups.sizes)), groups.sizes)
        self._time = number_column(self._labels, TIME)
        self._used = np.zeros(len(self._time), bool)
        self._latest = np.full(len(groups.sizes), NO_TIME)  # prediction of each key
        self._seen = Keys(np.empty(0, np.uint64), np.empty(0, np.uint64))
        self.counted = LabelCounts()

    def join(self, predictions: RowPart) -> list[bytes]:
        """Returns the rows with labels and windows, in the order of their places."""
        times = number_column(predictions, TIME)
        keyed = mask_column(predictions, KEYED)
        self._count_repeated(predictions.keys.take(keyed))
        places = self._find(predictions.keys, times, keyed)
        joined = places >= 0
        totals = self.counted.totals
        totals.joined += int(np.count_nonzero(joined))
        if self._config.label_time is not None:
            early = self._time[places[joined]] < times[joined]
            totals.before_prediction += int(np.count_nonzero(early))
        return self._write(predictions, times, places)

    def close(self) -> LabelCounts:
        """Returns what was counted, with what became of each label after the last prediction."""
        totals, counts = self.counted.totals, self._labels.counts
        seen = self._latest[self._group] != NO_TIME
        deadline = self._latest[self._group[seen]] + self._config.horizon.seconds
        late = seen.copy()
        late[seen] = self._time[seen] > deadline
        if self._config.label_time is None:
            late[:] = False
        totals.used += int(np.count_nonzero(self._used))
        totals.orphans += int(counts[~seen].sum())
        totals.late += int(counts[late].sum())
        totals.duplicates += int(counts[seen & ~late].sum()) - int(np.count_nonzero(self._used))
        return self.counted

    def _count_repeated(self, keys: Keys) -> None:
        both = Keys(
            np.concatenate([self._seen.high, keys.high]), np.concatenate([self._seen.low, keys.low])
        )
        groups = Groups.of(both)
        known = len(self._seen)
        self._seen = both.take(groups.order[groups.starts])
        self.counted.totals.repeated_predictions += known + len(keys) - len(self._seen)

    def _find(self, keys: Keys, times: Places, keyed: Mask) -> Places:
        """Returns the place of each row's label, -1 where it has none."""
        places = np.full(len(times), -1, np.int64)
        rows = np.flatnonzero(keyed & (times != NO_TIME))
        label_groups, prediction_groups = groups_of(self._keys, keys.take(rows))
        if not len(label_groups) or not len(prediction_groups):
            return places
        place = np.minimum(np.searchsorted(label_groups, prediction_groups), len(label_groups) - 1)
        labelled = label_groups[place] == prediction_groups
        rows, group = rows[labelled], place[labelled]
        np.maximum.at(self._latest, group, times[rows])
        bounds = np.zeros(len(rows), np.int64)
        if self._config.label_time is not None:
            bounds = np.minimum(times[rows] + self._config.horizon.seconds, LAST_SECOND)
        # Labels ascend by key, then time: the last one up to the bound is the one.
        ranks = self._group * _TIMES + self._time
        last = np.searchsorted(ranks, group * _TIMES + bounds, side="right") - 1
        right = (last >= 0) & (self._group[np.maximum(last, 0)] == group)
        places[rows[right]] = last[right]
        self._used[last[right]] = True
        return places

    def _write(self, predictions: RowPart, times: Places, places: Places) -> list[bytes]:
        """Returns the records with what is added to them, and counts their windows."""
        records: list[bytes] = predictions.columns[RECORD].to_pylist() if len(times) else []
        own = mask_column(predictions, OWN)
        timed = np.flatnonzero(times != NO_TIME)
        joined = places >= 0
        for row in np.flatnonzero(own).tolist():
            records[row] = self._strip(records[row], bool(joined[row]))
        windows = self._windows(times[timed], joined[timed])
        for chosen in (joined[timed], ~joined[timed]):
            rows = timed[chosen]
            if not len(rows):
                continue
            added = {
                self._config.windows.feature: windows.take(places_array(np.flatnonzero(chosen)))
            }
            if joined[rows[0]]:
                labels = places_array(places[rows])
                for name in self._config.labels:
                    added[name] = self._labels.columns[LABEL + name].take(labels)
            for row, features in zip(rows.tolist(), patching.encode(added), strict=True):
                records[row] = patching.extend(records[row], features)
        order = np.argsort(number_column(predictions, PLACE), kind="stable")
        return [records[row] for row in order.tolist()]

    def _strip(self, record: bytes, joined: bool) -> bytes:
        window = self._config.windows.feature
        left, found = patching.without(record, (*self._config.labels, window))
        totals = self.counted.totals
        totals.windows_replaced += window in found
        if found - {window}:
            totals.replaced += joined
            totals.removed += not joined
        return left

    def _windows(self, times: Places, joined: Mask) -> pa.Array:
        """Returns the names of the windows of each row, and counts rows and labels of each."""
        grid = self._config.windows.grid
        rows, starts = grid.assign(times)
        different, where, predicted = np.unique(starts, return_inverse=True, return_counts=True)
        labelled = np.bincount(where, joined[rows], minlength=len(different)).astype(np.int64)
        here = LabelCounts()
        for start, n, k in zip(
            different.tolist(), predicted.tolist(), labelled.tolist(), strict=True
        ):
            here.windows[start] = (n, k)
        self.counted.merge(here)
        names = [grid.name(start).encode() for start in different.tolist()]
        flat = pa.array(names, pa.large_binary()).take(places_array(where))
        return large_lists(np.bincount(rows, minlength=len(times)), flat)
