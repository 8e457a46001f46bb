import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from skewgate.core.results import Status
from skewgate.decision import BandCheck, ChangeCheck, judge_bands, judge_change_points
from skewgate.decision.policy import Significance
from skewgate.estimation.bands import WindowValue, band, change_points

REFERENCE = [
    WindowValue("mon", 0.90, 0.01, 900),
    WindowValue("tue", 0.94, 0.01, 900),
    WindowValue("wed", 0.92, 0.01, 900),
    WindowValue("thu", 0.96, 0.01, 900),
]
WINDOWS = st.lists(
    st.tuples(st.floats(-10, 10), st.floats(0.01, 2), st.integers(5, 5000)), min_size=4, max_size=9
).map(lambda rows: [WindowValue(f"w{i}", y, e, n) for i, (y, e, n) in enumerate(rows)])


def binomial_series(rng, *, count=20, rate=0.9, spread=0.0, drop=0.0, at=12):
    """Shares right in windows of 100 to 3,000 rows; `drop` in standard errors of the window."""
    series = []
    for i in range(count):
        n = int(rng.integers(100, 3000))
        chance = rate + rng.normal(0, spread)
        if i >= at:
            chance -= drop * math.sqrt(rate * (1 - rate) / n)
        share = rng.binomial(n, min(max(chance, 0.0), 1.0)) / n
        series.append(WindowValue(f"w{i:02d}", share, math.sqrt(share * (1 - share) / n), n))
    return series


def band_results(series, reference):
    made = band(series[:reference], 3.0)
    rows = sum(window.n for window in series[:reference])
    checks = [
        BandCheck("accuracy", f"window:{window.name}", window, made, rows, "lower")
        for window in series[reference:]
    ]
    return judge_bands(checks, Significance())


# Band.


def test_band_of_equal_windows_by_hand():
    made = band(REFERENCE, 3.0)
    spread2 = 0.02**2 * (1 + 1 / 4 - 1 / 4) * 5 / 3 - 0.01**2  # s^2 = (.03^2+.01^2)*2/3
    assert made.mean == pytest.approx(0.93)
    assert made.spread**2 == pytest.approx((2 * 0.03**2 + 2 * 0.01**2) / 3 - 0.01**2)
    assert made.spread**2 == pytest.approx(spread2)
    assert made.mean_error == pytest.approx(math.sqrt((spread2 + 0.01**2) / 4))
    assert made.windows == 4


def test_limits_add_the_spread_the_window_and_the_mean():
    made = band(REFERENCE, 2.0)
    low, high = made.limits(WindowValue("fri", 0.5, 0.05, 900))
    half = 2 * math.sqrt(made.spread**2 + 0.05**2 + made.mean_error**2)
    assert (low, high) == pytest.approx((0.93 - half, 0.93 + half))


def test_a_small_window_gets_a_wide_band():
    made = band(REFERENCE, 3.0)
    few, many = WindowValue("few", 0.9, 0.08, 20), WindowValue("many", 0.9, 0.002, 30_000)
    assert made.limits(few)[0] < made.limits(many)[0] - 0.1


def test_p_value_of_equal_windows_is_the_prediction_interval_of_a_normal_sample():
    values = [0.90, 0.94, 0.92, 0.96]
    t = (0.80 - 0.93) / (np.std(values, ddof=1) * math.sqrt(1 + 1 / 4))
    new = WindowValue("fri", 0.80, 0.01, 900)
    made = band(REFERENCE)
    assert made.p_value(new, "lower") == pytest.approx(stats.t.cdf(t, 3))
    assert made.p_value(new, "higher") == pytest.approx(stats.t.sf(t, 3))
    assert made.p_value(new) == pytest.approx(2 * stats.t.cdf(t, 3))


@given(windows=WINDOWS)
def test_spread_and_mean_are_those_of_paule_and_mandel(windows):
    made = band(windows)
    y = np.array([window.value for window in windows])
    n = np.array([window.n for window in windows])
    errors = np.array([window.error for window in windows])
    variances = np.maximum(errors**2, np.average(n * errors**2, weights=n) / n)

    def excess(tau2):
        w = 1 / (tau2 + variances)
        return float((w * (y - np.average(y, weights=w)) ** 2).sum()) - (len(y) - 1)

    tau2 = optimize.brentq(excess, 0, 1e3) if excess(0) > 0 else 0.0
    w = 1 / (tau2 + variances)
    assert made.spread**2 == pytest.approx(tau2, rel=1e-6, abs=1e-9)
    assert made.mean == pytest.approx(np.average(y, weights=w), abs=1e-6)
    assert made.mean_error == pytest.approx(1 / math.sqrt(w.sum()), rel=1e-6)


