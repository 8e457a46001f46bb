"""What a notebook shows of a report, as a browser draws it.

SKEWGATE_RENEW_IMAGES=1 draws the picture of docs/python.md again, where nbconvert is installed.
"""

import base64
import os

import pytest

from tests import checkouts, notebooks

NAME = "first_comparison.ipynb"
PICTURE = checkouts.ROOT / "docs" / "images" / "notebook.png"
MOST_BYTES = 300_000
POLICIES = {
    "Jupyter": "",
    "VS Code": "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src "
    "'unsafe-inline'; img-src https: http: data:; connect-src https:; child-src https: data:",
}
"""What the pages of editors allow what they show: all, or what VS Code does at its strictest
(`notebook.experimental.enableCsp`)."""


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    return notebooks.executed(NAME, tmp_path_factory.mktemp("notebook"))


@pytest.fixture(params=POLICIES)
def page(notebook, tmp_path, request):
    """A page with what the cell shows, between what other cells show."""
    path = tmp_path / "notebook.html"
    shown = notebooks.html_of(notebook, "compare")
    path.write_text(
        '<!doctype html><meta charset="utf-8"><title>Notebook</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICIES[request.param]}">'
        f"<h1>Above</h1>{shown}<p>Below</p>",
        "utf-8",
    )
    return path


def test_a_report_is_a_page_within_the_page(browser, page):
    browser.open(page)
    assert browser.console == []
    frame = browser.one("iframe")
    assert frame.size["height"] >= 600
    assert frame.size["width"] > 1000
    browser.driver.switch_to.frame(frame)
    try:
        assert "fare" in browser.one("body").text
        assert "2 of 4 features drifted" in browser.one("body").text
        width, room = browser.run(
            "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert width <= room
    finally:
        browser.driver.switch_to.default_content()
    assert not [each for each in browser.requests if each.startswith("http")]


def test_a_feature_opens_within_it(browser, page):
    browser.open(page)
    browser.driver.switch_to.frame(browser.one("iframe"))
    try:
        fare = [each for each in browser.all("button.open") if "fare" in each.text]
        fare[0].click()
        assert "fare" in browser.one("#detail").text
        assert browser.all("#detail svg")
    finally:
        browser.driver.switch_to.default_content()
    assert browser.console == []


def test_the_styles_of_the_page_are_its_own(browser, page):
    browser.open(page)
    inherited = "return getComputedStyle(document.querySelector('h1')).fontFamily"
    with_report = browser.run(inherited)
    browser.run("document.querySelector('iframe').remove()")
    assert browser.run(inherited) == with_report


@pytest.mark.skipif(not os.environ.get("SKEWGATE_RENEW_IMAGES"), reason="draws a picture again")
def test_the_picture_is_drawn_again(browser, notebook, tmp_path):
    nbconvert = pytest.importorskip("nbconvert")
    notebook.cells = [cell for cell in notebook.cells if cell.id in ("compare-said", "compare")]
    text, _ = nbconvert.HTMLExporter(template_name="lab").from_notebook_node(notebook)
    path = tmp_path / "notebook.html"
    path.write_text(text, "utf-8")
    browser.driver.set_window_size(1080, 1050)
    browser.open(path)
    browser.run("document.documentElement.style.overflow = 'hidden'")
    PICTURE.write_bytes(base64.b64decode(browser.driver.get_screenshot_as_base64()))


def test_the_picture_is_small():
    assert PICTURE.stat().st_size < MOST_BYTES
