"""Which text became which: counts of pairs of values that differ."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.core.distributions import CategoricalDistribution
from skewgate.data.arrow.columns import TEXT, ListValues, Mask, Places
from skewgate.data.arrow.values import from_mask_array, numbers
from skewgate.profiling.accumulators.categorical import CategoricalAccumulator

CAPACITY = 2_000
"""Pairs kept of a feature; up to twice as many, every count is exact."""
LONGEST = 100
"""Bytes of a value; longer ones are no categories, and are not counted by pair."""

Pair = tuple[bytes, bytes]


class Confusion:
    """How often a training value met another serving value.

    Exact, and the same in any order of merging, up to twice `CAPACITY` different pairs. With more,
    rare pairs are dropped, and the counts are at most `slack` too low and depend on the order (see
    CategoricalAccumulator).
    """

    def __init__(self) -> None:
        """Begins with nothing."""
        self._counts = CategoricalAccumulator(CAPACITY)

    def add(self, pairs: dict[Pair, int]) -> None:
        """Takes counts of pairs."""
        self._counts.add((_name(*pair), count) for pair, count in pairs.items())

    def merge(self, other: Confusion) -> None:
        """Takes what another one counted, which stays as it is."""
        self._counts.merge(other._counts)

    def most(self, kept: int) -> tuple[list[tuple[Pair, int]], int]:
        """Returns the most frequent pairs with their counts, and the slack of the counts."""
        known = self._counts.distribution()
        if not isinstance(known, CategoricalDistribution):
            return [], 0
        pairs = [(_pair(name), int(count)) for name, count in known.counts.items()]
        pairs.sort(key=lambda item: (-item[1], item[0]))
        return pairs[:kept], int(known.slack)


def count(training: ListValues, serving: ListValues, different: Mask) -> Confusion | None:
    """Counts the pairs of a feature; None if it is not text on both sides.

    Args:
        training, serving: the values of the same n rows.
        different: the rows to count, shape (n,); of these, those with one short value a side.
    """
    if training.kind != TEXT or serving.kind != TEXT:
        return None
    rows = different & (training.lengths == 1) & (serving.lengths == 1)
    sides = [side.where(rows) for side in (training, serving)]
    short = np.ones(len(sides[0]), bool)
    for side in sides:
        short &= from_mask_array(pc.less_equal(pc.binary_length(side), LONGEST))
    codes, names = zip(*map(_encode, sides), strict=True)
    joint = codes[0][short] * len(names[1]) + codes[1][short]
    pairs, counts = np.unique(joint, return_counts=True)
    result = Confusion()
    result.add(
        {
            (names[0][pair // len(names[1])], names[1][pair % len(names[1])]): number
            for pair, number in zip(pairs.tolist(), counts.tolist(), strict=True)
        }
    )
    return result


def _encode(array: pa.Array) -> tuple[Places, list[bytes]]:
    encoded = pc.dictionary_encode(array)
    return numbers(encoded.indices).astype(np.int64), encoded.dictionary.to_pylist()


def _name(training: bytes, serving: bytes) -> str:
    """Joins a pair to one text; every byte is one letter."""
    return f"{len(training)} {training.decode('latin-1')}{serving.decode('latin-1')}"


def _pair(name: str) -> Pair:
    length, _, both = name.partition(" ")
    joined = both.encode("latin-1")
    return joined[: int(length)], joined[int(length) :]
