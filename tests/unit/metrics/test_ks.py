import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from skewgate.metrics import ks

TIES = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=60)
HEAVY_TAILS = st.lists(
    st.floats(-1e12, 1e12, allow_nan=False, allow_subnormal=False), min_size=1, max_size=60
)
# Most of the mass on one value, the rest anywhere.
ATOMS = st.lists(
    st.one_of(st.just(0.0), st.just(0.0), st.just(0.0), st.floats(-2, 2)), min_size=1, max_size=80
)
TINY = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=3)
SAMPLES = st.one_of(TIES, HEAVY_TAILS, ATOMS, TINY)


def exact(baseline, current):
    with np.errstate(divide="ignore"):  # the p-value of tiny samples, which is not used
        return stats.ks_2samp(baseline, current, method="asymp").statistic


def test_hand_computed_distance_of_two_small_samples(build):
    # At 4: F = 4/4, G = 2/6.
    value, lower, upper = ks.ks_interval(
        build.numeric([1, 2, 3, 4]), build.numeric([3, 4, 5, 6, 7, 8])
    )
    assert lower == pytest.approx(2 / 3)
    assert value == pytest.approx(2 / 3)
    assert upper >= 2 / 3 - 1e-12


def test_ties_across_the_sides_are_exact(build):
    # F(0) = 3/4, G(0) = 1/5; both jump at 0.
    value, lower, upper = ks.ks_interval(
        build.numeric([0, 0, 0, 1]), build.numeric([0, 1, 1, 1, 1])
    )
    assert (value, lower, upper) == pytest.approx((0.55, 0.55, 0.55))


def test_disjoint_samples_are_at_distance_one(build):
    assert ks.ks_interval(build.numeric([1, 2, 3]), build.numeric([7, 8, 8, 9])) == (1.0, 1.0, 1.0)


@settings(max_examples=400)
@given(
    baseline=SAMPLES,
    current=SAMPLES,
    buckets=st.tuples(*[st.sampled_from([1, 2, 3, 7, 10, 50])] * 2),
)
def test_interval_holds_the_exact_distance(build, baseline, current, buckets):
    sides = (
        build.numeric(baseline, buckets=buckets[0]),
        build.numeric(current, buckets=buckets[1]),
    )
    value, lower, upper = ks.ks_interval(*sides)
    assert 0.0 <= lower <= value <= upper <= 1.0
    assert lower - 1e-9 <= exact(baseline, current) <= upper + 1e-9


@settings(max_examples=200)
@given(baseline=SAMPLES, current=SAMPLES, rank_error=st.floats(0, 0.3))
def test_interval_holds_the_exact_distance_whatever_the_rank_error(
    build, baseline, current, rank_error
):
    sides = [build.numeric(side, buckets=10, rank_error=rank_error) for side in (baseline, current)]
    value, lower, upper = ks.ks_interval(*sides)
    assert 0.0 <= lower <= value <= upper <= 1.0
    assert lower - 1e-9 <= exact(baseline, current) <= upper + 1e-9


@settings(max_examples=200)
@given(baseline=SAMPLES, current=SAMPLES)
def test_interval_is_as_narrow_as_the_resolution_allows(build, baseline, current):
    sides = (build.numeric(baseline, buckets=1000), build.numeric(current, buckets=800))
    _, lower, upper = ks.ks_interval(*sides)
    assert upper - lower <= 1 / len(baseline) + 1 / len(current) + 2 / 800 + 1e-9


@settings(max_examples=100)
@given(baseline=SAMPLES, current=SAMPLES)
def test_sides_can_be_swapped(build, baseline, current):
    one, two = build.numeric(baseline, buckets=9), build.numeric(current, buckets=20)
    assert ks.ks_interval(one, two) == pytest.approx(ks.ks_interval(two, one), abs=1e-12)


@settings(max_examples=100)
@given(sample=SAMPLES)
def test_identical_samples_are_at_distance_zero(build, sample):
    value, lower, _ = ks.ks_interval(build.numeric(sample), build.numeric(sample[::-1]))
    assert value == 0.0
    assert lower == 0.0


