"""Decimals as the nearest 64-bit floats; Arrow's own cast gives a neighbour of many."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.data.arrow.values import from_stored, places_array, validity

_EXACT_POWER = 22
"""Powers of ten up to this one are exact 64-bit floats."""
_EXACT = 1 << 53


def to_doubles(array: pa.Array) -> pa.Array:
    """Returns decimals as the nearest 64-bit floats; nulls stay.

    A quotient or product of two exact floats is the nearest one; larger numbers are converted one
    by one, each different one once.

    >>> from decimal import Decimal
    >>> to_doubles(pa.array([Decimal("0.100000"), None])).to_pylist()
    [0.1, None]
    """
    valid = validity(array)
    words = _words(array)
    low = words[:, 0]
    small = (low > -_EXACT) & (low < _EXACT)
    small &= (words[:, 1:] == (low >> 63)[:, None]).all(axis=1)
    scale = array.type.scale
    if abs(scale) > _EXACT_POWER:
        small &= low == 0
    power = float(10 ** min(abs(scale), _EXACT_POWER))
    found = low / power if scale >= 0 else low * power
    large = np.flatnonzero(~small & valid)
    if len(large):
        _, first, places = np.unique(words[large], axis=0, return_index=True, return_inverse=True)
        different = array.take(places_array(large[first])).to_pylist()
        found[large] = np.array([float(value) for value in different])[places.reshape(-1)]
    return from_stored(found, pa.float64(), None if valid.all() else valid)


def _words(array: pa.Array) -> npt.NDArray[np.int64]:
    """Returns the unscaled numbers as words of 64 bits, the lowest first, shape (n, k)."""
    bits = array.type.bit_width
    buffer = array.buffers()[1]
    if not len(array) or buffer is None:
        return np.zeros((len(array), max(bits // 64, 1)), np.int64)
    if bits == 32:
        narrow = np.frombuffer(buffer, np.int32)[array.offset :][: len(array)]
        return narrow.astype(np.int64)[:, None]
    count = bits // 64
    stored = np.frombuffer(buffer, np.int64)[array.offset * count :][: len(array) * count]
    return stored.reshape(-1, count)
