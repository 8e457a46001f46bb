import itertools
import json
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from skewgate import decision
from skewgate.cli.main import main
from skewgate.core.results import MetricResult, Status
from skewgate.decision.policy import BasicPolicy, Policy
from skewgate.report import rendering
from skewgate.report.report import Report

INJECTED = "<script>document.title='ran'</script>"
INJECTED_TOO = '"><img src=x onerror="document.title=\'ran\'">'
HIDDEN = "fare\u202exls"

WEAK_TEXTS = """
const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
const light = (c) => {
  const [r, g, b] = c.slice(0, 3).map((v) => {
    v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (e) => {
  for (; e; e = e.parentElement) {
    const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c;
  }
};
const weak = [];
for (const e of document.querySelectorAll("body *:not(script)")) {
  const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!own || !e.getClientRects().length) continue;
  const style = getComputedStyle(e);
  const ink = light(rgb(e instanceof SVGElement ? style.fill : style.color));
  const paper = light(behind(e));
  const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  if (contrast < 4.5) weak.push(`${e.tagName}.${e.className} ${contrast.toFixed(2)}`);
}
return weak;
"""
"""Names the elements with text whose contrast is below 4.5, the limit of WCAG AA."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A drift report of real rows: two features drifted, and names try to run."""
    path = tmp_path_factory.mktemp("drift")
    rng = np.random.default_rng(11)
    for name, rows, fare, mobile in (("before", 4000, 2.0, 0.0), ("now", 900, 2.4, 0.2)):
        paid = rng.random(rows)
        table = pa.table(
            {
                "fare": rng.lognormal(fare, 0.5, rows).tolist(),
                "hour": rng.integers(0, 24, rows).tolist(),
                "paid": np.where(paid < mobile, INJECTED_TOO, np.where(paid < 0.5, "Cash", "Card")),
                INJECTED: rng.normal(0, 1, rows).tolist(),
                HIDDEN: rng.normal(0, 1, rows).tolist(),
            }
        )
        pa.parquet.write_table(table, path / f"{name}.parquet")
    sides = [str(path / f"{name}.parquet") for name in ("before", "now")]
    assert main(["drift", *sides, "--out", str(path / "out"), "--quiet", "--json"]) == 1
    return path / "out"


@pytest.fixture
def drift(browser, folder):
    browser.open(folder / "report.html")
    return browser


