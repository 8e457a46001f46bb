"""Numbers as a coarser type holds them: what two sides are rounded to before they are compared.

The same number differs from itself where one side holds it in 32 bits and the other in 64. Rounding
to fewer bits never changes the order of two numbers, so that a CDF can be rounded by its edges:
edges that become one number are joined, and what lay between two of them may have become either.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from skewgate.core.distributions import Distribution, FloatArray, NumericDistribution

HALF, SINGLE, DOUBLE = 11, 24, 53
"""Significant bits of the floating types."""
_BITS = {"halffloat": HALF, "float": SINGLE}
_FLOATS = {HALF: np.float16, SINGLE: np.float32}
_SMALLEST = {HALF: 2.0**-25, SINGLE: 2.0**-150}
"""Half of the smallest number above 0: what is lost of a tiny number."""
_NAMES = {HALF: "16-bit floats", SINGLE: "32-bit floats", DOUBLE: "64-bit floats"}
_SHORT = 16
"""Significant bits that a number may have by chance, such as 2.5."""

Rounding = Callable[[FloatArray], FloatArray]


def aligned(
    baseline: Distribution, current: Distribution
) -> tuple[Distribution, Distribution, str]:
    """Returns two distributions as the coarser type of both holds them, and what was rounded.

    Returns:
        Both sides, each as it is unless it holds numbers that had to be rounded, and half a
        sentence on what was; "" if nothing was. Values beyond the range of the coarser type become
        infinite.
    """
    if not (isinstance(baseline, NumericDistribution) and isinstance(current, NumericDistribution)):
        return baseline, current, ""
    sides = {"baseline": baseline, "current": current}
    told = []
    whole = [_whole(side) for side in sides.values()]
    for (label, side), other_is_whole in zip(list(sides.items()), reversed(whole), strict=True):
        if other_is_whole and _has_fractions_of_seconds(side):
            sides[label] = _mapped(side, np.floor, lambda _: 1.0)
            told.append(f"times of the {label} data rounded down to whole seconds")
    bits = min(map(bits_of, sides.values()))
    changed = []
    for label, side in list(sides.items()):
        found = rounded(side, bits)
        sides[label] = found
        if found is not side and not fit(side.edges, bits):
            changed.append(label)
    if changed:
        told.append(
            f"numbers of the {' and '.join(changed)} data rounded to {_NAMES[bits]}, the coarser "
            "type of the two sides"
        )
    elif bits == DOUBLE and any(map(_beyond_doubles, sides.values())):
        told.append("whole numbers beyond 2^53 rounded to 64-bit floats")
    return sides["baseline"], sides["current"], "; ".join(told)


def bits_of(side: NumericDistribution) -> int:
    """Returns how many significant bits the values had in the coarsest type that held them.

    Values in 64 bits that are all 32-bit floats, with fractions as no short number has them or so
    large that they can have none, were stored in 32 bits before.
    """
    known = min(map(bits_of_type, side.types), default=DOUBLE)
    if known < DOUBLE or side.integer:
        return known
    edges = side.edges[np.isfinite(side.edges)]
    if not fit(edges, SINGLE):
        return DOUBLE
    # The fraction and the exponent of a number: 0.5 to 1 times a power of 2.
    significant = np.frexp(edges)[0] * 2.0**_SHORT
    fractional = (edges != np.floor(edges)) | (np.abs(edges) >= 2.0**DOUBLE)
    long = (significant != np.floor(significant)) & fractional
    return SINGLE if long.any() else DOUBLE


def float_type(bits: float) -> str:
    """Returns the name in Arrow of the floats with so many significant bits.

    >>> float_type(SINGLE)
    'float'
    """
    return next((name for name, known in _BITS.items() if known == bits), "double")


def bits_of_type(name: str) -> int:
    """Returns how many significant bits a type is told by, by its name in Arrow."""
    return _BITS.get(name, DOUBLE)


def fit(values: FloatArray, bits: int) -> bool:
    """Says whether a type of so many significant bits holds values as they are."""
    return bool(np.array_equal(_round_to(bits)(values), values))


def rounded(side: NumericDistribution, bits: int) -> NumericDistribution:
    """Returns the distribution of the values as a type of so many significant bits holds them.

    Bounds stay bounds: between two edges that become different numbers any value may have become
    either. Mean and standard deviation are kept with what rounding may have changed of them.

    Args:
        side: the distribution before.
        bits: HALF, SINGLE or DOUBLE.

    Returns:
        `side` itself if all its values are such numbers.
    """
    if bits == DOUBLE or (side.types and max(map(bits_of_type, side.types)) <= bits):
        return side
    if _whole(side) and np.all(np.abs(side.edges[[0, -1]]) <= 2.0**bits):
        return side

    def lost(size: float) -> float:
        return size * 2.0**-bits + _SMALLEST[bits]

    return _mapped(side, _round_to(bits), lost)


def _round_to(bits: int) -> Rounding:
    kind = _FLOATS.get(bits, np.float64)

    def round_to(values: FloatArray) -> FloatArray:
        with np.errstate(over="ignore", under="ignore"):
            return values.astype(kind).astype(np.float64)

    return round_to


def _mapped(
    side: NumericDistribution, rounding: Rounding, lost: Callable[[float], float]
) -> NumericDistribution:
    """Returns the distribution of rounded values.

    Args:
        side: the distribution before.
        rounding: of values; it never changes their order.
        lost: root mean square of the values to a bound on that of what rounding takes off them,
            by which neither the mean nor the standard deviation can change more.
    """
    edges = rounding(side.edges)
    first = np.flatnonzero(np.append(True, edges[1:] != edges[:-1]))
    last = np.append(first[1:], len(edges)) - 1
    known = bool(np.array_equal(np.isfinite(edges), np.isfinite(side.edges)))
    with np.errstate(over="ignore"):
        size = math.hypot(side.mean, side.std)
    return dataclasses.replace(
        side,
        edges=edges[first],
        # What lies between two edges may have become the number of either.
        left_lower=np.append(0.0, side.right_lower[last[:-1]]),
        left_upper=side.left_upper[first],
        right_lower=side.right_lower[last],
        right_upper=np.append(side.left_upper[first[1:]], 1.0),
        mean=side.mean if known else math.nan,
        std=side.std if known else math.nan,
        moments_error=side.moments_error + lost(size) if known else 0.0,
    )


def _whole(side: NumericDistribution) -> bool:
    """Says whether a side holds whole numbers, or times in whole seconds, by their types."""
    return side.integer and not any(map(_finer_than_seconds, side.types))


def _has_fractions_of_seconds(side: NumericDistribution) -> bool:
    """Says whether a side holds times that are not whole seconds."""
    finer = any(map(_finer_than_seconds, side.types))
    return finer and not np.array_equal(np.floor(side.edges), side.edges)


def _finer_than_seconds(name: str) -> bool:
    """Says whether a type is that of time stamps or times of day with fractions of seconds."""
    kind, _, unit = name.partition("[")
    return kind in ("timestamp", "time32", "time64") and not unit.startswith(("s]", "s,"))


def _beyond_doubles(side: NumericDistribution) -> bool:
    return side.integer and bool(np.max(np.abs(side.edges[[0, -1]])) > 2.0**DOUBLE)
