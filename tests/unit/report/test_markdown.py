import dataclasses
import html.parser
import re

import pytest

from skewgate import decision
from skewgate.core.results import MetricResult, Status
from skewgate.decision.policy import BasicPolicy, Policy
from skewgate.report import markdown
from skewgate.report.report import Report

FAILED = MetricResult(
    "fare",
    "company_A",
    "ks",
    Status.FAIL,
    "ks is 0.3: far",
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
PASSED = MetricResult("tips", "", "psi", Status.PASS, "near", 0.02, 0.02, 0.02, 0.01, 0.2, 0.6, 0.7)
UNSURE = dataclasses.replace(PASSED, feature="miles", status=Status.INCONCLUSIVE, reason="few rows")
NASTY = [
    "a|b",
    "a\\|b",
    "`code`",
    "```",
    "<script>alert(1)</script>",
    "</code></td><img src=x onerror=alert(1)>",
    "</details>",
    "![x](http://evil.example/x.png)",
    "[click](javascript:alert(1))",
    "**bold** _it_ ~~gone~~",
    "@everyone please #1 GH-2",
    "http://evil.example www.evil.example a@evil.example",
    ":smile: $x^2$",
    "&lt;b&gt; &#64;",
    "two\nlines\n\n# heading\n\n| a | b |",
    "fare\u202etxt",
    "größer",
    "- [ ] task",
    "trailing\\",
]


def make(*results, kind="drift", policy=None, **fields):
    return Report(kind, decision.decide(results, policy or Policy()), **fields)


def cells(text):
    """Returns the cells of every row of a table."""
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


class Seen(html.parser.HTMLParser):
    """What a reader sees of HTML: its tags, and the text of its cells."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.rows, self._inside = set(), [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._inside = True

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._inside = False

    def handle_data(self, data):
        if self._inside:
            self.rows[-1][-1] += data


def rendered(text):
    library = pytest.importorskip("markdown_it", reason="nothing here renders Markdown")
    made = library.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return Seen(made.render(text))


def test_the_verdict_the_headline_and_the_counts_come_first():
    report = make(PASSED, FAILED, UNSURE)
    heading, _, headline, _, counts = markdown.render(report).splitlines()[:5]
    assert heading == "### ❌ Drift report: fail"
    assert headline == markdown.escaped(report.headline(), 2_000)
    assert counts == "Of 3 checks 1 failed, 1 could not be decided and 1 passed."


def test_what_did_not_pass_is_a_table_with_reasons_the_worst_first():
    head, _, first, second, *_ = cells(markdown.render(make(PASSED, UNSURE, FAILED)))
    assert head == ["verdict", "feature", "slice", "metric", "value", "threshold", "reason"]
    assert first == [
        "❌ fail",
        "<code>fare</code>",
        "<code>company&#95;A</code>",
        "<code>ks</code>",
        "0.3 &#91;0.25, 0.35]",
        "0.1",
        "ks is 0.3: far",
    ]
    assert second[0] == "❔ inconclusive"
    assert second[-1] == "few rows"


def test_what_passed_is_folded_away():
    text = markdown.render(make(FAILED, PASSED))
    before, after = text.split("<details><summary>1 check passed</summary>")
    assert "<code>tips</code>" not in before
    inside, after = after.split("</details>")
    assert "<code>tips</code>" in inside
    assert inside.startswith("\n\n| verdict")  # without an empty line it would be no table
    assert "|" not in after


def test_a_report_of_what_passed_has_no_other_table():
    text = markdown.render(make(PASSED))
    assert text.startswith("### ✅ Drift report: pass\n")
    assert len(cells(text)) == 3
    assert "reason" not in cells(text)[0]


def test_sides_and_run_are_named_where_they_are_known():
    sides = {"baseline": {"uri": "a.parquet", "rows": 1200}, "current": {"uri": "b|c"}}
    last = markdown.render(make(PASSED, **sides, run_id="r1")).splitlines()[-1]
    assert last == (
        "<sub>Baseline <code>a.parquet</code> (1,200 rows), current <code>b&#124;c</code>, "
        "skewgate run <code>r1</code></sub>"
    )


def test_a_report_without_features_has_no_column_of_them():
    auc = MetricResult("", "", "auc", Status.FAIL, "low", 0.7, 0.6, 0.8, threshold=0.85)
    head, *_ = cells(markdown.render(make(auc, kind="performance", policy=BasicPolicy())))
    assert head == ["verdict", "metric", "value", "threshold", "reason"]


# What comes from data.


@pytest.mark.parametrize("name", NASTY)
def test_names_break_nothing(name):
    bad = dataclasses.replace(FAILED, feature=name, slice=name, reason=f"it is {name}")
    good = dataclasses.replace(PASSED, feature=name, slice=name)
    text = markdown.render(make(bad, good, baseline={"uri": name}))
    assert {len(row) for row in cells(text)} == {6, 7}
    found = set(re.findall(r"<[^>]*>", text))
    known = {"code", "sub", "details", "summary", "span"}
    assert found <= {f"<{end}{tag}>" for tag in known for end in ("", "/")} | {"<!-- -->"}
    assert not re.search(r"[@#:]\w", re.sub(r"&#\d+;", "", text.replace("### ", "")))
    assert "://" not in text
    assert not re.search(r"www\.", text)


@pytest.mark.parametrize("name", NASTY)
def test_names_are_read_as_they_are(name):
    bad = dataclasses.replace(FAILED, feature=name, slice=name, reason=f"it is {name}")
    page = rendered(markdown.render(make(bad, PASSED)))
    shown = name.replace("\n", "\\u000a").replace("\u202e", "\\u202e")
    assert page.rows[1][1:3] == [shown, shown]
    assert page.rows[1][-1] == f"it is {shown}"
    assert page.tags <= {
        *("h3", "p", "table", "thead", "tbody", "tr", "th", "td"),
        *("code", "sub", "details", "summary", "span"),
    }


def test_long_names_are_cut():
    long = dataclasses.replace(FAILED, feature="f" * 5_000, reason="r" * 5_000)
    text = markdown.render(make(long))
    assert len(text) < 4_000
    assert "…" in text


# How long it may be.


def many(count, status, reason="it moved"):
    return [
        dataclasses.replace(FAILED, feature=f"größe_{at:05}", status=status, reason=reason)
        for at in range(count)
    ]


@pytest.mark.parametrize(("bad", "good"), [(0, 5_000), (40, 5_000), (5_000, 3), (5_000, 5_000)])
def test_it_fits_into_a_comment_and_counts_what_does_not(bad, good):
    results = [*many(bad, Status.FAIL, "it | moved " * 20), *many(good, Status.PASS)]
    text = markdown.render(make(*results))
    assert 60_000 < len(text.encode()) <= markdown.LIMIT
    rows = [row for row in cells(text) if row[0].endswith(("fail", "pass"))]
    (told,) = re.findall(r"^([\d,]+) more checks left out of this comment \((.*)\)", text, re.M)
    assert int(told[0].replace(",", "")) == bad + good - len(rows)
    failing = bad - sum(row[0].endswith("fail") for row in rows)
    assert told[1] == (f"{failing:,} of them did not pass" if failing else "all of them passed")
    assert text.count("<details>") == text.count("</details>")


def test_where_nothing_fits_the_verdict_is_still_told():
    text = markdown.render(make(FAILED, PASSED), limit=100)
    assert "### ❌ Drift report: fail" in text
    assert "2 more checks left out of this comment (1 of them did not pass)" in text


def test_where_all_fits_nothing_is_left_out():
    assert "left out" not in markdown.render(make(FAILED, PASSED))
