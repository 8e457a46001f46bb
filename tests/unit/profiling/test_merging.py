import itertools
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from skewgate.checks.drift.comparing import compare
from skewgate.checks.drift.config import DriftConfig
from skewgate.core.distributions import (
    CategoricalDistribution,
    EmptyDistribution,
    OpaqueDistribution,
)
from skewgate.core.profile import Profile
from skewgate.metrics import REGISTRY
from skewgate.metrics.ks import ks_interval
from skewgate.profiling.accumulators.categorical import CategoricalAccumulator
from skewgate.profiling.accumulators.numeric import NumericAccumulator
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.profiling.accumulators.profile import ProfileAccumulator
from skewgate.profiling.merging import merge_distributions, merge_profiles, one_value_each
from skewgate.statistics.reading import parse_profile
from skewgate.statistics.writing import to_statistics

FEW = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=40)
WIDE = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40)
SHARDS = st.lists(st.one_of(FEW, WIDE), min_size=1, max_size=5)


def numeric(values, resolution=5, **counts):
    accumulator = NumericAccumulator(resolution)
    accumulator.add(np.asarray(values, float))
    return accumulator.distribution(**counts)


def categorical(counts, capacity=100, **more):
    accumulator = CategoricalAccumulator(capacity)
    for pair in counts.items():
        accumulator.add([pair])
    return accumulator.distribution(**more)


def written(side, resolution=10):
    """Returns what is read of a distribution that `skewgate profile` wrote."""
    rows = side.n + side.n_nan + side.n_missing
    profile = Profile({"": {"x": side}}, {"": rows})
    content = to_statistics(profile, resolution).SerializeToString()
    return parse_profile(content, "statistics").slices[""]["x"]


def exact(baseline, current):
    with np.errstate(all="ignore"):  # the p-value of tiny samples, which is not used
        return stats.ks_2samp(baseline, current, method="asymp").statistic


# Numbers.


def test_two_samples_by_hand():
    merged = merge_distributions([numeric([1, 2, 2], n_missing=4), numeric([2, 9], n_missing=1)])
    assert merged.edges.tolist() == [1.0, 2.0, 9.0]
    assert merged.right_lower == pytest.approx([0.2, 0.8, 1.0])
    assert merged.right_upper == pytest.approx([0.2, 0.8, 1.0])
    assert merged.left_lower == pytest.approx([0.0, 0.2, 0.8])
    assert (merged.n, merged.n_missing, merged.rank_error) == (5, 5, 0.0)
    assert merged.mean == pytest.approx(3.2)
    assert merged.std == pytest.approx(np.std([1, 2, 2, 2, 9]))


@pytest.mark.parametrize("how", ["kept", "written", "stock"])
@settings(max_examples=120)
@given(baseline=SHARDS, current=SHARDS)
def test_the_interval_of_merged_shards_holds_the_distance_of_all_data(
    build, how, baseline, current
):
    make = {
        "kept": numeric,
        "written": lambda values: written(numeric(values)),
        "stock": lambda values: build.numeric(values, buckets=7),
    }[how]
    sides = [
        merge_distributions([make(shard) for shard in shards]) for shards in (baseline, current)
    ]
    _, lower, upper = ks_interval(*sides)
    true = exact(*(np.concatenate(shards) for shards in (baseline, current)))
    assert lower - 1e-12 <= true <= upper + 1e-12


