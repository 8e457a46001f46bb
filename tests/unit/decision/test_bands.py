import math

import pytest
from scipy import stats

from skewgate import decision
from skewgate.core.results import Status
from skewgate.decision import BandCheck, ChangeCheck, judge_bands, judge_change_points
from skewgate.decision.policy import Significance
from skewgate.estimation.bands import WindowValue, band, change_points

BH, ALONE = Significance(), Significance(correction="none")
REFERENCE = [
    WindowValue(f"2016-03-0{i}", value, 0.01, 900)
    for i, value in enumerate([0.92, 0.93, 0.91, 0.93, 0.92, 0.92], start=1)
]
BAND = band(REFERENCE, 3.0)


def check(value, *, worse="lower", error=0.01, n=900, name="2016-03-09", **fields):
    window = WindowValue(name, value, error, n)
    return BandCheck("accuracy", f"window:{name}", window, BAND, 5400, worse, **fields)


def judge_one(one, significance=BH):
    [result] = judge_bands([one], significance)
    return result


# Bands.


def test_a_value_within_the_band_passes():
    result = judge_one(check(0.905))
    assert (result.metric, result.slice) == ("accuracy band", "window:2016-03-09")
    assert result.status is Status.PASS
    assert result.threshold == pytest.approx(BAND.limits(check(0.905).window)[0])
    assert (result.value, result.n_baseline, result.n_current) == (0.905, 5400, 900)
    assert "not below" in result.reason
    assert "6 reference windows" in result.reason


def test_a_value_far_below_the_band_fails():
    result = judge_one(check(0.80))
    assert result.status is Status.FAIL
    assert result.p_value == BAND.p_value(check(0.80).window, "lower")
    assert "accuracy of window 2016-03-09 is 0.8, below" in result.reason
    assert "not by chance" in result.reason


def test_a_value_above_the_band_passes_where_lower_is_worse_and_fails_where_higher_is():
    better, worse, either = (judge_one(check(0.99, worse=w)) for w in ("lower", "higher", None))
    assert better.status is Status.PASS
    assert worse.status is Status.FAIL
    assert worse.threshold == pytest.approx(BAND.limits(check(0.99).window)[1])
    assert either.status is Status.FAIL
    assert either.p_value == pytest.approx(2 * worse.p_value)


def test_a_value_below_the_band_fails_where_either_side_is_bad():
    assert judge_one(check(0.80, worse=None)).status is Status.FAIL
    assert judge_one(check(0.80, worse="higher")).status is Status.PASS


def test_beyond_the_band_but_perhaps_by_chance_is_inconclusive_and_says_what_would_settle_it():
    # Three windows: even three sigmas are not significant with two degrees of freedom.
    short = band(REFERENCE[:3], 3.0)
    window = WindowValue("2016-03-09", 0.85, 0.02, 300)
    checks = [
        BandCheck("accuracy", "window:a", window, short, 2700, "lower"),
        check(0.92),
        check(0.93),
    ]
    result = judge_bands(checks, Significance(alpha=0.02))[0]
    assert window.value < short.limits(window)[0]
    assert result.status is Status.INCONCLUSIVE
    assert "it could be chance" in result.reason
    assert "would settle it" in result.reason


def test_the_rows_that_are_said_to_settle_it_do():
    window = WindowValue("2016-03-09", 0.82, 0.03, 100)
    reference = [WindowValue(f"r{i}", 0.92, 0.01, 900) for i in range(6)]
    made = band(reference, 3.0)
    one = BandCheck("accuracy", "window:a", window, made, 5400, "lower")
    significance = Significance(alpha=0.005, correction="none")
    [result] = judge_bands([one], significance)
    assert result.status is Status.INCONCLUSIVE
    rows = int(result.reason.split("about ")[1].split(" rows")[0].replace(",", ""))

    def p(n):
        more = WindowValue("x", 0.82, window.error * math.sqrt(100 / n), n)
        return made.p_value(more, "lower")

    assert p(rows) <= 0.005 < p(rows * 0.8)


def test_where_rows_cannot_settle_it_more_reference_windows_could():
    made = band([WindowValue(str(i), v, 0.0, 50) for i, v in enumerate([0.9, 0.8, 0.85])], 2.0)
    window = WindowValue("new", 0.7, 0.0, 50)
    [result] = judge_bands([BandCheck("auc", "window:new", window, made, 150, "lower")], BH)
    assert result.status is Status.INCONCLUSIVE
    assert result.reason.endswith("more reference windows would settle it")


def test_windows_are_corrected_for_their_number():
    checks = [check(0.872, name="bad"), *(check(0.92, name=f"ok{i}") for i in range(80))]
    p = BAND.p_value(checks[0].window, "lower")
    assert p <= 0.05 < 81 * p
    assert judge_bands(checks, ALONE)[0].p_adjusted == p
    results = judge_bands(checks, BH)
    adjusted = decision.adjust([BAND.p_value(c.window, "lower") for c in checks], "bh")
    assert [result.p_adjusted for result in results] == adjusted
    assert results[0].p_adjusted > 0.05


