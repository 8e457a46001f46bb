import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.core.distributions import (
    CategoricalDistribution,
    EmptyDistribution,
    NumericDistribution,
    n_rows,
)
from skewgate.core.profile import Profile
from skewgate.profiling.accumulators.categorical import CategoricalAccumulator
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.profiling.accumulators.profile import ProfileAccumulator
from skewgate.statistics import messages
from skewgate.statistics import reading as statistics_lib
from skewgate.statistics.reading import parse_profile
from skewgate.statistics.writing import to_statistics

NUMERIC_BOUNDS = ("left_lower", "left_upper", "right_lower", "right_upper")


def profile(resolution=4_096, slice_by=(), **columns):
    accumulator = ProfileAccumulator(ProfileOptions(slice_by=slice_by, resolution=resolution))
    arrays = [c if isinstance(c, pa.Array) else pa.array(c) for c in columns.values()]
    accumulator.add(pa.RecordBatch.from_arrays(arrays, list(columns)))
    return accumulator.profile()


def read(statistics):
    return parse_profile(statistics.SerializeToString(), "statistics")


def read_back(found, resolution=1_000):
    return read(to_statistics(found, resolution))


def feature_of(found, name="x", resolution=1_000):
    [dataset] = to_statistics(found, resolution).datasets
    [feature] = [each for each in dataset.features if list(each.path.step) == [name]]
    return feature


def assert_holds(side, values):
    """The true CDF of `values` lies within the bounds of a distribution."""
    values = np.sort(np.asarray(values, float))
    points = np.r_[values, values[:-1] / 2 + values[1:] / 2, -1e300, 0.0, 1e300]
    points = points[~np.isnan(points)]
    for bounds, way in ((side.bounds_at, "right"), (side.bounds_before, "left")):
        true = np.searchsorted(values, points, side=way) / len(values)
        lower, upper = bounds(points)
        assert np.all(lower - 1e-12 <= true)
        assert np.all(true <= upper + 1e-12)


# What is read is what was written.


@settings(max_examples=200)
@given(
    values=st.lists(
        st.one_of(st.sampled_from([-1.0, 0.0, 0.0, 2.5, np.inf]), st.floats(allow_nan=False)),
        min_size=1,
        max_size=80,
    ),
    kept=st.sampled_from([4, 100]),
    written=st.sampled_from([2, 10, 100]),
)
def test_the_true_cdf_lies_within_the_bounds_that_are_read(values, kept, written):
    side = read_back(profile(kept, x=values), written).slices[""]["x"]
    assert_holds(side, values)
    assert side.n == len(values)
    assert (side.edges[0], side.edges[-1]) == (min(values), max(values))


@given(seed=st.integers(0, 2**31))
def test_bounds_widen_by_no_more_than_the_rank_error_that_is_written(seed):
    rng = np.random.default_rng(seed)
    found = profile(16, x=np.round(rng.lognormal(size=500), int(rng.integers(0, 3))).tolist())
    before, after = found.slices[""]["x"], read_back(found, 100).slices[""]["x"]
    own = {stat.name: stat.num for stat in feature_of(found, resolution=100).custom_stats}
    assert own[statistics_lib.RANK_ERROR_STAT] == after.rank_error
    at = np.searchsorted(before.edges, after.edges)
    slack = 2 * after.rank_error + 1 / 500 + 1e-12
    assert np.all(np.abs(after.right_lower - before.right_lower[at]) <= slack)
    assert np.all(np.abs(after.right_upper - before.right_upper[at]) <= slack)


def test_few_distinct_values_are_read_exactly():
    found = profile(x=[1, 2, 2, 7, None, 7, 7])
    side, again = found.slices[""]["x"], read_back(found).slices[""]["x"]
    assert again.edges.tolist() == [1.0, 2.0, 7.0]
    for bound in NUMERIC_BOUNDS:
        assert getattr(again, bound) == pytest.approx(getattr(side, bound))
    assert (again.n, again.n_missing, again.n_nan, again.rank_error) == (6, 1, 0, 0.0)
    assert (again.mean, again.std) == pytest.approx((26 / 6, np.std([1, 2, 2, 7, 7, 7])))
    assert again.integer


def test_a_coarse_resolution_writes_few_buckets():
    found = profile(x=np.random.default_rng(1).normal(size=50_000).tolist())
    for resolution in (10, 100, 1_000):
        histograms = feature_of(found, resolution=resolution).num_stats.histograms
        [quantiles] = [h for h in histograms if h.type == statistics_pb2.Histogram.QUANTILES]
        assert len(quantiles.buckets) <= 2 * (resolution + 2 * math.log2(50_000 / resolution) + 4)
        assert sum(b.sample_count for b in quantiles.buckets) == pytest.approx(50_000)


