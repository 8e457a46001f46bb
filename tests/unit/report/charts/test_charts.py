import itertools
import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate import decision
from skewgate.core.results import MetricResult, Status
from skewgate.decision.policy import BasicPolicy
from skewgate.report import rendering
from skewgate.report.charts import of_report, svg
from skewgate.report.report import Report

NASTY = [
    "<script>alert(1)</script>",
    "{{x}}",
    "\"quotes' & more",
    "a\x00b\x1b",
    "größer",
    "{% x %}",
]
SVG = "{http://www.w3.org/2000/svg}"


def result(slice_="", value=0.9, *, metric="auc", status=Status.PASS, threshold=0.8, **fields):
    interval = {} if value is None else {"lower": value - 0.02, "upper": value + 0.02}
    given = {**interval, "n_current": 1200, **fields}
    return MetricResult("", slice_, metric, status, "because", value, threshold=threshold, **given)


def point(window, value=0.9, *, status="pass", **fields):
    known = value is not None
    given = {"lower": value - 0.02 if known else None, "upper": value + 0.03 if known else None}
    return {"window": window, "value": value, "n": 900, "status": status, **given, **fields}


def series(points, **fields):
    band = {"mean": 0.91, "lower": [0.85] * len(points), "upper": [0.97] * len(points)}
    return {"points": points, "band": band, "threshold": 0.8, "change_points": [], **fields}


def page(results=None, kind="performance", **details):
    decided = decision.decide(results or [result()], BasicPolicy())
    return rendering.render_html(Report(kind, decided, details=details))


def drawings(html):
    found = re.findall(r"<figure>\s*(<svg.*?</svg>)", html, re.S)
    return [ElementTree.fromstring(text) for text in found]


def texts(drawing):
    elements = drawing.iter(f"{SVG}text")
    return ["".join([e.text or "", *(child.tail or "" for child in e)]) for e in elements]


def of_class(drawing, name):
    return [element for element in drawing.iter() if element.get("class") == name]


def titles(drawing):
    return [element.text for element in drawing.iter(f"{SVG}title")]


SEGMENTS = {
    "rows": 900,
    "loss": "log_loss",
    "mean_loss": 0.4,
    "min_rows": 50,
    "segments": 7,
    "small": 3,
    "forgotten": 0,
    "slack": 0,
    "absent": [],
    "worst": [],
    "costliest": [],
}
ENTRY = {
    "segment": "payment=Cash, company=A",
    "rows": 90,
    "share": 0.1,
    "mean_loss": 0.8,
    "lower": 0.6,
    "upper": 1.0,
    "excess": 36.0,
    "sure": True,
}
WINDOW = {"name": "2016-03-01", "predicted": 200, "labelled": 150, "open": False}


# By slice.


def test_each_slice_has_a_line_with_value_interval_and_rows():
    [drawing] = drawings(
        page([result("payment_type:Cash", 0.8512), result("", 0.9, n_current=5000)])
    )
    assert {"payment_type:Cash", "all data", "0.8512  [0.8312, 0.8712]", "5,000"} <= set(
        texts(drawing)
    )
    assert len(of_class(drawing, "interval")) == 2
    assert len(of_class(drawing, "threshold")) == 2
    assert drawing.get("role") == "img"
    assert titles(drawing)[0] == "auc by slice"


def test_every_metric_has_a_chart_those_with_failures_first():
    bad = result(metric="recall", status=Status.FAIL)
    found = drawings(page([result(metric="auc"), bad, result(metric="precision")]))
    assert [titles(drawing)[0] for drawing in found] == [
        "recall by slice",
        "auc by slice",
        "precision by slice",
    ]


def test_slices_are_in_order_of_badness():
    results = [
        result("fine", 0.95),
        result("close", 0.83),
        result("unsure", 0.81, status=Status.INCONCLUSIVE),
        result("bad", 0.7, status=Status.FAIL),
        result("worse", 0.5, status=Status.FAIL),
    ]
    [drawing] = drawings(page(results))
    names = [text for text in texts(drawing) if text in {r.slice for r in results}]
    assert names == ["worse", "bad", "unsure", "close", "fine"]


def test_slices_beyond_forty_are_counted():
    html = page([result(f"s{i}") for i in range(47)])
    [drawing] = drawings(html)
    assert len(of_class(drawing, "mark-pass")) == 40
    assert "7 more slices are in the table." in html


def test_verdicts_differ_by_shape():
    marks = [svg.mark(5, 5, status.value, "") for status in Status]
    assert {(shape.tag, shape.attributes["class"]) for shape in marks} == {
        ("circle", "mark-pass"),
        ("path", "mark-fail"),
        ("circle", "mark-inconclusive"),
    }


def test_two_thresholds_of_one_slice_are_one_line():
    results = [
        result("x", 0.9, threshold=0.8),
        result("x", 0.9, threshold=0.85, status=Status.FAIL),
    ]
    [drawing] = drawings(page(results))
    assert len(of_class(drawing, "threshold")) == 2
    assert len(of_class(drawing, "mark-fail")) == 1
    assert not of_class(drawing, "mark-pass")