@given(windows=WINDOWS, shift=st.floats(-50, 50), factor=st.floats(0.1, 20))
def test_band_moves_and_scales_with_the_values(windows, shift, factor):
    moved = [WindowValue(w.name, shift + factor * w.value, factor * w.error, w.n) for w in windows]
    new = WindowValue("new", 3.0, 0.5, 77)
    new_moved = WindowValue("new", shift + factor * 3.0, factor * 0.5, 77)
    one, other = band(windows), band(moved)
    limits = [shift + factor * limit for limit in one.limits(new)]
    assert other.limits(new_moved) == pytest.approx(limits, rel=1e-5, abs=1e-4)
    p = one.p_value(new, "lower")
    assert other.p_value(new_moved, "lower") == pytest.approx(p, rel=1e-3, abs=1e-9)


@given(data=st.data(), windows=WINDOWS)
def test_order_of_reference_windows_is_irrelevant(data, windows):
    one, other = band(windows), band(data.draw(st.permutations(windows)))
    assert other.mean == pytest.approx(one.mean, abs=1e-9)
    assert other.spread == pytest.approx(one.spread, abs=1e-6)


@given(windows=WINDOWS)
def test_p_values_of_the_two_sides_add_to_one(windows):
    made, new = band(windows), WindowValue("new", 1.0, 0.3, 40)
    assert made.p_value(new, "lower") + made.p_value(new, "higher") == pytest.approx(1)
    assert made.p_value(new) == pytest.approx(
        2 * min(made.p_value(new, "lower"), made.p_value(new, "higher"))
    )


def test_a_window_without_an_error_of_its_own_has_the_weight_of_its_rows():
    # 20 right of 20 have the error 0, and must not be all that counts.
    large = [WindowValue(f"w{i}", 0.9, 0.006, 2500) for i in range(4)]
    made = band([*large, WindowValue("lucky", 1.0, 0.0, 20)])
    assert made.mean == pytest.approx(0.9, abs=0.001)
    low, _ = made.limits(WindowValue("unlucky", 0.0, 0.0, 20))
    assert low < 0.75


def test_windows_that_show_no_spread_at_all_leave_only_ranks():
    made = band([WindowValue(str(i), 1.0, 0.0, 50 + i) for i in range(4)])
    assert made.limits(WindowValue("new", 1.0, 0.0, 60)) == (1.0, 1.0)
    assert made.p_value(WindowValue("new", 1.0, 0.0, 60), "lower") == 1.0
    assert made.p_value(WindowValue("new", 0.99, 0.0, 60), "lower") == 1 / 5
    assert made.p_value(WindowValue("new", 0.99, 0.0, 60), "higher") == 1.0
    assert made.p_value(WindowValue("new", 0.99, 0.0, 60)) == 2 / 5


def test_fewer_than_three_reference_windows_are_no_band():
    with pytest.raises(ValueError, match="at least 3 reference windows, got 2"):
        band(REFERENCE[:2])


@pytest.mark.parametrize("sigmas", [0.0, -1.0, math.nan, math.inf])
def test_sigmas_must_be_a_positive_number(sigmas):
    with pytest.raises(ValueError, match="sigmas must be a number above 0"):
        band(REFERENCE, sigmas)


@pytest.mark.parametrize(
    ("value", "error", "n"), [(math.nan, 0.1, 9), (0.1, math.inf, 9), (0.1, -0.1, 9), (0.1, 0.1, 0)]
)
def test_a_window_that_cannot_be_is_refused(value, error, n):
    with pytest.raises(ValueError, match="window w must have"):
        WindowValue("w", value, error, n)


# Change points.


def flat(values, error=0.01, n=900):
    return [WindowValue(f"w{i}", value, error, n) for i, value in enumerate(values)]


def test_p_value_of_a_cut_is_bonferronis_bound_on_the_t_test():
    left, right = [0.93, 0.91, 0.95, 0.92], [0.85, 0.83, 0.88, 0.84, 0.82]
    # Errors far below the spread: the weights are equal, and the test is that of two samples.
    [found] = change_points(flat([*left, *right], error=1e-9), 0.05)
    exact = stats.ttest_ind(left, right)
    assert found.index == 4
    assert (found.before, found.after) == pytest.approx((np.mean(left), np.mean(right)))
    assert found.p_value == pytest.approx((9 - 3) * exact.pvalue, rel=1e-6)


def test_spread_within_the_sides_that_sampling_explains_is_not_taken_for_less():
    # Values that agree better than their errors allow are no evidence of a difference.
    values = flat([0.90, 0.90, 0.90, 0.90, 0.89, 0.89, 0.89, 0.89], error=0.02)
    assert change_points(values, 0.05) == []


