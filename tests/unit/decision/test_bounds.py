from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.core.results import SMALL_SLICE, Status
from skewgate.decision import BoundCheck, judge_bounds
from skewgate.decision.policy import Significance
from skewgate.estimation.estimates import Exact, Resampled, Share, Unchanging

RULES = Significance()
ALONE = Significance(correction="none")
PASS, FAIL, OPEN = Status.PASS, Status.FAIL, Status.INCONCLUSIVE


def judge(estimate, bound, *, floor=True, rules=RULES, min_rows=1):
    (result,) = judge_bounds(
        [BoundCheck("payment:Cash", "auc", estimate, bound, floor)], rules, min_rows
    )
    return result


def beyond_by_chance(i=0):
    """A slice whose true accuracy of 0.9 looks like less, p = 0.02."""
    return BoundCheck(f"company:{i}", "accuracy", Share(82, 100, 100), 0.9, True)


def good(i):
    return BoundCheck(f"company:{i}", "accuracy", Share(960, 1000, 1000), 0.9, True)


@pytest.mark.parametrize(
    ("estimate", "bound", "status"),
    [
        (Resampled(0.90, 0.01, 19, 500), 0.85, PASS),
        (Resampled(0.80, 0.01, 19, 500), 0.85, FAIL),
        (Resampled(0.86, 0.01, 19, 500), 0.85, OPEN),
        (Resampled(0.84, 0.01, 19, 500), 0.85, OPEN),
        (Share(960, 1000, 1000), 0.9, PASS),
        (Share(700, 1000, 1000), 0.9, FAIL),
        (Share(905, 1000, 1000), 0.9, OPEN),
        (Share(1000, 1000, 1000), 0.99, PASS),
        (Share(40, 40, 40), 0.99, OPEN),
        (Exact(500.0, 500), 500.0, PASS),
        (Exact(499.0, 499), 500.0, FAIL),
        (Unchanging(1.0, 1.0, 300), 0.95, PASS),
        (Unchanging(1.0, 1.0, 30), 0.95, OPEN),
        (Unchanging(0.5, 1.0, 300), 0.95, FAIL),
        (Unchanging(1.0, math.inf, 10_000), 0.0, OPEN),
    ],
)
def test_a_floor_and_its_mirror_as_a_ceiling(estimate, bound, status):
    assert judge(estimate, bound).status is status
    mirrored = {
        Resampled: lambda e: Resampled(-e.value, e.error, e.freedom, e.n),
        Share: lambda e: Share(e.trials - e.count, e.trials, e.n),
        Exact: lambda e: Exact(-e.value, e.n),
        Unchanging: lambda e: Unchanging(-e.value, e.scale, e.n),
    }[type(estimate)](estimate)
    ceiling = round(1 - bound, 9) if isinstance(estimate, Share) else -bound
    result = judge(mirrored, ceiling, floor=False)
    assert result.status is status
    assert f"at most {ceiling:g}" in result.reason


def test_a_result_says_what_was_seen_and_what_was_asked():
    (result,) = judge_bounds(
        [BoundCheck("payment:Cash", "auc change", Resampled(-0.1, 0.01, 19, 500), -0.02, True, 70)],
        RULES,
    )
    assert (result.slice, result.metric, result.feature) == ("payment:Cash", "auc change", "")
    assert (result.value, result.threshold) == (-0.1, -0.02)
    assert (result.lower, result.upper) == pytest.approx((-0.1173, -0.0827), abs=1e-4)
    assert (result.n_baseline, result.n_current) == (70, 500)
    assert result.p_value == result.p_adjusted < 1e-6
    assert result.reason.startswith(
        "auc change is -0.1 in [-0.1173, -0.08271] on 500 rows, and must be at least -0.02"
    )


def test_a_slice_that_is_too_small_is_inconclusive_and_says_why():
    result = judge(Share(1, 29, 29), 0.9, min_rows=30)
    assert (result.status, result.cause) == (OPEN, SMALL_SLICE)
    assert "29 rows, fewer than the 30 that min_slice_rows asks for" in result.reason
    assert (result.p_value, result.n_current) == (None, 29)
    assert "on 1 row," in judge(Share(1, 1, 1), 0.9, min_rows=30).reason
    assert judge(Share(1, 30, 30), 0.9, min_rows=30).status is FAIL