@given(shards=SHARDS, seed=st.integers(0, 99))
def test_the_order_of_merging_changes_no_bound(shards, seed):
    sides = [numeric(shard) for shard in shards]
    other = [sides[i] for i in np.random.default_rng(seed).permutation(len(sides))]
    one, two = merge_distributions(sides), merge_distributions(other)
    for name in ("edges", "left_lower", "left_upper", "right_lower", "right_upper"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
    assert (one.mean, one.std) == pytest.approx((two.mean, two.std), rel=1e-6, abs=1e-6)


def test_moments_are_those_of_all_finite_values():
    parts = ([1e9, 1e9 + 1, math.inf], [1e9 + 7] * 5, [-math.inf, math.inf])
    merged = merge_distributions([numeric(part) for part in parts])
    values = np.array([1e9, 1e9 + 1, *[1e9 + 7] * 5])
    assert merged.mean == pytest.approx(np.mean(values), rel=1e-15)
    assert merged.std == pytest.approx(np.std(values), rel=1e-6)


def test_moments_that_one_side_does_not_tell_are_unknown(build):
    told = build.numeric([3, 4], rank_error=0.01)
    merged = merge_distributions([numeric([1, 2]), told])
    assert math.isnan(merged.mean)
    assert math.isnan(merged.std)


@pytest.mark.parametrize("far", [1e200, 1e308])
def test_moments_whose_squares_are_beyond_floats_are_known(far):
    merged = merge_distributions([numeric([far] * 3), numeric([-far] * 2), numeric([far] * 4)])
    assert merged.mean == pytest.approx(far * (5 / 9))
    assert merged.std == pytest.approx(far * math.sqrt(1 - 25 / 81))
    assert (merged.n, merged.edges.tolist()) == (9, [-far, far])


def test_integers_stay_integers_only_together(build):
    import dataclasses

    whole = dataclasses.replace(numeric([1, 2]), integer=True)
    assert merge_distributions([whole, whole]).integer
    assert not merge_distributions([whole, numeric([2.5])]).integer
    assert merge_distributions([whole, EmptyDistribution(3)]).integer


def test_nan_and_several_values_add_up():
    one = numeric([1, math.nan, math.nan], n_missing=2, n_present=2)
    two = numeric([5.0], n_missing=1)
    merged = merge_distributions([one, two, EmptyDistribution(7, n_nan=4)])
    assert (merged.n, merged.n_nan, merged.n_missing) == (2, 6, 10)
    assert merged.n_present == 2 + 1 + 4


# Categories.


def test_categories_by_hand():
    merged = merge_distributions(
        [categorical({"a": 3, "b": 1}, n_missing=2), categorical({"b": 5}), EmptyDistribution(4)]
    )
    assert merged == CategoricalDistribution({"a": 3.0, "b": 6.0}, 0.0, 9, n_missing=6, slack=0.0)


COUNTS = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(1, 9), min_size=1)


@given(
    shards=st.lists(COUNTS, min_size=1, max_size=5),
    how=st.sampled_from(["small", "written", "stock"]),
)
def test_true_counts_lie_within_the_slack(build, shards, how):
    make = {
        "small": lambda counts: categorical(counts, capacity=2),
        "written": lambda counts: written(categorical(counts, capacity=2)),
        "stock": lambda counts: build.categorical(counts, kept=3),
    }[how]
    merged = merge_distributions([make(counts) for counts in shards])
    truth = {name: sum(s.get(name, 0) for s in shards) for name in "abcdefghij"}
    for name, count in truth.items():
        kept = merged.counts.get(name, 0.0)
        assert kept <= count <= kept + merged.slack
    assert merged.n == sum(truth.values())
    assert merged.other == pytest.approx(merged.n - sum(merged.counts.values()))


@settings(max_examples=60)
@given(baseline=st.lists(COUNTS, min_size=1, max_size=3), current=st.lists(COUNTS, min_size=1))
def test_the_interval_of_merged_categories_holds_the_distance_of_all_data(build, baseline, current):
    def side(shards, kept):
        return merge_distributions([build.categorical(counts, kept=kept) for counts in shards])

    for metric in (each for each in REGISTRY.values() if "categorical" in each.kinds):
        true = metric.measure(side(baseline, None), side(current, None), 0.05)
        found = metric.measure(side(baseline, 2), side(current, 3), 0.05)
        assert found.lower - 1e-9 <= true.value <= found.upper + 1e-9


def test_kinds_do_not_mix():
    with pytest.raises(TypeError, match="cannot join a numeric with a categorical feature"):
        merge_distributions([numeric([1]), categorical({"a": 1})])


def test_nothing_but_empty_is_empty():
    merged = merge_distributions([EmptyDistribution(3), EmptyDistribution(4, n_nan=1)])
    assert merged == EmptyDistribution(7, n_nan=1)


# Whole profiles.


def profile(rows, slices=None, **features):
    return Profile({"": features, **(slices or {})}, {"": rows, **dict.fromkeys(slices or {}, 1)})


