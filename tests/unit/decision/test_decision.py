import dataclasses
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from skewgate import decision
from skewgate.core.results import BASELINE_CHECK, Measurement, MetricResult, Status
from skewgate.decision import Check
from skewgate.decision.policy import BasicPolicy, Policy, ShareRule, Significance
from skewgate.metrics import REGISTRY

BH, ALONE = Significance(), Significance(correction="none")


def check(value=0.3, *, threshold=0.1, interval=None, p=1e-6, **fields):
    lower, upper = interval or (value, value)
    measured = Measurement(value, lower, upper, p, **{"detectable": 0.01, **fields})
    return Check("fare", "", "ks", threshold, measured, 5_000, 1_200)


def judge_one(one, significance=BH):
    [result] = decision.judge([one], significance)
    return result


def result(status, feature="fare", metric="ks"):
    return MetricResult(feature, "", metric, status, "reason")


# Correction for the number of checks.


def test_benjamini_hochberg_by_hand():
    # 4 p / rank, from the largest down: 0.9, min(0.9, 0.08), min(0.08, 0.06), 0.04.
    assert decision.adjust([0.9, 0.01, 0.06, 0.03], "bh") == pytest.approx([0.9, 0.04, 0.08, 0.06])


@given(p_values=st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_benjamini_hochberg_is_a_monotone_correction_upwards(p_values):
    adjusted = decision.adjust(p_values, "bh")
    assert adjusted == pytest.approx(list(stats.false_discovery_control(p_values)))
    assert all(p - 1e-12 <= a <= 1 for p, a in zip(p_values, adjusted, strict=True))
    order = np.argsort(p_values)
    assert np.all(np.diff(np.asarray(adjusted)[order]) >= -1e-12)


def test_no_correction_changes_nothing():
    assert decision.adjust([0.9, 0.01], "none") == [0.9, 0.01]
    assert decision.adjust([], "bh") == []


def test_rounding_errors_beyond_one_are_tolerated():
    assert decision.adjust([1.0000000002, 0.5], "bh") == [1.0, 1.0]


@pytest.mark.parametrize("correction", ["bh", "none"])
def test_a_check_that_cannot_be_decided_weakens_no_other(correction):
    others = [0.001, 0.9, 0.04]
    alone = decision.adjust(others, correction)
    beside = decision.adjust([math.nan, *others, math.nan], correction)
    assert beside == [1.0, *alone, 1.0]


@pytest.mark.parametrize("wrong", [-0.01, 1.01, math.inf])
@pytest.mark.parametrize("correction", ["bh", "none"])
def test_what_is_no_probability_is_refused(wrong, correction):
    with pytest.raises(ValueError, match=r"p-values must lie in \[0, 1\]"):
        decision.adjust([0.5, wrong], correction)


def test_level_of_a_lone_difference():
    assert decision.level(20, BH) == pytest.approx(0.05 / 20)
    assert decision.level(20, ALONE) == 0.05


def test_a_lone_difference_at_the_level_is_found_among_any_others():
    p = decision.level(10, BH)
    assert decision.adjust([p, *[1.0] * 9], "bh")[0] <= 0.05 + 1e-12


# The verdict on one check.


def test_large_and_significant_fails():
    verdict = judge_one(check(0.3))
    assert verdict.status is Status.FAIL
    assert "above the threshold of 0.1" in verdict.reason
    assert "5,000 baseline and 1,200 current values" in verdict.reason


def test_small_passes_even_if_significant():
    verdict = judge_one(check(0.09, p=1e-12))
    assert verdict.status is Status.PASS
    assert verdict.reason == "ks is 0.09, not above the threshold of 0.1"


def test_the_threshold_itself_passes():
    assert judge_one(check(0.1)).status is Status.PASS


def test_large_but_not_significant_is_inconclusive():
    verdict = judge_one(check(0.3, p=0.2, detectable=0.35))
    assert verdict.status is Status.INCONCLUSIVE
    assert "it could be chance (adjusted p = 0.2" in verdict.reason
    assert "values on each side would settle it" in verdict.reason


def test_an_interval_that_holds_the_threshold_is_inconclusive():
    verdict = judge_one(check(0.3, interval=(0.05, 0.4)))
    assert verdict.status is Status.INCONCLUSIVE
    assert "known only to lie in [0.05, 0.4], which contains the threshold" in verdict.reason
    assert "finer statistics" in verdict.reason


def test_too_little_data_to_see_the_threshold_is_inconclusive():
    verdict = judge_one(check(0.02, p=0.9, detectable=0.15))
    assert verdict.status is Status.INCONCLUSIVE
    assert "a difference of 0.1 cannot be told from chance" in verdict.reason


def test_what_no_change_gives_is_taken_off():
    noisy = {"null_value": 1.6, "detectable": 0.05}
    assert judge_one(check(1.65, p=0.3, **noisy)).status is Status.PASS
    verdict = judge_one(check(1.9, p=1e-5, **noisy))
    assert verdict.status is Status.FAIL
    assert verdict.reason.startswith("ks is 1.9, 0.3 more than expected by chance, above")
    assert (verdict.value, verdict.null_value) == (1.9, 1.6)


def test_what_no_change_gives_is_taken_off_the_square_of_a_root():
    noisy = {"null_value": 0.3, "detectable": 0.05, "in_quadrature": True}
    assert judge_one(check(0.316, p=0.3, **noisy)).status is Status.PASS  # 0.1 and 0.3 make 0.3162
    verdict = judge_one(check(0.5, p=1e-5, **noisy))
    assert verdict.status is Status.FAIL
    assert verdict.reason.startswith(
        "ks is 0.5, 0.4 after allowing for chance, above the threshold"
    )
    assert verdict.limit == pytest.approx(math.hypot(0.1, 0.3))
    assert verdict.to_json()["in_quadrature"] is True
    less = judge_one(check(0.25, p=0.9, **noisy))
    assert less.reason.startswith("ks is 0.25, 0.05 less than expected by chance, not above")
    assert judge_one(check(0.38, interval=(0.31, 0.4), **noisy)).reason.startswith(
        "ks is 0.38, 0.233 after allowing for chance, known only to lie in [0.31, 0.4]"
    )


def test_what_adds_plainly_says_nothing_of_squares():
    assert "in_quadrature" not in judge_one(check(0.3, null_value=0.1)).to_json()


def test_an_unbounded_interval_is_inconclusive():
    assert judge_one(check(0.02, interval=(0.0, math.inf))).status is Status.INCONCLUSIVE


def test_correction_is_over_all_checks():
    alone = judge_one(check(0.3, p=0.04))
    among = decision.judge([check(0.3, p=0.04), *[check(0.02, p=0.9)] * 9], BH)[0]
    assert (alone.status, among.status) == (Status.FAIL, Status.INCONCLUSIVE)
    assert among.p_value == 0.04
    assert among.p_adjusted == pytest.approx(0.4)
    uncorrected = decision.judge([check(0.3, p=0.04), *[check(0.02, p=0.9)] * 9], ALONE)[0]
    assert uncorrected.status is Status.FAIL


def test_verdict_carries_the_measurement():
    verdict = judge_one(check(0.3, interval=(0.2, 0.4), p=1e-3))
    assert (verdict.value, verdict.lower, verdict.upper) == (0.3, 0.2, 0.4)
    assert (verdict.threshold, verdict.p_value) == (0.1, 1e-3)
    assert (verdict.n_baseline, verdict.n_current) == (5_000, 1_200)


def test_verdicts_keep_the_order_of_the_checks():
    verdicts = decision.judge([check(0.02), check(0.3), check(0.05)], BH)
    assert [v.value for v in verdicts] == [0.02, 0.3, 0.05]
    assert decision.judge([], BH) == []


# Checks that cannot fail.


@pytest.mark.parametrize(
    "name", ["value", "lower", "upper", "p_value", "null_value", "detectable", "attainable"]
)
def test_a_number_that_is_missing_is_inconclusive_and_spoils_no_other(name):
    spoiled = check(0.02, p=0.5)
    measured = dataclasses.replace(spoiled.measurement, **{name: math.nan})
    spoiled = dataclasses.replace(spoiled, measurement=measured)
    failing = check(0.3, p=0.04)
    for significance in (BH, ALONE):
        first, second = decision.judge([failing, spoiled], significance)
        assert first == judge_one(failing, significance)
        assert (first.status, second.status) == (Status.FAIL, Status.INCONCLUSIVE)
        assert "could not be computed from 5,000 baseline and 1,200 current" in second.reason


@pytest.mark.parametrize(
    "other",
    [
        {"p": 1.0, "detectable": math.inf, "interval": (0.0, math.inf)},
        {"p": 1.0, "attainable": 0.0},
        {"p": 0.9, "attainable": 0.1},
    ],
    ids=["blind", "nothing attainable", "just the threshold attainable"],
)
def test_a_check_that_cannot_fail_is_inconclusive_and_weakens_no_other(other):
    failing, hopeless = check(0.3, p=0.04), check(0.02, **other)
    assert not decision.can_fail(hopeless)
    first, second = decision.judge([failing, hopeless], BH)
    assert first == judge_one(failing)
    assert (first.status, second.status) == (Status.FAIL, Status.INCONCLUSIVE)


def test_what_rare_values_can_reach_is_told():
    powerless = {"null_value": 2.197, "p": 0.4, "detectable": 0.01, "attainable": 0.05}
    verdict = judge_one(check(2.2, **powerless))
    assert verdict.status is Status.INCONCLUSIVE
    assert verdict.reason == (
        "ks is 2.2, 0.003 more than expected by chance, but its values repeat so rarely that even "
        "entirely different ones would be at most 0.05 above chance, and the threshold is "
        "0.1: ks cannot tell; drop the check, or group the values"
    )
    assert judge_one(check(2.2, **{**powerless, "attainable": 0.11})).status is Status.PASS


def test_what_cannot_fail_never_does():
    verdict = judge_one(check(0.3, p=0.0, attainable=0.1))
    assert verdict.status is Status.INCONCLUSIVE


def test_the_same_rare_values_on_both_sides_pass():
    rare = {"null_value": 1.6, "p": 1.0, "attainable": 0.0}
    assert judge_one(check(0.0, **rare)).status is Status.PASS
    assert judge_one(check(0.09, **rare)).status is Status.PASS
    assert judge_one(check(0.11, **rare)).status is Status.INCONCLUSIVE
    # A metric without a part that chance explains says nothing but of the very same values.
    single = {"p": 1.0, "attainable": 0.003}
    assert judge_one(check(0.0, **single)).status is Status.PASS
    assert judge_one(check(0.003, **single)).status is Status.INCONCLUSIVE


@dataclasses.dataclass
class Measured:
    """A comparison that notes at which levels it was measured."""

    detectable_at: dict
    attainable: float = math.inf

    def check(self, level):
        self.levels = [*getattr(self, "levels", []), round(level, 6)]
        detectable = self.detectable_at[round(level, 6)]
        return check(0.02, p=0.5, detectable=detectable, attainable=self.attainable)


def test_a_check_that_cannot_fail_takes_no_share_of_the_level():
    seen = Measured({0.025: 0.12, 0.05: 0.09})
    hopeless = Measured({0.025: 0.05}, attainable=0.0)
    first, second = decision.measure_and_judge([seen, hopeless], BH)
    assert (first.status, second.status) == (Status.PASS, Status.INCONCLUSIVE)
    assert (seen.levels, hopeless.levels) == ([0.025, 0.05], [0.025])
    beside = decision.measure_and_judge([Measured({0.025: 0.12})] * 2, BH)
    assert {result.status for result in beside} == {Status.INCONCLUSIVE}


# Numbers in reasons.


@pytest.mark.parametrize(
    ("value", "null", "told"),
    [
        (0.10004, 0.0, "ks is 0.10004, above the threshold of 0.1 and"),
        (0.09996, 0.0, "ks is 0.09996, not above the threshold of 0.1"),
        (0.1, 0.0, "ks is 0.1, not above the threshold of 0.1"),
        (0.60004, 0.5, "ks is 0.6, 0.10004 more than expected by chance, above the threshold"),
    ],
)
def test_a_value_never_reads_as_if_it_were_the_threshold_it_breaks(value, null, told):
    assert judge_one(check(value, p=0.0, null_value=null)).reason.startswith(told)


def test_a_threshold_is_told_in_full():
    reason = judge_one(check(0.12345678, threshold=0.123456789)).reason
    assert reason == "ks is 0.123, not above the threshold of 0.123456789"


def test_an_interval_shows_on_which_side_of_the_threshold_it_ends():
    reason = judge_one(check(0.1, interval=(0.09996, 0.10003))).reason
    assert "[0.09996, 0.10003], which contains the threshold of 0.1" in reason


@pytest.mark.parametrize("name", REGISTRY)
def test_the_number_of_values_that_would_settle_it_does(build, name):
    metric = REGISTRY[name]

    def measured(n):
        if "categorical" in metric.kinds:
            counts = {"a": n // 2, "b": n // 4, "c": n // 4}
            sides = [build.categorical(counts, n_missing=n // 10)] * 2
        else:
            sides = [build.numeric(np.arange(n) / n)] * 2
        return metric.measure(*sides, 0.01), metric.size(sides[0])

    threshold = measured(60)[0].detectable / 3

    def at(n):
        measurement, size = measured(n)
        return judge_one(Check("x", "", name, threshold, measurement, size, size))

    before = at(60)
    assert before.status is Status.INCONCLUSIVE
    needed = int(before.reason.split("about ")[1].split(" values")[0].replace(",", ""))
    assert needed > 60
    # Resolution, not size, limits a histogram; counts divide evenly at multiples of 4.
    after = at(math.ceil(needed * 1.1 / 40) * 40)
    assert "cannot be told from chance" not in after.reason


# What a policy makes of the verdicts.


def test_all_passed_is_blessed():
    decided = decision.decide([result(Status.PASS), result(Status.PASS, "miles")], Policy())
    assert (decided.status, decided.blessed, decided.failures) == (Status.PASS, True, ())


def test_one_failure_shuts_the_gate():
    culprit = result(Status.FAIL, "miles")
    decided = decision.decide([result(Status.PASS), culprit], Policy())
    assert (decided.status, decided.blessed) == (Status.FAIL, False)
    assert decided.failures == (culprit,)


def test_nothing_checked_is_not_blessed():
    decided = decision.decide([], Policy())
    assert (decided.status, decided.blessed) == (Status.INCONCLUSIVE, False)
    assert decided.results[0].reason == "nothing was checked"


def test_missing_baseline_is_not_blessed():
    absent = result(Status.INCONCLUSIVE, "", BASELINE_CHECK)
    for policy in (Policy(), Policy(on_inconclusive="allow")):
        decided = decision.decide([absent], policy)
        assert (decided.status, decided.blessed) == (Status.INCONCLUSIVE, False)
        assert decided.failures == (absent,)


def test_missing_baseline_is_blessed_only_if_allowed_by_name():
    absent = result(Status.INCONCLUSIVE, "", BASELINE_CHECK)
    decided = decision.decide([absent], Policy(on_missing_baseline="allow"))
    assert (decided.status, decided.blessed) == (Status.INCONCLUSIVE, True)
    other = decision.decide([result(Status.INCONCLUSIVE)], Policy(on_missing_baseline="allow"))
    assert not other.blessed


def test_inconclusive_blocks_unless_allowed():
    unsure = [result(Status.INCONCLUSIVE), result(Status.PASS, "miles")]
    assert not decision.decide(unsure, Policy()).blessed
    allowed = decision.decide(unsure, Policy(on_inconclusive="allow"))
    assert (allowed.status, allowed.blessed) == (Status.INCONCLUSIVE, True)


def test_allowing_what_is_inconclusive_does_not_allow_a_failure():
    policy = Policy(on_inconclusive="allow", on_missing_baseline="allow")
    decided = decision.decide([result(Status.INCONCLUSIVE), result(Status.FAIL, "miles")], policy)
    assert (decided.status, decided.blessed) == (Status.FAIL, False)


def test_critical_policy_stops_on_critical_features_only():
    results = [result(Status.FAIL, "tips"), result(Status.PASS, "fare")]
    policy = Policy(block_on="critical")
    assert decision.decide(results, policy, frozenset({"fare"})).blessed
    decided = decision.decide(results, policy, frozenset({"tips"}))
    assert (decided.status, decided.blessed) == (Status.FAIL, False)
    assert decided.failures == (results[0],)


def test_share_policy_counts_features_and_not_checks():
    failed = [result(Status.FAIL, "tips", metric) for metric in ("ks", "psi", "jsd")]
    passed = [result(Status.PASS, f"f{i}") for i in range(3)]
    # One feature of four fails.
    assert decision.decide([*failed, *passed], Policy(block_on=ShareRule(share=0.3))).blessed
    assert not decision.decide([*failed, *passed], Policy(block_on=ShareRule(share=0.2))).blessed
    assert decision.decide([*failed, *passed], Policy(block_on=ShareRule(share=0.25))).blessed


def test_a_doubt_blocks_only_where_a_failure_would():
    unsure, passed = result(Status.INCONCLUSIVE, "tips"), result(Status.PASS, "fare")
    policy = Policy(block_on="critical")
    assert decision.decide([unsure, passed], policy, frozenset({"fare"})).blessed
    assert decision.decide([unsure, passed], policy, frozenset({"tips"})).failures == (unsure,)


def test_doubts_and_failures_together_count_against_the_share():
    results = [
        result(Status.FAIL, "tips"),
        result(Status.INCONCLUSIVE, "fare"),
        *(result(Status.PASS, f"f{i}") for i in range(3)),
    ]
    # One feature of five fails and another may: 20% to 40%.
    decided = decision.decide(results, Policy(block_on=ShareRule(share=0.3)))
    assert (decided.status, decided.failures) == (Status.INCONCLUSIVE, (results[1],))
    assert decision.decide(results, Policy(block_on=ShareRule(share=0.4))).blessed
    allowed = Policy(block_on=ShareRule(share=0.3), on_inconclusive="allow")
    assert decision.decide(results, allowed).blessed


@pytest.mark.parametrize("block_on", ["any", "critical", ShareRule(share=0.9)])
@pytest.mark.parametrize("status", [Status.FAIL, Status.INCONCLUSIVE])
def test_what_belongs_to_no_feature_always_blocks(block_on, status):
    results = [result(status, "", "slice"), result(Status.PASS, "fare")]
    assert not decision.decide(results, Policy(block_on=block_on), frozenset({"tips"})).blessed


def test_decision_names_its_policy():
    policy = Policy(block_on=ShareRule(share=0.3))
    assert decision.decide([result(Status.PASS)], policy).policy == {
        "block_on": {"share": 0.3},
        "on_inconclusive": "block",
        "on_missing_baseline": "block",
    }


@given(statuses=st.lists(st.sampled_from(Status), min_size=1, max_size=12))
def test_default_policy_blesses_only_if_everything_passed(statuses):
    results = [result(status, f"f{i}") for i, status in enumerate(statuses)]
    decided = decision.decide(results, Policy())
    assert decided.blessed == all(status is Status.PASS for status in statuses)
    assert decided.blessed == (not decided.failures)
    assert decided.results == tuple(results)


# Joining the decisions of several reports.


def decided(*statuses, policy=None):
    return decision.decide(
        [result(status, f"f{i}") for i, status in enumerate(statuses)], policy or Policy()
    )


@pytest.mark.parametrize(("one", "two"), list(itertools.product(Status, repeat=2)))
def test_the_worst_status_counts(one, two):
    joined = decision.join([decided(one), decided(Status.PASS, two)])
    worst = next(s for s in (Status.FAIL, Status.INCONCLUSIVE, Status.PASS) if s in (one, two))
    assert joined.status is worst
    assert joined.blessed == (one is two is Status.PASS)
    assert len(joined.results) == 3


def test_each_report_keeps_its_own_policy():
    allowed = decided(Status.INCONCLUSIVE, policy=Policy(on_inconclusive="allow"))
    joined = decision.join([allowed, decided(Status.PASS)])
    assert (joined.status, joined.blessed, joined.failures) == (Status.INCONCLUSIVE, True, ())


def test_a_missing_report_is_not_blessed():
    joined = decision.join([decided(Status.PASS)], missing=2)
    assert (joined.status, joined.blessed) == (Status.INCONCLUSIVE, False)
    assert [f.reason for f in joined.failures] == ["a report is missing"] * 2


def test_no_report_at_all_is_not_blessed():
    joined = decision.join([])
    assert (joined.status, joined.blessed) == (Status.INCONCLUSIVE, False)
    assert len(joined.failures) == 1


def test_a_failure_beside_a_missing_report_is_a_failure():
    joined = decision.join([decided(Status.FAIL)], missing=1)
    assert joined.status is Status.FAIL
    assert len(joined.failures) == 2


def share(count, n, threshold=0.01, feature="fare"):
    return decision.ShareCheck(feature, "", "rows", f"{feature} differs", threshold, count, n)


@pytest.mark.parametrize(
    ("count", "n", "threshold", "status", "told"),
    [
        (40, 1000, 0.01, "fail", "fare differs in 40 of 1,000 matched rows (0.04), above"),
        (0, 299, 0.01, "pass", "at most 0.00997 with 95% confidence"),
        (0, 298, 0.01, "inconclusive", "about 300 matched rows would settle it"),
        (2, 150, 0.01, "inconclusive", "but it could be chance; about 3,300 matched rows"),
        (1, 100, 0.01, "inconclusive", "more rows are needed"),
        (0, 3, 0.0, "pass", "the threshold of 0 is met"),
        (1, 100_000, 0.0, "fail", "above the threshold of 0 and not by chance"),
        (5, 5, 0.01, "fail", "5 of 5 matched rows (1)"),
    ],
)
def test_a_share_fails_or_passes_only_where_chance_is_ruled_out(count, n, threshold, status, told):
    (result,) = decision.judge_shares([share(count, n, threshold)], BH)
    assert result.status.value == status, result.reason
    assert told in result.reason
    assert result.lower <= result.value <= result.upper
    assert (result.value, result.n_baseline, result.n_current) == (count / n, n, n)


def test_many_shares_are_corrected_together():
    checks = [share(5, 150), *(share(0, 1000, feature=f"f{i}") for i in range(40))]
    [alone] = decision.judge_shares(checks[:1], BH)
    together = decision.judge_shares(checks, BH)[0]
    assert (alone.status, together.status) == (Status.FAIL, Status.INCONCLUSIVE)
    assert together.p_value == alone.p_value == pytest.approx(stats.binom.sf(4, 150, 0.01))
    assert together.p_adjusted == pytest.approx(41 * alone.p_adjusted)
    assert decision.judge_shares(checks, ALONE)[0].status is Status.FAIL


@pytest.mark.parametrize("status", [Status.FAIL, Status.INCONCLUSIVE])
def test_a_warning_does_not_block(status):
    passed = MetricResult("a", "", "schema", Status.PASS, "fine")
    warned = MetricResult("b", "", "schema:X", status, "odd", severity="warning")
    found = decision.decide([passed, warned], BasicPolicy())
    assert found.blessed
    assert found.failures == ()
    blocked = decision.decide(
        [passed, dataclasses.replace(warned, severity="error")], BasicPolicy()
    )
    assert not blocked.blessed
    assert [result.feature for result in blocked.failures] == ["b"]


@pytest.mark.parametrize(
    ("labelled", "told", "status"),
    [
        (7_999_900, "(0.79999), below the threshold of 0.8", "inconclusive"),
        (8_000_100, "(0.80001), enough for the threshold of 0.8", "pass"),
        (8_000_000, "(0.8), enough for the threshold of 0.8", "pass"),
    ],
)
def test_a_coverage_never_reads_as_if_it_were_the_threshold(labelled, told, status):
    [result] = decision.judge_coverage(
        [decision.CoverageCheck("window:2016-03-01", labelled, 10_000_000, 0.8)]
    )
    assert told in result.reason
    assert result.status.value == status


def test_a_share_never_reads_as_if_it_were_the_threshold():
    [result] = decision.judge_shares([share(100_040, 10_000_000)], BH)
    assert "(0.010004), above the threshold of 0.01" in result.reason
