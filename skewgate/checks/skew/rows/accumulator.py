"""Counts of matched rows that differ, per feature and slice, mergeable."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.checks.skew.config import RowRules
from skewgate.checks.skew.rows import comparing, confusion, showing
from skewgate.checks.skew.rows.confusion import Confusion
from skewgate.checks.skew.rows.parts import SideCounts
from skewgate.core.errors import InputError
from skewgate.data.arrow import row_keys
from skewgate.data.arrow.columns import ListValues, Places
from skewgate.data.arrow.row_parts import RowPart
from skewgate.data.arrow.values import numbers, places_array
from skewgate.profiling.accumulators.slicing import slices

Counts = npt.NDArray[np.int64]

_ROW = ""  # column of row numbers beside the slicing features; no feature is called so


@dataclasses.dataclass
class SliceCounts:
    """How often each feature differs in one slice.

    Attributes:
        matched: pairs of rows.
        features: for each feature that was seen, the pairs of each kind of `comparing.KINDS`,
            shape (3,).
    """

    matched: int = 0
    features: dict[str, Counts] = dataclasses.field(default_factory=dict)

    def merge(self, other: SliceCounts) -> None:
        """Takes the counts of other rows."""
        self.matched += other.matched
        for name, counts in other.features.items():
            known = self.features.get(name)
            self.features[name] = counts.copy() if known is None else known + counts


@dataclasses.dataclass(frozen=True, order=True)
class Sample:
    """A pair of rows in which a feature differs; ordered by fingerprint.

    Attributes:
        fingerprint: of the key.
        shown: key, values and kind as plain values of JSON.
    """

    fingerprint: tuple[int, int]
    shown: dict[str, Any] = dataclasses.field(compare=False)


class RowAccumulator:
    """What is kept of the rows of two sides.

    Counts, samples and verdicts are the same for any batches and any order of merging; so are the
    confusion pairs up to twice `confusion.CAPACITY` of a feature.

    Attributes:
        training, serving: what was counted of each side.
        slices: key of a slice, see `core.slices`, to counts; "" is all rows.
        samples: for each feature, the pairs that differ with the smallest fingerprints.
        pairs: for each feature of text, which value became which.
        error: why rows could not be compared, if so; the counts are worth nothing then.
    """

    def __init__(self, samples: int = 0) -> None:
        """Begins with nothing; keeps so many samples of each feature."""
        self._samples = samples
        self.training, self.serving = SideCounts(), SideCounts()
        self.slices: dict[str, SliceCounts] = {"": SliceCounts()}
        self.samples: dict[str, list[Sample]] = {}
        self.pairs: dict[str, Confusion] = {}
        self.error: InputError | None = None

    @property
    def matched(self) -> int:
        """Number of pairs of rows."""
        return self.slices[""].matched

    def merge(self, other: RowAccumulator) -> None:
        """Takes what another accumulator counted, which stays as it is."""
        self._samples = max(self._samples, other._samples)
        self.error = min(filter(None, (self.error, other.error)), key=str, default=None)
        self.training.merge(other.training)
        self.serving.merge(other.serving)
        for name, counts in other.slices.items():
            self.slices.setdefault(name, SliceCounts()).merge(counts)
        for feature, samples in other.samples.items():
            both = sorted([*self.samples.get(feature, ()), *samples])
            self.samples[feature] = both[: self._samples]
        for feature, pairs in other.pairs.items():
            self.pairs.setdefault(feature, Confusion()).merge(pairs)

    def compare(self, training: RowPart, serving: RowPart, rules: RowRules) -> None:
        """Joins and compares all rows whose fingerprints lie in one range.

        Raises:
            InputError: a slice cannot be made.
        """
        matched = row_keys.match(training.keys, serving.keys, training.counts, serving.counts)
        for side, left_out in zip((self.training, self.serving), matched.left_out, strict=True):
            side.merge(SideCounts(0, 0, *left_out))
        pairs = _Pairs(
            training.keys.take(matched.training),
            _take(training, matched.training),
            _take(serving, matched.serving),
        )
        hidden = rules.ignored.union(rules.keys)
        features = [name for name in {**pairs.training, **pairs.serving} if name not in hidden]
        codes = np.zeros((len(features), len(pairs.keys)), np.uint8)
        for index, name in enumerate(features):
            left, right = ListValues.of(pairs.training[name]), ListValues.of(pairs.serving[name])
            codes[index] = comparing.compare(left, right, rules, name)
            if codes[index].any():
                self._keep(name, pairs, codes[index], rules)
                confused = confusion.count(left, right, codes[index] == comparing.DIFFERENT)
                if confused is not None:
                    self.pairs.setdefault(name, Confusion()).merge(confused)
        for name, rows in _slices(pairs, rules):
            self._count(name, features, codes if rows is None else codes[:, rows])

    def _count(self, name: str, features: list[str], codes: npt.NDArray[np.uint8]) -> None:
        counts = np.stack([np.count_nonzero(codes == kind, axis=1) for kind in (1, 2, 3)], axis=1)
        found = SliceCounts(codes.shape[1], dict(zip(features, counts, strict=True)))
        self.slices.setdefault(name, SliceCounts()).merge(found)

    def _keep(self, feature: str, pairs: _Pairs, codes: comparing.Codes, rules: RowRules) -> None:
        self._samples = rules.samples
        rows = np.flatnonzero(codes)[: rules.samples].tolist()
        new = [
            Sample(
                (int(pairs.keys.high[row]), int(pairs.keys.low[row])),
                {
                    "key": {name: showing.value(pairs.training[name], row) for name in rules.keys},
                    "training": showing.value(pairs.training[feature], row),
                    "serving": showing.value(pairs.serving[feature], row),
                    "kind": comparing.KINDS[codes[row] - 1],
                },
            )
            for row in rows
        ]
        self.samples[feature] = sorted([*self.samples.get(feature, ()), *new])[: rules.samples]


class _Columns(dict[str, pa.Array]):
    """Columns of n rows; one that is not there has no value."""

    def __init__(self, columns: dict[str, pa.Array], rows: int) -> None:
        super().__init__(columns)
        self.rows = rows

    def __missing__(self, name: str) -> pa.Array:
        return pa.nulls(self.rows)


@dataclasses.dataclass(frozen=True)
class _Pairs:
    """Matched rows, in ascending order of fingerprint."""

    keys: row_keys.Keys
    training: _Columns
    serving: _Columns


def _take(part: RowPart, places: Places) -> _Columns:
    taken = places_array(places)
    return _Columns({name: array.take(taken) for name, array in part.columns.items()}, len(places))


def _slices(pairs: _Pairs, rules: RowRules) -> Iterator[tuple[str, Places | None]]:
    """Yields the key and the places of every slice by the serving values; None is all."""
    yield "", None
    for names in dict.fromkeys(tuple(sorted(set(names))) for names in rules.slices):
        if not all(name in pairs.serving for name in names):
            continue  # no row here has a value
        batch = pa.RecordBatch.from_arrays(
            [*(pairs.serving[name] for name in names), places_array(np.arange(len(pairs.keys)))],
            [*names, _ROW],
        )
        for key, rows in slices(batch, names):
            yield key, numbers(rows.column(len(names)))
