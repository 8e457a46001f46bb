"""A few values far out neither hide the others nor stand for them."""

import math
import re

import numpy as np
import pytest

from skewgate.core.results import Status
from skewgate.decision import Check, judge
from skewgate.decision.policy import Significance
from skewgate.metrics import extremes, wasserstein
from skewgate.metrics.extremes import Fences
from skewgate.profiling.accumulators.numeric import NumericAccumulator

INF = math.inf


def side(values, resolution=4096):
    accumulator = NumericAccumulator(resolution)
    accumulator.add(np.asarray(values, float))
    return accumulator.distribution()


def fences(baseline, current):
    return extremes.fences(side(baseline), side(current))


def judged(baseline, current, threshold=0.2):
    before, now = side(baseline), side(current)
    measured = wasserstein.METRIC.measure(before, now, 0.05)
    check = Check("x", "", "wasserstein", threshold, measured, before.n, now.n)
    [result] = judge([check], Significance())
    return result


def normal(seed, n, mean=0.0):
    return np.random.default_rng(seed).normal(mean, 1, n)


# What is extreme.


def test_values_without_outliers_have_no_fences():
    rng = np.random.default_rng(1)
    for draw in (rng.normal, rng.uniform, rng.exponential, rng.lognormal):
        assert fences(draw(size=3_000), draw(size=900)) is None


def test_one_value_far_out_is_extreme_on_either_side():
    baseline, current = [0, 1, 2, 3, 4, 5] * 20, [1, 2, 3, 4, 5, 6] * 20
    assert fences([*baseline, 1e20], current) == Fences(0, 6)
    assert fences(baseline, [*current, -3.4e38, 1e20]) == Fences(0, 6)
    assert fences(baseline, [*current, INF]) == Fences(0, 6)


def test_a_shift_is_not_extreme():
    assert fences(normal(1, 500), normal(2, 400, 1e6)) is None


def test_a_code_may_be_nearly_half_of_the_values():
    values = np.arange(60.0)
    assert fences([*values, *[-999.0] * 40], values) == Fences(0, 59)
    assert fences([*values, *[-9_999.0] * 20, *[99_999.0] * 20], values) == Fences(0, 59)


def test_codes_that_are_most_of_the_values_are_beside_the_others_and_not_the_other_way_round():
    values = np.arange(60.0)
    codes = [*[-9_999.0] * 300, *[-998.0] * 350, *[99_999.0] * 290]
    for found in (codes, codes[:600], codes[300:], codes[:70]):
        assert fences([*values, *found], [*values, *found]) == Fences(0, 59)
    assert fences([*values, *codes], values) == Fences(0, 59)
    # Of 2,000 values 19 are too few to say what the values are.
    assert fences([*values[:19], *[-9_999.0] * 1_981], [*values[:19], *[-9_999.0] * 1_981]) is None


def test_a_number_that_most_values_are_is_no_code_if_it_is_as_near_as_the_others_are():
    values = np.linspace(40, 60, 50)
    for usual in (25.0, 30.0, 65.0):
        assert fences([*values, *[usual] * 90], [*values, *[usual] * 70]) is None
    assert fences([*values, *[-20.0] * 90], [*values, *[-20.0] * 70]) == Fences(40, 60)


def test_many_different_values_far_out_are_part_of_what_the_values_are():
    values = np.arange(60.0)
    far = 1e4 + np.arange(40.0)
    assert fences([*values, *far[:15]], values) == Fences(0, 59)
    assert fences([*values, *far], values) is None


def test_values_that_spread_over_powers_of_ten_are_extreme_without_a_gap():
    values = np.linspace(-4, 4, 500)
    steps = [7.0, 15.0, 30.0, 60.0, 150.0, 370.0, 1_000.0]
    assert fences([*values, *steps], values) == Fences(-4, 7)
    # As many, and as far out as a law with a mean may well have them.
    assert fences([*values, *np.linspace(4.5, 13, 20)], values) is None


