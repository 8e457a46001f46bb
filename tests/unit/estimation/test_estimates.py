from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from skewgate.estimation.estimates import (
    Exact,
    Resampled,
    Share,
    Unchanging,
    difference,
    relative_change,
    standard_error,
    widened,
)

ALPHA = st.sampled_from([0.01, 0.05, 0.2])
SHARES = st.integers(1, 400).flatmap(
    lambda trials: st.builds(
        Share, st.integers(0, trials), st.just(trials), st.integers(trials, 900)
    )
)
RESAMPLED = st.builds(
    Resampled,
    st.floats(-3, 3),
    st.floats(1e-3, 2),
    st.sampled_from([1.0, 4.0, 19.0]),
    st.integers(2, 5000),
)
UNCHANGING = st.builds(
    Unchanging, st.floats(-3, 3), st.sampled_from([0.5, 1.0, 7.0]), st.integers(1, 5000)
)
UNSURE = st.one_of(SHARES, RESAMPLED, UNCHANGING)
ANY = st.one_of(UNSURE, st.builds(Exact, st.floats(-3, 3), st.integers(1, 5000)))


@given(ANY, ALPHA)
def test_bounds_hold_the_value(estimate, alpha):
    lower, upper = estimate.bounds(alpha)
    assert lower <= estimate.value <= upper


@given(UNSURE, st.floats(-4, 4), ALPHA)
def test_p_values_and_bounds_say_the_same(estimate, bound, alpha):
    lower, upper = estimate.bounds(alpha)
    assume(min(abs(bound - lower), abs(bound - upper)) > 1e-9)  # ties
    assert (estimate.p_at_least(bound) <= alpha) == (upper < bound)
    assert (estimate.p_at_most(bound) <= alpha) == (lower > bound)


@given(ANY, st.floats(-4, 4), st.floats(0, 2))
def test_p_values_are_monotone_in_the_bound(estimate, bound, more):
    assert 0 <= estimate.p_at_least(bound + more) <= estimate.p_at_least(bound) <= 1
    assert 0 <= estimate.p_at_most(bound) <= estimate.p_at_most(bound + more) <= 1


@given(ANY)
def test_the_value_itself_is_never_ruled_out(estimate):
    assert estimate.p_at_least(estimate.value) > 0.3
    assert estimate.p_at_most(estimate.value) > 0.3


@pytest.mark.parametrize(
    ("bound", "at_least", "at_most"), [(5.0, 1.0, 0.0), (7.0, 1.0, 1.0), (9.0, 0.0, 1.0)]
)
def test_a_number_that_is_known_is_certain(bound, at_least, at_most):
    known = Exact(7.0, 12)
    assert (known.p_at_least(bound), known.p_at_most(bound)) == (at_least, at_most)
    assert known.bounds(0.05) == (7.0, 7.0)
    assert known.needed(bound, 0.05) == 12


def test_share_by_hand():
    share = Share(2, 3, 10)
    assert share.value == 2 / 3
    # Three trials at one half: 0, 1 or 2 successes in 7 of 8 cases, 2 or 3 in 4 of 8.
    assert share.p_at_least(0.5) == pytest.approx(7 / 8)
    assert share.p_at_most(0.5) == pytest.approx(4 / 8)
    # All three succeed with probability 0.95 where the share is the third root of it.
    assert share.bounds(0.05)[1] == pytest.approx(0.95 ** (1 / 3))


@given(SHARES, st.floats(0.001, 0.999))
def test_share_is_the_exact_binomial_test(share, bound):
    less = stats.binomtest(share.count, share.trials, bound, alternative="less")
    greater = stats.binomtest(share.count, share.trials, bound, alternative="greater")
    assert share.p_at_least(bound) == pytest.approx(less.pvalue, abs=1e-12)
    assert share.p_at_most(bound) == pytest.approx(greater.pvalue, abs=1e-12)


@given(SHARES, ALPHA)
def test_bounds_of_a_share_are_those_of_clopper_and_pearson(share, alpha):
    lower, upper = share.bounds(alpha)
    if share.count:
        expected = stats.beta.ppf(alpha, share.count, share.trials - share.count + 1)
        assert lower == pytest.approx(expected, abs=1e-10)
    if share.count < share.trials:
        expected = stats.beta.ppf(1 - alpha, share.count + 1, share.trials - share.count)
        assert upper == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(
    ("share", "bound", "at_least", "at_most"),
    [
        (Share(5, 5, 9), 1.0, 1.0, 1.0),
        (Share(4, 5, 9), 1.0, 0.0, 1.0),
        (Share(0, 5, 9), 0.0, 1.0, 1.0),
        (Share(1, 5, 9), 0.0, 1.0, 0.0),
        (Share(5, 5, 9), 1.1, 0.0, 1.0),
        (Share(0, 5, 9), -0.1, 1.0, 0.0),
    ],
)
def test_a_share_and_bounds_that_no_trial_can_pass(share, bound, at_least, at_most):
    assert (share.p_at_least(bound), share.p_at_most(bound)) == (at_least, at_most)