def test_features_and_slices_that_one_lacks_are_missing_there():
    one = profile(3, fare=numeric([1, 2], n_missing=1))
    two = profile(4, {"a_1": {"fare": numeric([7])}}, company=categorical({"a": 4}))
    merged = merge_profiles([one, two], ["one.pb", "two.pb"])
    assert merged.rows == {"": 7, "a_1": 1}
    assert sorted(merged.slices[""]) == ["company", "fare"]
    assert merged.slices[""]["fare"].n_missing == 1 + 4
    assert merged.slices[""]["company"].n_missing == 3
    assert merged.slices["a_1"]["fare"].edges.tolist() == [7.0]


def test_one_profile_stays_as_it_is():
    one = profile(3, fare=numeric([1, 2, 2]))
    merged = merge_profiles([one], ["one.pb"])
    assert merged.rows == {"": 3}
    assert merged.slices[""]["fare"].right_lower == pytest.approx([1 / 3, 1.0])


def test_a_feature_of_two_kinds_names_both_files_and_stops_no_other():
    one, two = profile(2, fare=numeric([1, 2])), profile(1, fare=categorical({"far": 1}))
    empty = profile(5, fare=EmptyDistribution(5))
    for order in ([one, empty, two], [two, empty, one]):
        names = {id(one): "one.pb", id(empty): "empty.pb", id(two): "two.pb"}
        found = merge_profiles(order, [names[id(each)] for each in order])
        assert found.slices[""]["fare"] == OpaqueDistribution(
            5, 3, "is categorical in two.pb and numeric in one.pb", faulty=True
        )


def test_what_is_opaque_in_one_part_is_opaque():
    one = profile(2, fare=numeric([1, 2]))
    two = profile(1, fare=OpaqueDistribution(0, 1, "is odd", frozenset({"struct"})))
    merged = merge_profiles([one, two], ["one.pb", "two.pb"])
    assert merged.slices[""]["fare"] == OpaqueDistribution(0, 3, "is odd", frozenset({"struct"}))


def test_where_one_has_several_values_the_others_have_one_each():
    tags = numeric([1, 2, 3], n_present=2)
    several = Profile({"": {"tags": tags}}, {"": 2}, {"": {"tags": numeric([1, 2])}})
    single = profile(4, tags=numeric([5, 6, 7], n_missing=1))
    both = merge_profiles([several, single], ["a", "b"])
    merged, lengths = both.slices[""], both.value_counts[""]["tags"]
    assert (lengths.edges.tolist(), lengths.n) == ([1.0, 2.0], 5)
    assert lengths.right_lower == pytest.approx([0.8, 1.0])
    assert (merged["tags"].n, merged["tags"].n_present, merged["tags"].n_missing) == (6, 5, 1)


def test_one_value_each_of_nothing_is_empty():
    assert one_value_each(EmptyDistribution(3)) == EmptyDistribution(0)
    assert one_value_each(numeric([4, math.nan])).n == 2


# However the rows lie in files, the profile is the same.


def rows(*batches, **options):
    accumulator = ProfileAccumulator(ProfileOptions(**options))
    for batch in batches:
        arrays = [c if isinstance(c, pa.Array) else pa.array(c) for c in batch.values()]
        accumulator.add(pa.RecordBatch.from_arrays(arrays, list(batch)))
    return accumulator.profile()


def through_files(profiles):
    contents = [to_statistics(each, 100).SerializeToString() for each in profiles]
    return [parse_profile(content, "s.pb") for content in contents]


@pytest.mark.parametrize("make", [list, through_files], ids=["kept", "written"])
def test_an_empty_list_is_one_where_another_shard_has_lists_of_several(make):
    single, several = {"tags": [[1], [], [2], None]}, {"tags": [[1, 2], [3], [], [4]]}
    whole = rows({"tags": single["tags"] + several["tags"]})
    merged = merge_profiles(make([rows(single), rows(several)]), ["one", "two"])
    tags, counts = merged.slices[""]["tags"], merged.value_counts[""]["tags"]
    assert (tags.n_missing, tags.n_present, tags.n_empty) == (1, 7, 0)
    assert counts.edges.tolist() == [0.0, 1.0, 2.0]
    assert counts.right_lower == pytest.approx([2 / 7, 6 / 7, 1.0])
    results = compare(merged, whole, DriftConfig())
    assert {r.value for r in results} == {0.0}
    one = merge_profiles(make([rows(single), rows(single)]), ["one", "two"]).slices[""]["tags"]
    assert (one.n_missing, one.n_present, one.n_empty) == (4, None, 2)