def test_all_data_are_no_small_slice_that_a_policy_may_let_pass():
    check = BoundCheck("", "auc", Share(29, 29, 29), 0.9, True)
    (result,) = judge_bounds([check], RULES, 30)
    assert (result.status, result.cause) == (OPEN, None)
    assert "fewer than the 30 that min_slice_rows asks for" in result.reason


def test_what_is_large_enough_and_open_has_no_cause():
    assert judge(Share(27, 30, 30), 0.9, min_rows=30).cause is None


def test_small_slices_are_not_counted_among_the_checks():
    tiny = [BoundCheck(f"tiny:{i}", "accuracy", Share(9, 9, 9), 0.9, True) for i in range(50)]
    *small, result = judge_bounds([*tiny, beyond_by_chance()], RULES, 30)
    assert result.status is FAIL
    assert result.p_adjusted == result.p_value
    assert all(each.p_value is None for each in small)
    assert [each.slice for each in small] == [f"tiny:{i}" for i in range(50)]


def test_one_of_fifty_good_slices_beyond_its_bound_by_chance_does_not_fail():
    checks = [*(good(i) for i in range(49)), beyond_by_chance(49)]
    results = judge_bounds(checks, RULES)
    assert [r.status for r in results] == [PASS] * 49 + [OPEN]
    assert "among all checks this could be chance" in results[-1].reason
    assert results[-1].upper < results[-1].threshold
    assert judge_bounds(checks, ALONE)[-1].status is FAIL


def test_a_clearly_bad_slice_among_fifty_fails_and_is_named():
    bad = BoundCheck("company:bad", "accuracy", Share(600, 1000, 1000), 0.9, True)
    results = judge_bounds([*(good(i) for i in range(49)), bad], RULES)
    assert [(r.slice, r.status) for r in results if r.status is not PASS] == [("company:bad", FAIL)]
    assert "not by chance" in results[-1].reason


def test_to_pass_takes_no_correction():
    # 0.93 of 400 clears 0.9 by itself, and would not at alpha / 50.
    checks = [
        BoundCheck(f"company:{i}", "accuracy", Share(372, 400, 400), 0.9, True) for i in range(50)
    ]
    assert not Share(372, 400, 400).bounds(0.05 / 50)[0] >= 0.9
    assert {r.status for r in judge_bounds(checks, RULES)} == {PASS}


def test_good_slices_rarely_fail_a_gate():
    rng = np.random.default_rng(11)
    failed = 0
    for _ in range(300):
        counts = rng.binomial(250, 0.9, size=20)
        checks = [
            BoundCheck(str(i), "accuracy", Share(int(count), 250, 250), 0.9, True)
            for i, count in enumerate(counts)
        ]
        failed += any(r.status is FAIL for r in judge_bounds(checks, RULES))
    assert failed / 300 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)


def test_a_metric_just_beyond_its_bound_rarely_passes():
    counts = np.random.default_rng(12).binomial(250, 0.9, size=1000)
    passed = sum(judge(Share(int(c), 250, 250), 0.9).status is PASS for c in counts)
    assert passed / 1000 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 1000)


@pytest.mark.parametrize(
    ("estimate", "bound", "rows"),
    [
        (Resampled(0.86, 0.01, 19, 500), 0.85, "about 1,500 rows would settle it"),
        (Share(905, 1000, 1000), 0.9, "about 9,800 rows would settle it"),
        (Share(40, 40, 40), 0.99, "about 300 rows would settle it"),
        (Unchanging(1.0, 1.0, 30), 0.95, "about 59 rows would settle it"),
        (Share(9, 10, 10), 0.9, "more rows are needed"),
        (Unchanging(1.0, math.inf, 30), 0.95, "more rows are needed"),
    ],
)
def test_an_open_check_says_how_many_rows_would_settle_it(estimate, bound, rows):
    assert judge(estimate, bound).reason.endswith(rows)


