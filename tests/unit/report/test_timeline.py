import dataclasses
import html.parser
import json
import math
import re

import pytest

from skewgate import decision
from skewgate.core.errors import InputError
from skewgate.core.results import MetricResult, Status
from skewgate.decision.policy import Policy
from skewgate.report import page, timeline
from skewgate.report.charts import of_report
from skewgate.report.report import Report

NASTY = ["<script>alert(1)</script>", "{{x}}", '"><img src=x onerror=alert(1)>', "a\u202eb"]


def ks(value, feature="fare", name="", metric="ks", status=None, **fields):
    status = status or (Status.FAIL if value > 0.1 else Status.PASS)
    given = {"null_value": 0.0, "threshold": 0.1, "n_current": 900, **fields}
    return MetricResult(
        feature,
        name,
        metric,
        status,
        f"{metric} is {value}",
        value,
        value - 0.01,
        value + 0.02,
        **given,
    )


def report(*results, kind="drift", **current):
    return Report(kind, decision.decide(results, Policy()), current=current)


def follow(*reports):
    folders = [(f"runs/w{i + 1}", each) for i, each in enumerate(reports)]
    return timeline.build(timeline.in_order(folders))


DRIFTING = (
    report(ks(0.02), ks(0.03, "tips")),
    report(ks(0.05), ks(0.04, "tips")),
    report(ks(0.15), ks(0.02, "tips"), ks(0.3, "fare", "a")),
    report(ks(0.35), ks(0.12, "tips")),
)