@pytest.fixture(scope="module")
def content(folder):
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A report of more results than a page without JavaScript shows."""
    results = [
        MetricResult(
            f"f{i:04}", f"s{i % 7}", "ks", Status.PASS, "near", i / 5000, None, None, 0.0, 1.0
        )
        for i in range(2600)
    ]
    path = tmp_path_factory.mktemp("large") / "report.html"
    path.write_text(rendering.render_html(Report("drift", decision.decide(results, Policy()))))
    return path


def column(browser, name):
    return browser.run(
        "const place = [...document.querySelectorAll('#table > thead th')]"
        ".findIndex((head) => head.textContent.startsWith(arguments[0]));"
        "return [...document.querySelectorAll('#rows tr.row')]"
        ".map((row) => row.cells[place].innerText.trim())",
        name,
    )


def head(browser, name):
    return browser.run(
        "return [...document.querySelectorAll('#table > thead th')]"
        ".find((head) => head.textContent.startsWith(arguments[0]))",
        name,
    )


def opener(browser, name):
    found = next(b for b in browser.all("button.open") if b.text.strip() == name)
    browser.run("arguments[0].scrollIntoView({block: 'center'})", found)
    return found


def wait(browser, condition):
    WebDriverWait(browser.driver, 5).until(lambda _: condition())


# What is seen first.


def test_the_verdict_and_the_sentence_are_seen_at_once(drift):
    assert drift.one(".word").text == "FAIL"
    sentence = drift.one("#sentence")
    assert sentence.is_displayed()
    assert sentence.location["y"] + sentence.size["height"] < 300
    assert re.match(r"2 of 5 features drifted\. Start with (fare|paid): ", sentence.text)


def test_the_worst_feature_is_open(drift, content):
    assert drift.one("#detail h3").text in ("fare", "paid")
    assert drift.one("#detail h3").text in drift.one("#sentence").text


def test_the_page_complains_about_nothing_and_asks_for_nothing(drift, folder):
    opener(drift, "hour").click()
    head(drift, "Value").find_element(By.TAG_NAME, "button").click()
    assert drift.requests == [(folder / "report.html").as_uri()]
    assert drift.run("return performance.getEntriesByType('resource').length") == 0
    assert drift.console == []


def test_nothing_is_cut_off_at_the_right(drift):
    for width in (1100, 1280, 1600):
        drift.driver.set_window_size(width, 900)
        assert drift.run("return document.documentElement.scrollWidth <= window.innerWidth"), width


# Sorting, filtering, pages.


def test_every_column_can_be_sorted_both_ways_and_back(drift):
    worst_first = column(drift, "Reason")
    names = drift.texts("#table > thead th")
    names.remove("Distribution")  # a picture has no order
    for name in names:
        button = head(drift, name).find_element(By.TAG_NAME, "button")
        orders = []
        for expected in ("ascending", "descending", "none"):
            button.click()
            assert head(drift, name).get_attribute("aria-sort") == expected
            orders.append(column(drift, "Reason"))
        assert orders[2] == worst_first
        assert sorted(orders[0]) == sorted(orders[1]) == sorted(worst_first)


def test_values_are_sorted_as_numbers(drift):
    head(drift, "Value").find_element(By.TAG_NAME, "button").click()
    values = [float(text.split("\n")[0]) for text in column(drift, "Value")]
    assert values == sorted(values)
    assert values[0] < values[-1]


def test_names_are_sorted_as_text(drift):
    head(drift, "Metric").find_element(By.TAG_NAME, "button").click()
    metrics = column(drift, "Metric")
    assert metrics == sorted(metrics)


def test_text_filters_rows_and_the_number_is_told(drift, content):
    total = len(content["results"])
    assert drift.one("#shown").text == f"Rows 1 to {total} of {total} checks"
    assert drift.one("#shown").get_attribute("role") == "status"
    drift.one("#filter").send_keys("HOUR")
    wait(drift, lambda: set(column(drift, "Feature")) == {"hour"})
    assert drift.one("#shown").text == f"Rows 1 to 2 of 2 matching checks ({total} in all)"
    drift.one("#filter").send_keys("nothing like it")
    wait(drift, lambda: drift.one("#shown").text == f"No check matches ({total} in all)")
    drift.one("#filter").clear()
    drift.one("#filter").send_keys("median went")
    wait(drift, lambda: column(drift, "Feature") == ["fare"])


def test_statuses_can_be_left_out(drift, content):
    boxes = {box.get_attribute("value"): box for box in drift.all("#statuses input")}
    assert drift.texts("#statuses label")[0].endswith("fail (2)")
    boxes["pass"].click()
    assert set(column(drift, "Status")) == {"fail"}
    boxes["fail"].click()
    boxes["pass"].click()
    assert set(column(drift, "Status")) == {"pass"}


def test_all_results_come_a_page_at_a_time(browser, large):
    browser.open(large)
    seen = column(browser, "Feature")
    assert len(seen) == 100
    assert browser.one("#shown").text == "Rows 1 to 100 of 2,600 checks"
    assert not browser.one("#previous").is_enabled()
    for _ in range(25):
        browser.one("#next").click()
        seen += column(browser, "Feature")
    assert not browser.one("#next").is_enabled()
    assert sorted(seen) == [f"f{i:04}" for i in range(2600)]
    browser.one("#previous").click()
    assert browser.one("#shown").text == "Rows 2,401 to 2,500 of 2,600 checks"
    assert "more results are not listed" not in browser.one("main").text


# The detail of a feature.


def test_both_cdfs_are_drawn_and_the_largest_gap_is_marked(drift, content):
    if drift.one("#detail h3").text != "fare":
        opener(drift, "fare").click()
    [shown] = [e for e in content["details"]["distributions"]["shown"] if e["feature"] == "fare"]
    before, now = shown["gap"]["cdf"]
    assert drift.one(".largest-gap text").text == (
        f"largest gap {abs(before - now):.1%} at {shown['gap']['at']:.4g}"
    )
    dots = [
        (float(dot.get_attribute("cx")), float(dot.get_attribute("cy")))
        for dot in drift.all(".largest-gap circle")
    ]
    for name, (x, y) in zip(("baseline", "current"), dots, strict=True):
        drawn = drift.one(f"#detail path.line-{name}:not(.legend path)")
        numbers = list(map(float, re.findall(r"[\d.]+", drawn.get_attribute("d"))))
        points = list(itertools.pairwise(numbers))[::2]
        assert min(abs(px - x) + abs(py - y) for px, py in points) < 0.2
    assert dots[0][1] < dots[1][1]  # fares rose: fewer of them are at most as high
    text = drift.one("#detail").text
    assert f"{before:.1%} of the baseline and {now:.1%} of the current values" in text
    label = drift.all("#detail figure > svg")[1].get_attribute("aria-label")
    assert label.startswith(f"Both CDFs. {before:.1%} of the baseline and ")
    assert drift.all("#detail path.area-baseline")
    assert drift.all("#detail path.area-current")


def test_times_are_times_in_the_detail_and_on_its_axes(browser, tmp_path):
    for name, first in (("before", 1_451_606_400), ("now", 1_454_284_800)):
        started = pa.array([first + 3_600 * hour for hour in range(700)], pa.timestamp("s"))
        pa.parquet.write_table(pa.table({"started": started}), tmp_path / f"{name}.parquet")
    sides = [str(tmp_path / f"{name}.parquet") for name in ("before", "now")]
    assert main(["drift", *sides, "--out", str(tmp_path / "out"), "--quiet", "--json"]) == 1
    browser.open(tmp_path / "out" / "report.html")
    assert browser.console == []
    told = summary(browser)
    assert told["Type"] == ["timestamp[ms]"] * 2
    assert told["Median"] == ["2016-01-15 13:00:00", "2016-02-15 13:00:00"]
    assert told["Std. deviation"] == ["8 d 10:04:21"] * 2
    labels = browser.texts("#detail text.axis.middle")
    assert labels == ["2016-01-01", "2016-02-01", "2016-03-01"] * 2
    assert any("started holds times of 2016-01-01" in text for text in browser.texts("main li"))


def summary(browser):
    rows = browser.all("#detail table.summary tbody tr")
    return {
        row.find_element(By.TAG_NAME, "th").text: [
            cell.text for cell in row.find_elements(By.TAG_NAME, "td")
        ]
        for row in rows
    }


def test_a_summary_of_both_sides_stands_beside_the_curves(drift, content):
    if drift.one("#detail h3").text != "fare":
        opener(drift, "fare").click()
    told = summary(drift)
    [shown] = [e for e in content["details"]["summaries"]["shown"] if e["feature"] == "fare"]
    assert list(told) == [
        *("Type", "Values", "Missing", "Unique", "Mean", "Std. deviation"),
        *("Minimum", "1%", "25%", "Median", "75%", "99%", "Maximum"),
    ]
    assert told["Type"] == ["double, numeric"] * 2
    assert told["Values"] == ["4,000", "900"]
    assert told["Unique"] == ["4,000", "900"]
    for name, key in (("Mean", "mean"), ("Std. deviation", "std")):
        known = [shown[side][key] for side in ("baseline", "current")]
        assert [float(text) for text in told[name]] == pytest.approx(known, rel=1e-4)
    opener(drift, "paid").click()
    assert summary(drift)["Unique"] == ["2", "3"]
    assert summary(drift)["Most frequent"][0].startswith(("Card (", "Cash ("))


def test_each_row_has_a_small_distribution_of_both_sides(drift):
    names = [name.split()[0] for name in drift.texts("#table > thead th")]
    assert names[:4] == ["Status", "Feature", "Distribution", "Metric"]
    rows = drift.all("#rows > tr.row")
    assert len(drift.all("#rows svg.sketch")) == len(rows)
    for row in rows:
        for css in ("area-baseline", "area-current"):
            assert row.find_elements(By.CSS_SELECTOR, f"svg.sketch .{css}")
    labels = {svg.get_attribute("aria-label").split(" ")[0] for svg in drift.all("svg.sketch")}
    assert labels == {"Median", "Largest", "Without"}


def test_the_data_are_told_before_the_checks(drift, content):
    rows = [row.text for row in drift.all("table.overview tbody tr")]
    assert rows[0] == "Rows 4,000 900"
    assert rows[1].count("5: 1 categorical, 4 numeric") == 2
    assert rows[2:] == ["Missing cells 0 0", "Constant features none none"]


def test_on_a_phone_what_is_opened_fits_the_screen(drift):
    drift.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True},
    )
    try:
        opener(drift, "hour").click()
        wide = drift.run(
            "return [...document.querySelectorAll('#detail section, #detail section *')]"
            ".filter((e) => e.getBoundingClientRect().right > 390).map((e) => e.tagName)"
        )
        assert wide == []
        assert drift.run("return document.documentElement.scrollWidth") <= 390
    finally:
        drift.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_report_of_an_earlier_version_is_shown_without_what_it_does_not_have(
    browser, folder, tmp_path
):
    old = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    for name in ("overview", "summaries"):
        del old["details"][name]
    del old["checksum"]
    (tmp_path / "report.json").write_text(json.dumps(old), encoding="utf-8")
    assert main(["report", str(tmp_path)]) == 0
    browser.open(tmp_path / "report.html")
    assert browser.console == []
    assert browser.all("table.overview") == browser.all("table.summary") == []
    assert "baseline and 900 current values" in browser.texts("#detail .note")[0]
    assert browser.all("#rows svg.sketch")


def test_categories_are_bars_with_the_largest_change_first(drift, content):
    if drift.one("#detail h3").text != "paid":
        opener(drift, "paid").click()
    labels = drift.texts("#detail figure svg text.figure")
    [shown] = [e for e in content["details"]["distributions"]["shown"] if e["feature"] == "paid"]
    assert labels == [f"{a:.1%} \u2192 {b:.1%}" for a, b in zip(*shown["shares"], strict=True)]
    assert labels[0].startswith("0.0% ")
    assert len(drift.all("#detail figure rect.area-baseline")) == 3


def test_one_detail_is_open_at_a_time(drift):
    opener(drift, "hour").click()
    assert drift.texts("#detail h3") == ["hour"]
    expanded = [b.text.strip() for b in drift.all('button.open[aria-expanded="true"]')]
    assert expanded == ["hour"]
    opener(drift, "hour").click()
    assert drift.all("#detail") == []


def test_the_keyboard_is_enough(drift):
    active = lambda: drift.driver.switch_to.active_element  # noqa: E731
    for _ in range(40):
        active().send_keys(Keys.TAB)
        if active().get_attribute("class") == "open":
            break
    first = active()
    first.send_keys(Keys.ENTER)  # the detail of the worst feature was open
    assert drift.all("#detail") == []
    active().send_keys(Keys.ARROW_DOWN)
    second = active()
    assert second != first
    second.send_keys(Keys.ENTER)
    assert drift.one("#detail h3").text == second.text.strip()
    assert second.get_attribute("aria-expanded") == "true"
    assert second.get_attribute("aria-controls") == "detail"
    second.send_keys(Keys.TAB)
    assert active().text == "Close (Esc)"
    active().send_keys(Keys.ESCAPE)
    assert drift.all("#detail") == []
    assert active() == second
    active().send_keys(Keys.ARROW_UP)
    assert active() == first


# Names from data.


def test_injected_names_do_not_run_and_are_shown(drift):
    assert INJECTED in column(drift, "Feature")
    opener(drift, INJECTED).click()
    assert drift.one("#detail h3").text == INJECTED
    opener(drift, "paid").click()
    assert drift.one("#detail figure svg").get_attribute("aria-label").count(INJECTED_TOO) == 1
    drift.one("#filter").send_keys("<script>")
    wait(drift, lambda: set(column(drift, "Feature")) == {INJECTED})
    assert drift.driver.title == "skewgate drift report: fail"
    assert drift.all("img") == []
    assert len(drift.all("script")) == 3
    assert drift.console == []


def test_hidden_characters_are_shown(drift):
    assert "fare\\u202exls" in column(drift, "Feature")


def test_what_is_put_into_the_page_may_neither_run_nor_ask(drift):
    drift.run(
        "const script = document.createElement('script');"
        "script.textContent = \"document.title = 'ran'\"; document.body.append(script);"
        "fetch('https://example.com/').catch(() => {});"
        "const image = new Image(); image.src = 'https://example.com/x.png';"
        "document.body.append(image);"
        "document.body.setAttribute('onclick', \"document.title = 'ran'\")"
    )
    drift.one("h1").click()
    assert drift.driver.title == "skewgate drift report: fail"
    console = " ".join(drift.console)
    for directive in ("script-src", "default-src 'none'"):
        assert directive in console
    sent = drift.sent
    assert {reason for url, reason in sent.items() if url.startswith("http")} <= {"csp"}


# Without JavaScript, and for every eye.


def test_without_javascript_verdict_and_table_are_there(without_javascript, folder, content):
    browser = without_javascript
    browser.open(folder / "report.html")
    assert browser.one(".word").text == "FAIL"
    assert browser.one("#sentence").is_displayed()
    assert len(browser.all("#rows tr.row")) == len(content["results"])
    assert column(browser, "Status")[:2] == ["fail", "fail"]
    assert INJECTED in column(browser, "Feature")
    assert not browser.one("#controls").is_displayed()
    assert browser.all("button.open") == []
    told = browser.run(
        "const told = document.querySelector('noscript');"
        "return told.getClientRects().length ? told.textContent : ''"
    )
    assert told == "This needs JavaScript, which is off."


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(drift, scheme):
    drift.scheme(scheme)
    assert drift.run(WEAK_TEXTS) == []
    paper = drift.run("return getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")


def test_verdicts_differ_by_sign_and_word_too(drift):
    signs = drift.run(
        "return ['fail', 'inconclusive', 'pass'].map(name =>"
        " getComputedStyle(document.querySelector(`#statuses .${name}`), '::before').content)"
    )
    assert len(set(signs)) == 3
    shapes = {(mark.tag_name, mark.get_attribute("class")) for mark in drift.all("svg.bar .dot")}
    assert {tag for tag, _ in shapes} == {"path", "circle"}


def test_what_a_screen_reader_needs_is_there(drift):
    assert drift.one("html").get_attribute("lang") == "en"
    assert all(th.get_attribute("scope") == "col" for th in drift.all("#table > thead th"))
    assert drift.one("#table").accessible_name == "All checks"
    assert drift.one("#filter").accessible_name == "Filter"
    assert drift.one("#shown").get_attribute("aria-live") == "polite"
    for picture in drift.all("figure > svg"):
        assert picture.aria_role == "image"
        assert picture.accessible_name
    assert drift.one("#detail section").accessible_name.startswith("Values of ")
    assert drift.one("#detail table.summary").accessible_name == "Summary of the values"
    assert drift.one("table.overview").accessible_name == "Data"
    for picture in drift.all("svg.sketch"):
        assert picture.aria_role == "image"
        assert " before, " in picture.accessible_name


# Reports of other kinds.


def test_a_performance_report_has_its_charts_and_no_column_of_features(browser, tmp_path):
    results = [
        MetricResult(
            "", name, "auc", status, "because", value, value - 0.02, value + 0.02, threshold=0.8
        )
        for name, value, status in (("", 0.9, Status.PASS), ("paid:Cash", 0.7, Status.FAIL))
    ]
    made = Report("performance", decision.decide(results, BasicPolicy()))
    (tmp_path / "report.html").write_text(rendering.render_html(made))
    browser.open(tmp_path / "report.html")
    assert browser.one("#sentence").text.startswith("1 of 2 checks failed. Start with auc in slice")
    assert browser.one("figure > svg").is_displayed()
    assert "Feature" not in " ".join(browser.texts("#table > thead th"))
    assert column(browser, "Slice") == ["paid:Cash", ""]
    head(browser, "Slice").find_element(By.TAG_NAME, "button").click()
    assert column(browser, "Slice") == ["", "paid:Cash"]
    assert browser.console == []


def test_a_page_over_time_shows_its_first_alarm_and_asks_for_nothing(browser, tmp_path):
    for i, value in enumerate([0.02, 0.03, 0.15, 0.3]):
        status = Status.FAIL if value > 0.1 else Status.PASS
        result = MetricResult("fare", "", "ks", status, "because", value, value, value, 0.0, 0.1)
        made = Report("drift", decision.decide([result], Policy()), current={"window": f"day {i}"})
        (tmp_path / f"w{i}").mkdir()
        (tmp_path / f"w{i}" / "report.json").write_text(rendering.render_json(made))
    page = tmp_path / "time.html"
    assert main(["report", str(tmp_path), "--out", str(page)]) == 0
    browser.open(page)
    assert "the first alarm was in day 2" in browser.one("#sentence").text
    assert browser.one("td.first").text.split() == ["fail", "1.5\u00d7"]
    assert browser.one("figure > svg").is_displayed()
    assert browser.requests == [page.as_uri()]
    assert browser.console == []
    for scheme in ("light", "dark"):
        browser.scheme(scheme)
        assert browser.run(WEAK_TEXTS) == []
