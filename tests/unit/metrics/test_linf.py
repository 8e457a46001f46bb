import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

from skewgate.metrics import linf

COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 500), min_size=1, max_size=8)


def exact(baseline, current):
    names = sorted({*baseline, *current})
    n, m = sum(baseline.values()), sum(current.values())
    return distance.chebyshev(
        [baseline.get(name, 0) / n for name in names], [current.get(name, 0) / m for name in names]
    )


def measure(build, baseline, current, alpha=0.05, kept=(None, None)):
    return linf.METRIC.measure(
        build.categorical(baseline, kept=kept[0]), build.categorical(current, kept=kept[1]), alpha
    )


def test_hand_computed_value(build):
    # Shares 0.5, 0.3, 0.2 against 0.25, 0.35, 0.4: the first gap is the largest.
    measured = measure(build, {"a": 50, "b": 30, "c": 20}, {"a": 10, "b": 14, "c": 16})
    assert (measured.value, measured.lower, measured.upper) == pytest.approx((0.25, 0.25, 0.25))


def test_a_category_that_only_one_side_has_counts(build):
    assert measure(build, {"a": 90, "b": 10}, {"a": 12, "c": 28}).value == pytest.approx(0.7)
    assert measure(build, {"a": 3, "z": 7}, {"a": 40}).value == pytest.approx(0.7)


@given(baseline=COUNTS, current=COUNTS)
def test_value_is_scipys_chebyshev_distance_of_the_shares(build, baseline, current):
    measured = measure(build, baseline, current)
    assert measured.value == pytest.approx(exact(baseline, current), abs=1e-12)
    assert measured.upper - measured.lower < 1e-12


@given(baseline=COUNTS, current=COUNTS)
def test_value_is_in_range_symmetric_and_zero_on_itself(build, baseline, current):
    measured = measure(build, baseline, current)
    assert 0.0 <= measured.value <= 1.0
    assert measured.value == pytest.approx(measure(build, current, baseline).value, abs=1e-12)
    assert measure(build, baseline, dict(reversed(baseline.items()))).value == 0.0


@settings(max_examples=300)
@given(baseline=COUNTS, current=COUNTS, kept=st.tuples(*[st.integers(1, 8)] * 2))
def test_interval_holds_the_exact_value_when_categories_were_dropped(
    build, baseline, current, kept
):
    measured = measure(build, baseline, current, kept=kept)
    assert 0.0 <= measured.lower <= measured.value <= measured.upper <= 1.0
    assert measured.lower - 1e-12 <= exact(baseline, current) <= measured.upper + 1e-12


def test_a_dropped_category_is_at_most_as_frequent_as_the_rarest_kept(build):
    # "c" was dropped from the current data, where it has at most the 5 of "b".
    measured = measure(
        build,
        {"a": 60, "b": 10, "c": 30},
        {"a": 90, "b": 5, "c": 3, "d": 2},
        kept=(None, 2),
    )
    assert measured.lower == pytest.approx(0.30)
    assert measured.upper == pytest.approx(0.30)


def test_p_value_of_one_category_is_the_hypergeometric_one_times_the_categories(build):
    baseline, current = {"a": 540, "b": 460}, {"a": 250, "b": 150}
    law = stats.hypergeom(1_400, 790, 400)
    x = np.arange(391)
    apart = np.abs(x / 400 - (790 - x) / 1_000)
    oracle = law.pmf(x)[apart >= 0.085 - 1e-12].sum()
    assert measure(build, baseline, current).p_value == pytest.approx(2 * oracle)


def test_p_value_of_many_values_is_the_two_proportion_test_times_the_categories(build):
    baseline, current = {"a": 54_000, "b": 46_000}, {"a": 21_700, "b": 18_300}
    table = [[54_000, 46_000], [21_700, 18_300]]
    oracle = stats.chi2_contingency(table, correction=False).pvalue
    assert measure(build, baseline, current).p_value == pytest.approx(2 * oracle, rel=1e-3)


def test_the_mass_of_all_dropped_categories_is_no_category(build):
    rare = {f"r{i}": 1 for i in range(50)}
    measured = measure(build, {"a": 60, "b": 40}, {"a": 25, "b": 25, **rare}, kept=(None, 2))
    assert measured.value == pytest.approx(0.35)


def test_p_value_never_exceeds_one(build):
    assert measure(build, {"a": 50, "b": 50}, {"a": 101, "b": 99}).p_value == 1.0


def test_detectable_is_the_corrected_normal_quantile(build):
    measured = measure(build, {"a": 540, "b": 460}, {"a": 250, "b": 150}, alpha=0.02)
    pooled = 790 / 1400
    spread = (pooled * (1 - pooled) * (1 / 1000 + 1 / 400)) ** 0.5
    assert measured.detectable == pytest.approx(stats.norm.isf(0.02 / 2 / 2) * spread)


def test_rare_categories_do_not_alarm_when_nothing_changed(build):
    rng = np.random.default_rng(8)
    law = 1 / np.arange(1, 301) ** 1.1
    law /= law.sum()

    def draw(n):
        counts = np.bincount(rng.choice(len(law), size=n, p=law))
        return {f"c{i}": int(count) for i, count in enumerate(counts) if count}

    alarms = [measure(build, draw(300), draw(30_000)).p_value <= 0.05 for _ in range(100)]
    assert np.mean(alarms) <= 0.05


def test_critical_gap_is_significant_whatever_is_rare():
    variances = np.array([0.001, 0.0002, 0.00001])
    for rare in ([False] * 3, [True] * 3, [False, True, True]):
        mask = np.array(rare)
        gap = linf.critical_gap(0.01, variances, mask, 1 / 400)
        assert 0 < linf.tail_bound(gap, variances, mask, 1 / 400) <= 0.01


def test_numbers_without_categories_are_not_its_kind():
    assert linf.METRIC.kinds == ("categorical",)


def test_few_values_alarm_no_more_often_than_they_may(build):
    # 5 values of each category expected on the small side: the normal law would alarm in 10%.
    rng = np.random.default_rng(9)
    found = []
    for _ in range(300):
        sides = (rng.multinomial(n, np.full(8, 1 / 8)) for n in (300, 40))
        named = ({f"c{i}": int(c) for i, c in enumerate(counts) if c} for counts in sides)
        found.append(measure(build, *named).p_value)
    assert np.mean(np.array(found) <= 0.05) <= 0.07


def test_the_smooth_law_agrees_with_the_exact_one(monkeypatch):
    pooled, sizes = np.array([3_000, 5_000, 60_000]), (80_000, 8_000)
    smooth = [linf.p_value_of_gap(gap, pooled, *sizes) for gap in (0.004, 0.008, 0.012)]
    monkeypatch.setattr(linf, "_SMOOTH", 1e9)
    exact = [linf.p_value_of_gap(gap, pooled, *sizes) for gap in (0.004, 0.008, 0.012)]
    assert smooth == pytest.approx(exact, rel=0.1)


def test_a_gap_beyond_all_likely_numbers_has_a_small_bound():
    assert 0 <= linf.p_value_of_gap(0.9, np.array([500, 500]), 600, 400) < 1e-30
