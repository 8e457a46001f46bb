"""Thresholds that chance alone seldom exceeds, and how sure that is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.checks.drift import comparing
from skewgate.checks.drift.config import DriftConfig
from skewgate.core import yaml_model
from skewgate.core.results import Status
from skewgate.estimation import binomial
from skewgate.simulation.rehearsal import chance, snippet, thresholds
from skewgate.simulation.rehearsal.chance import Chance, Comparison
from skewgate.simulation.rehearsal.stage import Stage
from skewgate.simulation.rehearsal.thresholds import Rate

KS, PSI = ("fare", "ks"), ("paid", "psi")
NOW = {KS: 0.1, PSI: 0.2}


def comparisons(*values, failed=0):
    return tuple(Comparison({KS: ks, PSI: psi}, failed, 0) for ks, psi in values)


def suggest(first, held_out, windows, detectable, wanted=0.5):
    found = thresholds.suggest(
        Chance(first, held_out, detectable, 100), dict(enumerate(windows, 7)), NOW, wanted
    )
    return found, {(each.feature, each.metric): each for each in found.checks}


QUIET = comparisons((0.0, 0.0))
NOTHING = {KS: 0.0, PSI: 0.0}


def test_a_threshold_is_what_chance_reached_rounded_up():
    first = comparisons((0.02, 0.1), (0.0411, 0.05))
    held_out = comparisons((0.01, 0.02)) * 9
    _, found = suggest(first, held_out, QUIET, NOTHING)
    assert (found[KS].threshold, found[PSI].threshold) == (0.042, 0.1)
    assert found[KS].reason == "chance"


def test_all_thresholds_grow_by_one_factor_until_few_comparisons_exceed_them():
    first = comparisons((0.02, 0.1))
    # Ratios 3, 2 and then 1: of 7, two may exceed at a wanted rate of 0.7 (0.66 is the bound).
    held_out = comparisons((0.06, 0.1), (0.01, 0.2), *[(0.02, 0.04)] * 5)
    assert binomial.bounds(2, 7, 0.05)[1] < 0.7 < binomial.bounds(3, 7, 0.05)[1]
    found, by_check = suggest(first, held_out, QUIET, NOTHING, wanted=0.7)
    assert (by_check[KS].threshold, by_check[PSI].threshold) == (0.02, 0.1)
    assert found.by_chance == Rate(2, 7)
    found, by_check = suggest(first, held_out, QUIET, NOTHING, wanted=0.6)
    assert (by_check[KS].threshold, by_check[PSI].threshold) == (0.04, 0.2)
    assert found.by_chance == Rate(1, 7)


def test_no_threshold_is_below_what_a_window_of_this_size_can_tell():
    first = comparisons((0.02, 0.01))
    _, found = suggest(first, first * 9, QUIET, {KS: 0.055, PSI: 0.0})
    assert (found[KS].threshold, found[KS].reason) == (0.055, "rows of a window")


def test_a_threshold_is_raised_to_what_the_windows_have_shown():
    first = comparisons((0.02, 0.01))
    windows = comparisons((0.03, 0.001), (0.091, 0.0), (0.05, 0.002))
    found, by_check = suggest(first, first * 9, windows, NOTHING)
    assert (by_check[KS].threshold, by_check[KS].reason) == (0.091, "window 8 of the data")
    assert by_check[PSI].threshold == 0.01
    assert found.in_order == Rate(0, 3)
    low, high = found.in_order.interval
    assert (low, high) == (0.0, pytest.approx(1 - 0.05 ** (1 / 3)))


def test_a_metric_that_cannot_reach_its_threshold_has_none():
    first = comparisons((0.02, 0.01))
    _, found = suggest(first, first * 9, QUIET, {KS: 1.7, PSI: 1.7})
    assert (found[KS].threshold, found[PSI].threshold) == (None, 1.7)  # PSI has no maximum


def test_rates_are_counted_on_what_was_held_out():
    first = comparisons((0.02, 0.01), failed=1)
    held_out = (*comparisons((0, 0), (0, 0), failed=2), Comparison({}, 0, 4))
    found, _ = suggest(first, held_out, QUIET, NOTHING)
    assert (found.now, found.now_inconclusive) == (Rate(2, 3), Rate(1, 3))


@given(rate=st.floats(0.002, 0.5))
def test_so_many_comparisons_bound_the_rate_and_fewer_do_not(rate):
    count = chance.needed(rate)
    allowed = 2 if rate >= 0.01 else 0
    assert binomial.bounds(allowed, count, 0.05)[1] <= rate
    assert binomial.bounds(allowed, count - 1, 0.05)[1] > rate


@given(value=st.floats(1e-9, 1e9))
def test_rounding_up_is_close_and_never_down(value):
    rounded = thresholds.rounded_up(value)
    assert value * (1 - 1e-8) <= rounded <= value * 1.1 + 1e-12


# On rows.


@pytest.fixture(scope="module")
def stage(sim):
    rows = sim.trips(6000).drop(["started"])
    windows = tuple(
        rows.slice(start, 1000).combine_chunks().to_batches()[0] for start in range(0, 6000, 1000)
    )
    config = yaml_model.parse(DriftConfig, "features: {tipped: {ignore: true}}", "drift.yaml")
    return Stage(windows, 3, 4, config, frozenset(), 6000)


@pytest.fixture(scope="module")
def suggested(stage):
    """Thresholds for at most one false alarm in 20 windows."""
    played = chance.play(stage, 0.05, seed=2)
    baseline = stage.profile(stage.baseline_rows())
    results = {
        number: comparing.compare(baseline, stage.profile(stage.window(number)), stage.config)
        for number in stage.numbers
    }
    now = {(r.feature, r.metric): r.threshold for each in results.values() for r in each}
    found = thresholds.suggest(
        played, {number: chance.compare(each) for number, each in results.items()}, now, 0.05
    )
    kinds = {name: side.kind for name, side in baseline.slices[""].items()}
    return found, snippet.render(found, stage.config, kinds)


def test_every_check_of_the_configuration_has_a_suggestion(suggested):
    checks = {(each.feature, each.metric) for each in suggested[0].checks}
    assert checks == {
        ("fare", "ks"),
        ("hour", "ks"),
        ("paid", "psi"),
        ("fare", "missing_rate"),
        ("hour", "missing_rate"),
        ("paid", "missing_rate"),
    }
    assert suggested[0].by_chance.interval[1] <= 0.05


def test_fresh_rows_raise_few_alarms_and_large_drift_does(sim, stage, suggested):
    config = yaml_model.parse(DriftConfig, suggested[1], "drift.yaml")
    alarms, undecided = 0, 0
    for draw in range(60):
        baseline, current = (
            stage.profile(
                sim.trips(rows, seed=1000 + 2 * draw + side)
                .drop(["started"])
                .combine_chunks()
                .to_batches()[0]
            )
            for side, rows in enumerate((3000, 1000))
        )
        statuses = [result.status for result in comparing.compare(baseline, current, config)]
        alarms += Status.FAIL in statuses
        undecided += Status.INCONCLUSIVE in statuses
    assert binomial.bounds(alarms, 60, 0.001)[0] <= 0.05
    assert undecided <= 6
    moved = current.slices[""]["hour"]
    assert moved.n == 1000
    rows = sim.trips(1000, seed=9)
    late = rows.set_column(1, "hour", pa.array(np.array(rows["hour"].to_pylist()) // 2))
    profile = stage.profile(late.drop(["started"]).combine_chunks().to_batches()[0])
    failed = [r for r in comparing.compare(baseline, profile, config) if r.status is Status.FAIL]
    assert [result.label for result in failed] == ["hour ks"]


def test_draws_do_not_depend_on_anything_but_the_seed(stage):
    one, same, other = (chance.play(stage, 0.5, seed=seed) for seed in (2, 2, 3))
    assert one == same
    assert one.first != other.first


# As a drift.yaml.

TEXT = """
defaults: {numeric: {ks: 0.1, wasserstein: 0.5}, categorical: {psi: 0.2}, missing_rate: null}
significance: {alpha: 0.01, correction: none}
features:
  a: {critical: true}
  b: {ignore: true}
  d: {wasserstein: null, linf: 0.3}
