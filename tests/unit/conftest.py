"""Builders of statistics in the shape that TFDV writes, from raw values."""

from __future__ import annotations

import types

import hypothesis
import numpy as np
import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2

from tests.distributions_of import distributions

# The same examples at every run, however slow the machine.
hypothesis.settings.register_profile("unit", deadline=None, derandomize=True)
hypothesis.settings.load_profile("unit")


def quantile_boundaries(values, buckets):
    """Returns the boundaries at the ranks i n / K and the weight of all values up to each.

    A boundary is the first value whose cumulative weight exceeds the rank; the last is the
    largest value.
    """
    distinct, counts = np.unique(np.asarray(values, float), return_counts=True)
    cumulative = counts.cumsum()
    ranks = np.arange(buckets + 1) * cumulative[-1] / buckets
    index = np.minimum(np.searchsorted(cumulative, ranks, side="right"), len(distinct) - 1)
    return distinct[index], cumulative[index]


def buckets_between(boundaries, weights):
    """Returns low, high and count of the buckets of a QUANTILES histogram, as TFDV derives them.

    Buckets that end at the same value share their weight evenly; the weight of the smallest
    value goes to the leading buckets that are equal to the first.
    """
    lows, highs, counts = boundaries[:-1], boundaries[1:], np.diff(weights).astype(float)
    for value in np.unique(highs):
        run = highs == value
        counts[run] = counts[run].sum() / run.sum()
    leading = np.cumprod((lows == lows[0]) & (highs == highs[0])).astype(bool)
    counts[leading] += weights[0] / leading.sum()
    return lows, highs, counts


def quantiles_histogram(values, buckets):
    return buckets_between(*quantile_boundaries(values, buckets))


def numeric_feature(name, values, *, buckets=400, n_missing=0, n_nan=0):
    feature = statistics_pb2.FeatureNameStatistics(type=statistics_pb2.FeatureNameStatistics.FLOAT)
    feature.path.step.append(name)
    common = feature.num_stats.common_stats
    common.num_non_missing = common.tot_num_values = len(values) + n_nan
    common.num_missing = n_missing
    histogram = feature.num_stats.histograms.add(
        type=statistics_pb2.Histogram.QUANTILES, num_nan=n_nan
    )
    if len(values):
        for low, high, count in zip(*quantiles_histogram(values, buckets), strict=True):
            histogram.buckets.add(low_value=low, high_value=high, sample_count=count)
    return feature


def categorical_feature(name, counts, *, kept=None, n_missing=0):
    """Keeps the `kept` most frequent categories, as TFDV does."""
    feature = statistics_pb2.FeatureNameStatistics(type=statistics_pb2.FeatureNameStatistics.STRING)
    feature.path.step.append(name)
    common = feature.string_stats.common_stats
    common.num_non_missing = common.tot_num_values = sum(counts.values())
    common.num_missing = n_missing
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:kept]
    for rank, (label, count) in enumerate(ranked):
        feature.string_stats.rank_histogram.buckets.add(
            low_rank=rank, high_rank=rank, label=label, sample_count=count
        )
    return feature


def dataset(*features, name=""):
    """Returns the statistics of one slice."""
    result = statistics_pb2.DatasetFeatureStatistics(name=name)
    result.features.extend(features)
    common = [getattr(f, f.WhichOneof("stats") or "num_stats").common_stats for f in features]
    result.num_examples = max((c.num_non_missing + c.num_missing for c in common), default=0)
    return result


def statistics(*datasets):
    return statistics_pb2.DatasetFeatureStatisticsList(datasets=datasets)


def numeric(values, *, buckets=400, rank_error=0.0, **counts):
    """Returns the distribution that the reader makes of such statistics."""
    feature = numeric_feature("x", values, buckets=buckets, **counts)
    return distributions(dataset(feature), rank_error)["x"]


def categorical(counts, **options):
    return distributions(dataset(categorical_feature("x", counts, **options)))["x"]


@pytest.fixture(scope="session")
def build():
    return types.SimpleNamespace(
        buckets_between=buckets_between,
        quantiles_histogram=quantiles_histogram,
        numeric_feature=numeric_feature,
        categorical_feature=categorical_feature,
        dataset=dataset,
        statistics=statistics,
        numeric=numeric,
        categorical=categorical,
    )
