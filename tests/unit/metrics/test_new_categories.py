import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.metrics import new_categories

COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 500), min_size=1, max_size=8)


def measure(build, baseline, current, alpha=0.05, kept=(None, None)):
    return new_categories.METRIC.measure(
        build.categorical(baseline, kept=kept[0]), build.categorical(current, kept=kept[1]), alpha
    )


def exact(baseline, current):
    return sum(c for name, c in current.items() if name not in baseline) / sum(current.values())


def test_hand_computed_share(build):
    measured = measure(build, {"a": 70, "b": 30}, {"a": 30, "c": 6, "d": 4})
    assert (measured.value, measured.lower, measured.upper) == pytest.approx((0.25, 0.25, 0.25))


def test_a_category_that_disappears_is_not_new(build):
    assert measure(build, {"a": 70, "b": 30}, {"a": 40}).value == 0.0


@given(baseline=COUNTS, current=COUNTS)
def test_value_is_the_current_mass_outside_the_baseline(build, baseline, current):
    measured = measure(build, baseline, current)
    assert measured.value == pytest.approx(exact(baseline, current))
    assert 0.0 <= measured.value <= 1.0
    assert measure(build, baseline, baseline).value == 0.0


@settings(max_examples=300)
@given(baseline=COUNTS, current=COUNTS, kept=st.tuples(*[st.integers(1, 8)] * 2))
def test_interval_holds_the_exact_value_when_categories_were_dropped(
    build, baseline, current, kept
):
    measured = measure(build, baseline, current, kept=kept)
    assert 0.0 <= measured.lower <= measured.value <= measured.upper <= 1.0
    assert measured.lower - 1e-12 <= exact(baseline, current) <= measured.upper + 1e-12


def test_moments_are_those_of_random_relabelling(build):
    baseline, current = {"a": 150, "b": 49, "c": 1}, {"a": 85, "b": 27, "z": 3, "y": 1, "x": 1}
    mean, variance = new_categories.unseen_moments(
        build.categorical(baseline), build.categorical(current)
    )
    names = sorted(baseline.keys() | current.keys())
    pooled = np.array([baseline.get(name, 0) + current.get(name, 0) for name in names])
    rng = np.random.default_rng(2)
    dealt = rng.multivariate_hypergeometric(pooled, 200, size=40_000)
    unseen = np.where(dealt == 0, pooled, 0).sum(axis=1) / 117
    assert mean == pytest.approx(unseen.mean(), rel=0.03)
    assert variance == pytest.approx(unseen.var(), rel=0.1)


def test_a_frequent_category_out_of_nowhere_is_no_chance(build):
    measured = measure(build, {"a": 900, "b": 100}, {"a": 350, "b": 40, "z": 10})
    # All ten new values missing the baseline by chance: about (400 / 1400) ** 10.
    assert measured.p_value < 1e-5
    assert measured.null_value < 1e-5


def test_a_single_new_value_may_be_chance(build):
    measured = measure(build, {"a": 900, "b": 100}, {"a": 350, "b": 40, "z": 1})
    assert measured.p_value > 0.05


def test_names_that_are_always_new_are_no_surprise(build):
    # Identifiers: every value occurs once, on both sides.
    measured = measure(build, {f"b{i}": 1 for i in range(300)}, {f"c{i}": 1 for i in range(200)})
    assert measured.value == 1.0
    assert measured.null_value == pytest.approx(1.0)
    assert measured.p_value > 0.05


def test_false_alarms_are_rare_when_nothing_changed(build):
    rng = np.random.default_rng(4)
    law = 1 / np.arange(1, 400)
    law /= law.sum()

    def draw(n):
        counts = np.bincount(rng.choice(len(law), size=n, p=law))
        return {f"c{i}": int(count) for i, count in enumerate(counts) if count}

    alarms = [measure(build, draw(1_500), draw(600)).p_value <= 0.05 for _ in range(200)]
    assert np.mean(alarms) <= 0.1


def test_more_data_settle_what_rare_names_leave_open(build):
    def at(scale):
        baseline = {"a": 900 * scale, **{f"s{i}": 1 for i in range(100 * scale)}}
        return measure(build, baseline, {"a": 450 * scale, "b": 50 * scale}, alpha=0.01)

    assert at(1).detectable > at(16).detectable
    assert at(16).detectable < 0.05


def test_numbers_are_refused(build):
    with pytest.raises(TypeError, match="categorical"):
        new_categories.METRIC.measure(build.categorical({"a": 3}), build.numeric([1, 2]), 0.05)


def test_only_the_current_side_can_have_new_categories(build):
    baseline = build.categorical({"a": 2_400, "b": 1_200, "c": 400})
    current = build.categorical({"a": 100, "c": 900, "z": 500})
    assert new_categories.METRIC.measure(baseline, current, 0.05).value == pytest.approx(1 / 3)
    assert new_categories.METRIC.measure(current, baseline, 0.05).value == pytest.approx(0.3)


def test_single_values_that_are_all_new_are_as_rare_as_a_coin_says(build):
    # 4 of 4 single values on the current side, and it has half of all: 1 / 16, not the 4.2% of a
    # gamma law.
    baseline = {"a": 5_000}
    current = {"a": 4_996, **{f"s{i}": 1 for i in range(4)}}
    assert measure(build, baseline, current).p_value == pytest.approx(1 / 16, rel=1e-3)


def test_the_p_value_is_that_of_random_relabelling(build):
    baseline = {"a": 300, "b": 60, **{f"s{i}": 1 for i in range(20)}}
    current = {"a": 90, "b": 20, **{f"t{i}": 1 for i in range(8)}, "u": 2}
    names = sorted({*baseline, *current})
    pooled = np.array([baseline.get(name, 0) + current.get(name, 0) for name in names])
    dealt = np.random.default_rng(5).multivariate_hypergeometric(pooled, 380, size=40_000)
    unseen = np.where(dealt == 0, pooled, 0).sum(axis=1)
    expected = np.mean(unseen >= 10)
    assert measure(build, baseline, current).p_value == pytest.approx(expected, rel=0.1)