def test_rows_needed_are_always_more_than_there_are():
    # Beyond the bound by itself, open only among others: by itself 100 rows were enough.
    checks = [*(good(i) for i in range(49)), beyond_by_chance(49)]
    reason = judge_bounds(checks, RULES)[-1].reason
    needed = int(reason.rpartition("about ")[2].partition(" rows")[0].replace(",", ""))
    assert needed > 100


ESTIMATES = st.one_of(
    st.builds(Share, st.integers(0, 7), st.just(7), st.integers(7, 90)),
    st.builds(Resampled, st.floats(-2, 2), st.floats(1e-8, 2), st.just(19.0), st.integers(2, 90)),
    st.builds(Unchanging, st.floats(-2, 2), st.sampled_from([1.0, math.inf]), st.integers(1, 90)),
    st.builds(Exact, st.floats(-2, 2), st.integers(1, 90)),
)


@given(
    st.lists(st.tuples(ESTIMATES, st.floats(-2, 2), st.booleans()), max_size=8),
    st.sampled_from([RULES, ALONE]),
    st.integers(1, 40),
)
def test_every_check_has_one_result_that_json_can_hold(found, rules, min_rows):
    checks = [BoundCheck(str(i), "auc", *each) for i, each in enumerate(found)]
    results = judge_bounds(checks, rules, min_rows)
    assert [r.slice for r in results] == [c.slice for c in checks]
    for check, result in zip(checks, results, strict=True):
        json.dumps(result.to_json(), allow_nan=False)
        if result.status is PASS:
            assert result.lower >= check.bound if check.floor else result.upper <= check.bound
        if result.status is FAIL:
            assert result.upper < check.bound if check.floor else result.lower > check.bound
            assert result.p_adjusted <= rules.alpha


@given(st.lists(st.tuples(ESTIMATES, st.floats(-2, 2), st.booleans()), max_size=8))
def test_correction_only_ever_turns_failures_into_doubts(found):
    checks = [BoundCheck(str(i), "auc", *each) for i, each in enumerate(found)]
    for corrected, alone in zip(
        judge_bounds(checks, RULES), judge_bounds(checks, ALONE), strict=True
    ):
        assert corrected.status is alone.status or (corrected.status, alone.status) == (OPEN, FAIL)


def test_nothing_to_judge_gives_no_result():
    assert judge_bounds([], RULES) == []


def test_what_could_not_be_computed_is_open_and_counts_for_nothing():
    unknown = BoundCheck("company:7", "accuracy", Exact(math.nan, 50), 0.9, True)
    checks = [beyond_by_chance(), good(1)]
    *beside, added = judge_bounds([*checks, unknown], RULES)
    assert beside == judge_bounds(checks, RULES)
    assert added.status is OPEN
    assert added.reason == "accuracy could not be computed on 50 rows, and must be at least 0.9"


@pytest.mark.parametrize(
    ("value", "told"), [(0.899996, "auc is 0.899996"), (0.900004, "auc is 0.900004"), (0.9, "0.9 ")]
)
def test_a_value_never_reads_as_if_it_were_the_bound_it_misses(value, told):
    result = judge(Exact(value, 500), 0.9)
    assert told in result.reason
    assert result.status is (PASS if value >= 0.9 else FAIL)


@pytest.mark.parametrize("size", [1e-8, 1e-20])
def test_a_metric_passes_and_fails_however_small_it_is(size):
    loss = Resampled(3 * size, 0.01 * size, 19, 5_000)
    checks = [BoundCheck("", "loss", loss, bound * size, floor=False) for bound in (4, 2)]
    assert [r.status for r in judge_bounds(checks, Significance())] == [Status.PASS, Status.FAIL]


def test_nobody_is_told_to_get_more_rows_than_there_can_be():
    loss = Resampled(1.0, 0.1, 19, 5_000)
    [result] = judge_bounds([BoundCheck("", "loss", loss, 1.0 - 1e-9, floor=True)], Significance())
    assert result.status is Status.INCONCLUSIVE
    assert result.reason.endswith("more rows are needed")