@pytest.mark.parametrize("size", [(3_000, 1_700), (900, 5_000)])
def test_large_samples_with_atoms_and_heavy_tails_agree_with_scipy(build, size):
    rng = np.random.default_rng(7)
    baseline = np.where(rng.random(size[0]) < 0.4, 0.0, rng.standard_cauchy(size[0]))
    current = np.where(rng.random(size[1]) < 0.3, 0.0, rng.standard_cauchy(size[1]) * 1.5)
    value, lower, upper = ks.ks_interval(
        build.numeric(baseline, buckets=500), build.numeric(current, buckets=500)
    )
    expected = exact(baseline, current)
    assert lower <= expected <= upper
    assert value == pytest.approx(expected, abs=0.004)
    assert upper - lower < 0.01


def test_infinite_values_are_values(build):
    inf = float("inf")
    value, lower, upper = ks.ks_interval(
        build.numeric([-inf, 1, 2, inf]), build.numeric([1, 2, 3, inf, inf])
    )
    # At 2: F = 3/4, G = 2/5.
    assert (value, lower) == pytest.approx((0.35, 0.35))
    assert upper >= 0.35 - 1e-12


def test_coarse_statistics_give_a_wide_interval_and_not_a_wrong_one(build):
    rng = np.random.default_rng(3)
    baseline, current = rng.normal(size=2_000), rng.normal(0.1, 1, size=1_500)
    narrow, wide = (
        ks.ks_interval(
            build.numeric(baseline, buckets=buckets), build.numeric(current, buckets=buckets)
        )
        for buckets in (1_000, 10)
    )
    assert wide[1] <= narrow[1] <= narrow[2] <= wide[2]
    assert wide[2] - wide[1] > 10 * (narrow[2] - narrow[1])


@pytest.mark.parametrize(("distance", "sizes"), [(0.05, (2_000, 900)), (0.02, (10_000, 30_000))])
def test_p_value_is_the_asymptotic_law_of_smirnov(distance, sizes):
    effective = sizes[0] * sizes[1] / sum(sizes)
    expected = stats.kstwobign.sf(distance * effective**0.5)
    assert ks.ks_p_value(distance, *sizes) == pytest.approx(expected, rel=1e-12)


def test_p_value_agrees_with_scipy_on_raw_values():
    rng = np.random.default_rng(11)
    baseline, current = rng.normal(size=2_000), rng.normal(0.05, 1, size=1_200)
    result = stats.ks_2samp(baseline, current, method="asymp")
    assert ks.ks_p_value(result.statistic, 2_000, 1_200) == pytest.approx(result.pvalue, abs=0.02)


def test_p_value_is_a_false_alarm_rate():
    rng = np.random.default_rng(5)
    alarms = [
        ks.ks_p_value(exact(rng.random(400), rng.random(700)), 400, 700) <= 0.05 for _ in range(600)
    ]
    assert 0.02 <= np.mean(alarms) <= 0.07


def test_significance_uses_the_lower_end_and_the_true_sizes(build):
    baseline, current = build.numeric(range(300)), build.numeric(range(60, 560))
    measured = ks.METRIC.measure(baseline, current, 0.01)
    assert measured.p_value == ks.ks_p_value(measured.lower, 300, 500)
    assert ks.ks_p_value(measured.detectable, 300, 500) == pytest.approx(0.01)
    assert measured.null_value == 0.0


def test_categories_are_refused(build):
    with pytest.raises(TypeError, match="numeric"):
        ks.METRIC.measure(build.numeric([1, 2]), build.categorical({"a": 3}), 0.05)


@pytest.mark.parametrize("sizes", [(2, 2), (3, 3), (1, 30), (6, 6), (7, 4), (20, 20)], ids=str)
def test_few_values_have_the_exact_p_value(sizes):
    rng = np.random.default_rng(3)
    for shift in (0.0, 1.0, 3.0):
        sides = rng.normal(size=sizes[0]), rng.normal(shift, size=sizes[1])
        result = stats.ks_2samp(*sides, method="exact")
        assert ks.ks_p_value(result.statistic, *sizes) == pytest.approx(result.pvalue, rel=1e-6)


def test_no_distance_is_no_evidence_however_few_the_values_are():
    assert ks.ks_p_value(0.0, 3, 5) == 1.0
