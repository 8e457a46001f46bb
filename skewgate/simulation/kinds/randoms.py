"""Random numbers that depend on the place of a row, and on nothing that was drawn before."""

from __future__ import annotations

import hashlib

import numpy as np
from scipy import special

from skewgate.core.distributions import FloatArray


def uniforms(seed: int, name: str, first: int, rows: int) -> FloatArray:
    """Returns one number in (0, 1) for each of `rows` rows from row `first` on, shape (rows,).

    Args:
        seed: of the whole simulation.
        name: what the numbers are for; another name gives other numbers.
        first: number of the first row, from 0.
        rows: how many.

    Source: Philox 4x64-10 (Salmon et al. 2011) of numpy, whose stream is the same in all versions;
    the counter is the number of the row.

    >>> whole, part = uniforms(7, "x", 0, 10), uniforms(7, "x", 3, 4)
    >>> bool((whole[3:7] == part).all())
    True
    """
    digest = hashlib.sha256(f"{seed}\0{name}".encode()).digest()
    key = int.from_bytes(digest[:16], "little")
    counter, within = divmod(first, 4)  # a step of the counter gives four numbers
    raw = np.random.Philox(key=key, counter=counter).random_raw(rows + within)[within:]
    numbers: FloatArray = ((raw >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return numbers


def normals(uniform: FloatArray) -> FloatArray:
    """Turns uniform numbers into standard normal ones by the inverse of the CDF."""
    numbers: FloatArray = special.ndtri(uniform)
    return numbers