@pytest.mark.parametrize("truth", [0.03, 0.5, 0.9])
def test_bounds_of_a_share_hold_the_truth_at_least_as_often_as_they_say(truth):
    counts = np.random.default_rng(5).binomial(80, truth, 2000)
    found = np.array([Share(int(count), 80, 80).bounds(0.05) for count in counts])
    assert np.mean(found[:, 0] <= truth) >= 0.94
    assert np.mean(found[:, 1] >= truth) >= 0.94


@given(RESAMPLED, st.floats(-4, 4), ALPHA)
def test_resampled_is_students_t(estimate, bound, alpha):
    law = stats.t(estimate.freedom, loc=estimate.value, scale=estimate.error)
    assert estimate.bounds(alpha) == pytest.approx((law.ppf(alpha), law.ppf(1 - alpha)))
    seen = stats.t(estimate.freedom, loc=bound, scale=estimate.error)
    assert estimate.p_at_least(bound) == pytest.approx(seen.cdf(estimate.value), abs=1e-12)
    assert estimate.p_at_most(bound) == pytest.approx(seen.sf(estimate.value), abs=1e-12)


@pytest.mark.parametrize(
    "numbers",
    [(0.5, 0.0), (0.5, -1.0), (math.nan, 0.1), (math.inf, 0.1), (0.5, math.nan), (0.5, math.inf)],
)
def test_no_estimate_is_made_of_a_number_without_an_error(numbers):
    with pytest.raises(ValueError, match="finite value, error > 0"):
        Resampled(*numbers, 19.0, 10)


def test_no_estimate_is_made_without_degrees_of_freedom():
    with pytest.raises(ValueError, match=r"freedom > 0, got 0\.5, 0\.1, 0"):
        Resampled(0.5, 0.1, 0, 10)


def test_unchanging_is_the_rule_of_three():
    # 299 rows without an event: at 95%, at most 1% of all rows have one.
    lower, upper = Unchanging(0.4, 1.0, 299).bounds(0.05)
    assert (upper - 0.4, 0.4 - lower) == pytest.approx((0.00997, 0.00997), abs=1e-4)
    # n rows without an event, if a quarter of all rows had one that moves the metric by 2.
    assert Unchanging(1.0, 2.0, 5).p_at_least(1.5) == pytest.approx(0.75**5)
    assert Unchanging(1.0, 2.0, 5).p_at_most(0.5) == pytest.approx(0.75**5)


def test_unchanging_rules_out_what_lies_farther_off_than_its_scale():
    assert Unchanging(1.0, 0.5, 3).p_at_least(1.6) == 0
    assert Unchanging(1.0, 0.5, 3).needed(1.6, 0.05) == 3


def test_unchanging_of_an_unknown_scale_rules_nothing_out():
    unknown = Unchanging(1.0, math.inf, 500)
    assert unknown.bounds(0.05) == (-math.inf, math.inf)
    assert unknown.p_at_least(1e9) == unknown.p_at_most(-1e9) == 1
    assert unknown.needed(0.5, 0.05) == math.inf


@given(SHARES, ALPHA)
def test_more_trials_of_the_same_share_tell_more(share, alpha):
    many = Share(3 * share.count, 3 * share.trials, 3 * share.n)
    few_lower, few_upper = share.bounds(alpha)
    lower, upper = many.bounds(alpha)
    assert lower >= few_lower - 1e-12
    assert upper <= few_upper + 1e-12


@given(UNCHANGING, ALPHA)
def test_more_rows_that_move_nothing_tell_more(estimate, alpha):
    more = Unchanging(estimate.value, estimate.scale, 3 * estimate.n)
    assert more.bounds(alpha)[1] < estimate.bounds(alpha)[1]


@given(SHARES, st.floats(0.02, 0.98), st.sampled_from([0.01, 0.05]))
def test_needed_rows_settle_a_share(share, bound, alpha):
    assume(abs(share.value - bound) > 0.01)
    rows = share.needed(bound, alpha)
    trials = rows * share.trials / share.n
    # What is asked for is a round number, and the binomial law has steps.
    trials = max(math.ceil(1.5 * trials), math.ceil(trials) + 10)
    count = round(share.value * trials)
    assume(abs(count / trials - share.value) < 0.1 * abs(share.value - bound))
    lower, upper = Share(count, trials, trials).bounds(alpha)
    assert not lower <= bound <= upper


@given(RESAMPLED, st.floats(-4, 4), ALPHA)
def test_needed_rows_settle_what_was_resampled(estimate, bound, alpha):
    rows = estimate.needed(bound, alpha)
    assume(math.isfinite(rows) and 1e-6 < rows < 1e12)
    more = Resampled(
        estimate.value,
        estimate.error * math.sqrt(estimate.n / (1.001 * rows)),
        estimate.freedom,
        math.ceil(rows),
    )
    lower, upper = more.bounds(alpha)
    assert not lower <= bound <= upper


@given(UNCHANGING, st.floats(-4, 4), ALPHA)
def test_needed_rows_settle_what_does_not_change(estimate, bound, alpha):
    rows = estimate.needed(bound, alpha)
    assume(rows < 1e9)
    more = Unchanging(estimate.value, estimate.scale, max(math.ceil(rows) + 1, estimate.n))
    lower, upper = more.bounds(alpha)
    assert not lower <= bound <= upper