def test_two_changes_are_named_in_order():
    values = [0.9, 0.91, 0.89, 0.9, 0.91, 0.7, 0.71, 0.69, 0.7, 0.71, 0.8, 0.81, 0.8, 0.79, 0.8]
    found = change_points(flat(values), 0.05)
    assert [change.window for change in found] == ["w5", "w10"]
    assert [change.before for change in found] == pytest.approx([0.902, 0.702])
    assert [change.after for change in found] == pytest.approx([0.702, 0.8])


def test_a_drop_that_is_made_good_again_is_found():
    values = [0.92, 0.93, 0.91, 0.92, 0.93, 0.80, 0.81, 0.79, 0.80, 0.81, 0.80]
    found = change_points(flat([*values, 0.92, 0.93, 0.91, 0.92, 0.93]), 0.05)
    assert [change.window for change in found] == ["w5", "w11"]
    assert all(change.p_value < 0.001 for change in found)


def test_a_single_odd_window_is_no_change_of_level():
    values = [0.9, 0.91, 0.89, 0.9, 0.91, 0.9, 0.7, 0.9, 0.91, 0.89, 0.9, 0.9]
    assert change_points(flat(values), 0.05) == []


def test_a_perfect_step_without_any_error_has_the_p_value_of_its_rank():
    [found] = change_points(flat([0.9] * 7 + [0.8] * 6, error=0.0), 0.05)
    assert found.index == 7
    assert found.p_value == pytest.approx(2 * (13 - 3) * 2 / math.comb(13, 7))
    assert change_points(flat([0.9, 0.9, 0.8, 0.8], error=0.0), 0.05) == []


@pytest.mark.parametrize("error", [0.0, 0.01])
def test_constant_windows_have_no_change(error):
    assert change_points(flat([0.1 + 0.2] * 30, error=error), 0.5) == []


@given(windows=WINDOWS, shift=st.floats(-50, 50), factor=st.floats(0.1, 20))
def test_changes_move_and_scale_with_the_values(windows, shift, factor):
    moved = [WindowValue(w.name, shift + factor * w.value, factor * w.error, w.n) for w in windows]
    one, other = change_points(windows, 1.0)[:1], change_points(moved, 1.0)[:1]
    assert [c.p_value for c in other] == pytest.approx([c.p_value for c in one], rel=1e-3)


def test_a_long_series_is_cut_where_it_changes():
    rng = np.random.default_rng(5)
    values = rng.normal(0.9, 0.01, 365)
    values[200:] -= 0.02
    [found] = change_points(flat(values.tolist()), 0.01)
    assert abs(found.index - 200) <= 3


@pytest.mark.parametrize("alpha", [0.0, -0.1, 1.5, math.nan])
def test_alpha_must_be_a_probability(alpha):
    with pytest.raises(ValueError, match="alpha must be a number in"):
        change_points(flat([1.0, 2.0, 3.0, 4.0]), alpha)


def test_fewer_than_four_windows_cannot_be_looked_at():
    with pytest.raises(ValueError, match="at least 4 windows, got 3"):
        change_points(REFERENCE[:3], 0.05)


# What is promised of a whole series.


@pytest.mark.parametrize("spread", [0.0, 0.02])
def test_few_series_without_a_change_have_a_false_failure(spread):
    rng = np.random.default_rng(11)
    repeats, bands, changes = 500, 0, 0
    for _ in range(repeats):
        series = binomial_series(rng, spread=spread)
        bands += any(result.status is Status.FAIL for result in band_results(series, 8))
        changes += bool(change_points(series, 0.05))
    most = stats.binom.ppf(0.999, repeats, 0.05) / repeats
    assert bands / repeats <= most
    assert changes / repeats <= most


def test_a_drop_of_six_standard_errors_is_found_and_named():
    rng = np.random.default_rng(12)
    repeats, by_band, by_change, by_either = 300, 0, 0, 0
    for _ in range(repeats):
        series = binomial_series(rng, drop=6.0)
        slices = [f"window:{window.name}" for window in series]
        checks = [ChangeCheck("accuracy", series, slices, "lower")]
        named = [
            {r.slice for r in results if r.status is Status.FAIL}
            for results in (band_results(series, 12), judge_change_points(checks, Significance()))
        ]
        band_names, change_names = ("window:w12" in slices for slices in named)
        by_band += band_names
        by_change += change_names
        by_either += band_names or change_names
    assert by_either >= 0.95 * repeats
    # Each alone has a power of about 96% (measured over 1,000 series), less what chance does here.
    least = stats.binom.ppf(0.001, repeats, 0.96)
    assert min(by_band, by_change) >= least
