"""Turns the buckets of histograms into certain bounds on a CDF, and back."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from google.protobuf import message

from skewgate.core.distributions import FloatArray
from skewgate.data.tf_example.protobuf import read_varint

Bounds = tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]
"""Edges, left lower, left upper, right lower and right upper bounds, each of shape (k,)."""

# A bucket on the wire: field 3 and its length, then those of the fields 1, 2 and 4 that are not 0,
# each as its tag and a 64-bit float.
_BUCKET = 0x1A
_ROWS = {0x09: 0, 0x11: 1, 0x21: 2}  # tag to row of the arrays: low, high, count
_NAMES = {0x09: "low", 0x11: "high", 0x21: "count"}


class Buckets(NamedTuple):
    """Low ends, high ends and counts of a histogram's buckets, each of shape (k,)."""

    lows: FloatArray
    highs: FloatArray
    counts: FloatArray


class Histogram(NamedTuple):
    """A histogram of TFDV: its buckets, its type as the proto numbers it, and its NaN values."""

    buckets: Buckets
    type: int
    n_nan: int


@functools.lru_cache(maxsize=4)  # those of a feature, which are looked at before they are used
def read_histogram(data: bytes) -> Histogram:
    """Decodes a serialized `Histogram`; the arrays are not to be changed.

    Buckets that look alike on the wire, as all without a zero do, are read as arrays. (Protobuf
    takes about 0.5 us per bucket and attribute.)

    Raises:
        message.DecodeError: it is not such a message.
    """
    parts = [np.empty((3, 0))]
    fields = {1: 0, 2: 0, 4: 0}
    at = 0
    while at < len(data):
        if data[at] == _BUCKET and at + 1 < len(data):
            table, at = _alike(data, at)
            parts.append(table)
            continue
        field, kind = data[at] >> 3, data[at] & 7
        try:
            value, at = read_varint(data, at + 1)
        except IndexError as error:
            raise message.DecodeError("a histogram is cut off") from error
        if kind == 2:
            at += value
        elif kind == 0:
            fields[field] = value
        else:
            raise message.DecodeError("a field of a histogram is malformed")
    if at > len(data):
        raise message.DecodeError("a histogram is cut off")
    return Histogram(Buckets(*np.concatenate(parts, axis=1)), fields[4], fields[1])


def _alike(data: bytes, at: int) -> tuple[FloatArray, int]:
    """Reads the buckets from a position on that have the same fields as the first of them.

    Returns:
        Low ends, high ends and counts as rows, shape (3, run), and the position after them.
    """
    size = 2 + data[at + 1]
    end = len(data) - (len(data) - at) % size
    if end == at:
        raise message.DecodeError("a bucket of a histogram is malformed")
    tags = data[at + 2 : at + size : 9]
    layout = _layout(size, tags)
    # Byte strings are the fastest way to see how far a tag goes on.
    run = (end - at) // size
    for start in (at, at + 1, *range(at + 2, at + size, 9)):
        column = data[start:end:size]
        run = min(run, len(column) - len(column.lstrip(column[:1])))
    table = np.frombuffer(data, layout, run, at)
    found = np.zeros((3, run))
    for tag in tags:
        found[_ROWS[tag]] = table[_NAMES[tag]]
    return found, at + run * size


@functools.lru_cache(maxsize=64)
def _layout(size: int, tags: bytes) -> np.dtype[np.void]:
    """Returns how a bucket of so many bytes with these tags lies in memory."""
    if size % 9 != 2 or not all(tag in _ROWS for tag in tags) or len(set(tags)) < len(tags):
        raise message.DecodeError("a bucket of a histogram is malformed")
    return np.dtype(
        {
            "names": [_NAMES[tag] for tag in tags],
            "formats": ["<f8"] * len(tags),
            "offsets": list(range(3, size, 9)),
            "itemsize": size,
        }
    )