@pytest.mark.parametrize(
    "estimate", [Share(3, 4, 9), Resampled(0.75, 0.1, 19, 9), Unchanging(0.75, 1.0, 9)]
)
def test_no_number_of_rows_tells_a_value_from_itself(estimate):
    assert estimate.needed(0.75, 0.05) == math.inf


def test_a_gap_that_is_hardly_there_needs_more_rows_than_there_are_numbers():
    assert Resampled(1e-300, 1.0, 19, 2).needed(0.0, 0.05) == math.inf


def test_rows_needed_for_a_precision_are_rows_and_not_trials():
    # Of 1,000 rows 100 were predicted positive, 80 of them rightly.
    rows, trials = Share(80, 100, 1000).needed(0.75, 0.05), Share(80, 100, 100).needed(0.75, 0.05)
    assert rows == pytest.approx(10 * trials)


def test_errors_of_every_kind():
    assert standard_error(Share(90, 100, 100)) == pytest.approx(0.03)
    assert standard_error(Resampled(0.9, 0.02, 19, 100)) == 0.02
    assert standard_error(Unchanging(0.9, 2.0, 100)) == 0.02
    assert standard_error(Exact(100.0, 100)) is None
    assert widened(Exact(100.0, 100)) is None
    assert widened(Unchanging(0.9, 2.0, 1)) == Resampled(0.9, 2.0, 1.0, 1)


@given(
    st.tuples(st.floats(-2, 2), st.floats(0.1, 3), st.integers(3, 60)),
    st.tuples(st.floats(-2, 2), st.floats(0.1, 3), st.integers(3, 60)),
)
def test_difference_is_welchs_test(ours, theirs):
    sides = [Resampled(mean, spread / math.sqrt(n), n - 1, n) for mean, spread, n in (ours, theirs)]
    found = difference(*sides)
    expected = stats.ttest_ind_from_stats(*ours, *theirs, equal_var=False, alternative="less")
    assert found.value == pytest.approx(ours[0] - theirs[0])
    assert found.p_at_least(0.0) == pytest.approx(expected.pvalue, abs=1e-9)
    assert found.n == min(ours[2], theirs[2])


def relative(change, theirs, bound, errors=(0.01, 0.02, 0.02)):
    sides = Resampled(theirs + change, errors[1], 19, 400), Resampled(theirs, errors[2], 19, 400)
    return relative_change(Resampled(change, errors[0], 19, 400), *sides, bound)


def test_relative_change_by_hand():
    # var(change + 0.05 theirs) = 0.01^2 + 2 * 0.05 * cov + 0.05^2 * 0.02^2, where the covariance of
    # change and theirs is (0.02^2 + 0.02^2 - 0.01^2) / 2 - 0.02^2 = -0.00005.
    found = relative(-0.08, 0.8, -0.05)
    assert found.value == pytest.approx(-0.1)
    assert found.error == pytest.approx(math.sqrt(1e-4 - 0.1 * 5e-5 + 0.0025 * 4e-4) / 0.8)
    assert (found.freedom, found.n) == (19, 400)


def test_relative_change_of_a_negative_metric_turns_round():
    # From -0.8 to -0.88: a tenth more of what it was.
    found = relative(-0.08, -0.8, 0.05)
    assert found.value == pytest.approx(0.1)
    assert found.p_at_most(0.05) < 0.01


def test_nothing_is_said_of_a_ratio_to_what_may_be_zero():
    assert relative(-0.08, 0.03, -0.05) is None
    assert relative(-0.08, -0.03, -0.05) is None


def test_errors_that_contradict_each_other_leave_some_uncertainty():
    # |error of ours - error of theirs| is more than the error of the change: impossible.
    found = relative(-0.08, 0.8, -0.9, errors=(0.001, 0.1, 0.02))
    assert found.error >= 0.1 * 0.001 / 0.8


@pytest.mark.parametrize(("correlation", "truth"), [(0.0, -0.05), (0.9, -0.05), (0.5, 0.1)])
def test_relative_change_holds_its_level_in_a_simulation(correlation, truth):
    rng = np.random.default_rng(17)
    groups, repeats, base = 20, 1500, 0.5
    mixed = np.linalg.cholesky([[1.0, correlation], [correlation, 1.0]])
    rows = rng.normal(size=(repeats, groups, 2)) @ mixed.T * 0.2
    rows += [base * (1 + truth), base]
    below = above = 0
    for ours, theirs in rows.transpose(0, 2, 1):
        sides = [
            Resampled(x.mean(), x.std(ddof=1) / math.sqrt(groups), groups - 1, groups)
            for x in (ours, theirs, ours - theirs)
        ]
        found = relative_change(sides[2], sides[0], sides[1], truth)
        below += found.p_at_least(truth) <= 0.05
        above += found.p_at_most(truth) <= 0.05
    # 0.05 of 1,500, and four standard errors.
    assert 0.027 <= below / repeats <= 0.073
    assert 0.027 <= above / repeats <= 0.073
