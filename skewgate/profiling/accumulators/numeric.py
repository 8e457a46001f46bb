"""Accumulates numbers: counts, moments and a summary of the CDF with certain bounds."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from skewgate.core import moments
from skewgate.core import quantile_summary as summaries
from skewgate.core.distributions import EmptyDistribution, FloatArray, NumericDistribution
from skewgate.core.quantile_summary import Summary

RESOLUTION = 4096
"""Points kept of a feature; the CDF is then known to about one part in as many."""
FINE_RESOLUTION = 65_536
"""Points kept where a verdict depends on more than `RESOLUTION` tells."""
_CHUNK = 1 << 18  # values sorted at a time
_FAN = 8  # summaries of a level that are joined into one of the next


class NumericAccumulator:
    """What is kept of the values of a numeric feature.

    Values are sorted in chunks; of a chunk, `resolution` points with their exact ranks stay.
    Eight summaries are joined into one of as many points, and so on, so that memory grows with
    the logarithm of the number of values and the CDF stays known to (levels + 1) / resolution.
    A feature of no more than `resolution` distinct values is known exactly at any size.

    Attributes:
        n: number of values that are not NaN.
        n_nan: number of NaN values.
        n_zero: number of zeros.
    """

    def __init__(self, resolution: int = RESOLUTION) -> None:
        """Makes an empty accumulator that keeps about `resolution` >= 2 points."""
        if resolution < 2:
            raise ValueError(f"resolution must be at least 2, got {resolution}")
        self.resolution = resolution
        self.n = self.n_nan = self.n_zero = 0
        self._n_finite = 0
        self._mean = self._std = math.nan  # of the finite values
        self._levels: list[list[Summary]] = []
        self._buffer: FloatArray = np.empty(0)
        self._filled = 0

    def add(self, values: FloatArray) -> None:
        """Takes values in any order, NaN and infinities included, shape (m,)."""
        missing = np.isnan(values)
        if missing.any():
            self.n_nan += int(np.count_nonzero(missing))
            values = values[~missing]
        while len(values):
            if self._filled == len(self._buffer):
                self._make_room(len(values))
            part = values[: len(self._buffer) - self._filled]
            self._buffer[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            self.n += len(part)
            values = values[len(part) :]

    def _make_room(self, n_values: int) -> None:
        """Grows the buffer up to a chunk, and summarises it when it is one."""
        if len(self._buffer) >= _CHUNK:
            self._flush()
            return
        larger = np.empty(min(_CHUNK, max(2 * len(self._buffer), self._filled + n_values, 64)))
        larger[: self._filled] = self._buffer[: self._filled]
        self._buffer = larger

    def _flush(self) -> None:
        if not self._filled:
            return
        values = self._buffer[: self._filled]
        values.sort()
        self._filled = 0
        self.n_zero += int(
            np.searchsorted(values, 0.0, side="right") - np.searchsorted(values, 0.0, side="left")
        )
        self._add_moments(values)
        self._push(summaries.from_sorted(values, self.resolution), 0)

    def _add_moments(self, values: FloatArray) -> None:
        low = int(np.searchsorted(values, -np.inf, side="right"))
        high = int(np.searchsorted(values, np.inf, side="left"))
        finite = values[low:high]
        if len(finite):
            self._pool(len(finite), *moments.of_values(finite))

    def _pool(self, n: int, mean: float, std: float) -> None:
        total = self._n_finite + n
        if self._n_finite:
            shares = np.array([self._n_finite, n]) / total
            means, stds = np.array([self._mean, mean]), np.array([self._std, std])
            mean, std = moments.of_parts(means, stds, shares)
        self._n_finite, self._mean, self._std = total, mean, std

    def _push(self, summary: Summary, level: int) -> None:
        while len(self._levels) <= level:
            self._levels.append([])
        self._levels[level].append(summary)
        if len(self._levels[level]) == _FAN:
            joined = summaries.compress(summaries.merge(self._levels[level]), self.resolution)
            self._levels[level] = []
            self._push(joined, level + 1)

    def merge(self, other: NumericAccumulator) -> None:
        """Takes what another accumulator has seen; the other must not be used any more.

        Raises:
            ValueError: the other keeps another number of points.
        """
        if other.resolution != self.resolution:
            raise ValueError(f"resolutions differ: {self.resolution} and {other.resolution}")
        self.add(other._buffer[: other._filled])
        self.n += other.n - other._filled
        self.n_nan += other.n_nan
        self.n_zero += other.n_zero
        if other._n_finite:
            self._pool(other._n_finite, other._mean, other._std)
        for level, summaries_of_level in enumerate(other._levels):
            for summary in summaries_of_level:
                self._push(summary, level)

    def summary(self) -> Summary | None:
        """Returns bounds on all ranks, or None without a value."""
        self._flush()
        kept = [summary for level in self._levels for summary in level]
        # Twice the points, so that this last step costs half of what the others do.
        return summaries.compress(summaries.merge(kept), 2 * self.resolution) if kept else None

    def distribution(
        self, n_missing: int = 0, n_present: int | None = None
    ) -> NumericDistribution | EmptyDistribution:
        """Returns what is known of the values, with the two counts as in NumericDistribution."""
        summary = self.summary()
        if summary is None:
            return EmptyDistribution(n_missing=n_missing, n_nan=self.n_nan, n_present=n_present)
        return dataclasses.replace(
            summary.distribution((self._mean, self._std)),
            n_missing=n_missing,
            n_nan=self.n_nan,
            n_present=n_present,
        )

    def __getstate__(self) -> dict[str, Any]:
        """Leaves out the unused part of the buffer."""
        return {**self.__dict__, "_buffer": self._buffer[: self._filled].copy()}
