"""Times the page of a large report: how long it takes to make, its size, how long it opens.

`python -m benchmarks.report [FEATURES] [SLICES]`; opening needs Chromium and its driver.
"""

from __future__ import annotations

import pathlib
import statistics
import sys
import tempfile
import time

import numpy as np

from skewgate import decision
from skewgate.checks.drift import comparing
from skewgate.checks.drift.config import DriftConfig
from skewgate.core.distributions import Distribution
from skewgate.core.profile import Profile
from skewgate.profiling.accumulators.numeric import NumericAccumulator
from skewgate.report import distributions, rendering, report

ROWS = 400
SAMPLES = 40
"""Distributions drawn for each side; features and slices share them."""
OPENINGS = 5
_OPEN = """
const [navigation] = performance.getEntriesByType("navigation");
return [navigation.domContentLoadedEventEnd, navigation.loadEventEnd];
"""


def profile(features: int, slices: int, shift: float, seed: int) -> Profile:
    """Returns a profile of numbers; those of one side are shifted, each feature by more."""
    rng = np.random.default_rng(seed)
    samples = []
    for i in range(SAMPLES):
        accumulator = NumericAccumulator(1000)
        accumulator.add(rng.normal(shift * i / SAMPLES, 1.0, ROWS))
        samples.append(accumulator.distribution())
    names = ["", *(f"company_{i:02}" for i in range(slices - 1))]
    found: dict[str, dict[str, Distribution]] = {
        name: {f"feature_{i:04}": samples[(i + 7 * k) % SAMPLES] for i in range(features)}
        for k, name in enumerate(names)
    }
    return Profile(found, dict.fromkeys(names, ROWS))


def make(features: int, slices: int) -> report.Report:
    """Returns a drift report of so many features and slices."""
    baseline, current = (profile(features, slices, shift, seed=2) for shift in (0.0, 0.8))
    names = [name for name in baseline.slices if name]
    config = DriftConfig(slices=[["company"]] if names else [])
    results = comparing.compare(baseline, current, config)
    started = time.perf_counter()
    shown = distributions.describe(baseline, current, results)
    print(f"distributions: {time.perf_counter() - started:.2f} s, {len(shown['shown'])} shown")
    decided = decision.decide(results, config.policy)
    return report.Report("drift", decided, details={"distributions": shown})


def open_page(path: pathlib.Path) -> list[tuple[float, float]]:
    """Opens a page several times; returns when it could be used and when it was done, in s."""
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = "/usr/bin/chromium"
    for flag in ("--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,1000"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    times = []
    try:
        for _ in range(OPENINGS):
            driver.get(path.as_uri())
            usable, done = driver.execute_script(_OPEN)
            times.append((usable / 1000, done / 1000))
    finally:
        driver.quit()
    return times


def main(features: int = 1000, slices: int = 20) -> None:
    """Prints the figures."""
    made = make(features, slices)
    print(f"{features} features x {slices} slices: {len(made.decision.results):,} results")
    started = time.perf_counter()
    text = rendering.render_html(made)
    size = len(text.encode())
    print(f"report.html: {size / 1e6:.2f} MB, made in {time.perf_counter() - started:.2f} s")
    print(f"report.json: {len(rendering.render_json(made).encode()) / 1e6:.2f} MB")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "report.html"
        path.write_text(text, encoding="utf-8")
        times = open_page(path)
    for what, values in zip(("usable", "loaded"), zip(*times, strict=True), strict=True):
        print(f"{what}: median {statistics.median(values):.2f} s, worst {max(values):.2f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