def test_counts_of_categories_are_read_exactly():
    found = profile(x=["Blue", "Red", None, "Blue", "Café"])
    assert read_back(found).slices[""]["x"] == CategoricalDistribution(
        {"Blue": 2.0, "Red": 1.0, "Café": 1.0}, 0.0, 4, n_missing=1
    )


def test_slack_and_what_has_no_name_are_read():
    accumulator = CategoricalAccumulator(capacity=2)
    accumulator.add([("a", 9), ("b", 5), ("c", 1), (None, 3)])
    accumulator.add([("d", 2), ("e", 2)])
    side = accumulator.distribution(n_missing=4)
    assert side.slack > 0
    found = Profile({"": {"x": side}}, {"": 26})
    assert read_back(found).slices[""]["x"] == side


def test_categories_beyond_those_that_are_named_are_other(monkeypatch):
    monkeypatch.setattr("skewgate.statistics.writing._RANKS", 2)
    again = read_back(profile(x=["a", "b", "b", "c", "c", "c"])).slices[""]["x"]
    assert again == CategoricalDistribution({"c": 3.0, "b": 2.0}, 1.0, 6)


@pytest.mark.parametrize(
    "cells", [[None, None], [math.nan, math.nan, None], [[], None], [math.nan] * 5]
)
def test_columns_without_a_value_are_read(cells):
    found = profile(
        x=pa.array(cells, pa.list_(pa.int64())) if [] in cells else cells, n=[1] * len(cells)
    )
    side, again = found.slices[""]["x"], read_back(found).slices[""]["x"]
    assert isinstance(side, EmptyDistribution)
    assert again == side
    assert n_rows(again) == len(cells)


def test_nan_and_infinities_are_read():
    found = profile(x=[math.nan, 1.0, -math.inf, math.inf, None, 4.0])
    again = read_back(found).slices[""]["x"]
    assert (again.n, again.n_nan, again.n_missing) == (4, 1, 1)
    assert again.edges.tolist() == [-math.inf, 1.0, 4.0, math.inf]
    assert again.right_lower == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert (again.mean, again.std) == pytest.approx((2.5, 1.5))


@pytest.mark.parametrize("kind", ["numbers", "text"])
@pytest.mark.parametrize("resolution", [2, 10, 1_000])
def test_how_many_values_there_are_is_read(kind, resolution):
    lengths = np.random.default_rng(4).geometric(0.04, size=3_000)
    cell = 1.5 if kind == "numbers" else "x"
    found = profile(24, x=[[cell] * int(k) for k in lengths] + [None, []])
    again = read_back(found, resolution)
    x, counts = again.slices[""].pop("x"), again.value_counts[""].pop("x")
    assert (again.slices, again.value_counts) == ({"": {}}, {"": {}})
    assert_holds(counts, [*lengths, 0])
    assert counts.n == 3_001
    assert (x.n, x.n_present, x.n_missing) == (lengths.sum(), 3_001, 1)


def test_how_many_values_there_are_has_a_rank_error_of_its_own():
    # Merged summaries of many lengths are off, while the single value is exact.
    from skewgate.profiling.merging import merge_profiles

    rng = np.random.default_rng(7)
    shards = [rng.geometric(0.02, size=400) for _ in range(6)]
    merged = merge_profiles(
        [profile(8, x=[[1.5] * int(k) for k in shard]) for shard in shards], "abcdef"
    )
    again = read_back(merged, 20)
    counts = again.value_counts[""]["x"]
    assert again.slices[""]["x"].rank_error == 0.0
    assert counts.rank_error > 0.0
    assert_holds(counts, np.concatenate(shards))


def test_slices_are_data_sets():
    found = profile(slice_by=[["company"]], fare=[1.5, 2.5, 3.5], company=["Blue", "Red", "Blue"])
    statistics = to_statistics(found, 100)
    assert [(d.name, d.num_examples) for d in statistics.datasets] == [
        ("All Examples", 3),
        ("company_Blue", 2),
        ("company_Red", 1),
    ]
    again = read(statistics)
    assert again.rows == found.rows
    assert again.slices["company=Blue"]["fare"].edges.tolist() == [1.5, 3.5]


def test_what_is_read_is_written_again_alike():
    found = profile(x=np.random.default_rng(3).normal(size=900).tolist(), y=["a"] * 900)
    once = to_statistics(found, 1_000)
    twice = to_statistics(read(once), 1_000)
    assert [list(f.path.step) for f in twice.datasets[0].features] == [["x"], ["y"]]
    side = read(twice).slices[""]["x"]
    assert side.rank_error <= 2 / 900


# What others read.


def test_types_are_those_of_the_data():
    found = profile(i=[1, 2], f=[1.5, 2.0], b=[True, False], s=["x", "y"], t=[b"x", None])
    [dataset] = to_statistics(found, 10).datasets
    kinds = statistics_pb2.FeatureNameStatistics
    assert {f.path.step[0]: f.type for f in dataset.features} == {
        "i": kinds.INT,
        "f": kinds.FLOAT,
        "b": kinds.INT,
        "s": kinds.STRING,
        "t": kinds.STRING,
    }


