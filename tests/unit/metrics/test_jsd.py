import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import distance

from skewgate.metrics import jsd
from tests import exact_metrics

COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 500), min_size=1, max_size=8)
PAIRS_OF_COUNTS = st.integers(2, 9).flatmap(
    lambda k: st.tuples(*[st.lists(st.integers(0, 300), min_size=k, max_size=k).filter(any)] * 2)
)


def shares(counts):
    return np.asarray(counts, float) / np.sum(counts)


def shares_by_name(baseline, current):
    names = sorted({*baseline, *current})
    return tuple(shares([side.get(name, 0) for name in names]) for side in (baseline, current))


def test_hand_computed_value():
    # m = (0.5, 0.3, 0.2); half of KL(b||m) + half of KL(c||m).
    expected = 0.5 * (0.7 * math.log2(0.7 / 0.5) + 0.3 * math.log2(0.3 / 0.3)) + 0.5 * (
        0.3 * math.log2(0.3 / 0.5) + 0.3 * math.log2(1) + 0.4 * math.log2(0.4 / 0.2)
    )
    assert jsd.jsd([0.7, 0.3, 0.0], [0.3, 0.3, 0.4]) == pytest.approx(expected)


def test_disjoint_shares_have_divergence_one():
    assert jsd.jsd([0.25, 0.75, 0, 0], [0, 0, 0.6, 0.4]) == pytest.approx(1.0)


@given(pair=PAIRS_OF_COUNTS)
def test_value_is_the_square_of_scipys_distance(pair):
    one, two = (shares(side) for side in pair)
    assert jsd.jsd(one, two) == pytest.approx(
        distance.jensenshannon(one, two, base=2) ** 2, abs=1e-9
    )


@given(pair=PAIRS_OF_COUNTS)
def test_value_is_in_range_symmetric_and_zero_on_itself(pair):
    one, two = (shares(side) for side in pair)
    assert 0.0 <= jsd.jsd(one, two) <= 1.0
    assert jsd.jsd(one, two) == pytest.approx(jsd.jsd(two, one), abs=1e-12)
    assert jsd.jsd(one, one) == 0.0


def test_rounding_does_not_push_disjoint_categories_beyond_one(build):
    measured = jsd.METRIC.measure(
        build.categorical({"a": 1}), build.categorical({"b": 1, "c": 1, "d": 354, "e": 88}), 0.05
    )
    assert measured.lower <= measured.value <= measured.upper == 1.0


@pytest.mark.parametrize(
    ("sides", "message"),
    [
        (([0.5, 0.5], [0.2, 0.3, 0.5]), r"shapes differ: \(2,\) and \(3,\)"),
        (([1.5, -0.5], [0.4, 0.6]), "baseline must hold non-negative shares that sum to 1"),
        (([0.4, 0.6], [40, 60]), "current must hold non-negative shares that sum to 1"),
    ],
)
def test_what_is_no_pair_of_shares_is_refused(sides, message):
    with pytest.raises(ValueError, match=message):
        jsd.jsd(*sides)


@given(baseline=COUNTS, current=COUNTS)
def test_complete_categories_are_measured_exactly(build, baseline, current):
    measured = jsd.METRIC.measure(build.categorical(baseline), build.categorical(current), 0.05)
    expected = distance.jensenshannon(*shares_by_name(baseline, current), base=2) ** 2
    assert measured.value == pytest.approx(expected, abs=1e-9)
    assert measured.upper - measured.lower < 1e-9


@settings(max_examples=300)
@given(baseline=COUNTS, current=COUNTS, kept=st.tuples(*[st.integers(1, 8)] * 2))
def test_interval_holds_the_exact_value_when_categories_were_dropped(
    build, baseline, current, kept
):
    measured = jsd.METRIC.measure(
        build.categorical(baseline, kept=kept[0]), build.categorical(current, kept=kept[1]), 0.05
    )
    expected = distance.jensenshannon(*shares_by_name(baseline, current), base=2) ** 2
    assert 0.0 <= measured.lower <= measured.value <= measured.upper <= 1.0
    assert measured.lower - 1e-9 <= expected <= measured.upper + 1e-9


@settings(max_examples=200)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.tuples(st.integers(1, 300), st.integers(1, 200)),
    step=st.sampled_from([0.1, 0.5, 2.0]),
)
def test_interval_holds_the_exact_value_of_the_bins_of_all_values(build, seed, sizes, step):
    rng = np.random.default_rng(seed)
    baseline = np.round(rng.normal(0, 1, sizes[0]) / step) * step
    current = np.round(rng.normal(0.3, 2, sizes[1]) / step) * step
    sides = build.numeric(baseline, buckets=20), build.numeric(current, buckets=30)
    measured = jsd.METRIC.measure(*sides, 0.05)
    expected = distance.jensenshannon(*map(shares, exact_metrics.binned(baseline, current)), base=2)
    assert measured.lower - 1e-9 <= expected**2 <= measured.upper + 1e-9


def test_null_law_is_a_scaled_chi_square(build):
    # Under no change the p-values are uniform and the mean is the null value.
    rng = np.random.default_rng(21)
    law = [0.4, 0.3, 0.15, 0.1, 0.05]
    measurements = [
        jsd.METRIC.measure(
            *(
                build.categorical(
                    dict(zip("abcde", map(int, rng.multinomial(n, law)), strict=True))
                )
                for n in (1_500, 4_000)
            ),
            0.05,
        )
        for _ in range(800)
    ]
    alarms = np.mean([m.p_value <= 0.05 for m in measurements])
    assert 0.03 <= alarms <= 0.075
    assert np.mean([m.value for m in measurements]) == pytest.approx(
        measurements[0].null_value, rel=0.1
    )


def test_detectable_is_where_significance_begins(build):
    measured = jsd.METRIC.measure(
        build.categorical({"a": 700, "b": 300}), build.categorical({"a": 250, "b": 150}), 0.05
    )
    # One degree of freedom: chi-square exceeds 3.841 with probability 0.05.
    per_unit = (1 / 1000 + 1 / 400) / (8 * math.log(2))
    assert measured.null_value == pytest.approx(per_unit)
    assert measured.detectable == pytest.approx(2.8415 * per_unit, rel=1e-3)


def test_kinds_cannot_be_mixed(build):
    with pytest.raises(TypeError, match="cannot compare a numeric with a categorical feature"):
        jsd.METRIC.measure(build.numeric([1, 2]), build.categorical({"a": 3}), 0.05)
