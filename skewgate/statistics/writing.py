"""Writes profiles as the statistics that TFDV and TFX read."""

from __future__ import annotations

import math

import numpy as np
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.core import precision
from skewgate.core import quantile_summary as summaries
from skewgate.core.distributions import (
    CategoricalDistribution,
    Distribution,
    EmptyDistribution,
    NumericDistribution,
    OpaqueDistribution,
    middle,
    n_rows,
)
from skewgate.core.profile import Profile
from skewgate.core.quantile_summary import summary_of
from skewgate.statistics.histograms import write_buckets
from skewgate.statistics.messages import RESOLUTION_STAT, name_slices
from skewgate.statistics.reading import (
    COARSEST_STAT,
    EMPTY_STAT,
    FINEST_STAT,
    LOGICAL_STAT,
    RANK_ERROR_STAT,
    SLACK_STAT,
    VALUE_COUNT_ERROR_STAT,
)

_RANKS = 10_000  # categories named
_TOP = 20  # of which so many are also top_values, as TFDV writes them
_EQUAL_WIDTHS = 10  # buckets of the STANDARD histogram, as TFDV makes


def to_statistics(profile: Profile, resolution: int) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Returns a profile as TFDV's message, one data set per slice.

    Args:
        profile: what is known.
        resolution: points kept of each numeric feature, about.
    """
    written = statistics_pb2.DatasetFeatureStatisticsList()
    for key in sorted(profile.slices):
        dataset = written.datasets.add(name=key, num_examples=profile.rows[key])
        counts = profile.value_counts.get(key, {})
        for feature, side in profile.slices[key].items():
            path = profile.nested.get(feature, (feature,))
            _write(dataset.features.add(), path, side, counts.get(feature), resolution)
    name_slices(written)
    return written


def _write(
    message: statistics_pb2.FeatureNameStatistics,
    path: tuple[str, ...],
    side: Distribution,
    lengths: Distribution | None,
    resolution: int,
) -> None:
    message.path.step.extend(path)
    kinds = statistics_pb2.FeatureNameStatistics
    # What has values and none that are known is a struct: of the features in it, or opaque.
    struct = isinstance(side, EmptyDistribution) and side.n_present is not None and lengths is None
    if isinstance(side, OpaqueDistribution) or struct:
        message.type = kinds.STRUCT
        _write_common(message, message.struct_stats.common_stats, side, lengths, resolution)
    elif isinstance(side, CategoricalDistribution):
        message.type = kinds.STRING
        _write_common(message, message.string_stats.common_stats, side, lengths, resolution)
        _write_categories(message, side)
    else:
        integer = isinstance(side, NumericDistribution) and side.integer
        message.type = kinds.INT if integer else kinds.FLOAT
        _write_common(message, message.num_stats.common_stats, side, lengths, resolution)
        if isinstance(side, NumericDistribution):
            _write_numbers(message, side, resolution)
        elif side.n_nan:
            message.num_stats.histograms.add(num_nan=side.n_nan)


def _write_common(
    message: statistics_pb2.FeatureNameStatistics,
    common: statistics_pb2.CommonStatistics,
    side: Distribution,
    lengths: Distribution | None,
    resolution: int,
) -> None:
    present = n_rows(side) - side.n_missing
    total = side.n + side.n_nan
    common.num_missing = side.n_missing
    common.num_non_missing = present
    common.tot_num_values = total
    common.min_num_values = common.max_num_values = int(present > 0)
    common.avg_num_values = total / present if present else 0.0
    if side.n_empty:
        message.custom_stats.add(name=EMPTY_STAT, num=side.n_empty)
    if isinstance(lengths, NumericDistribution):
        common.min_num_values = int(lengths.edges[0])
        common.max_num_values = int(lengths.edges[-1])
        error = _write_histogram(common.num_values_histogram, lengths, resolution)
        message.custom_stats.add(name=VALUE_COUNT_ERROR_STAT, num=error)


def _write_numbers(
    message: statistics_pb2.FeatureNameStatistics, side: NumericDistribution, resolution: int
) -> None:
    stats = message.num_stats
    finite = side.edges[np.isfinite(side.edges)]
    stats.min, stats.max = float(side.edges[0]), float(side.edges[-1])
    if math.isfinite(side.std):
        stats.mean, stats.std_dev = side.mean, side.std
    stats.median = side.median
    low, high = side.bounds_at(np.zeros(1))
    before_low, before_high = side.bounds_before(np.zeros(1))
    stats.num_zeros = round(side.n * max(low[0] + high[0] - before_low[0] - before_high[0], 0) / 2)
    with np.errstate(over="ignore"):
        told = len(finite) and math.isfinite(finite[-1] - finite[0])
    if told:  # else no width is a number
        _write_standard(stats.histograms.add(), side, float(finite[0]), float(finite[-1]))
    error = _write_histogram(stats.histograms.add(), side, resolution)
    for histogram in stats.histograms:
        histogram.num_nan = side.n_nan
    message.custom_stats.add(name=RANK_ERROR_STAT, num=error)
    message.custom_stats.add(name=RESOLUTION_STAT, num=resolution)
    if not side.integer and side.types:
        bits = list(map(precision.bits_of_type, side.types))
        message.custom_stats.add(name=COARSEST_STAT, num=min(bits))
        message.custom_stats.add(name=FINEST_STAT, num=max(bits))
    if side.logical:
        message.custom_stats.add(name=LOGICAL_STAT, str=side.logical)


def _write_histogram(
    histogram: statistics_pb2.Histogram, side: NumericDistribution, resolution: int
) -> float:
    """Writes the quantiles and returns by how much their ranks may be off, as a share."""
    summary = summaries.compress(summary_of(side), resolution)
    below = (summary.below_low + summary.below_high) / 2
    upto = (summary.upto_low + summary.upto_high) / 2
    upto[-1] = summary.n
    histogram.type = statistics_pb2.Histogram.QUANTILES
    for low, high, count in write_buckets(summary.points, below, upto):
        histogram.buckets.add(low_value=low, high_value=high, sample_count=count)
    return summary.error / summary.n


def _write_standard(
    histogram: statistics_pb2.Histogram, side: NumericDistribution, low: float, high: float
) -> None:
    """Writes buckets of equal width, their counts from the middle of the CDF's bounds."""
    histogram.type = statistics_pb2.Histogram.STANDARD
    if low == high:
        histogram.buckets.add(low_value=low, high_value=high, sample_count=side.n)
        return
    edges = np.linspace(low, high, _EQUAL_WIDTHS + 1)
    below = middle(*side.bounds_before(edges[1:-1]))  # closed on the left, as TFDV's are
    upto = np.concatenate([[0.0], below, side.cdf_at(edges[-1:])])
    counts = np.maximum(np.diff(np.maximum.accumulate(upto)), 0.0) * side.n
    for start, end, count in zip(edges[:-1], edges[1:], counts, strict=True):
        histogram.buckets.add(low_value=start, high_value=end, sample_count=count)


def _write_categories(
    message: statistics_pb2.FeatureNameStatistics, side: CategoricalDistribution
) -> None:
    stats = message.string_stats
    ordered = sorted(side.counts.items(), key=lambda item: (-item[1], item[0]))
    stats.unique = len(ordered)
    if ordered:
        total = math.fsum(side.counts.values())
        stats.avg_length = math.fsum(len(name) * count for name, count in ordered) / total
    for rank, (name, count) in enumerate(ordered[:_RANKS]):
        stats.rank_histogram.buckets.add(
            low_rank=rank, high_rank=rank, label=name, sample_count=count
        )
        if rank < _TOP:
            stats.top_values.add(value=name, frequency=count)
    message.custom_stats.add(name=SLACK_STAT, num=side.slack)
