"""Statistics of TFDV that contradict themselves are refused: no bounds from them would hold."""

import contextlib
import math

import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.core import sealing
from skewgate.core.errors import InputError
from skewgate.statistics.reading import parse_profile
from tests import mutations


@pytest.fixture
def told(build):
    """Statistics of a number and of a text, 12 rows, as TFDV writes them."""
    dataset = build.dataset(
        build.numeric_feature("fare", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], buckets=5, n_missing=2),
        name="All Examples",
    )
    dataset.num_examples = 12
    stats = dataset.features[0].num_stats
    stats.mean, stats.std_dev = 5.5, 2.9
    stats.common_stats.min_num_values = stats.common_stats.max_num_values = 1
    paid = dataset.features.add(type=statistics_pb2.FeatureNameStatistics.STRING)
    paid.path.step.append("paid")
    common = paid.string_stats.common_stats
    common.num_non_missing = common.tot_num_values = 12
    common.min_num_values = common.max_num_values = 1
    for rank, (label, count) in enumerate({"Cash": 7, "Card": 5}.items()):
        paid.string_stats.rank_histogram.buckets.add(
            low_rank=rank, high_rank=rank, label=label, sample_count=count
        )
    return build.statistics(dataset)


def read(statistics):
    return parse_profile(statistics.SerializeToString(), "s.pb")


def buckets(dataset):
    return dataset.features[0].num_stats.histograms[0].buckets


def common(dataset, feature=0):
    feature = dataset.features[feature]
    return getattr(feature, feature.WhichOneof("stats")).common_stats


def categories(dataset):
    return dataset.features[1].string_stats.rank_histogram.buckets


def test_what_can_be_true_is_read(told):
    found = read(told)
    assert found.slices[""]["fare"].n == 10
    assert found.slices[""]["paid"].counts == {"Cash": 7, "Card": 5}


LIES = {
    "numbers that are texts": (
        lambda d: setattr(d.features[0], "type", statistics_pb2.FeatureNameStatistics.STRING),
        "fare it has num_stats and the type 2",
    ),
    "more missing than rows": (
        lambda d: setattr(common(d), "num_missing", 3),
        "fare it has 3 missing and 10 other examples of 12",
    ),
    "more rows of a text than rows": (
        lambda d: setattr(common(d, 1), "num_non_missing", 13),
        "paid it has 0 missing and 13 other examples of 12",
    ),
    "more values than lists have": (
        lambda d: setattr(common(d), "tot_num_values", 11),
        "fare it has 11 values in 10 examples with 1 to 1 each",
    ),
    "fewer values than lists have": (
        lambda d: setattr(common(d), "tot_num_values", 9),
        "fare it has 9 values in 10 examples",
    ),
    "more NaN than values": (
        lambda d: setattr(d.features[0].num_stats.histograms[0], "num_nan", 11),
        "fare it has 11 values NaN of 10",
    ),
    "fewer values in buckets": (
        lambda d: setattr(buckets(d)[1], "sample_count", 0.5),
        "fare it has 8.5 values in buckets and 10 in all",
    ),
    "a huge count": (
        lambda d: setattr(buckets(d)[1], "sample_count", 1e308),
        "fare it has a bucket with an impossible count",
    ),
    "a negative count": (
        lambda d: setattr(buckets(d)[1], "sample_count", -2),
        "fare it has a bucket with an impossible count",
    ),
    "a count that is NaN": (
        lambda d: setattr(buckets(d)[1], "sample_count", math.nan),
        "fare it has a bucket with an impossible count",
    ),
    "a count without end": (
        lambda d: setattr(buckets(d)[1], "sample_count", math.inf),
        "fare it has a bucket with an impossible count",
    ),
    "a bucket that ends before it starts": (
        lambda d: setattr(buckets(d)[1], "high_value", 0),
        "fare it has buckets out of order",
    ),
    "a bucket before the last": (
        lambda d: setattr(buckets(d)[1], "low_value", -5),
        "fare it has buckets out of order",
    ),
    "an edge that is NaN": (
        lambda d: setattr(buckets(d)[1], "high_value", math.nan),
        "fare it has buckets out of order",
    ),
    "a mean beyond the values": (
        lambda d: setattr(d.features[0].num_stats, "mean", 10.5),
        "fare it has the mean 10.5 of values from 1 to 10",
    ),
    "a rank error below 0": (
        lambda d: d.features[0].custom_stats.add(name="skewgate.sketch_error", num=-0.1),
        "fare it has the rank error -0.1",
    ),
    "a rank error that is NaN": (
        lambda d: d.features[0].custom_stats.add(name="skewgate.rank_error", num=math.nan),
        "fare it has the rank error nan",
    ),
    "more of a category than values": (
        lambda d: setattr(categories(d)[0], "sample_count", 9),
        "paid it has 14 values in categories and 12 in all",
    ),
    "less than nothing of a category": (
        lambda d: setattr(categories(d)[0], "sample_count", -7),
        "paid it has a category with an impossible count",
    ),
    "a category without end": (
        lambda d: setattr(categories(d)[0], "sample_count", math.inf),
        "paid it has a category with an impossible count",
    ),
    "a category of a huge count": (
        lambda d: [setattr(each, "sample_count", 1.7e308) for each in categories(d)],
        "paid it has inf values in categories and 12 in all",
    ),
}


@pytest.mark.parametrize(("lie", "problem"), LIES.values(), ids=LIES)
def test_what_cannot_be_true_is_refused(told, lie, problem):
    lie(told.datasets[0])
    with pytest.raises(InputError, match=f"^s.pb: contradicts itself: of {problem}.* Fix: gen"):
        read(told)


def test_statistics_whose_seal_fits_are_believed(told):
    """They say what was written."""
    common(told.datasets[0]).num_missing = 3
    parse_profile(sealing.seal(told.SerializeToString()), "s.pb")


@pytest.mark.filterwarnings("error")
def test_whatever_the_damage_statistics_are_read_or_refused(told):
    """Without a seal not all damage can be told; nothing else may come of it."""
    content = told.SerializeToString()
    for damage in (mutations.flips(content), mutations.truncations(content)):
        for changed in damage:
            read_or_refused(changed)
    for changed in mutations.random_damage(content, seed=6, count=2_000):
        read_or_refused(changed)


def read_or_refused(content):
    with contextlib.suppress(InputError):
        profile = parse_profile(content, "s.pb")
        assert all(rows >= 0 for rows in profile.rows.values())