def test_a_result_without_a_value_or_an_interval_is_no_bar():
    html = page([result("none", None), result("bare", lower=None)])
    [drawing] = drawings(html)
    assert "none" not in texts(drawing)
    assert not of_class(drawing, "interval")
    assert len(of_class(drawing, "mark-pass")) == 1


def test_one_very_wide_interval_does_not_press_the_rest_together():
    wide = result("tiny", 0.88, lower=-500.0, upper=500.0)
    [drawing] = drawings(page([result(f"s{i}", 0.9 + i / 100) for i in range(8)] + [wide]))
    places = {round(float(m.get("cx"))) for m in of_class(drawing, "mark-pass")}
    assert max(places) - min(places) > 40


def test_what_a_chart_over_windows_shows_is_not_shown_by_slice_again():
    results = [
        result("window:mon"),
        result(""),
        result("window:mon", metric="auc band"),
        result("window:mon", metric="auc change point"),
    ]
    found = drawings(page(results, windows={"auc": series([point("mon"), point("tue")])}))
    assert [titles(drawing)[0] for drawing in found] == ["auc over windows", "auc by slice"]
    assert "window:mon" not in texts(found[1])
    # Without such a chart they are.
    [alone] = drawings(page(results))
    assert "window:mon" in texts(alone)


def test_other_kinds_of_reports_have_no_charts():
    assert not drawings(page([result()], kind="drift"))


# Over windows.


def test_a_window_without_a_value_is_a_gap():
    points = [
        point("a"),
        point("b"),
        point("c", None, status="inconclusive"),
        point("d"),
        point("e"),
    ]
    [drawing] = [
        d for d in drawings(page(windows={"auc": series(points)})) if "over" in titles(d)[0]
    ]
    assert len(of_class(drawing, "series")) == 2
    assert len(of_class(drawing, "mark-pass")) == 4
    assert not of_class(drawing, "mark-inconclusive")
    assert len(of_class(drawing, "error")) == 4


@pytest.mark.parametrize("absent", [None, math.nan, math.inf])
def test_numbers_that_are_none_are_gaps(absent):
    points = [
        point("a"),
        {**point("b"), "value": absent},
        {**point("c"), "lower": absent},
        point("d"),
    ]
    content = series(points, threshold=absent)
    content["band"]["lower"][1] = absent
    chart = of_report.over_windows("auc", content)
    text = str(chart.shapes)
    assert "nan" not in text
    assert "inf" not in text
    css = [shape.attributes["class"] for shape in chart.shapes]
    assert (css.count("mark-pass"), css.count("error"), css.count("band")) == (3, 2, 2)
    assert "limit" not in css


def test_a_change_lies_between_the_windows_before_and_after_it():
    names = ["mon", "tue", "wed", "thu"]
    change = [{"window": "wed", "before": 0.9312, "after": 0.85}]
    chart = of_report.over_windows("auc", series(list(map(point, names)), change_points=change))
    [line] = [shape for shape in chart.shapes if shape.attributes["class"] == "change"]
    marks = [
        float(s.attributes["cx"]) for s in chart.shapes if s.attributes["class"] == "mark-pass"
    ]
    assert marks[1] < float(line.attributes["x1"]) < marks[2]
    assert "change: 0.9312 → 0.85" in [shape.text for shape in chart.shapes]


def test_a_series_without_band_or_threshold_is_drawn():
    chart = of_report.over_windows("auc", series([point("a")], band=None, threshold=None))
    css = {shape.attributes["class"] for shape in chart.shapes}
    assert "mark-pass" in css
    assert not {"band", "mean", "limit", "series"} & css


def test_windows_without_any_value_are_an_empty_chart():
    points = [point("a", None), point("b", None)]
    chart = of_report.over_windows("auc", series(points, band=None, threshold=None))
    assert not [s for s in chart.shapes if s.attributes["class"].startswith("mark")]


def test_earlier_windows_beyond_two_hundred_are_counted():
    points = [point(f"w{i:03d}") for i in range(230)]
    chart = of_report.over_windows("auc", series(points))
    marks = [shape for shape in chart.shapes if shape.attributes["class"] == "mark-pass"]
    assert len(marks) == 200
    assert marks[0].title.startswith("w030")
    assert "30 earlier windows are not drawn." in chart.notes


def test_names_of_windows_do_not_overlap():
    chart = of_report.over_windows(
        "auc", series([point(f"2016-03-01T{i:02d}:00Z") for i in range(24)])
    )
    names = [s for s in chart.shapes if s.text.startswith("2016")]
    places = [float(shape.attributes["x"]) for shape in names]
    assert len(names) > 3
    assert min(b - a for a, b in itertools.pairwise(places)) > 6.6 * 17


def test_series_beyond_twenty_are_counted():
    html = page(windows={f"m{i:02d}": series([point("a"), point("b")]) for i in range(23)})
    assert len(drawings(html)) == 20 + 1
    assert "3 more series of windows have no chart." in html


# Coverage of labels.