def test_numbers_that_tfdv_shows():
    values = [0.0, 0.0, 4.0, -2.0, 8.0, math.nan]
    stats = feature_of(profile(x=[*values, None])).num_stats
    assert (stats.min, stats.max, stats.num_zeros, stats.median) == (-2.0, 8.0, 2, 0.0)
    assert (stats.mean, stats.std_dev) == pytest.approx((2.0, np.std(values[:-1])))
    common = stats.common_stats
    assert (common.num_non_missing, common.num_missing, common.tot_num_values) == (6, 1, 6)
    assert (common.min_num_values, common.max_num_values, common.avg_num_values) == (1, 1, 1.0)
    standard, quantiles = stats.histograms
    assert standard.type == statistics_pb2.Histogram.STANDARD
    assert len(standard.buckets) == 10
    counts = [b.sample_count for b in standard.buckets]
    assert counts == pytest.approx([1, 0, 2, 0, 0, 0, 1, 0, 0, 1])
    assert (standard.num_nan, quantiles.num_nan) == (1, 1)


def test_the_buckets_of_equal_width_of_a_single_value():
    [standard, _] = feature_of(profile(x=[3, 3, 3])).num_stats.histograms
    [bucket] = standard.buckets
    assert (bucket.low_value, bucket.high_value, bucket.sample_count) == (3.0, 3.0, 3.0)


def test_categories_that_tfdv_shows():
    names = [name for k, name in enumerate("abcdefghijklmnopqrstuvwxyz") for _ in range(k + 1)]
    stats = feature_of(profile(x=names)).string_stats
    assert stats.unique == 26
    assert stats.avg_length == 1.0
    assert len(stats.top_values) == 20
    assert (stats.top_values[0].value, stats.top_values[0].frequency) == ("z", 26)
    ranks = [(b.low_rank, b.label, b.sample_count) for b in stats.rank_histogram.buckets]
    assert ranks[:2] == [(0, "z", 26.0), (1, "y", 25.0)]
    assert len(ranks) == 26


def test_the_resolution_is_read():
    for column, resolution in (([1.5, 2.5], 123), (["a"], 0)):
        content = to_statistics(profile(x=column), 123).SerializeToString()
        assert messages.resolution(content, "statistics") == resolution


def test_a_column_with_the_name_of_a_count_is_a_column():
    found = profile(**{"num_values(gone)": [1.5, 2.5]})
    again = read_back(found).slices[""]
    assert isinstance(again["num_values(gone)"], NumericDistribution)


# Types.


def test_the_types_of_numbers_come_back():
    single, double = pa.array([0.5, 0.1], pa.float32()), pa.array([0.5, 0.1])
    found = profile(
        single=single,
        double=double,
        quarters=pa.array([0.25, 0.75]),
        whole=[1, 2],
        times=pa.array([1, 2], pa.timestamp("s")),
        fine=pa.array([1_500, 2_000], pa.timestamp("ms")),
        text=["a", "b"],
    )
    types = {name: side.types for name, side in read_back(found).slices[""].items()}
    assert types == {
        "single": {"float"},
        "double": {"double"},
        "quarters": {"double"},
        "whole": {"int64"},
        "times": {"int64"},
        "fine": {"timestamp[us]"},
        "text": {"STRING"},
    }


def test_types_of_both_kinds_come_back_as_the_coarsest_and_the_finest():
    accumulator = ProfileAccumulator()
    for kind in (pa.float32(), pa.float64()):
        accumulator.add(pa.record_batch([pa.array([0.5, 0.1], kind)], ["x"]))
    assert read_back(accumulator.profile()).slices[""]["x"].types == {"float", "double"}


def test_floats_of_other_writers_are_32_bits_if_all_edges_are():
    for values, expected in (([0.5, 0.25], "float"), ([0.5, 0.1], "double")):
        statistics = to_statistics(profile(x=pa.array(values)), 10)
        del statistics.datasets[0].features[0].custom_stats[:]
        assert read(statistics).slices[""]["x"].types == {expected}


def test_what_cannot_be_compared_is_a_struct_without_values():
    found = profile(x=pa.array([{"a": 1}, None]), n=[1, 2])
    [_, feature] = to_statistics(found, 10).datasets[0].features
    assert feature.type == statistics_pb2.FeatureNameStatistics.STRUCT
    common = feature.struct_stats.common_stats
    assert (common.num_non_missing, common.num_missing) == (1, 1)
    side = read_back(found).slices[""]["x"]
    assert (side.kind, side.other, side.types) == ("categorical", 1.0, {"STRUCT"})
