import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.checks.drift import comparing
from skewgate.checks.drift.config import DriftConfig
from skewgate.core.distributions import EmptyDistribution, n_rows, n_without_value
from skewgate.core.results import Status
from skewgate.metrics.ks import ks_interval
from skewgate.statistics.reading import parse_profile
from skewgate.statistics.writing import to_statistics

VALUES = st.one_of(
    st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=50),
    st.lists(st.floats(-1e9, 1e9, allow_subnormal=False), min_size=1, max_size=50),
    st.lists(st.one_of(st.just(7.0), st.just(7.0), st.floats(0, 9)), min_size=1, max_size=90),
)


def check_bounds(distribution, values):
    ordered = np.sort(values)
    points = np.union1d(ordered, (ordered[1:] + ordered[:-1]) / 2)
    points = np.r_[ordered[0] - 1, points, ordered[-1] + 1]
    for bounds, side in (
        (distribution.bounds_at(points), "right"),
        (distribution.bounds_before(points), "left"),
    ):
        exact = np.searchsorted(ordered, points, side=side) / len(ordered)
        assert np.all(bounds[0] <= exact + 1e-9), side
        assert np.all(exact <= bounds[1] + 1e-9), side


@settings(max_examples=300)
@given(values=VALUES, buckets=st.sampled_from([1, 2, 5, 10, 64]))
def test_the_true_cdf_lies_within_its_bounds(build, values, buckets):
    check_bounds(build.numeric(values, buckets=buckets), values)


@settings(max_examples=100)
@given(values=VALUES, rank_error=st.floats(0, 0.5))
def test_the_true_cdf_lies_within_its_bounds_whatever_the_rank_error(build, values, rank_error):
    distribution = build.numeric(values, buckets=10, rank_error=rank_error)
    check_bounds(distribution, values)
    assert distribution.rank_error == rank_error


def erring_histogram(values, buckets, rank_error, seed):
    """Returns the buckets of a sketch whose ranks and weights are wrong by up to `rank_error`."""
    rng = np.random.default_rng(seed)
    distinct, counts = np.unique(values, return_counts=True)
    cumulative, n = counts.cumsum(), len(values)
    ranks = np.arange(buckets + 1) * n / buckets
    ranks[1:-1] += rng.uniform(-rank_error, rank_error, buckets - 1) * n
    index = np.searchsorted(cumulative, np.sort(np.clip(ranks, 0, n)), side="right")
    index = np.minimum(index, len(distinct) - 1)
    wrong = cumulative + rng.uniform(-rank_error, rank_error, len(distinct)) * n
    wrong = np.maximum.accumulate(np.clip(wrong, 1, n))
    wrong[-1] = n
    return distinct[index], wrong[index]