def test_interval_is_the_callers_or_that_of_the_standard_error():
    given = judge_one(check(0.905, lower=0.89, upper=0.93))
    assert (given.lower, given.upper) == (0.89, 0.93)
    made = judge_one(check(0.905, error=0.02))
    z = stats.norm.isf(0.05)
    assert (made.lower, made.upper) == pytest.approx((0.905 - z * 0.02, 0.905 + z * 0.02))


def test_no_checks_have_no_results():
    assert judge_bands([], BH) == []
    assert judge_change_points([], BH) == []


# Change points.


def series(values, *, error=0.01, n=900):
    return [WindowValue(f"w{i}", value, error, n + i) for i, value in enumerate(values)]


def changes(values, worse="lower", significance=BH, **fields):
    windows = series(values)
    slices = [f"window:{window.name}" for window in windows]
    return judge_change_points(
        [ChangeCheck("accuracy", windows, slices, worse, **fields)], significance
    )


DROP = [0.92, 0.93, 0.91, 0.92, 0.93, 0.80, 0.81, 0.79, 0.80, 0.81, 0.80]


def test_a_lasting_drop_fails_with_the_first_window_after_it():
    [result] = changes(DROP)
    assert result.status is Status.FAIL
    assert (result.metric, result.slice) == ("accuracy change point", "window:w5")
    assert result.value == pytest.approx(0.8017, abs=1e-4)
    assert (result.n_baseline, result.n_current) == (5 * 902, 6 * 900 + 5 + 6 + 7 + 8 + 9 + 10)
    assert "changed from 0.922 to 0.8017 with window w5" in result.reason


def test_a_change_for_the_better_passes_and_is_told():
    [result] = changes(DROP, worse="higher")
    assert (result.status, result.slice) == (Status.PASS, "window:w5")
    assert "changed from" in result.reason
    [rise] = changes([1 - value for value in DROP], worse="higher")
    assert rise.status is Status.FAIL


def test_a_change_in_either_direction_fails_where_both_are_bad():
    assert [r.status for r in changes(DROP, worse=None)] == [Status.FAIL]
    assert [r.status for r in changes([1 - v for v in DROP], worse=None)] == [Status.FAIL]


def test_no_change_is_one_pass_that_says_how_many_windows_were_looked_at():
    [result] = changes([0.92, 0.93, 0.91, 0.92, 0.93, 0.92])
    assert (result.status, result.slice) == (Status.PASS, "")
    assert result.reason == "no change of accuracy in 6 windows"


def test_too_few_windows_are_inconclusive():
    [result] = changes([0.92, 0.93, 0.5], slice="payment_type:Cash")
    assert (result.status, result.slice) == (Status.INCONCLUSIVE, "payment_type:Cash")
    assert "3 windows are too few" in result.reason


def test_recovery_after_a_drop_is_two_results():
    found = changes([*DROP, *[0.92, 0.93, 0.91, 0.92, 0.93]])
    assert [(r.slice, r.status) for r in found] == [
        ("window:w5", Status.FAIL),
        ("window:w11", Status.PASS),
    ]
    assert found[0].n_current == sum(900 + i for i in range(5, 11))
    assert found[1].n_baseline == found[0].n_current


def test_series_are_corrected_for_their_number():
    windows = series([0.92, 0.93, 0.91, 0.92, 0.89, 0.88, 0.89, 0.88])
    slices = [f"window:{window.name}" for window in windows]
    one = ChangeCheck("accuracy", windows, slices, "lower")
    calm = ChangeCheck("auc", series([0.9, 0.91, 0.9, 0.91]), ["a", "b", "c", "d"], "lower")
    [p] = [change.p_value for change in change_points(windows, 0.05)]
    [alone] = judge_change_points([one], BH)
    assert alone.status is Status.FAIL
    assert alone.p_adjusted == alone.p_value == p
    two = judge_change_points([one, calm], BH)
    assert two[0].p_adjusted == pytest.approx(2 * p)
    many = judge_change_points([one, *[calm] * 200], BH)
    assert 201 * p > 0.05
    assert {result.status for result in many} == {Status.PASS}
    uncorrected = judge_change_points([one, *[calm] * 200], ALONE)
    assert uncorrected[0].status is Status.FAIL


def test_every_window_needs_its_slice():
    with pytest.raises(ValueError, match="one slice a window, got 1 slices for 2 windows"):
        ChangeCheck("accuracy", series([0.9, 0.8]), ["window:w0"], "lower")


def test_a_series_that_is_too_short_takes_no_share_of_alpha():
    def series(values, name):
        windows = [WindowValue(f"{name}{i}", value, 0.01, 900) for i, value in enumerate(values)]
        return ChangeCheck(name, windows, [window.name for window in windows], "lower")

    long = series([0.9, 0.91, 0.9, 0.89, 0.8, 0.81, 0.8, 0.79], "auc")
    [alone] = judge_change_points([long], BH)
    beside, added = judge_change_points([long, series([0.9, 0.8], "accuracy")], BH)
    assert beside == alone
    assert (alone.status, added.status) == (Status.FAIL, Status.INCONCLUSIVE)
