"""Accumulates categories: exact counts, or counts with a certain slack where there are many."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from skewgate.core.distributions import CategoricalDistribution, EmptyDistribution

CAPACITY = 100_000
"""Categories kept of a feature; up to this many, every count is exact."""


class CategoricalAccumulator:
    """How often each category occurs.

    Above twice the capacity a number is taken off every count, so large that at most the capacity
    stays above 0; the others are dropped. A true count exceeds the count by at most the sum of
    these numbers, the slack. As each is taken off more categories than the capacity, the slack is
    at most n / (capacity + 1).

    Source: Misra and Gries (1982); Agarwal et al. (2012) for merging.

    Attributes:
        n: number of values.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        """Makes an empty accumulator that keeps at most twice `capacity` >= 1 categories."""
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, got {capacity}")
        self.capacity = capacity
        self.n = 0
        self._counts: dict[str, int] = {}
        self._slack = 0

    def add(self, counts: Iterable[tuple[str | None, int]]) -> None:
        """Takes pairs of a category and its count; None stands for values without a name."""
        for name, count in counts:
            self.n += count
            if name is not None:
                self._counts[name] = self._counts.get(name, 0) + count
        self._shrink()

    def merge(self, other: CategoricalAccumulator) -> None:
        """Takes what another accumulator has seen."""
        for name, count in other._counts.items():
            self._counts[name] = self._counts.get(name, 0) + count
        self.n += other.n
        self._slack += other._slack
        self._shrink()

    def _shrink(self) -> None:
        if len(self._counts) <= 2 * self.capacity:
            return
        ordered = np.sort(np.fromiter(self._counts.values(), np.int64, len(self._counts)))
        cut = int(ordered[-self.capacity - 1])
        self._counts = {name: count - cut for name, count in self._counts.items() if count > cut}
        self._slack += cut

    def distribution(
        self, n_missing: int = 0, n_present: int | None = None
    ) -> CategoricalDistribution | EmptyDistribution:
        """Returns what is known of the values, with the two counts as in `types`."""
        if not self.n:
            return EmptyDistribution(n_missing=n_missing, n_present=n_present)
        return CategoricalDistribution(
            counts={name: float(count) for name, count in self._counts.items()},
            other=float(self.n - sum(self._counts.values())),
            n=self.n,
            n_missing=n_missing,
            n_present=n_present,
            slack=float(self._slack),
        )