@settings(max_examples=400)
@given(
    values=VALUES,
    buckets=st.sampled_from([2, 5, 10, 64]),
    rank_error=st.sampled_from([0.01, 0.1, 0.3]),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_true_cdf_lies_within_its_bounds_when_the_sketch_errs(
    build, values, buckets, rank_error, seed
):
    boundaries, weights = erring_histogram(values, buckets, rank_error, seed)
    feature = build.numeric_feature("x", values)
    [histogram] = feature.num_stats.histograms
    del histogram.buckets[:]
    for low, high, count in zip(*build.buckets_between(boundaries, weights), strict=True):
        histogram.buckets.add(low_value=low, high_value=high, sample_count=count)
    check_bounds(build.distributions(build.dataset(feature), rank_error)["x"], values)


@settings(max_examples=100)
@given(values=VALUES, rank_error=st.floats(0, 0.5))
def test_bounds_are_ordered_shares(build, values, rank_error):
    d = build.numeric(values, buckets=8, rank_error=rank_error)
    assert np.all(np.diff(d.edges) > 0)
    for lower, upper in ((d.left_lower, d.left_upper), (d.right_lower, d.right_upper)):
        assert np.all(lower >= 0)
        assert np.all(lower <= upper)
        assert np.all(upper <= 1)
        assert np.all(np.diff(lower) >= 0)
    assert (d.left_upper[0], d.right_lower[-1]) == (0.0, 1.0)


def test_a_heavy_value_is_one_edge_with_its_exact_weight(build):
    # Half of the values are 2: at rank 1/10 they begin, at 6/10 they end.
    d = build.numeric([1, 2, 2, 2, 2, 2, 3, 4, 5, 6], buckets=10)
    atom = d.edges.tolist().index(2.0)
    assert d.right_lower[atom] == pytest.approx(0.6)
    assert d.right_upper[atom] == pytest.approx(0.6)
    assert d.left_lower[atom] == pytest.approx(0.1)
    assert d.left_upper[atom] <= 0.2 + 1e-9


def test_a_light_minimum_before_a_run_is_not_made_heavier(build):
    values = [1, *[9] * 6]
    assert build.quantiles_histogram(values, 5)[2] == pytest.approx([2.2, 1.2, 1.2, 1.2, 1.2])
    d = build.numeric(values, buckets=5)
    assert d.right_lower[0] <= 1 / 7 <= d.right_upper[0]


def test_a_constant_is_an_atom_of_all_its_mass(build):
    d = build.numeric([5.0] * 7)
    assert d.edges.tolist() == [5.0]
    assert (d.left_lower[0], d.left_upper[0], d.right_lower[0], d.right_upper[0]) == (0, 0, 1, 1)


def test_numbers_are_counted_without_missing_and_nan(build):
    d = build.numeric(range(11), n_missing=4, n_nan=3)
    assert (d.n, d.n_missing, d.n_nan) == (11, 4, 3)


@pytest.mark.parametrize(
    ("n_missing", "n_nan"), [(9, 0), (0, 6), (2, 5)], ids=["missing", "nan", "both"]
)
def test_a_numeric_feature_without_a_number_is_empty(build, n_missing, n_nan):
    assert build.numeric([], n_missing=n_missing, n_nan=n_nan) == EmptyDistribution(
        n_missing=n_missing, n_nan=n_nan
    )


def test_categories_are_counted(build):
    d = build.categorical({"b": 5, "a": 2, "c": 1}, n_missing=4)
    assert d.counts == {"b": 5.0, "a": 2.0, "c": 1.0}
    assert (d.other, d.n, d.n_missing, d.n_nan) == (0.0, 8, 4, 0)


def test_mass_outside_the_kept_categories_is_other(build):
    d = build.categorical({"b": 5, "a": 2, "c": 1, "d": 1}, kept=2)
    assert d.counts == {"b": 5.0, "a": 2.0}
    assert (d.other, d.n) == (2.0, 9)


def test_a_categorical_feature_without_a_value_is_empty(build):
    assert build.categorical({}, n_missing=12) == EmptyDistribution(n_missing=12)


def test_bytes_are_categories_that_nobody_knows(build):
    feature = statistics_pb2.FeatureNameStatistics(name="image")
    common = feature.bytes_stats.common_stats
    common.num_non_missing, common.tot_num_values, common.num_missing = 6, 8, 2
    dataset = statistics_pb2.DatasetFeatureStatistics(features=[feature])
    d = build.distributions(dataset)["image"]
    assert (d.counts, d.other, d.n, d.n_missing) == ({}, 8.0, 8, 2)


def test_a_feature_without_statistics_is_empty(build):
    dataset = statistics_pb2.DatasetFeatureStatistics(
        features=[statistics_pb2.FeatureNameStatistics(name="x")]
    )
    assert build.distributions(dataset) == {"x": EmptyDistribution(n_missing=0)}


def test_features_are_named_by_their_path(build):
    nested = build.categorical_feature("trip", {"a": 1})
    nested.path.step.append("company")
    by_name = statistics_pb2.FeatureNameStatistics(name="fare")
    assert set(build.distributions(build.dataset(nested, by_name))) == {"trip.company", "fare"}


@given(
    pair=st.tuples(
        st.lists(st.floats(0, 100, width=32), min_size=1, max_size=40),
        st.lists(st.floats(0, 100, width=32), min_size=1, max_size=30),
    )
)
def test_equal_width_histograms_are_trusted_for_their_range_only(build, pair):
    # Their counts are interpolated and their edges are no values.
    sides = []
    for values in pair:
        feature = build.numeric_feature("x", [])
        del feature.num_stats.histograms[:]
        feature.num_stats.common_stats.num_non_missing = len(values)
        feature.num_stats.common_stats.tot_num_values = len(values)
        low, high = min(values), max(values)
        edges = np.linspace(low, high, 11) if low < high else np.array([low, high])
        counts = np.diff(np.searchsorted(np.sort(values), edges[1:], side="right"), prepend=0)
        histogram = feature.num_stats.histograms.add(type=statistics_pb2.Histogram.STANDARD)
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True):
            histogram.buckets.add(low_value=low, high_value=high, sample_count=count)
        sides.append(build.distributions(build.dataset(feature), 0.0)["x"])
        check_bounds(sides[-1], values)
    exact = build.numeric(pair[0]), build.numeric(pair[1])
    _, lower, upper = ks_interval(*sides)
    assert lower - 1e-9 <= ks_interval(*exact)[0] <= upper + 1e-9