def test_a_heavy_tail_with_a_mean_is_what_the_values_are():
    rng = np.random.default_rng(2)
    tails = (rng.pareto(2.5, 20_000), np.exp(1.5 * rng.normal(size=20_000)))
    assert [fences(tail, tail) for tail in tails] == [None, None]


def test_a_constant_says_nothing_of_what_is_far():
    assert fences([7.0] * 300, [*[7.0] * 299, 8.0]) is None
    assert fences([*[7.0] * 300, 1e20], [8.0] * 300) == Fences(7, 8)


def test_zeros_with_some_other_values_are_no_constant():
    zeros = [0.0] * 700
    assert fences([*zeros, *range(1, 301)], [*zeros, *range(1, 301)]) is None
    assert fences([*zeros, *range(1, 301), 1e9], [*zeros, *range(1, 301)]) == Fences(0, 300)


def test_what_is_left_is_the_distribution_of_the_others():
    values, ends = normal(3, 400), Fences(-2, 3)
    kept = values[(values >= -2) & (values <= 3)]
    found = extremes.without_extremes(side([*values, 1e20, -INF]), ends)
    expected = side(kept)
    assert found.n == expected.n
    for field in ("edges", "left_lower", "left_upper", "right_lower", "right_upper"):
        np.testing.assert_allclose(getattr(found, field), getattr(expected, field), atol=1e-12)


def test_bounds_of_what_is_left_hold_if_values_were_summarised():
    values = normal(4, 30_000)
    found = extremes.without_extremes(side([*values, 1e20, 1e20], resolution=200), Fences(-9, 9))
    lower, upper = found.bounds_at(found.edges)
    exact = np.searchsorted(np.sort(values), found.edges, side="right") / len(values)
    # The last edge below the fence stands for the end: nobody knows what lies beyond it.
    assert found.n == pytest.approx(len(values), rel=0.01)
    assert np.all(lower - 0.006 <= exact)
    assert np.all(exact <= upper + 0.006)


def test_a_side_without_a_value_between_the_fences_has_nothing_left():
    assert extremes.without_extremes(side([1e9, 1e9]), Fences(0, 1)) is None


def test_extremes_are_named():
    values = list(range(100))
    before, now = side([*values, 3.4e38]), side([*values, -999, -999, -1e4, INF])
    assert extremes.named(before, now, Fences(0, 99)) == (
        "1 baseline value of 3.4e+38, 3 current values from -1e+04 to -999, 1 current value of inf"
    )


# What it means for a verdict.


@pytest.mark.parametrize(
    "sentinel", [3.4e38, 1e20, -3.4e38, 1e4, -999.0, 1e200, 1.7e308, INF, -INF]
)
@pytest.mark.parametrize("where", ["baseline", "current", "both"])
@pytest.mark.parametrize("sizes", [(1_000, 1_000), (1_000, 300), (400, 2_000)], ids=str)
def test_a_sentinel_does_not_hide_a_shift_of_five_standard_deviations(sentinel, where, sizes):
    baseline, current = normal(5, sizes[0]), normal(6, sizes[1], 5.0)
    if where != "current":
        baseline[0] = sentinel
    if where != "baseline":
        current[0] = sentinel
    result = judged(baseline, current)
    assert result.status is Status.FAIL
    assert result.value > 4 or "with extreme values" in result.reason
    assert f"value of {sentinel:.4g}" in result.reason


@pytest.mark.parametrize("sentinel", [3.4e38, 1e20])
def test_the_shift_is_found_in_twenty_of_twenty_samples(sentinel):
    for seed in range(20):
        baseline = np.append(normal(seed, 999), sentinel)
        assert judged(baseline, normal(seed + 100, 1_000, 5.0)).status is Status.FAIL


