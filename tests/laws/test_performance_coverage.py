"""Law: what contract and data ask of a model has one result each, and none passes unseen.

For every metric that is followed, each window after the reference windows has exactly one result;
for every metric and slice with thresholds there is exactly one. No TFMA is needed for that.
"""

from __future__ import annotations

import collections
import random

from hypothesis import given
from hypothesis import strategies as st

from skewgate import decision
from skewgate.checks.performance import following
from skewgate.checks.performance.config import PerformanceConfig
from skewgate.checks.performance.label_coverage import Coverage
from skewgate.checks.performance.one_verdict import doubted, one_each
from skewgate.core.results import BASELINE_CHECK, OPEN_WINDOW, MetricResult, Status
from skewgate.decision import BoundCheck
from skewgate.decision.policy import Significance
from skewgate.estimation.estimates import Exact, Resampled, Share
from tests.laws.cases import law

FEWEST_ROWS = 30
NAMES = {
    "number": "{}".format,
    "week": "2016-W{}".format,
    "day": lambda number: f"2016-03-{number + 1:02d}",
    "minute": lambda number: f"2016-03-01T00:{number:02d}Z",
}
GOOD, WORSE, FEW, NO_VALUE, KNOWN = "good", "worse", "few", "no value", "no error"
WINDOW = st.tuples(
    st.sampled_from([GOOD, GOOD, GOOD, WORSE, FEW, NO_VALUE, KNOWN]),
    st.integers(-9, 9),
)
MARK = st.sampled_from(["", "", "", "", "open", "left out", "gone"])


def estimate(kind, noise):
    """What is known of a metric in a window."""
    return {
        GOOD: Resampled(0.9 + noise / 1000, 0.012, 19, 400),
        WORSE: Resampled(0.3 + noise / 1000, 0.02, 19, 400),
        FEW: Share(20, 20, FEWEST_ROWS - 1),
        NO_VALUE: None,
        KNOWN: Exact(400.0, 400),
    }[kind]


@st.composite
def followed_metrics(draw):
    """Metrics over windows, what is known of their labels and rows, and which judge or not."""
    marks = draw(st.lists(MARK, max_size=16))
    name = NAMES[draw(st.sampled_from(sorted(NAMES)))]
    windows = [name(number) for number in range(len(marks))]
    mixed = random.Random(draw(st.integers(0, 99))).sample(windows, len(windows))
    kinds = {
        metric: draw(st.lists(WINDOW, min_size=len(windows), max_size=len(windows)))
        for metric in ("auc", "recall", "loss")[: draw(st.integers(1, 3))]
    }
    return marks, windows, mixed, kinds, draw(st.integers(3, 6))


def judge(marks, windows, mixed, kinds, reference, spans):
    """Judges the metrics; the windows of each come in another order than that of time."""
    by_window = dict(zip(windows, marks, strict=True))
    coverage = Coverage(
        "window",
        tuple(
            MetricResult(
                "",
                f"window:{window}",
                "coverage",
                Status.INCONCLUSIVE if mark == "open" else Status.PASS,
                "",
                cause=OPEN_WINDOW if mark == "open" else None,
            )
            for window, mark in by_window.items()
        )
        if spans
        else (),
        {window: (i, i + 1) for i, window in enumerate(windows)} if spans else {},
    )
    series = []
    for metric, values in kinds.items():
        found = dict(zip(windows, (estimate(*each) for each in values), strict=True))
        there = [w for w in mixed if by_window[w] not in ("gone", "open") or not spans]
        side = "higher" if metric == "loss" else "lower"
        series.append(following.Series(metric, side, None, {w: found[w] for w in there}))
    config = PerformanceConfig.model_validate(
        {"windows": {"reference": reference}, "min_slice_rows": FEWEST_ROWS}
    )
    unusable = {w: "rows are missing" for w, mark in by_window.items() if mark == "left out"}
    return following.judge(series, config, coverage, unusable)[0]


@law(cases=100)
@given(followed_metrics(), st.booleans())
def test_every_later_window_of_every_metric_has_one_result_and_passes_only_if_judged(given, spans):
    marks, windows, mixed, kinds, reference = given
    results = judge(marks, windows, mixed, kinds, reference, spans)
    for metric, values in kinds.items():
        with_labels = [i for i, mark in enumerate(marks) if mark != "open" or not spans]
        judged = [
            i
            for i in with_labels
            if values[i][0] in (GOOD, WORSE)
            and marks[i] != "left out"
            and (marks[i] != "gone" or not spans)
        ]
        has_band = len(judged) > reference
        last = judged[reference - 1] if has_band else (with_labels + [99] * 9)[reference - 1]
        later = [i for i in with_labels if i > last]
        found = [r for r in results if r.metric == f"{metric} band"]
        count = collections.Counter(r.slice for r in found)
        assert count == {f"window:{windows[i]}": 1 for i in later}
        may_pass = {f"window:{windows[i]}" for i in judged} if has_band else set()
        assert {r.slice for r in found if r.status is Status.PASS} <= may_pass
        of_series = [r for r in results if r.metric == f"{metric} change point"]
        lacking = [r for r in results if r.metric == BASELINE_CHECK and f"{metric} has" in r.reason]
        assert len(lacking) == (0 if has_band else 1)
        assert bool(of_series) == has_band
        assert len({r.slice for r in of_series}) == len(of_series)


@law(cases=100)
@given(followed_metrics())
def test_the_order_in_which_windows_come_changes_nothing(given):
    marks, windows, mixed, kinds, reference = given
    one, other = (
        judge(marks, windows, order, kinds, reference, False) for order in (mixed, windows)
    )
    assert one == other


SLICES = ["", "payment:Cash", "payment:", "a:1_X_2"]
CHECK = st.tuples(
    st.sampled_from(SLICES),
    st.sampled_from(["auc", "auc change", "recall"]),
    st.sampled_from([Share(90, 100, 100), Share(29, 29, 29), Resampled(0.5, 0.01, 19, 80), None]),
    st.sampled_from([0.0, 0.3, 0.88, 1.0]),
    st.booleans(),
)


@law(cases=200)
@given(st.lists(CHECK, max_size=12), st.sets(st.sampled_from(SLICES)))
def test_every_metric_of_every_slice_has_the_worst_verdict_of_its_thresholds(asked, left_out):
    checks = [BoundCheck(p, m, e, bound, floor) for p, m, e, bound, floor in asked if e]
    unmeasured = [
        MetricResult("", place, metric, Status.INCONCLUSIVE, "no value")
        for place, metric, value, *_ in asked
        if value is None
    ]
    each = [*decision.judge_bounds(checks, Significance(), FEWEST_ROWS), *unmeasured]
    unusable = dict.fromkeys(left_out, "rows are missing")
    results = one_each(doubted(each, unusable))
    assert collections.Counter((r.slice, r.metric) for r in results) == dict.fromkeys(
        {(place, metric) for place, metric, *_ in asked}, 1
    )
    for result in results:
        alone = {r.status for r in each if (r.slice, r.metric) == (result.slice, result.metric)}
        if Status.FAIL in alone:
            assert result.status is Status.FAIL
        elif Status.INCONCLUSIVE in alone or result.slice in left_out:
            assert result.status is Status.INCONCLUSIVE
        else:
            assert result.status is Status.PASS