# Structs.


def struct_statistics(trips=5, present=3):
    """Statistics of a struct with a fare in it, in some of so many rows."""
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    dataset = statistics.datasets.add(num_examples=trips)
    for steps, kind in ((["trip"], "struct_stats"), (["trip", "fare"], "num_stats")):
        feature = dataset.features.add()
        feature.path.step.extend(steps)
        common = getattr(feature, kind).common_stats
        common.num_non_missing = common.tot_num_values = present
        common.min_num_values = common.max_num_values = 1
    dataset.features[0].struct_stats.common_stats.num_missing = trips - present
    histogram = dataset.features[1].num_stats.histograms.add(type="QUANTILES")
    histogram.buckets.add(low_value=4, high_value=9, sample_count=present)
    return statistics


def test_a_struct_is_how_many_rows_have_it(build):
    found = parse_profile(struct_statistics().SerializeToString(), "s").slices[""]
    assert sorted(found) == ["trip", "trip.fare"]
    assert found["trip"] == EmptyDistribution(n_missing=2, n_present=3)
    assert (n_rows(found["trip"]), n_without_value(found["trip"])) == (5, 2)
    assert found["trip.fare"].n == 3


def test_a_feature_in_a_struct_and_one_whose_name_has_a_dot_are_two():
    statistics = struct_statistics()
    dotted = statistics.datasets[0].features.add()
    dotted.CopyFrom(statistics.datasets[0].features[1])
    dotted.path.step[:] = ["trip.fare"]
    dotted.num_stats.histograms[0].buckets[0].high_value = 90
    found = parse_profile(statistics.SerializeToString(), "s")
    sides = found.slices[""]
    assert sides["trip.fare"].edges[-1] == 90
    assert sides["trip.fare'"].edges[-1] == 9
    assert found.nested == {"trip.fare'": ("trip", "fare")}
    again = parse_profile(to_statistics(found, 10).SerializeToString(), "s")
    assert again.slices[""].keys() == sides.keys()
    assert again.slices[""]["trip"] == sides["trip"]


def test_a_feature_in_a_struct_is_compared_with_itself_though_another_took_its_name():
    before, now = struct_statistics(), struct_statistics()
    dotted = before.datasets[0].features.add()
    dotted.CopyFrom(before.datasets[0].features[1])
    dotted.path.step[:] = ["trip.fare"]
    sides = [parse_profile(each.SerializeToString(), "s") for each in (before, now)]
    results = {(r.feature, r.metric): r for r in comparing.compare(*sides, DriftConfig())}
    assert results["trip.fare", "presence"].status is Status.FAIL
    assert ("trip.fare'", "ks") in results
    assert ("trip.fare'", "presence") not in results


def test_what_a_slice_never_shows_is_missing_there(build):
    both = build.numeric_feature("x", [1, 2]), build.categorical_feature("y", {"a": 2})
    statistics = build.statistics(
        build.dataset(*both), build.dataset(build.numeric_feature("x", [1]), name="y_b")
    )
    found = build.profile(statistics).slices["?y_b"]
    assert found["y"] == EmptyDistribution(1)


def test_a_struct_that_vanishes_in_many_rows_fails():
    sides = [
        parse_profile(struct_statistics(9_000, present).SerializeToString(), "s")
        for present in (9_000, 6_000)
    ]
    results = {(r.feature, r.metric): r for r in comparing.compare(*sides, DriftConfig())}
    assert results["trip", "missing_rate"].status is Status.FAIL
    assert [metric for feature, metric in results if feature == "trip"] == ["missing_rate"]
