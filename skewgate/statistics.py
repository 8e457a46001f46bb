"""Reads TFDV statistics into distributions with certain bounds."""

from __future__ import annotations

import math
import os
import pathlib

import numpy as np
from google.protobuf import message
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.errors import InputError
from skewgate.types import (
    CategoricalDistribution,
    Distribution,
    EmptyDistribution,
    FloatArray,
    NumericDistribution,
)

STOCK_RANK_ERROR = 0.01
"""Nominal rank error of TFDV's quantile sketch where the artifact does not name its own."""

_PLACEHOLDERS = ("__BYTES_VALUE__", "__LARGE_BYTES__")
"""What TFDV writes for values that it cannot name: each stands for many categories."""

ALL_EXAMPLES = "All Examples"
"""TFDV's name for the slice that holds every example; ours is ""."""


def read_statistics(
    path: str | os.PathLike[str],
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Reads a binary `DatasetFeatureStatisticsList`, as StatisticsGen writes it.

    Raises:
        InputError: the file is missing, is not such a message, or holds no data set.
    """
    try:
        data = pathlib.Path(path).read_bytes()
    except OSError as error:
        raise InputError(str(path), f"cannot be read: {error.strerror}") from error
    return parse_statistics(data, str(path))


def parse_statistics(data: bytes, where: str) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Parses what `read_statistics` reads; `where` names the source in messages."""
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    try:
        if statistics.ParseFromString(data) != len(data):  # protobuf 3 only warns of the rest
            raise message.DecodeError("not all of it is a message")
    except message.DecodeError as error:
        raise InputError(
            where,
            "is not a TFDV statistics file (DatasetFeatureStatisticsList)",
            "generate the statistics again",
        ) from error
    if not statistics.datasets:
        raise InputError(where, "holds no statistics", "generate the statistics again")
    return statistics


def distributions(
    dataset: statistics_pb2.DatasetFeatureStatistics, rank_error: float = STOCK_RANK_ERROR
) -> dict[str, Distribution]:
    """Returns the distribution of every feature of one data set (slice).

    Args:
        dataset: statistics of a slice.
        rank_error: rank error of the sketch that made the quantiles, in [0, 1).
    """
    return {
        ".".join(feature.path.step) or feature.name: _distribution(feature, rank_error)
        for feature in dataset.features
    }


def overall(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
) -> statistics_pb2.DatasetFeatureStatistics:
    """Returns the data set of all examples, wherever it stands among the slices.

    Raises:
        InputError: there are slices only.
    """
    for dataset in statistics.datasets:
        if slice_name(dataset) == "":
            return dataset
    raise InputError(
        "statistics", f"have no {ALL_EXAMPLES!r} beside their slices", "generate them again"
    )


def slice_name(dataset: statistics_pb2.DatasetFeatureStatistics) -> str:
    """Returns the slice that a data set describes, "" for all examples."""
    return "" if dataset.name in ("", ALL_EXAMPLES) else str(dataset.name)


def _distribution(feature: statistics_pb2.FeatureNameStatistics, rank_error: float) -> Distribution:
    kind = feature.WhichOneof("stats")
    common = getattr(feature, kind).common_stats if kind else None
    n_missing = _missing(common) if common else 0
    if common is None or common.num_non_missing == 0 or common.tot_num_values == 0:
        return EmptyDistribution(n_missing=n_missing)
    if kind == "num_stats":
        return _numeric(feature.num_stats, n_missing, rank_error)
    return _categorical(getattr(feature, kind), kind, n_missing)


def _missing(common: statistics_pb2.CommonStatistics) -> int:
    """Counts the examples without a value.

    Stock CsvExampleGen writes an empty list where a cell is empty, which TFDV counts as present.
    """
    empty = 0
    if common.max_num_values <= 1:
        empty = max(int(common.num_non_missing) - int(common.tot_num_values), 0)
    return int(common.num_missing) + empty


def _numeric(
    stats: statistics_pb2.NumericStatistics, n_missing: int, rank_error: float
) -> Distribution:
    kinds = statistics_pb2.Histogram.HistogramType
    by_type = {histogram.type: histogram for histogram in stats.histograms}
    histogram = by_type.get(kinds.Value("QUANTILES")) or by_type.get(kinds.Value("STANDARD"))
    n_nan = int(histogram.num_nan) if histogram else 0
    n = int(stats.common_stats.tot_num_values) - n_nan
    if histogram is None or not histogram.buckets or n <= 0:
        return EmptyDistribution(n_missing=n_missing, n_nan=n_nan)
    lows = np.array([bucket.low_value for bucket in histogram.buckets])
    highs = np.array([bucket.high_value for bucket in histogram.buckets])
    counts = np.array([bucket.sample_count for bucket in histogram.buckets])
    if histogram.type != kinds.Value("QUANTILES"):
        # Counts of equal-width buckets are interpolated: only the outer edges are certain.
        lows, highs, counts = lows[:1], highs[-1:], np.array([float(n)])
    bounds = _cdf_bounds(lows, highs, counts, n, rank_error)
    return NumericDistribution(
        *bounds, n=n, n_missing=n_missing, n_nan=n_nan, rank_error=rank_error
    )


def _cdf_bounds(
    lows: FloatArray, highs: FloatArray, counts: FloatArray, n: int, rank_error: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Turns a histogram's buckets into bounds on the CDF at its distinct edges.

    TFDV writes a heavy value as a run of buckets that start and end at it; the buckets of a run
    share its weight evenly, so that the running sum at the end of the run is the weight of all
    values up to that one. The rank at which a run begins bounds the weight below it.

    Returns:
        Edges, left lower, left upper, right lower and right upper bounds, each of shape (k,).
    """
    buckets = len(highs)
    edges = np.r_[lows[0], highs]
    weights = np.r_[0.0, np.cumsum(counts)]
    weights = weights / weights[-1]
    first = np.r_[True, edges[1:] != edges[:-1]].nonzero()[0]
    last = np.r_[first[1:] - 1, buckets]
    distinct = edges[first]
    cumulative = weights[last]
    one = 1.0 / n
    right_lower = np.maximum(cumulative - rank_error, one)
    right_upper = np.minimum(cumulative + rank_error, 1.0)
    if last[0] == 0:
        # No run at the minimum: its weight is anything up to the end of the first bucket.
        right_upper[0] = weights[1] + rank_error if buckets > 0 else 1.0
    # At most the weight before the run's first rank, and at least one value lies on the edge.
    ranks = first / buckets + one + rank_error
    left_upper = np.clip(np.minimum(ranks, right_upper - one), 0.0, 1.0)
    left_lower = np.r_[0.0, right_lower[:-1]]
    left_lower[0] = left_upper[0] = 0.0
    right_lower[-1] = right_upper[-1] = 1.0
    right_lower = np.maximum.accumulate(np.minimum(right_lower, 1.0))
    right_upper = np.minimum(right_upper, 1.0)
    left_upper = np.maximum(left_upper, left_lower)
    return distinct, left_lower, left_upper, right_lower, np.maximum(right_upper, right_lower)


def _categorical(
    stats: statistics_pb2.StringStatistics | statistics_pb2.BytesStatistics,
    kind: str,
    n_missing: int,
) -> Distribution:
    n = int(stats.common_stats.tot_num_values)
    if kind != "string_stats":
        return CategoricalDistribution({}, other=float(n), n=n, n_missing=n_missing)
    counts = {
        str(bucket.label): float(bucket.sample_count)
        for bucket in stats.rank_histogram.buckets
        if bucket.label not in _PLACEHOLDERS
    }
    other = max(n - math.fsum(counts.values()), 0.0)
    return CategoricalDistribution(counts, other=other, n=n, n_missing=n_missing)
