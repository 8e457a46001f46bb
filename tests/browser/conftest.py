"""A real browser, without a screen, that opens reports from files."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement

CHROMIUM, DRIVER = pathlib.Path("/usr/bin/chromium"), pathlib.Path("/usr/bin/chromedriver")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
)


class Browser:
    """Opens pages and tells what they show, asked for and complained about."""

    def __init__(self, driver: WebDriver) -> None:
        self.driver = driver

    def open(self, path: pathlib.Path) -> None:
        for log in ("browser", "performance"):  # forget the page before
            self.driver.get_log(log)
        self.driver.get(path.as_uri())

    def all(self, selector: str) -> list[WebElement]:
        return list(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def one(self, selector: str) -> WebElement:
        [found] = self.all(selector)
        return found

    def texts(self, selector: str) -> list[str]:
        return [element.text for element in self.all(selector)]

    def run(self, script: str, *arguments: object) -> object:
        return self.driver.execute_script(script, *arguments)

    @property
    def console(self) -> list[str]:
        """What the page wrote to the console since it was opened, errors among it."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    @property
    def _messages(self) -> list[dict[str, Any]]:
        log = self.driver.get_log("performance")
        return [json.loads(entry["message"])["message"] for entry in log]

    @property
    def requests(self) -> list[str]:
        """What the page asked for since it was opened, itself included."""
        return [
            message["params"]["request"]["url"]
            for message in self._messages
            if message["method"] == "Network.requestWillBeSent"
        ]

    @property
    def sent(self) -> dict[str, str]:
        """What the page asked for: address to why it was not sent, "" if it was."""
        found, names = {}, {}
        for message in self._messages:
            request = message["params"].get("requestId")
            if message["method"] == "Network.requestWillBeSent":
                names[request] = message["params"]["request"]["url"]
                found[names[request]] = ""
            if message["method"] == "Network.loadingFailed" and request in names:
                found[names[request]] = message["params"].get("blockedReason", "")
        return found

    def scheme(self, name: str) -> None:
        """Chooses light or dark."""
        features = [{"name": "prefers-color-scheme", "value": name}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def start(profile: pathlib.Path, *, javascript: bool) -> Browser:
    missing = [str(path) for path in (CHROMIUM, DRIVER) if not path.exists()]
    if missing:
        pytest.skip(f"no browser on this machine: {' and '.join(missing)} not found")
    options = Options()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    if not javascript:
        name = "profile.managed_default_content_settings.javascript"
        options.add_experimental_option("prefs", {name: 2})
    return Browser(webdriver.Chrome(options=options, service=Service(str(DRIVER))))


@pytest.fixture(scope="session")
def _started(tmp_path_factory):
    browser = start(tmp_path_factory.mktemp("browser"), javascript=True)
    yield browser
    browser.driver.quit()


@pytest.fixture
def without_javascript(tmp_path):
    browser = start(tmp_path / "profile", javascript=False)
    yield browser
    browser.driver.quit()


@pytest.fixture
def browser(_started):
    _started.driver.set_window_size(1280, 900)
    _started.scheme("light")
    return _started
