import dataclasses

import pytest

from skewgate import decision
from skewgate.core.results import MetricResult, Status
from skewgate.decision.policy import BasicPolicy, Policy
from skewgate.report.headline import sentence
from skewgate.report.ranking import excess, worst_first

KS = MetricResult(
    "fare", "", "ks", Status.FAIL, "ks is 0.3: far", 0.3, 0.25, 0.35, 0.0, 0.1, 1e-9, 2e-9, 500, 70
)
PSI = dataclasses.replace(
    KS, feature="paid", metric="psi", value=0.41, lower=0.35, threshold=0.2, null_value=0.01
)
NEAR = dataclasses.replace(
    PSI, feature="tips", status=Status.PASS, value=0.02, lower=0.01, reason="near"
)
GONE = MetricResult("miles", "", "presence", Status.FAIL, "the current data have no feature miles")
UNSURE = MetricResult("", "", "baseline", Status.INCONCLUSIVE, "no baseline")
CATEGORIES = {
    "feature": "paid",
    "slice": "",
    "kind": "categorical",
    "missing": [0.01, 0.2],
    "names": ["Mobile", "Cash"],
    "shares": [[0.0, 0.5], [0.12, 0.4]],
}
NUMBERS = {
    "feature": "fare",
    "slice": "",
    "kind": "numeric",
    "missing": [0.01, 0.2],
    "gap": {"at": 7.25, "cdf": [0.5, 0.2]},
}


def say(*results, kind="drift", policy=None, shown=(), sources=()):
    decided = decision.decide(results, policy or Policy())
    return sentence(kind, decided, {"distributions": {"shown": list(shown)}}, sources)


def test_drift_of_a_category_is_told_with_its_share():
    assert say(PSI, NEAR, shown=[CATEGORIES]) == (
        "1 of 2 features drifted. Start with paid: 0% of values used to be 'Mobile', now 12% are "
        "(psi 0.41, threshold 0.2, or 0.21 with what chance adds)."
    )


def test_drift_of_a_number_is_told_where_the_curves_are_farthest_apart():
    assert say(KS, NEAR, shown=[NUMBERS]) == (
        "1 of 2 features drifted. Start with fare: 50% of values used to be 7.25 or less, now 20% "
        "are (ks 0.3, threshold 0.1)."
    )


def test_what_chance_adds_to_a_root_is_told_with_the_threshold():
    root = dataclasses.replace(
        KS, metric="wasserstein", value=0.7, threshold=0.3, null_value=0.4, in_quadrature=True
    )
    assert "(wasserstein 0.7, threshold 0.3, or 0.5 with what chance adds)." in say(
        root, shown=[NUMBERS]
    )


def test_missing_values_are_told_as_such():
    missing = dataclasses.replace(KS, metric="missing_rate")
    told = say(missing, shown=[NUMBERS])
    assert "Start with fare: 1% of rows used to have no value, now 20% do (" in told


def test_a_large_number_and_the_whole_are_written_in_full():
    late = {**NUMBERS, "gap": {"at": 1451606400.0, "cdf": [1.0, 0.0]}}
    assert "100% of values used to be 1,451,606,400 or less, now 0% are (" in say(KS, shown=[late])


def test_shares_that_whole_percents_do_not_tell_apart_have_decimals():
    near = {**NUMBERS, "gap": {"at": 7.25, "cdf": [0.512, 0.487]}}
    assert "51.2% of values used to be 7.25 or less, now 48.7% are (" in say(KS, shown=[near])
    rare = {**NUMBERS, "gap": {"at": 7.25, "cdf": [0.9996, 0.0004]}}
    assert ">99.9% of values used to be 7.25 or less, now <0.1% are (" in say(KS, shown=[rare])


def test_what_chance_adds_is_left_out_where_it_is_next_to_nothing():
    little = dataclasses.replace(PSI, null_value=0.001)
    assert say(little, shown=[CATEGORIES]).endswith("(psi 0.41, threshold 0.2).")


def test_a_slice_is_named_and_has_its_own_distribution():
    sliced = dataclasses.replace(KS, slice="paid_Cash")
    told = say(sliced, shown=[NUMBERS, {**NUMBERS, "slice": "paid_Cash", "missing": [0, 0]}])
    assert "Start with fare in slice paid_Cash: 50% of values" in told


def test_without_distributions_the_reason_is_told():
    assert say(KS, NEAR).endswith("Start with fare: ks is 0.3: far.")


def test_a_feature_that_is_gone_is_the_first_to_look_at():
    assert say(KS, GONE, shown=[NUMBERS]) == (
        "2 of 2 features drifted. Start with miles: the current data have no feature miles."
    )