class Table(html.parser.HTMLParser):
    """Collects the rows of the heat map: text, class and title of each cell."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.tags = [], []
        self._cell = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        given = dict(attrs)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append(["", given.get("class", ""), given.get("title", "")])
            self._cell = True

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data):
        if self._cell:
            self.rows[-1][-1][0] = f"{self.rows[-1][-1][0]}{data}".lstrip()


# The order of windows.


@pytest.mark.parametrize("key", ["window", "span"])
def test_windows_are_in_the_order_that_their_reports_say(key):
    found = timeline.in_order(
        [(place, report(ks(0.1), **{key: name})) for place, name in (("a", 10), ("b", 9))]
    )
    assert [(window.name, window.place) for window in found] == [("9", "b"), ("10", "a")]


@pytest.mark.parametrize("other", [{}, {"window": 2}], ids=["without a name", "the same name"])
def test_folders_name_the_windows_where_not_every_report_has_a_name_of_its_own(other):
    reports = [("runs/w10", report(ks(0.1), window=2)), ("runs/w9", report(ks(0.1), **other))]
    assert [window.name for window in timeline.in_order(reports)] == ["w9", "w10"]


def test_folders_of_the_same_name_are_told_apart():
    reports = [(f"runs/{month}/drift", report(ks(0.1))) for month in ("2016-02", "2016-01")]
    assert [w.name for w in timeline.in_order(reports)] == ["2016-01/drift", "2016-02/drift"]


def test_reports_of_different_kinds_are_refused():
    with pytest.raises(InputError) as caught:
        timeline.in_order([("a", report(ks(0.1))), ("b", report(ks(0.1), kind="skew"))])
    assert str(caught.value) == (
        "b: holds a skew report, and a a drift report. Fix: give reports of one kind."
    )


# What each check said.


def test_the_first_alarm_is_the_first_window_that_failed():
    found = follow(*DRIFTING)
    alarms = {(row.feature, row.slice): row.first_alarm for row in found.rows}
    assert alarms == {("fare", ""): 2, ("fare", "a"): 2, ("tips", ""): 3}
    index, row = found.first_alarm
    assert (index, row.feature, row.slice) == (2, "fare", "")


def test_rows_with_the_first_alarm_stand_first():
    rows = follow(*DRIFTING).rows
    assert [(row.feature, row.slice) for row in rows] == [("fare", ""), ("fare", "a"), ("tips", "")]


def test_a_window_without_a_check_is_a_gap():
    found = follow(report(ks(0.02), ks(0.02, "tips")), report(ks(0.02)))
    [tips] = [row for row in found.rows if row.feature == "tips"]
    assert tips.results[1] is None


def test_a_row_has_the_worst_of_its_metrics():
    found = follow(report(ks(0.02), ks(0.3, metric="psi"), ks(0.01, metric="missing_rate")))
    [row] = found.rows
    assert row.results[0].metric == "psi"
    assert [series.metric for series in found.series] == ["psi", "ks", "missing_rate"]


def test_metrics_of_a_model_have_a_row_each():
    found = follow(report(ks(0.2, feature="", metric="auc"), ks(0.3, feature="", metric="loss")))
    assert [row.feature for row in found.rows] == ["loss", "auc"]


def test_the_sentence_says_when_it_began_and_whether_it_goes_on():
    assert timeline.sentence(follow(*DRIFTING)) == (
        "In 4 windows from w1 to w4, the first alarm was in w3 (fare, ks 0.15, limit 0.1). From "
        "then on 2 of 2 windows failed, including the latest. Start with fare, which failed in 2."
    )
    over = timeline.sentence(follow(*DRIFTING, report(ks(0.01))))
    assert "From then on 2 of 3 windows failed, but not the latest. Start with" in over


def test_the_sentence_names_what_failed_most_often():
    early = report(ks(0.02), ks(0.2, "tips"))
    told = timeline.sentence(follow(early, *DRIFTING[2:], report(ks(0.3))))
    assert "the first alarm was in w1 (tips, ks 0.2, limit 0.1)" in told
    assert told.endswith("Start with fare, which failed in 3.")


def test_the_sentence_says_that_there_was_no_alarm():
    unsure = report(ks(0.05, status=Status.INCONCLUSIVE))
    assert timeline.sentence(follow(*DRIFTING[:2])) == "No check failed in 2 windows from w1 to w2."
    assert timeline.sentence(follow(unsure, DRIFTING[0])).endswith(
        "w1 to w2; 1 of them could not be decided in full."
    )


def test_json_has_every_point_and_no_nan():
    strange = ks(math.nan, status=Status.INCONCLUSIVE)
    content = timeline.to_json(follow(*DRIFTING, report(strange)))
    json.dumps(content, allow_nan=False)
    assert (content["kind"], content["of"], content["first_alarm"]) == ("timeline", "drift", "w3")
    assert [window["status"] for window in content["windows"]][:3] == ["pass", "pass", "fail"]
    fare = content["series"][0]
    assert (fare["feature"], fare["slice"], fare["metric"], fare["first_alarm"]) == (
        "fare",
        "",
        "ks",
        "w3",
    )
    assert [(point["window"], point["value"]) for point in fare["points"]] == [
        ("w1", 0.02),
        ("w2", 0.05),
        ("w3", 0.15),
        ("w4", 0.35),
        ("w5", None),
    ]


# The page.


def test_the_heat_map_has_status_value_and_first_alarm():
    rows = Table(page.render_timeline(follow(*DRIFTING))).rows
    assert [cell[0] for cell in rows[0]] == ["Feature", "w1", "w2", "w3", "w4", "First alarm"]
    fare = rows[2]
    assert [cell[0] for cell in fare] == [
        "fare",
        "pass 0.2\u00d7",
        "pass 0.5\u00d7",
        "fail 1.5\u00d7",
        "fail 3.5\u00d7",
        "w3",
    ]
    assert [cell[1] for cell in fare[1:5]] == [
        "cell-pass",
        "cell-pass",
        "cell-fail first",
        "cell-fail deep",
    ]
    assert fare[3][2] == "fare in w3: ks 0.15, limit 0.1, fail, first alarm"
    assert [cell[0] for cell in rows[1][1:]] == ["pass ", "pass ", "fail ", "fail ", "w3"]


def test_many_windows_have_narrow_cells_and_the_latest_are_shown():
    text = page.render_timeline(follow(*(report(ks(0.02)) for _ in range(230))))
    rows = Table(text).rows
    assert len(rows[2]) == page.MOST_WINDOWS + 2
    assert rows[2][1][0] == "pass "
    assert "30 earlier windows are not shown." in text


def test_features_without_room_are_counted_after_those_with_alarms():
    reports = [report(*(ks(0.01 + i / 2000, f"f{i:03}") for i in range(250))) for _ in range(2)]
    text = page.render_timeline(follow(*reports))
    rows = Table(text).rows
    assert rows[2][0][0] == "f249"
    assert len(rows) == 2 + page.MOST_FEATURES
    assert "50 more rows, without an earlier alarm, are not listed here" in text
    assert f"{250 - page.MOST_CHARTS} more checks have no chart" in text
    assert len(text.encode()) < 1_500_000


def test_every_check_has_a_chart_with_its_limit_and_first_alarm():
    text = page.render_timeline(follow(*DRIFTING))
    assert text.count("<figure>") == 3
    assert text.count('class="limit-steps"') == 3
    assert text.count("<title>first alarm: w3</title>") == 2
    assert "limit 0.1" in text


@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
def test_names_that_come_from_data_are_text(name):
    bad = ks(0.3, name, name, metric=name)
    folders = [(f"{name}1", report(bad)), (f"{name}2", report(bad))]
    text = page.render_timeline(timeline.build(timeline.in_order(folders)))
    tags = Table(text).tags
    assert "script" not in tags
    assert "img" not in tags
    assert "\u202e" not in text
    assert "script-src" not in text
    assert set(re.findall(r"https?://[^\"'\s]+", text)) == {"http://www.w3.org/2000/svg"}


def test_the_limit_of_a_distance_lies_above_what_no_change_gives():
    assert timeline.limit(ks(0.2, null_value=0.03)) == pytest.approx(0.13)
    assert timeline.limit(dataclasses.replace(ks(0.2), null_value=None)) == 0.1
    assert timeline.limit(None) is None
    assert timeline.multiple(ks(0.23, null_value=0.03)) == pytest.approx(2)
    assert timeline.multiple(dataclasses.replace(ks(0.2), null_value=None)) is None


def test_limits_that_change_are_steps_with_gaps():
    points = [
        {"window": f"w{i}", "value": 0.1, "lower": None, "upper": None, "status": "pass"}
        for i in range(4)
    ]
    chart = of_report.over_windows("ks", {"points": points, "limits": [0.1, None, 0.2, 0.3]})
    steps = [s.attributes["d"] for s in chart.shapes if s.attributes["class"] == "limit-steps"]
    assert [path.count("L") for path in steps] == [1, 3]
    assert "limit 0.3" in [shape.text for shape in chart.shapes]
