"""One result for each metric and slice."""

from __future__ import annotations

from skewgate.checks.performance.one_verdict import doubted, one_each
from skewgate.core.results import SMALL_SLICE, MetricResult, Status

PASS, FAIL, INCONCLUSIVE = Status.PASS, Status.FAIL, Status.INCONCLUSIVE


def result(metric, status, reason="why", place="", **fields):
    return MetricResult("", place, metric, status, reason, **fields)


def test_what_passes_on_a_part_of_its_rows_is_in_doubt_and_nothing_else_changes():
    given = [
        result("auc", PASS, "fine"),
        result("auc", FAIL, "bad", "payment:Cash"),
        result("auc", PASS, "fine", "payment:Card"),
    ]
    found = doubted(given, {"": "2 rows are missing", "payment:Cash": "1 row is missing"})
    assert [(r.status, r.reason) for r in found] == [
        (INCONCLUSIVE, "fine, but 2 rows are missing"),
        (FAIL, "bad"),
        (PASS, "fine"),
    ]


def test_the_worst_of_several_thresholds_is_the_verdict_with_its_own_numbers():
    given = [
        result("auc", PASS, "at least 0.8", threshold=0.8),
        result("recall", PASS),
        result("auc", FAIL, "at most 0.9", threshold=0.9),
        result("auc", INCONCLUSIVE, "at most 0.95", threshold=0.95),
    ]
    assert [(r.metric, r.status, r.reason, r.threshold) for r in one_each(given)] == [
        ("auc", FAIL, "at most 0.9", 0.9),
        ("recall", PASS, "why", None),
    ]


def test_equal_verdicts_tell_all_their_reasons_once():
    given = [result("auc", PASS, why) for why in ("at least 0.8", "at most 0.99", "at least 0.8")]
    (found,) = one_each(given)
    assert found.reason == "at least 0.8; at most 0.99"


def test_a_policy_that_allows_one_cause_does_not_allow_another_doubt():
    small = result("auc", INCONCLUSIVE, cause=SMALL_SLICE)
    assert one_each([small, small])[0].cause == SMALL_SLICE
    assert one_each([small, result("auc", INCONCLUSIVE)])[0].cause is None