def test_coverage_has_a_bar_a_window_and_hollow_ones_for_open_windows():
    windows = [
        WINDOW,
        {"name": "2016-03-02", "predicted": 100, "labelled": 20, "open": True},
        {"name": "2016-03-03", "predicted": 0, "labelled": 0, "open": True},
    ]
    covered = result("window:2016-03-01", 0.75, metric="coverage", threshold=0.8)
    [drawing] = drawings(page([covered], kind="labels", labels={"windows": windows}))
    [bar], [hollow] = of_class(drawing, "bar-full"), of_class(drawing, "bar-open")
    assert float(bar.get("height")) / float(hollow.get("height")) == pytest.approx(0.75 / 0.2, 0.01)
    assert "at least 80%" in texts(drawing)
    assert any("150 of 200 predictions have a label (75.0%)" in t for t in titles(drawing))


def test_labels_without_windows_have_no_chart():
    assert not drawings(page(kind="labels", labels={"windows": []}))


# Segments.


def test_segments_are_two_tables():
    html = page(segments={**SEGMENTS, "worst": [ENTRY], "costliest": [ENTRY]})
    assert html.count("payment=Cash, company=A") == 2
    assert "Over all 900 rows the mean log_loss is 0.4." in html
    assert "[0.6, 1]" in html
    assert "left out" not in html


def test_what_segments_do_not_tell_is_said():
    html = page(segments={**SEGMENTS, "slack": 12, "forgotten": 34, "absent": ["compny"]})
    assert "No segment loses more than the mean" in html
    assert "may lack up to 12 rows" in html
    assert "<code>compny</code>" in html
    nothing = page(segments={**SEGMENTS, "rows": 0, "mean_loss": None})
    assert "Over all 0 rows there is no log_loss." in nothing


# Every chart.


@pytest.mark.parametrize("name", NASTY)
def test_every_name_is_escaped_and_the_drawing_well_formed(name):
    change = [{"window": name, "before": 0.9, "after": 0.8}]
    windows = {name: series([point("a"), point(name), point("c")], change_points=change)}
    entry = {**ENTRY, "segment": name}
    segments = {**SEGMENTS, "loss": name, "worst": [entry], "costliest": [entry], "absent": [name]}
    results = [result(name, metric=name), result("", metric=name)]
    labels = [{**WINDOW, "name": name}]
    for html in (
        page(results, windows=windows, segments=segments),
        page(results, kind="labels", labels={"windows": labels}),
    ):
        assert html.count("<script") == 3  # ours
        found = drawings(html)
        assert found
        readable = svg.clean(name)
        told = [text for drawing in found for text in (*texts(drawing), *titles(drawing)) if text]
        assert any(readable in text for text in told)
        assert all(drawing.get("role") == "img" and titles(drawing)[0] for drawing in found)


def test_a_hundred_slices_of_five_metrics_are_less_than_a_megabyte():
    names = [f"company:Taxi Affiliation Services No. {i}" for i in range(100)]
    results = [
        result(name, 0.8 + i / 1000, metric=f"metric_{m}", p_adjusted=0.01, n_baseline=900)
        for m in range(5)
        for i, name in enumerate(names)
    ]
    points = [point(f"2016-03-{i + 1:02d}", 0.9 + i / 1000) for i in range(30)]
    windows = {f"metric_{m}": series(points) for m in range(5)}
    assert len(page(results, windows=windows).encode()) < 1_000_000


def test_charts_need_no_script_and_nothing_from_elsewhere():
    html = page(windows={"auc": series([point("a"), point("b")])})
    assert all("script" not in drawing.tag for found in drawings(html) for drawing in found.iter())
    assert set(re.findall(r"https?://[^\"'\s]+", html)) == {"http://www.w3.org/2000/svg"}


@given(low=st.floats(-1e6, 1e6), width=st.floats(1e-3, 1e6), about=st.integers(3, 8))
def test_ticks_are_round_and_within_the_axis(low, width, about):
    high = low + width
    found = svg.ticks(low, high, about)
    assert 1 <= len(found) <= about + 1
    steps = {float(f"{b - a:.6g}") for a, b in itertools.pairwise(found)}
    assert len(steps) <= 1
    for step in steps:
        mantissa = float(f"{step / 10 ** math.floor(math.log10(step) + 1e-9):.4g}")
        assert mantissa in (1.0, 2.0, 5.0)
        assert all(abs(tick / step - round(tick / step)) < 1e-3 for tick in found)
    assert all(low - 1e-6 * width <= tick <= high + 1e-6 * width for tick in found)


@given(values=st.lists(st.floats(-1e9, 1e9), max_size=5))
def test_a_scale_holds_its_values(values):
    scale = svg.scale(values, 100.0, 300.0)
    assert scale.low < scale.high
    assert all(100.0 <= scale(value) <= 300.0 and scale.holds(value) for value in values)
    assert scale(scale.high + 1) == 300.0


def test_numbers_close_together_keep_different_labels():
    # 0.90001 and 0.90002 must not both be 0.9.
    found = svg.ticks(0.90001, 0.90006)
    assert len(set(svg.tick_labels(found))) == len(found)