def test_one_list_of_several_values_makes_no_empty_list_of_the_other_side_missing():
    lists = [[1], [], [2], [3]] * 300
    results = compare(rows({"tags": lists}), rows({"tags": [[1, 2], *lists]}), DriftConfig())
    values = {r.metric: r.value for r in results if r.feature == "tags"}
    assert values["missing_rate"] == 0.0
    assert {r.status.value for r in results} == {"pass"}


def test_rows_that_are_no_lists_count_as_lists_of_one():
    merged = rows({"tags": [7]}, {"tags": [[1, 2], []]}).value_counts[""]["tags"]
    apart = merge_profiles([rows({"tags": [7]}), rows({"tags": [[1, 2], []]})], ["one", "two"])
    for found in (merged, apart.value_counts[""]["tags"]):
        assert (found.edges.tolist(), found.n) == ([0.0, 1.0, 2.0], 3)


@pytest.mark.parametrize("make", [list, through_files], ids=["kept", "written"])
def test_a_column_that_a_slice_never_shows_is_missing_there(make):
    one, two = {"a": ["s"] * 4}, {"a": ["t"] * 3, "x": [1.0, 2.0, 3.0]}
    by = {"slice_by": [["a"]]}
    together = rows({"a": one["a"] + two["a"], "x": [None] * 4 + two["x"]}, **by)
    for found in (
        rows(one, two, **by),
        merge_profiles(make([rows(one, **by), rows(two, **by)]), ["one", "two"]),
        together,
    ):
        assert found.slices["a=s"]["x"] == EmptyDistribution(4)
        results = compare(found, together, DriftConfig(slices=[["a"]]))
        assert not [r for r in results if r.metric == "presence"]


def test_what_is_opaque_over_all_rows_is_opaque_in_every_slice():
    parts = ({"a": ["s"], "x": [1]}, {"a": ["t"], "x": ["far"]})
    merged = merge_profiles([rows(part, slice_by=[["a"]]) for part in parts], ["one", "two"])
    for found in (rows(*parts, slice_by=[["a"]]), merged):
        assert [found.slices[key]["x"].kind for key in ("", "a=s", "a=t")] == ["opaque"] * 3
        assert [found.slices[key]["x"].n for key in ("", "a=s", "a=t")] == [2, 1, 1]


def test_a_shard_without_a_value_says_nothing_of_the_type():
    parts = ({"x": pa.nulls(2, pa.float64())}, {"x": ["a", "b"]}, {"x": pa.nulls(1, pa.int64())})
    for order in ((0, 1, 2), (2, 1, 0)):
        found = rows(*(parts[place] for place in order)).slices[""]["x"]
        assert (found.counts, found.n_missing) == ({"a": 1.0, "b": 1.0}, 3)


def test_text_among_numbers_is_told_alike_in_any_order():
    parts = [{"x": [1]}, {"x": ["far"]}, {"x": [2.5]}, {"x": pa.array([b"b"])}]
    told = {rows(*order).slices[""]["x"] for order in itertools.permutations(parts)}
    [found] = told
    assert found.problem == (
        "is double or int64 in one part of the data and binary or string in another"
    )


def test_a_column_without_a_value_is_as_one_that_is_not_there():
    lacks, empty = {"a": ["s"] * 900}, {"a": ["s"] * 900, "x": pa.nulls(900, pa.float64())}
    for sides in ((lacks, empty), (empty, lacks)):
        results = compare(*map(rows, sides), DriftConfig())
        found = {(r.feature, r.metric): r.status.value for r in results}
        assert ("x", "missing_rate") in found
        assert "fail" not in found.values()
    gone = compare(rows({**lacks, "x": [1.0] * 900}), rows(lacks), DriftConfig())
    assert [r.metric for r in gone if r.status.value == "fail"] == ["presence"]