def sketched_bounds(buckets: Buckets, n: int, rank_error: float) -> Bounds:
    """Turns the quantile buckets of TFDV into bounds on the CDF at their distinct edges.

    TFDV writes a heavy value as a run of buckets that start and end at it; the buckets of a run
    share its weight evenly, so that the running sum at the end of the run is the weight of all
    values up to that one. The rank at which a run begins bounds the weight below it.

    Args:
        buckets: of equal weight but for runs.
        n: number of values, >= 1.
        rank_error: of the sketch that made them, as a share of n.
    """
    lows, highs, counts = buckets
    k = len(highs)
    edges = np.concatenate((lows[:1], highs))
    weights = np.empty(k + 1)
    weights[0] = 0.0
    np.cumsum(counts, out=weights[1:])
    weights /= weights[-1]
    distinct = np.empty(k + 1, bool)
    distinct[0] = True
    np.not_equal(edges[1:], edges[:-1], out=distinct[1:])
    first = distinct.nonzero()[0]
    last = np.empty(len(first), np.intp)
    last[:-1] = first[1:]
    last[:-1] -= 1
    last[-1] = k
    cumulative = weights[last]
    one = 1.0 / n
    right_lower = np.maximum(cumulative - rank_error, one)
    right_upper = cumulative + rank_error
    if last[0] == 0:
        # No run at the minimum: its weight is anything up to the end of the first bucket.
        right_upper[0] = weights[1] + rank_error
    # At most the weight before the run's first rank, and at least one value lies on the edge.
    ranks = first / k + one + rank_error
    left_upper = np.minimum(ranks, np.minimum(right_upper, 1.0) - one)
    left_lower = np.empty(len(first))
    left_lower[0] = 0.0
    left_lower[1:] = right_lower[:-1]
    return _tidy(edges[first], left_lower, left_upper, right_lower, right_upper)


def exact_bounds(buckets: Buckets, n: int, rank_error: float) -> Bounds:
    """Turns the buckets that `write_buckets` made into bounds on the CDF at their edges.

    Args:
        buckets: (low, high] with the number of values; one whose ends are equal holds the values
            equal to them.
        n: number of values, >= 1.
        rank_error: how far a running sum may be off, as a share of n.
    """
    lows, highs, counts = buckets
    running = np.concatenate(([0.0], np.cumsum(counts))) / n
    ends = np.append(highs[1:] != highs[:-1], True).nonzero()[0]
    atom = lows[ends] == highs[ends]
    upto = running[ends + 1]
    one = 1.0 / n
    before = np.concatenate(([0.0], upto[:-1]))
    below_least = np.where(atom, running[ends] - rank_error, before - rank_error)
    below_most = np.where(atom, running[ends], upto - one) + rank_error
    return _tidy(
        highs[ends], below_least, below_most, upto - rank_error, np.minimum(upto + rank_error, 1.0)
    )


def write_buckets(
    points: FloatArray, below: npt.NDArray[np.float64], upto: npt.NDArray[np.float64]
) -> list[tuple[float, float, float]]:
    """Returns buckets (low, high, count) that `exact_bounds` reads.

    Args:
        points: ascending, shape (k,), the first is the minimum and the last the maximum.
        below, upto: number of values < point and <= point, shape (k,).
    """
    buckets = []
    low, reached = float(points[0]), 0.0
    for index, point in enumerate(points.tolist()):
        if index and below[index] - reached > 0 and upto[index] - below[index] <= 1:
            buckets.append((low, point, float(upto[index] - reached)))
        else:
            if below[index] - reached > 0:
                buckets.append((low, point, float(below[index] - reached)))
            buckets.append((point, point, float(upto[index] - below[index])))
        low, reached = point, float(upto[index])
    return buckets


def _tidy(
    edges: FloatArray,
    left_lower: FloatArray,
    left_upper: FloatArray,
    right_lower: FloatArray,
    right_upper: FloatArray,
) -> Bounds:
    """Holds bounds within [0, 1] and in order; the first edge is the minimum, the last the top."""
    left_lower = _shares(left_lower)
    left_lower[0] = left_upper[0] = 0.0
    right_lower[-1] = right_upper[-1] = 1.0
    right_lower = np.maximum.accumulate(_shares(right_lower))
    left_upper = np.minimum(np.maximum(left_upper, left_lower), 1.0)
    return (
        edges,
        left_lower,
        left_upper,
        right_lower,
        np.maximum(np.minimum(right_upper, 1.0), right_lower),
    )


def _shares(values: FloatArray) -> FloatArray:
    """Holds values within [0, 1]; np.clip takes five times as long for short arrays."""
    held: FloatArray = np.minimum(np.maximum(values, 0.0), 1.0)
    return held