def test_a_code_for_unknown_in_part_of_the_rows_does_not_hide_a_shift():
    for share in (0.02, 0.1, 0.4, 0.6, 0.9):
        sides = [normal(7, 2_000), normal(8, 2_000, 1.2)]
        for values in sides:
            values[: int(share * 2_000)] = -999.0
        result = judged(*sides)
        assert result.status is Status.FAIL
        assert f"without extreme values ({int(share * 2_000):,} baseline values" in result.reason


def test_a_sentinel_that_became_frequent_fails():
    current = normal(9, 2_000)
    current[:60] = -999.0
    result = judged(normal(10, 2_000), current)
    assert result.status is Status.FAIL
    assert "with extreme values (60 current values of -999)" in result.reason


def test_infinite_values_that_became_frequent_do_not_pass():
    current = normal(9, 2_000)
    current[:60] = INF
    assert judged(normal(10, 2_000), current).status is Status.INCONCLUSIVE


@pytest.mark.parametrize("sentinel", [3.4e38, -1e20, INF])
def test_a_lone_sentinel_beside_rows_that_did_not_change_is_named_and_no_failure(sentinel):
    current = normal(11, 2_000)
    current[7] = sentinel
    result = judged(normal(12, 2_000), current)
    assert result.status is Status.PASS
    assert result.value < 0.2
    assert f"without extreme values (1 current value of {sentinel:.4g})" in result.reason


def test_a_lone_sentinel_on_the_small_side_is_no_failure():
    current = normal(11, 400)
    current[7] = 1e20
    result = judged(normal(12, 200_000), current)
    assert result.status is Status.PASS
    assert "without extreme values (1 current value of 1e+20)" in result.reason


def test_a_constant_with_a_sentinel_that_becomes_another_constant_fails():
    assert judged([*[7.0] * 500, 1e20], [8.0] * 500).status is Status.FAIL


def test_nobody_is_told_to_get_more_values_than_there_can_be():
    rng = np.random.default_rng(13)
    for values in ([1e30, 1e35], 10.0 ** rng.uniform(3, 38, 12), [3e38] * 4):
        baseline = np.append(rng.normal(size=200), values)
        result = judged(baseline, rng.normal(size=150), threshold=1e-3)
        told = re.search(r"about ([\d,]+) values", result.reason)
        assert told is None or int(told[1].replace(",", "")) < 1e12


def test_a_single_value_that_makes_all_of_the_distance_could_have_been_several():
    # Both sides have 50 rows, and one of all has a 1: the distance is the same whichever has it.
    measured = wasserstein.METRIC.measure(side([*[0.0] * 49, 1.0]), side([0.0] * 50), 0.05)
    assert measured.p_value == 1.0
    assert measured.detectable > 0.2
    many = wasserstein.METRIC.measure(side([*[0.0] * 99_999, 1.0]), side([0.0] * 100_000), 0.05)
    assert many.detectable < 0.05


def test_the_measurement_of_all_values_stays_what_it_is():
    baseline, current = np.append(normal(14, 500), 1e6), normal(15, 300)
    measured = wasserstein.METRIC.measure(side(baseline), side(current), 0.05)
    assert measured.value == pytest.approx(wasserstein.wasserstein(baseline, current))
    assert measured.bulk.n_baseline == 500
    kept = wasserstein.wasserstein(baseline[:-1], current)
    assert measured.bulk.measurement.value == pytest.approx(kept)


def test_sides_without_extremes_have_no_bulk():
    assert wasserstein.METRIC.measure(side(normal(1, 90)), side(normal(2, 90)), 0.05).bulk is None


def test_what_lies_beyond_the_last_bucket_of_coarse_statistics_is_left_out(build):
    baseline = build.numeric(np.append(normal(16, 4_000), 1e20), buckets=400)
    current = build.numeric(normal(17, 4_000, 1.0), buckets=400)
    measured = wasserstein.METRIC.measure(baseline, current, 0.05)
    assert measured.bulk.measurement.value == pytest.approx(1.0, rel=0.1)