def test_a_pass_says_that_a_change_would_have_been_noticed_and_what_is_closest():
    closer = dataclasses.replace(NEAR, feature="fare", value=0.15)
    assert say(NEAR, closer) == (
        "None of 2 features drifted; a change beyond a threshold would have been noticed. Closest "
        "to its limit is fare (psi 0.15, threshold 0.2, or 0.21 with what chance adds)."
    )


def test_what_could_not_be_decided_is_told_with_its_consequence():
    assert say(UNSURE, NEAR) == (
        "Nothing failed, but 1 of 2 checks could not be decided. Start with baseline: no baseline."
    )
    allowed = say(UNSURE, NEAR, policy=Policy(on_missing_baseline="allow"))
    assert "could not be decided, which the policy allows. Start with" in allowed


def test_checks_that_need_more_rows_are_told_in_one_sentence():
    doubts = [
        dataclasses.replace(KS, feature=name, status=Status.INCONCLUSIVE, needed=rows)
        for name, rows in (("a", 570), ("b", 570), ("c", 4100))
    ]
    assert say(*doubts, NEAR) == (
        "Nothing failed, but 3 of 4 checks could not be decided: they need about 570 to 4,100 "
        "values on each side."
    )
    assert say(*doubts[:2]) == (
        "Nothing failed, but none of 2 checks could be decided: they need about 570 values on "
        "each side."
    )
    assert say(*doubts, UNSURE).endswith(
        "could be decided: 3 of them need about 570 to 4,100 values on each side."
    )


def test_failures_that_the_policy_lets_pass_are_told():
    told = say(KS, NEAR, policy=Policy(block_on="critical"))
    assert told == ("1 check failed, but the policy lets it pass. Start with fare: ks is 0.3: far.")
    several = say(KS, PSI, NEAR, policy=Policy(block_on="critical"))
    assert several.startswith("2 checks failed, but the policy lets them pass. Start with ")


def test_only_what_blocks_is_counted_as_the_cause():
    critical = frozenset({"paid"})
    decided = decision.decide([KS, PSI, NEAR], Policy(block_on="critical"), critical)
    told = sentence("drift", decided, {"distributions": {"shown": [CATEGORIES]}})
    assert told.startswith("1 of 3 features drifted. Start with paid: 0% of values")


def test_anomalies_are_counted_by_check_and_feature():
    anomaly = MetricResult("fare", "", "schema:TYPE", Status.FAIL, "fare is text.")
    told = say(anomaly, NEAR, kind="skew", policy=BasicPolicy())
    assert told == "1 check failed in 1 of 2 features. Start with fare: it is text."


def test_a_metric_of_a_model_is_told_with_interval_and_bound():
    metric = MetricResult("", "", "auc", Status.PASS, "fine", 0.9, 0.88, 0.92, threshold=0.85)
    assert say(metric, kind="performance", policy=BasicPolicy()) == (
        "The one check passed. Closest to its limit is auc (auc 0.9 in [0.88, 0.92], bound 0.85)."
    )


def test_a_decision_names_the_reports_that_shut_the_gate():
    sources = [
        {"kind": kind, "blessed": blessed} for kind, blessed in (("drift", False), ("skew", True))
    ]
    told = say(KS, NEAR, kind="decision", sources=sources)
    assert told.startswith(
        "1 of 2 reports shut the gate (drift). 1 check failed in 1 of 2 features. Start with "
    )
    good = [{"kind": "drift", "blessed": True}]
    assert say(NEAR, kind="decision", sources=good).startswith("Every report is blessed (1). ")


@pytest.mark.parametrize("name", ["a\u202eb", "two\nlines"])
def test_no_name_turns_the_sentence_around(name):
    told = say(dataclasses.replace(KS, feature=name))
    assert name not in told
    assert told.isprintable()


def test_long_names_and_reasons_are_cut():
    long = dataclasses.replace(KS, feature="f" * 5000, reason="r" * 5000)
    assert len(say(long)) < 800


# The order of results.


def test_excess_counts_thresholds_above_what_chance_gives():
    assert excess(KS) == pytest.approx(2.5)
    assert excess(NEAR) == pytest.approx(0.05)
    assert excess(GONE) == float("inf")
    assert excess(UNSURE) == -float("inf")


def test_what_blocks_stands_before_what_does_not_and_all_data_before_slices():
    sliced = dataclasses.replace(KS, slice="a", value=0.9, lower=0.9)
    mild = dataclasses.replace(KS, feature="mild", lower=0.11)
    results = [NEAR, UNSURE, mild, sliced, PSI, KS]
    ordered = worst_first(results, blocking=[mild, sliced, KS, UNSURE])
    assert ordered == [KS, mild, sliced, PSI, UNSURE, NEAR]
