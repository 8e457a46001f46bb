"""Which rows lose most: the loss of every segment of up to two features."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from skewgate.checks.performance.binning import Labelled, joined_labels, label_rows
from skewgate.core.distributions import FloatArray

MOST_SEGMENTS = 100_000
_TOGETHER = 32_768
Segment = tuple[tuple[int, str], ...]
"""The places of its features, in ascending order, each with the label of the value."""


class SegmentAccumulator:
    """Rows, mean and spread of the loss of all rows and of each segment.

    A segment is the rows that share the labels of one feature, or of two; see `label_rows`.
    Accumulators of parts of the data may be merged in any order. Beyond `most` segments those with
    the fewest rows are forgotten until at most half are left, as in lossy counting (Manku and
    Motwani 2002); `slack` says how many rows a segment may have had beyond those counted. Unless
    that happened it is 0, and the result exact whatever the order.

    Attributes:
        features: names of the features, distinct.
        depth: most features a segment, 1 or 2.
        loss: name of the loss.
        rows, mean: of all rows.
        forgotten, slack: times that a segment was forgotten, and rows that may be missing in a
            segment's count; `len` brings them up to date.
        seen: features that any batch had.

    Raises:
        ValueError: a feature is named twice, or depth or most is out of range.
    """

    def __init__(
        self, features: Sequence[str], depth: int = 2, loss: str = "loss", most: int = MOST_SEGMENTS
    ) -> None:
        if len(set(features)) < len(features):
            raise ValueError(f"features must be distinct, got {', '.join(features)}")
        if depth not in (1, 2):
            raise ValueError(f"depth must be 1 or 2, got {depth}")
        if most < 2:
            raise ValueError(f"most must be at least 2, got {most}")
        self.features, self.depth, self.loss, self.most = tuple(features), depth, loss, most
        self.rows, self.mean, self._squares = 0, 0.0, 0.0
        self.forgotten, self.slack = 0, 0
        self.seen: set[str] = set()
        self._segments: dict[Segment, tuple[int, float, float]] = {}
        self._waiting: list[tuple[list[Labelled], FloatArray]] = []
        self._rows_waiting = 0

    def __len__(self) -> int:
        self._settle()
        return len(self._segments)

    def __getstate__(self) -> dict[str, Any]:
        """Lets Beam pickle what was counted instead of rows."""
        self._settle()
        return self.__dict__

    @property
    def variance(self) -> float:
        """The variance of the loss over all rows (divided by their number); 0 without rows."""
        return self._squares / self.rows if self.rows else 0.0

    def segments(self) -> Iterator[tuple[Segment, int, float, float]]:
        """Yields each segment with its rows, mean loss and sum of squares about the mean."""
        self._settle()
        for segment, (rows, mean, squares) in self._segments.items():
            yield segment, rows, mean, squares

    def add(self, columns: Mapping[str, pa.Array | Sequence[Any]], losses: FloatArray) -> None:
        """Adds a batch of rows.

        Args:
            columns: of each feature one value, or one list of values, a row; a feature that is not
                there is missing in all rows. Other columns are passed over.
            losses: of each row, finite, shape (n,).

        Raises:
            ValueError: a column has another number of rows, or a loss is not finite.
            InputError: a column holds neither numbers nor text.
        """
        losses = np.asarray(losses, float)
        if losses.ndim != 1 or not np.all(np.isfinite(losses)):
            raise ValueError("losses must be finite numbers of the shape (n,)")
        if not len(losses):
            return
        labelled = []
        for name in self.features:
            if name in columns:
                self.seen.add(name)
            labelled.append(label_rows(columns.get(name), name, len(losses)))
        mean = float(losses.mean())
        whole = (len(losses), mean, float(((losses - mean) ** 2).sum()))
        self.rows, self.mean, self._squares = _merged((self.rows, self.mean, self._squares), whole)
        self._waiting.append((labelled, losses))
        self._rows_waiting += len(losses)
        if self._rows_waiting >= _TOGETHER:
            self._settle()

    def _settle(self) -> None:
        """Counts the rows that wait: many at once cost far less than many small batches."""
        if not self._waiting:
            return
        losses = np.concatenate([losses for _, losses in self._waiting])
        columns = zip(*(labelled for labelled, _ in self._waiting), strict=True)
        labelled = [joined_labels(parts) for parts in columns]
        self._waiting, self._rows_waiting = [], 0
        for size in range(1, self.depth + 1):
            for places in itertools.combinations(range(len(self.features)), size):
                self._count(places, [labelled[place] for place in places], losses)
        self._bound()

    def _count(
        self,
        places: tuple[int, ...],
        labelled: list[Labelled],
        losses: FloatArray,
    ) -> None:
        """Adds the segments of one set of features."""
        sizes = tuple(len(labels) for _, labels in labelled)
        flat = np.ravel_multi_index(tuple(codes for codes, _ in labelled), sizes)
        kept, group = np.unique(flat, return_inverse=True)
        rows = np.bincount(group)
        means = np.bincount(group, weights=losses) / rows
        squares = np.bincount(group, weights=(losses - means[group]) ** 2)
        codes = zip(*(part.tolist() for part in np.unravel_index(kept, sizes)), strict=True)
        named = [
            [(place, label) for label in labels]
            for place, (_, labels) in zip(places, labelled, strict=True)
        ]
        values = zip(codes, rows.tolist(), means.tolist(), squares.tolist(), strict=True)
        for code, *found in values:
            segment = tuple(names[i] for names, i in zip(named, code, strict=True))
            self._put(segment, (found[0], found[1], found[2]))

    def _put(self, segment: Segment, moments: tuple[int, float, float]) -> None:
        known = self._segments.get(segment)
        self._segments[segment] = moments if known is None else _merged(known, moments)

    def merge(self, other: SegmentAccumulator) -> None:
        """Adds what another accumulator counted, which stays as it is.

        Raises:
            ValueError: it has other features, another depth or another loss.
        """
        ours, theirs = ((side.features, side.depth, side.loss) for side in (self, other))
        if ours != theirs:
            raise ValueError(f"accumulators must count the same, got {ours} and {theirs}")
        self.rows, self.mean, self._squares = _merged(
            (self.rows, self.mean, self._squares), (other.rows, other.mean, other._squares)
        )
        self.forgotten += other.forgotten
        self.slack += other.slack
        self.seen |= other.seen
        self._settle()
        other._settle()
        for segment, found in other._segments.items():
            self._put(segment, found)
        self._bound()

    def _bound(self) -> None:
        """Forgets the segments with the fewest rows if there are too many."""
        if len(self._segments) <= self.most:
            return
        counts = np.fromiter((found[0] for found in self._segments.values()), np.int64)
        few = int(np.partition(counts, len(counts) - self.most // 2)[len(counts) - self.most // 2])
        kept = {segment: found for segment, found in self._segments.items() if found[0] > few}
        self.slack += few
        self.forgotten += len(self._segments) - len(kept)
        self._segments = kept


def _merged(
    one: tuple[int, float, float], other: tuple[int, float, float]
) -> tuple[int, float, float]:
    """Joins rows, mean and sum of squares of two parts (Chan, Golub and LeVeque 1983)."""
    rows = one[0] + other[0]
    if not rows:
        return one
    gap = other[1] - one[1]
    mean = one[1] + gap * other[0] / rows
    return rows, mean, one[2] + other[2] + gap**2 * one[0] * other[0] / rows
