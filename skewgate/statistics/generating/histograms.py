"""Derives TFDV's histograms from the quantiles of its sketch, as arrays.

Source: tensorflow_data_validation/utils/quantiles_util.py, whose loops over buckets these are.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.core.distributions import FloatArray
from skewgate.statistics.histograms import Buckets

FINE = 100
"""Quantiles taken per bucket: TFDV makes the histogram of equal widths from them."""

STANDARD = int(statistics_pb2.Histogram.STANDARD)
QUANTILES = int(statistics_pb2.Histogram.QUANTILES)

# A bucket on the wire: field 3 and its length, then fields 1, 2 and 4 as tag and 64-bit float.
_BUCKET = np.dtype(
    {
        "names": ["head", "low_tag", "low", "high_tag", "high", "count_tag", "count"],
        "formats": ["<u2", "u1", "<f8", "u1", "<f8", "u1", "<f8"],
        "offsets": [0, 2, 3, 11, 12, 20, 21],
        "itemsize": 29,
    }
)
_TAGS = {"head": 0x1B1A, "low_tag": 0x09, "high_tag": 0x11, "count_tag": 0x21}


def quantiles_of(sketch: Any, buckets: int) -> tuple[FloatArray, FloatArray]:
    """Returns edges of buckets of equal weight and the weight up to each.

    Args:
        sketch: a tfx_bsl QuantilesSketch that has seen a value.
        buckets: how many, at least 1.

    Returns:
        Two ascending arrays of shape (buckets + 1,).
    """
    edges, weights = sketch.GetQuantilesAndCumulativeWeights(buckets)
    return (
        edges.flatten().to_numpy(zero_copy_only=False).astype(np.float64),
        weights.flatten().to_numpy(zero_copy_only=False).astype(np.float64),
    )


def median(edges: FloatArray) -> float:
    """Returns the middle edge, or the mean of the two in the middle.

    >>> median(np.array([1.0, 4.0, 6.0, 9.0]))
    5.0
    """
    middle = len(edges) // 2
    if len(edges) % 2:
        return float(edges[middle])
    return float((edges[middle - 1] + edges[middle]) / 2.0)


def between(edges: FloatArray, weights: FloatArray) -> Buckets:
    """Returns the buckets between edges.

    Buckets of one upper edge share their weight evenly, and what lies on the first edge is shared
    by the buckets that equal the first.

    Args:
        edges: ascending, shape (k + 1,).
        weights: of all values up to each edge, shape (k + 1,).

    >>> between(np.array([3.0, 4.0, 5.0, 5.0]), np.array([1.0, 2.0, 2.0, 3.0])).counts
    array([2. , 0.5, 0.5])
    """
    lows, highs, counts = edges[:-1], edges[1:], np.diff(weights)
    if not len(counts):
        return Buckets(lows, highs, counts)
    starts = np.flatnonzero(np.append(True, highs[1:] != highs[:-1]))
    sizes = np.diff(np.append(starts, len(highs)))
    counts = np.repeat(np.add.reduceat(counts, starts) / sizes, sizes)
    other = (lows != lows[0]) | (highs != highs[0])
    first = int(np.argmax(other)) if other.any() else len(counts)
    counts[:first] += weights[0] / first
    return Buckets(lows, highs, counts)


def equal_widths(
    edges: FloatArray,
    weights: FloatArray,
    *,
    least: float,
    most: float,
    buckets: int,
    n_positive_inf: float,
) -> Buckets:
    """Returns buckets of equal width, each with its share of the quantile buckets it overlaps.

    Infinite values get buckets of their own. Without any finite value there is one bucket for
    all; where the widths overflow, there is none.

    Args:
        edges, weights: as in `between`.
        least, most: the ends of the finite values; infinity and its negative if there are none.
        buckets: how many.
        n_positive_inf: number of infinite values that are positive.
    """
    if not (np.isfinite(least) or np.isfinite(most)):
        return Buckets(np.array([least]), np.array([most]), weights[-1:])
    edges, weights, n_negative_inf = _finite(edges, weights, most, n_positive_inf)
    fine = between(edges, weights)
    with np.errstate(over="ignore", invalid="ignore"):
        bounds = np.array([least, most]) if least == most else np.linspace(least, most, buckets + 1)
    if not np.isfinite(bounds).all():
        return Buckets(*np.empty((3, 0)))
    counts = [
        _within(fine, float(low), float(high), first=index == 0)
        for index, (low, high) in enumerate(itertools.pairwise(bounds))
    ]
    table = np.array([bounds[:-1], bounds[1:], counts])
    if n_negative_inf:
        table = np.insert(table, 0, (-np.inf, -np.inf, n_negative_inf), axis=1)
    if n_positive_inf:
        table = np.append(table, [[np.inf], [np.inf], [n_positive_inf]], axis=1)
    return Buckets(*table)


def _finite(
    edges: FloatArray, weights: FloatArray, most: float, n_positive_inf: float
) -> tuple[FloatArray, FloatArray, float]:
    """Returns edges and weights without infinite ones, and the weight of negative infinity."""
    negative = 0.0
    begin = int(np.searchsorted(edges, -np.inf, side="right"))
    if begin:
        negative = float(weights[begin - 1])
        edges, weights = edges[begin:], weights[begin:] - negative
    if n_positive_inf:
        end = int(np.searchsorted(edges, np.inf, side="left"))
        below = weights[-1] - n_positive_inf
        edges, weights = np.append(edges[:end], most), np.append(weights[:end], below)
    return edges, weights, negative


def _within(fine: Buckets, low: float, high: float, *, first: bool) -> float:
    """Returns the weight between two bounds, where each bucket is spread evenly over its width.

    A bucket without width that lies on the lower bound counts for the first interval only.
    """
    begin = int(np.searchsorted(fine.highs, low, side="left"))
    end = int(np.searchsorted(fine.lows, high, side="right"))
    lows, highs, counts = (part[begin:end] for part in fine)
    if not len(counts):
        return 0.0
    width = highs - lows
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = (np.minimum(highs, high) - np.maximum(lows, low)) / width
    shares[(lows >= low) & (highs <= high)] = 1.0
    shares[(lows == low) & (highs == low)] = float(first)
    # A running sum, which adds in order as TFDV does.
    return float(np.cumsum(shares * counts)[-1])


def to_proto(buckets: Buckets, kind: int, n_nan: int = 0) -> statistics_pb2.Histogram:
    """Returns buckets as TFDV's message.

    They are laid out as they are on the wire and parsed: protobuf takes a microsecond for each
    that is added by itself.
    """
    table = np.zeros(len(buckets.counts), _BUCKET)
    for name, tag in _TAGS.items():
        table[name] = tag
    table["low"], table["high"], table["count"] = buckets
    histogram = statistics_pb2.Histogram.FromString(table.tobytes())
    histogram.type = kind
    histogram.num_nan = n_nan
    return histogram
