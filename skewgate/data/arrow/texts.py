"""Texts as words of eight bytes, so that all of them are looked at together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.data.arrow.values import offsets

Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

_SIZE = 8


class Texts:
    """Texts, one a row, in the order of an array.

    Attributes:
        array: large binary without nulls.
        starts: where each begins among the bytes of all, shape (n,).
        lengths: its number of bytes, shape (n,).
        initial: its first byte, anything if it has none, shape (n,).
        first: its first word, see `word`, shape (n,).
    """

    def __init__(self, array: pa.Array) -> None:
        """Takes texts."""
        self.array = array
        ends = offsets(array).astype(np.int64, copy=False)
        first, size = int(ends[0]), int(ends[-1] - ends[0])
        padded = np.zeros(size + _SIZE, np.uint8)
        if size:
            padded[:size] = np.frombuffer(array.buffers()[2], np.uint8)[first : first + size]
        self._words: Words = np.ndarray((size + 1,), "<u8", padded, strides=(1,))
        self.starts, self.lengths = ends[:-1] - first, np.diff(ends)
        raw = self._words[self.starts]
        self.initial = raw.astype(np.uint8)
        self.first = _cut(raw, self.lengths)

    def __len__(self) -> int:
        return len(self.starts)

    def word(self, starts: Places, left: Places) -> Words:
        """Returns eight bytes of some texts, shape (k,).

        Args:
            starts: where they begin among the bytes of all.
            left: how many bytes of the text there are; what is behind counts as 0.
        """
        return _cut(self._words[starts], left)

    def byte(self, places: Places, at: Places) -> npt.NDArray[np.uint8]:
        """Returns one byte of each of some texts, at places within them."""
        found: npt.NDArray[np.uint8] = self._words[self.starts[places] + at].astype(np.uint8)
        return found

    def strings(self, places: Places) -> pa.Array:
        """Returns some texts as strings, without a look at whether they are UTF-8."""
        array = self.array
        if len(places) < len(array):
            at = pa.Array.from_buffers(pa.int64(), len(places), [None, pa.py_buffer(places)])
            array = array.take(at)
        return pa.Array.from_buffers(
            pa.large_string(), len(array), array.buffers(), offset=array.offset
        )


_SHIFTS = np.array([63, 56, 48, 40, 32, 24, 16, 8, 0], np.uint64)
"""Bits of a word beyond so many bytes; of an empty text 63, as a shift by 64 is undefined."""


def _cut(words: Words, left: Places) -> Words:
    """Returns words without the bytes that are not of the text."""
    shortest = int(left.min(initial=_SIZE))
    if shortest >= _SIZE:
        return words
    found: Words = words << _SHIFTS[np.minimum(left, _SIZE)]
    if shortest == 0:
        found[left == 0] = 0  # it has no word at all
    return found
