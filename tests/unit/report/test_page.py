import base64
import dataclasses
import hashlib
import html.parser
import json
import math
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import skewgate
from skewgate import decision
from skewgate.core.results import MetricResult, Status
from skewgate.decision.policy import Policy
from skewgate.report import page as page_lib
from skewgate.report import payload, rendering
from skewgate.report.bars import bar_of
from skewgate.report.report import Report

NASTY = [
    "<script>alert(1)</script>",
    "{{x}}",
    "{% raw %}",
    "\"&'",
    '"><img src=x onerror=alert(1)>',
    "</script><!--",
    "x" * 3000,
    "größer",
]
HIDDEN = {
    "fare\u202etxt": "fare\\u202etxt",
    "a\u2028b\x00": "a\\u2028b\\u0000",
    "two\nlines": "two\\u000alines",
    "zero\u200bwidth": "zero\\u200bwidth",
}
FAILED = MetricResult(
    "fare",
    "company_A",
    "ks",
    Status.FAIL,
    "too far",
    0.3,
    0.25,
    0.35,
    0.0,
    0.1,
    1e-9,
    2e-9,
    500,
    70,
)
PASSED = MetricResult(
    "tips", "", "psi", Status.PASS, "near", 0.02, 0.01, math.inf, 0.01, 0.2, 0.6, 0.7, 400, 60
)
UNSURE = MetricResult("", "", "baseline", Status.INCONCLUSIVE, "no baseline")


def make(*results, kind="drift", policy=None, **fields):
    return Report(kind, decision.decide(results, policy or Policy()), **fields)


def many(features, slices=("",), metrics=("ks", "psi", "missing_rate")):
    return [
        MetricResult(
            f"feature_{i:03}",
            name,
            metric,
            Status.PASS,
            f"{metric} is 0.0387, not above the threshold of 0.1",
            0.0387,
            0.0381,
            0.0399,
            0.0,
            0.1,
            0.2,
            0.4,
            9533,
            833,
        )
        for i in range(features)
        for name in slices
        for metric in metrics
    ]


