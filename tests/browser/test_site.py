"""The site of the documentation, opened from disk as whoever unpacks it does."""

from __future__ import annotations

import time

import pytest

from tests.docs import building


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return building.built(tmp_path_factory.mktemp("site"))


@pytest.mark.parametrize("page", ["index", "reference/commands/drift", "tutorials/ci-gate"])
def test_a_page_asks_for_files_only_and_complains_of_nothing(page, site, browser):
    browser.open(site / f"{page}.html")
    assert browser.one("h1").text
    assert [url for url in browser.requests if not url.startswith(("file:", "data:"))] == []
    assert browser.console == []


def test_the_search_finds_pages_without_a_server(site, browser):
    browser.open(site / "index.html")
    browser.run("document.getElementById('__search').click()")
    browser.run("document.querySelector('input.md-search__input').focus()")
    browser.one("input.md-search__input").send_keys("wasserstein")
    end = time.monotonic() + 30
    while not (found := browser.all(".md-search-result__item")) and time.monotonic() < end:
        time.sleep(0.1)
    links = [
        link.get_attribute("href")
        for item in found
        for link in item.find_elements("css selector", "a")
    ]
    assert any("metrics.html" in link for link in links)
