"""Fingerprints of the key features, the same in every process, and the match by them.

A fingerprint has 128 bits and stands for the key: two of n keys share one by chance with a
probability of about n^2 / 2^129, which is 1e-21 for a billion rows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.data.arrow import spelled_values
from skewgate.data.arrow.columns import TEXT, ListValues, Mask, Places
from skewgate.data.arrow.texts import Texts, Words
from skewgate.data.arrow.values import numbers, places_array

_SEEDS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)
_FACTORS = (0xD1342543DE82EF95, 0xA0761D6478BD642F)
_WHOLE, _FRACTION, _TEXT = 1, 2, 3
_WHOLE_TAG, _TEXT_TAG = np.full(1, _WHOLE, np.uint64), np.full(1, _TEXT, np.uint64)
Rows = Places | slice
"""Places of rows, or all rows in their order."""


@dataclasses.dataclass(frozen=True)
class Keys:
    """Fingerprints of rows.

    Attributes:
        high, low: the two halves, shape (n,) each.
    """

    high: Words
    low: Words

    def __len__(self) -> int:
        return len(self.high)

    def take(self, places: Any) -> Keys:
        """Returns the fingerprints at some places."""
        return Keys(self.high[places], self.low[places])


def fingerprints(
    columns: Mapping[str, pa.Array], names: Sequence[str], rows: int
) -> tuple[Keys, Mask]:
    """Returns the fingerprints of rows, and which rows have a key.

    A row has a key if it has exactly one value of every key feature, and none of them is NaN.
    Whole numbers and floats of the same value are the same key, and so is text that is written as
    an integer is: "7" is 7, "007" and "7.0" are other texts. For whether a file's column is one of
    integers or of text may hang on one row, such as "A1".

    Args:
        columns: as `columns.simplify` returns them; one that is not there has no value.
        names: the key features, in the same order on both sides.
        rows: number of rows.
    """
    state = RowHash(rows)
    present = np.ones(rows, bool)
    for name in names:
        values = ListValues.of(columns.get(name, pa.nulls(rows)))
        present &= values.lengths == 1
        starts = np.cumsum(values.lengths) - values.lengths
        single = np.flatnonzero(values.lengths == 1)
        if values.kind == TEXT:
            alike = len(single) == len(values.flat)
            some = values.flat if alike else values.flat.take(places_array(starts[single]))
            _absorb_texts(state, single, some)
        elif values.kind:
            found = numbers(values.flat)[starts[single]]
            state.absorb_numbers(single, found)
            present[single[np.isnan(found)]] = False
    return Keys(*state.halves), present


def _absorb_texts(state: RowHash, rows: Places, array: pa.Array) -> None:
    """Adds a text to each of some rows, or the integer as which it is written."""
    texts = Texts(array)
    places, found = spelled_values.find_integers(texts)
    if not len(places):
        state.absorb_text(rows, texts, slice(None))
        return
    state.absorb_numbers(rows[places], found)
    others = np.delete(np.arange(len(texts)), places)
    state.absorb_text(rows[others], texts, others)


class RowHash:
    """Hashes of each row, to which words are added.

    Args:
        rows: number of rows.
        number: of hashes of each row, at most two.
    """

    def __init__(self, rows: int, number: int = 2) -> None:
        self.halves = [np.full(rows, seed, np.uint64) for seed in _SEEDS[:number]]
        self._alike = True

    def absorb(self, rows: Rows, words: Words) -> None:
        """Adds a word to each of some rows."""
        for at, (half, factor) in enumerate(zip(self.halves, _FACTORS, strict=False)):
            if self._alike and len(words) == 1 and isinstance(rows, slice):
                self.halves[at] = np.full(len(half), _mixed(half[:1] * np.uint64(factor) + words))
                continue
            mixed = half[rows] * np.uint64(factor)
            mixed += words
            half[rows] = _mixed(mixed)
        self._alike = False

    def absorb_numbers(self, rows: Rows, values: npt.NDArray[Any]) -> None:
        """Adds a number to each of some rows; whole ones count alike whatever their type."""
        if values.dtype.kind == "f":
            values = values.astype(np.float64)
            whole = (np.floor(values) == values) & (np.abs(values) < 2.0**63)
            words = values.view(np.uint64).copy()
            words[whole] = values[whole].astype(np.int64).view(np.uint64)
            tags = (
                _WHOLE_TAG
                if whole.all()
                else np.where(whole, np.uint64(_WHOLE), np.uint64(_FRACTION))
            )
        else:
            words = np.ascontiguousarray(values, np.int64).view(np.uint64)
            tags = _WHOLE_TAG
        self.absorb(rows, tags)
        self.absorb(rows, words)

    def absorb_text(self, rows: Rows, texts: Texts, places: Rows) -> None:
        """Takes the texts at `places`, eight bytes of all of them at a time."""
        starts, left, word = texts.starts[places], texts.lengths[places], texts.first[places]
        self.absorb(rows, _TEXT_TAG)
        self.absorb(rows, left.astype(np.uint64))
        while len(left):
            self.absorb(rows, word)
            more = np.flatnonzero(left > 8)
            if len(more) < len(left):
                rows = more if isinstance(rows, slice) else rows[more]
                starts, left = starts[more], left[more]
            starts, left = starts + 8, left - 8
            word = texts.word(starts, left)


def _mixed(words: Words) -> Words:
    """Spreads every bit over all others, in place, and returns the words.

    Source: the finaliser of SplitMix64; Steele, Lea and Flood (2014), variant 13 of Stafford.
    """
    shifted = words >> np.uint64(30)
    words ^= shifted
    words *= np.uint64(0xBF58476D1CE4E5B9)
    np.right_shift(words, np.uint64(27), out=shifted)
    words ^= shifted
    words *= np.uint64(0x94D049BB133111EB)
    np.right_shift(words, np.uint64(31), out=shifted)
    words ^= shifted
    return words


@dataclasses.dataclass(frozen=True)
class Groups:
    """Rows with equal fingerprints.

    Attributes:
        order: places of the rows in ascending order of fingerprint, shape (n,); equal ones keep
            their order.
        starts: where in `order` each group begins, shape (k,).
        sizes: places of each group, shape (k,).
    """

    order: Places
    starts: Places
    sizes: Places

    @classmethod
    def of(cls, keys: Keys) -> Groups:
        """Finds the groups."""
        order = np.lexsort((keys.low, keys.high))
        high, low = keys.high[order], keys.low[order]
        first = np.ones(len(order), bool)
        first[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
        starts = np.flatnonzero(first)
        return cls(order, starts, np.diff(np.append(starts, len(order))))

    def total(self, counts: Places) -> Places:
        """Adds up the counts of each group's places."""
        return np.add.reduceat(counts[self.order], self.starts) if len(self.starts) else counts[:0]