class Page(html.parser.HTMLParser):
    """Collects the text of cells and the tags in use; what is in scripts and styles is apart."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.tags, self.text, self.links, self.scripts = [], [], "", [], []
        self.policy = ""
        self._cell = self._raw = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]
        assert not any(name.startswith("on") or name == "style" for name in given)
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._cell = True
        self._raw = tag in ("script", "style")

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._cell = False
        self._raw = False

    def handle_data(self, data):
        if self._raw:
            self.scripts.append(data)
            return
        self.text += data
        if self._cell:
            self.rows[-1][-1] = f"{self.rows[-1][-1]}{data}".strip()

    @property
    def data(self):
        [text] = [text for text in self.scripts if text.startswith('{"names"')]
        return json.loads(text)


def page(*results, **fields):
    return Page(rendering.render_html(make(*results, **fields)))


def plain(text):
    return " ".join(text.split())


# The table.


def test_the_worst_stand_first_and_every_column_is_there():
    rows = page(PASSED, UNSURE, FAILED).rows
    assert [row[0] for row in rows[1:]] == ["fail", "inconclusive", "pass"]
    assert dict(zip(rows[0], rows[1], strict=True)) == {
        "Status": "fail",
        "Feature": "fare",
        "Slice": "company_A",
        "Metric": "ks",
        "Value": "0.3[0.25, 0.35]",
        "Against threshold": "0.1",
        "p adjusted": "2e-09",
        "n": "70baseline 500",
        "Reason": "too far",
    }


def test_an_unbounded_interval_is_shown_and_what_is_unknown_left_out():
    head, unsure, passed = page(PASSED, UNSURE).rows
    assert passed[head.index("Value")] == "0.02[0.01, inf]"
    assert unsure[head.index("Value") : head.index("Reason")] == [""] * 4


def test_columns_that_nothing_would_be_in_are_left_out():
    head = page(dataclasses.replace(FAILED, feature="", slice="")).rows[0]
    assert "Feature" not in head
    assert "Slice" not in head


def test_what_only_warns_and_what_is_ignored_is_said():
    results = [
        dataclasses.replace(FAILED, severity="warning"),
        dataclasses.replace(PASSED, severity="ignored"),
        dataclasses.replace(FAILED, feature="tips", severity="error"),
    ]
    made = page(*results, kind="skew")
    assert {"fail (warning)", "pass (ignored)", "fail"} <= {row[0] for row in made.rows}
    assert "Of 3 checks 2 failed (1 only as a warning), 0 could" in plain(made.text)


def test_bars_are_explained_where_there_are_any():
    assert "Bars: the upright line" in page(FAILED).text
    assert "Bars: the upright line" not in page(UNSURE, kind="skew").text


def test_policy_sides_and_sources_are_named():
    made = page(
        FAILED,
        kind="decision",
        baseline={"uri": "old", "rows": 12345, "settled": []},
        current={"uri": "new", "settled": ["fare", "tips"]},
        sources=({"kind": "skew", "status": "fail", "blessed": False, "uri": "there"},),
    )
    assert made.rows[1] == ["skew", "fail", "no", "there"]
    text = plain(made.text)
    assert "on_inconclusive: block" in text
    assert "Baseline uri: oldrows: 12,345settled: none Current uri: newsettled: fare, tips" in text


def test_the_sentence_and_the_counts_are_on_top():
    made = make(FAILED, PASSED, UNSURE)
    text = plain(Page(rendering.render_html(made)).text)
    assert made.headline() in text
    assert "Of 3 checks 1 failed, 1 could not be decided and 1 passed" in text
    assert "<title>skewgate drift report: fail</title>" in rendering.render_html(made)


def test_only_a_gate_speaks_of_a_pipeline():
    source = {"kind": "drift", "status": "fail", "blessed": False, "uri": "there"}
    shut = page(FAILED, kind="decision", sources=(source,))
    assert "The pipeline is stopped. Of 1 check" in plain(shut.text)
    assert "The pipeline may go on. Of 1 check" in plain(page(PASSED, kind="decision").text)
    for kind in ("drift", "skew", "performance"):
        assert "pipeline" not in page(FAILED, kind=kind).text.lower()
    allowed = page(UNSURE, policy=Policy(on_missing_baseline="allow"))
    assert "The policy lets this pass. Of 1 check" in plain(allowed.text)


def test_what_many_checks_could_not_decide_is_said_once():
    doubts = [
        dataclasses.replace(
            PASSED, feature=f"f{at}", status=Status.INCONCLUSIVE, needed=570, reason=f"few {at}"
        )
        for at in range(33)
    ]
    text = plain(page(*doubts).text)
    assert (
        "What could not be decided 33 checks need about 570 values on each side: f0, f1, f10, "
        "f11, f12 and 28 more. "
    ) in text
    assert "What could not be decided" not in page(UNSURE).text


def test_rows_beyond_two_thousand_need_javascript_and_are_counted():
    made = page(*many(700, metrics=("ks", "psi", "linf")), FAILED)
    assert len([row for row in made.rows if row[0] == "pass"]) == page_lib.MOST_ROWS - 1
    assert "101 more results are not listed here, of which 101 passed" in plain(made.text)
    assert len(made.data["rows"]) == 2101


# The bar.


def test_a_bar_has_its_threshold_in_the_middle():
    bar = bar_of(dataclasses.replace(FAILED, value=0.15, lower=0.12, upper=0.9))
    assert (bar.lower, bar.value, bar.upper) == (60, 75, 100)
    above_chance = bar_of(dataclasses.replace(PASSED, value=0.11, null_value=0.01, lower=0.01))
    assert (above_chance.lower, above_chance.value, above_chance.upper) == (0, 25, 100)


def test_a_bar_of_a_root_is_of_what_is_left_without_chance():
    root = dataclasses.replace(FAILED, threshold=0.1, null_value=0.3, in_quadrature=True)
    bar = bar_of(dataclasses.replace(root, value=0.5, lower=0.3, upper=0.325**0.5 / 1.8027756377))
    assert (bar.lower, bar.value, bar.upper) == (0, 100, 50)


def test_a_bar_of_a_bound_is_as_wide_as_its_interval_needs():
    bound = dataclasses.replace(FAILED, null_value=None, threshold=0.8)
    bar = bar_of(dataclasses.replace(bound, value=0.7, lower=0.6, upper=0.75))
    assert (bar.lower, bar.value, bar.upper) == (5, 27, 39)


def test_there_is_no_bar_without_value_or_threshold():
    assert bar_of(UNSURE) is None
    assert bar_of(dataclasses.replace(FAILED, threshold=None)) is None


@given(
    numbers=st.lists(st.none() | st.floats(), min_size=5, max_size=5),
    status=st.sampled_from(Status),
    in_quadrature=st.sampled_from([None, True]),
)
def test_whatever_the_numbers_the_page_can_be_made(numbers, status, in_quadrature):
    names = ("value", "lower", "upper", "null_value", "threshold")
    known = dict(zip(names, numbers, strict=True))
    result = dataclasses.replace(FAILED, status=status, in_quadrature=in_quadrature, **known)
    for each in page(result).data["rows"][0][8] or ():
        assert 0 <= each <= 100


# Names from data.


@pytest.mark.parametrize("name", NASTY, ids=lambda name: name[:12])
def test_names_that_come_from_data_are_text(name):
    result = MetricResult(name, name, name, Status.FAIL, f"{name} changed", 0.3)
    shown = {"feature": name, "slice": name, "kind": "categorical", "names": [name]}
    shown |= {"n": [1, 1], "missing": [0, 0], "shares": [[0.5], [0.2]], "others": 0}
    made = page(
        result,
        baseline={name: name},
        sources=({"kind": name, "status": "fail", "blessed": False, "uri": name},),
        details={"distributions": {"shown": [shown], "left_out": 0}},
    )
    assert made.tags.count("script") == 3
    assert "img" not in made.tags
    assert made.rows[-1][1:4] == [name] * 3
    assert made.rows[-1][-1] == f"{name} changed"
    assert made.rows[1][0] == made.rows[1][3] == name
    assert name in made.data["names"]
    assert made.data["distributions"][0]["names"] == [name]


@pytest.mark.parametrize(("name", "seen"), HIDDEN.items(), ids=range(len(HIDDEN)))
def test_characters_that_cannot_be_seen_are_told(name, seen):
    made = page(MetricResult(name, "", "ks", Status.FAIL, name, 0.3), baseline={name: name})
    assert made.rows[-1][1] == made.rows[-1][-1] == seen
    assert seen in made.data["names"]
    assert f"{seen}: {seen}" in made.text
    assert name not in made.text


@pytest.mark.parametrize("name", [*NASTY, *HIDDEN], ids=range(len(NASTY) + len(HIDDEN)))
def test_json_in_the_page_cannot_end_its_element(name):
    text = payload.encode({"name": name})
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == {"name": name}


@pytest.mark.parametrize("name", NASTY, ids=lambda name: name[:12])
def test_pairs_of_rows_that_differ_are_text(name):
    sample = {"key": {name: 7}, "training": 1.5, "serving": None, "kind": "missing in serving"}
    found = {"kinds": {"missing in serving": 1}, "samples": [sample, {**sample, "serving": name}]}
    rows = {"keys": [name], "matched": 1234, "features": {name: found}}
    made = page(FAILED, kind="skew", details={"rows": {"serving": rows}})
    assert [row[-2:] for row in made.rows[-2:]] == [["1.5", "(missing)"], ["1.5", name]]
    assert "1,234 rows were matched" in plain(made.text)
    assert made.tags.count("script") == 3
    assert "Rows that differ" not in page(FAILED).text


# What the page may do.


def test_nothing_is_read_from_the_network():
    text = rendering.render_html(make(FAILED, PASSED))
    assert Page(text).links == []
    assert set(re.findall(r"https?://[^\"'\s]+", text)) == {"http://www.w3.org/2000/svg"}
    assert "@import" not in text
    assert "url(" not in text


def test_only_our_own_style_and_script_may_run():
    made = page(FAILED)
    allowed = dict(part.split(" ", 1) for part in made.policy.split("; "))
    assert allowed.pop("default-src") == allowed.pop("base-uri") == "'none'"
    assert allowed.pop("form-action") == "'none'"
    style, early, _, script = made.scripts
    for name, texts in (("style-src", [style]), ("script-src", [early, script])):
        digests = [hashlib.sha256(text.encode()).digest() for text in texts]
        told = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
        assert allowed.pop(name) == " ".join(told)
    assert allowed == {}


def test_the_script_puts_data_into_the_page_as_text_only():
    script = page(FAILED).scripts[-1]
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval", "fetch"):
        assert way not in script
    assert not re.search(r"\bFunction\(|XMLHttpRequest|import\(", script)


def test_results_without_distributions_have_no_detail():
    assert {row[-1] for row in page(FAILED, PASSED).data["rows"]} == {None}
    assert "Open a feature" not in page(FAILED).text


def test_what_has_no_detail_is_counted():
    shown = {"feature": "fare", "slice": "company_A", "kind": "categorical", "names": []}
    made = page(FAILED, PASSED, details={"distributions": {"shown": [shown], "left_out": 1234}})
    assert [row[-1] for row in made.data["rows"]] == [0, None]
    assert (
        "Distributions are drawn for the 1 worst features and slices; 1,234 more are left out"
    ) in plain(made.text)


def test_a_summary_opens_a_feature_whose_distributions_are_not_there():
    entry = {"feature": "tips", "slice": "", "baseline": None, "current": {"kind": "empty"}}
    made = page(FAILED, PASSED, details={"summaries": {"shown": [entry], "left_out": 0}})
    assert [row[-2:] for row in made.data["rows"]] == [[None, None], [0, None]]
    assert made.data["summaries"] == [[None, {"kind": "empty"}]]
    assert "Open a feature to compare" in plain(made.text)


@pytest.mark.parametrize("name", [*NASTY, *HIDDEN], ids=range(len(NASTY) + len(HIDDEN)))
def test_names_in_summaries_and_in_the_overview_are_text(name):
    frequent = {"name": name, "share": 0.5}
    entry = {"feature": name, "slice": "", "baseline": None, "current": {"most_frequent": frequent}}
    names = {"count": 30, "names": [name]}
    side = {"rows": 1, "features": 2, "kinds": {"numeric": 2}, "cells": 8, "missing_cells": 1}
    side |= {"constant": names, "only_here": names}
    made = page(
        MetricResult(name, "", "ks", Status.FAIL, "far", 0.3),
        details={
            "summaries": {"shown": [entry], "left_out": 0},
            "overview": {"baseline": side, "current": side},
        },
    )
    seen = HIDDEN.get(name, name)
    assert made.data["summaries"][0][1]["most_frequent"]["name"] == seen
    row = next(row for row in made.rows if row[0] == "Constant features")
    assert row[1:] == [f"{seen} and 29 more"] * 2
    assert made.tags.count("script") == 3
    assert "img" not in made.tags
    assert "1 (12.5%)" in plain(made.text)


def test_a_page_of_a_hundred_features_is_small():
    assert len(rendering.render_html(make(*many(100))).encode()) < 500_000


def test_with_all_that_is_known_of_a_hundred_features_it_is_below_a_megabyte():
    rng = np.random.default_rng(3)
    names = np.char.add("a category of a usual length ", np.arange(400).astype(str))
    sides = []
    for rows in (5_000, 3_000):
        columns = {f"number_{at:02}": rng.lognormal(at / 9, 1, rows) for at in range(60)}
        columns |= {f"whole_{at:02}": rng.integers(0, 5**at, rows) for at in range(20)}
        columns |= {f"text_{at:02}": rng.choice(names, rows) for at in range(20)}
        sides.append(pa.table(columns))
    report = skewgate.compare(*sides, {"defaults": {"numeric": {"ks": 0.1, "psi": 0.2}}})
    assert len(report.to_dict()["details"]["summaries"]["shown"]) == 100
    assert report.to_dict()["details"]["distributions"]["left_out"] == 0
    assert len(rendering.render_json(report._report).encode()) < 700_000
    assert len(rendering.render_html(report._report).encode()) < 1_000_000