slices: [[paid]]
policy: {block_on: critical}
"""


def check(feature, metric, threshold, reason="chance"):
    values = {"chance": (2.0, 1.0, (0.0, 5)), "window 5 of the data": (0.0, 1.0, (3.0, 5))}
    by_chance, detectable, in_order = values[reason]
    return thresholds.Suggestion(feature, metric, 0.1, threshold, by_chance, detectable, in_order)


def test_the_snippet_is_the_configuration_with_other_thresholds():
    found = thresholds.Suggestions(
        wanted=0.01,
        checks=(
            check("a", "ks", 0.05),
            check("c", "ks", 0.06),
            check("e", "ks", 0.2, "window 5 of the data"),
            check("a", "wasserstein", 0.3),
            check("d", "psi", 0.07),
            check("d", "linf", 0.04),
        ),
        now=Rate(0, 9),
        now_inconclusive=Rate(0, 9),
        by_chance=Rate(1, 628),
        in_order=Rate(0, 3),
    )
    config = yaml_model.parse(DriftConfig, TEXT, "drift.yaml")
    kinds = {"a": "numeric", "c": "numeric", "e": "numeric", "d": "categorical"}
    text = snippet.render(found, config, kinds)
    suggested = yaml_model.parse(DriftConfig, text, "suggested")
    assert suggested.defaults.numeric == {"ks": 0.06, "wasserstein": 0.3}
    assert suggested.defaults.categorical == {"psi": 0.07}
    assert suggested.defaults.missing_rate is None
    assert suggested.features["a"].critical
    assert suggested.features["b"].ignore
    assert suggested.features["d"].thresholds == {"wasserstein": None, "linf": 0.04}
    assert suggested.features["e"].thresholds == {"ks": 0.2}
    assert (suggested.significance, suggested.slices) == (config.significance, config.slices)
    assert suggested.policy == config.policy
    assert "# ks: window 5 of the data" in text
    assert "Of 628 comparisons that differ by chance alone 1 exceed one" in text


def test_names_of_features_cannot_break_the_snippet():
    names = ["a: b", "x # y", '"quoted"', "null", "été\nline", "{{x}}"]
    found = thresholds.Suggestions(
        0.01,
        tuple(check(name, "linf", 0.5) for name in names),
        *(Rate(0, 9) for _ in range(4)),
    )
    text = snippet.render(found, DriftConfig(), dict.fromkeys(names, "categorical"))
    suggested = yaml_model.parse(DriftConfig, text, "suggested")
    assert {name: rule.thresholds for name, rule in suggested.features.items()} == {
        name: {"linf": 0.5} for name in names
    }