@dataclasses.dataclass(frozen=True)
class Match:
    """Which rows of two sides have the same key.

    Attributes:
        training, serving: places of the partners, in ascending order of fingerprint.
        left_out: for each side, rows that stay alone because their key occurs more than once on
            their own side, only on the other side, and not at all on the other side.
    """

    training: Places
    serving: Places
    left_out: tuple[tuple[int, int, int], tuple[int, int, int]]


def match(training: Keys, serving: Keys, training_counts: Places, serving_counts: Places) -> Match:
    """Finds the rows whose key occurs exactly once on each side.

    Args:
        training, serving: the fingerprints of the sides.
        training_counts, serving_counts: how many rows each fingerprint stands for.
    """
    size = len(training)
    groups = Groups.of(
        Keys(
            np.concatenate([training.high, serving.high]),
            np.concatenate([training.low, serving.low]),
        )
    )
    none = np.zeros(size, np.int64), np.zeros(len(serving), np.int64)
    here = groups.total(np.concatenate([training_counts, none[1]]))
    there = groups.total(np.concatenate([none[0], serving_counts]))
    starts = groups.starts[(here == 1) & (there == 1)]
    return Match(
        groups.order[starts],
        groups.order[starts + 1] - size,
        (_left_out(here, there), _left_out(there, here)),
    )


def _left_out(own: Places, other: Places) -> tuple[int, int, int]:
    return (
        int(own[own > 1].sum()),
        int(np.count_nonzero((own == 1) & (other > 1))),
        int(np.count_nonzero((own == 1) & (other == 0))),
    )
