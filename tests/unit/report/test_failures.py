import dataclasses

import pytest

from skewgate.core.results import MetricResult, Status
from skewgate.report import failures


def failed(feature, slice_name="", reason="it moved"):
    return MetricResult(feature, slice_name, "ks", Status.FAIL, reason)


def doubt(feature, needed, null_value=0.0, metric="ks"):
    return MetricResult(
        feature, "", metric, Status.INCONCLUSIVE, "few", null_value=null_value, needed=needed
    )


def test_failures_are_explained_a_line_each():
    shutting = [
        failed("fare"),
        failed("fare", "paid_Cash", "it moved there"),
        MetricResult("", "", "rows", Status.INCONCLUSIVE, "no rows"),
    ]
    assert failures.explain(shutting).splitlines() == [
        "  fare: it moved",
        "  fare (paid_Cash): it moved there",
        "  no rows",
    ]


def test_beyond_ten_they_are_counted():
    found = [failed(f"x{at}", reason=f"it moved by {at}") for at in range(1_012)]
    lines = failures.explain(found).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "  ... and 1,002 more"


def test_a_reason_that_begins_with_the_feature_names_it_once():
    gone = "miles is missing from the current data"
    assert failures.line(failed("miles", reason=gone)) == gone
    assert failures.line(failed("miles", "paid_Cash", gone)) == (
        "miles (paid_Cash): it is missing from the current data"
    )
    assert failures.line(failed("mile", reason=gone)) == f"mile: {gone}"


def test_a_result_of_no_feature_is_named_by_its_metric_where_it_has_a_slice():
    auc = MetricResult("", "paid_Cash", "auc", Status.FAIL, "auc is 0.7")
    assert failures.line(auc) == "auc (paid_Cash): auc is 0.7"
    assert failures.line(dataclasses.replace(auc, slice="")) == "auc is 0.7"


# What many say alike.


def test_checks_that_need_more_rows_share_a_line_after_all_others():
    doubts = [doubt(f"x{at}", 570) for at in range(33)]
    assert failures.lines([*doubts, failed("fare")]) == [
        "fare: it moved",
        "33 checks need about 570 values on each side: x0, x1, x10, x11, x12 and 28 more",
    ]


def test_the_worst_stands_first():
    mild, bad = (
        dataclasses.replace(
            failed(name), value=value, lower=value, threshold=0.1, null_value=0.0, reason=name
        )
        for name, value in (("mild", 0.2), ("bad", 0.4))
    )
    assert failures.lines([mild, bad]) == ["bad: bad", "mild: mild"]


def test_two_of_them_are_told_by_themselves():
    assert failures.lines([doubt("a", 570), doubt("b", 580)]) == ["a: few", "b: few"]


def test_rows_and_values_on_each_side_are_counted_apart():
    distances = [doubt(name, rows) for name, rows in (("a", 570), ("b", 60), ("c", 4_100))]
    shares = [doubt("", 300, None, f"auc {at}") for at in range(3)]
    assert failures.lines([*distances, *shares]) == [
        "3 checks need about 300 rows: auc 0, auc 1, auc 2",
        "3 checks need about 60 to 4,100 values on each side: a, b, c",
    ]
    assert failures.undersized([*shares, *distances]) == distances
    assert failures.undersized(shares) == shares


def test_a_feature_is_named_once():
    doubts = [doubt("a", 570, metric=metric) for metric in ("ks", "psi", "linf")]
    assert failures.lines(doubts) == ["3 checks need about 570 values on each side: a"]


def test_what_is_said_of_several_features_is_said_once():
    gone = [failed(name, reason=f"{name} has no value") for name in ("a", "b", "c")]
    assert failures.lines(gone) == ["a, b, c: each has no value"]
    slices = [failed("a", name, "a has no value") for name in ("", "x")]
    assert failures.lines(slices) == ["a ks, a ks (x): a has no value"]


def test_what_is_said_again_is_counted():
    missing = MetricResult("", "", "report", Status.INCONCLUSIVE, "a report is missing")
    assert failures.lines([missing] * 3) == ["a report is missing (3 times)"]


def test_a_failure_and_a_doubt_are_never_one_line():
    doubtful = dataclasses.replace(failed("a", reason="a is odd"), status=Status.INCONCLUSIVE)
    assert len(failures.lines([failed("b", reason="b is odd"), doubtful])) == 2


def test_only_what_is_inconclusive_is_told_together():
    alike = [failed(name, reason=f"{name} is odd.") for name in ("a", "b")]
    assert failures.together(alike) == []
    doubts = [dataclasses.replace(each, status=Status.INCONCLUSIVE) for each in alike]
    assert failures.together([*doubts, failed("fare")]) == ["a, b: each is odd"]


@pytest.mark.parametrize("name", ["a\u202eb", "two\nlines"])
def test_hidden_characters_are_seen_in_every_line(name):
    doubts = [doubt(name, 570) for _ in range(3)]
    alike = [failed(each, reason=f"{each} is odd") for each in (name, f"{name}s")]
    for line in failures.lines([*doubts, *alike]):
        assert line.isprintable()


def test_long_names_are_told_whole_and_hidden_characters_shown():
    name = "a" * 300 + "\x1b[2J"
    (line,) = failures.explain([failed(name)]).splitlines()
    assert "a" * 300 in line
    assert "\x1b" not in line
