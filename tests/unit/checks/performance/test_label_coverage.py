from __future__ import annotations

import pytest

from skewgate import decision
from skewgate.checks.performance.config import PerformanceConfig, Windows
from skewgate.checks.performance.label_coverage import read_coverage
from skewgate.core.errors import InputError
from skewgate.core.results import OPEN_WINDOW, MetricResult, Status
from skewgate.report.report import Report
from tests.unit.checks.performance.label_windows import DAY, covered, days

FOLLOWED = PerformanceConfig(windows=Windows())


def label_report(kind="labels", results=()):
    windows = [
        {"name": name, "start": i * DAY, "end": (i + 1) * DAY} for i, name in enumerate(days(2))
    ]
    return Report(
        kind=kind,
        decision=decision.decide(results, PerformanceConfig().policy),
        baseline={},
        current={},
        details={"labels": {"windows": windows}},
    )


def test_coverage_is_read_from_the_report_of_labels():
    results = covered(2, **{OPEN_WINDOW: ["2016-03-02"]}).results
    found = read_coverage(label_report(results=results), "/labels", FOLLOWED)
    assert (found.feature, found.results) == ("window", results)
    assert found.spans == {"2016-03-01": (0, DAY), "2016-03-02": (DAY, 2 * DAY)}
    assert list(found.incomplete) == ["2016-03-02"]


def test_a_report_without_any_window_is_a_doubt_about_everything():
    result = MetricResult("", "", "coverage", Status.INCONCLUSIVE, "no row lies in a window")
    found = read_coverage(label_report(results=[result]), "/labels", FOLLOWED)
    assert (found.feature, found.incomplete, found.results) == ("", {}, (result,))


def test_a_report_of_something_else_is_one_sentence():
    with pytest.raises(InputError, match=r"^/labels: is a drift report, not one of labels"):
        read_coverage(label_report(kind="drift"), "/labels", FOLLOWED)


def test_windows_of_another_feature_than_that_of_the_labels_are_refused():
    results = covered(2).results
    other = PerformanceConfig(windows=Windows(feature="week"))
    with pytest.raises(InputError, match=r"is week, but the label report is about window"):
        read_coverage(label_report(results=results), "/labels", other)
    assert read_coverage(label_report(results=results), "/labels", PerformanceConfig()).results
