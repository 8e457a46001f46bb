import dataclasses
import importlib.resources
import itertools
import json
import math

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.checks.drift import comparing
from skewgate.checks.drift.config import DriftConfig
from skewgate.core.distributions import (
    CategoricalDistribution,
    EmptyDistribution,
    NumericDistribution,
)
from skewgate.core.profile import Profile
from skewgate.core.results import MetricResult, Status
from skewgate.metrics.ks import ks_interval
from skewgate.profiling.accumulators.numeric import NumericAccumulator
from skewgate.report.distributions import describe, overlay
from skewgate.report.ranking import worst_first

SCHEMA = json.loads(
    importlib.resources.files("skewgate.report").joinpath("report.schema.json").read_text("utf-8")
)


def numbers(values, *, resolution=1000, integer=False, missing=0):
    accumulator = NumericAccumulator(resolution)
    accumulator.add(np.asarray(values, float))
    return dataclasses.replace(accumulator.distribution(missing), integer=integer)


def categories(counts, *, other=0.0, missing=0):
    return CategoricalDistribution(counts, other, int(sum(counts.values()) + other), missing)


def check(found):
    """Makes sure that an overlay is as the schema says."""
    entry = {"feature": "f", "slice": "", **found}
    schema = {**SCHEMA, "$ref": "#/$defs/distribution"}
    for key in ("type", "required", "properties", "additionalProperties"):
        del schema[key]
    jsonschema.validate(entry, schema, jsonschema.Draft202012Validator)
    json.dumps(found, allow_nan=False)
    return found


@pytest.fixture(scope="module")
def fares():
    rng = np.random.default_rng(7)
    return rng.lognormal(2, 0.6, 30_000), rng.lognormal(2.4, 0.5, 2_000)


# Numbers.


def test_both_cdfs_and_the_largest_gap_are_those_of_the_values(fares):
    found = check(overlay(*map(numbers, fares)))
    for values, curve in zip(fares, found["cdf"], strict=True):
        exact = np.searchsorted(np.sort(values), found["x"], side="right") / len(values)
        assert np.abs(exact - curve).max() < 0.004
    at, (low, high) = found["gap"]["at"], found["gap"]["cdf"]
    points = np.sort(np.concatenate(fares))
    gaps = [np.searchsorted(np.sort(v), points, side="right") / len(v) for v in fares]
    exact = np.abs(gaps[0] - gaps[1])
    assert abs(low - high) == pytest.approx(exact.max(), abs=0.004)
    assert exact[np.searchsorted(points, at)] == pytest.approx(exact.max(), abs=0.004)
    assert at in found["x"]


def test_the_gap_is_the_value_that_ks_reports(fares):
    sides = tuple(map(numbers, fares))
    gap = overlay(*sides)["gap"]["cdf"]
    assert abs(gap[0] - gap[1]) == pytest.approx(ks_interval(*sides)[0], abs=2e-4)


def test_shares_of_bins_and_tails_are_those_of_the_values(fares):
    found = overlay(*map(numbers, fares))
    for values, shares, outside in zip(fares, found["shares"], found["outside"], strict=True):
        exact = np.histogram(values, found["bins"])[0] / len(values)
        assert np.abs(exact - shares).max() < 0.01
        assert sum(shares) + sum(outside) == pytest.approx(1, abs=0.01)
        assert outside[1] == pytest.approx(np.mean(values > found["bins"][-1]), abs=0.003)


def test_whole_numbers_have_a_bin_each_and_a_cdf_with_steps():
    hours = numbers([0, 0, 0, 1, 5], integer=True), numbers([1, 1, 2, 5], integer=True)
    found = check(overlay(*hours))
    assert found["bins"] == [-0.5, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    assert found["shares"] == [[0.6, 0.2, 0, 0, 0, 0.2], [0, 0.5, 0.25, 0, 0, 0.25]]
    assert found["x"] == [0, 0, 1, 1, 2, 2, 5, 5]
    assert found["cdf"][0] == [0, 0.6, 0.6, 0.8, 0.8, 0.8, 0.8, 1]
    assert found["gap"] == {"at": 0, "cdf": [0.6, 0]}


def test_large_numbers_that_differ_little_are_told_apart():
    seconds = 1_451_606_400.0 + np.arange(0, 86_400, 60.0)
    found = check(overlay(numbers(seconds), numbers(seconds + 3600)))
    assert len(set(found["bins"])) == 31
    assert found["x"][0] == seconds[0]
    assert found["gap"]["cdf"][0] - found["gap"]["cdf"][1] == pytest.approx(
        3600 / 86_400, abs=0.002
    )


def test_one_far_value_does_not_press_the_rest_together():
    values = np.concatenate((np.linspace(0, 10, 5000), [1e6]))
    found = overlay(numbers(values), numbers(values + 1))
    assert found["bins"][-1] < 30
    assert 0 < found["outside"][0][1] < 0.001


def test_a_constant_is_one_bin():
    found = check(overlay(numbers([3.5, 3.5]), numbers([3.5])))
    assert found["bins"] == [3.5, 3.5]
    assert found["gap"]["cdf"] == [1, 1]


def test_missing_values_and_medians_are_told():
    found = overlay(numbers([1, 2, 3, 4], missing=1), numbers([10, 20, 30]))
    assert found["missing"] == [0.2, 0]
    assert found["median"] == [2, 20]
    assert found["n"] == [4, 3]


def test_infinite_values_are_left_out_of_the_picture():
    found = check(overlay(numbers([-math.inf, 1, 2]), numbers([1, 2, math.inf])))
    assert min(found["x"]) == 1
    assert found["cdf"][1][-1] == pytest.approx(2 / 3, abs=0.001)
    assert check(overlay(numbers([math.inf, 1.0]), numbers([math.inf, math.inf]))) is not None
    assert overlay(numbers([math.inf]), numbers([math.inf])) is None


def test_coarse_statistics_say_how_far_a_curve_may_be_off():
    coarse = NumericDistribution(
        np.array([0.0, 5.0, 10.0]),
        np.array([0.0, 0.0, 0.5]),
        np.array([0.0, 0.5, 0.9]),
        np.array([0.0, 0.5, 1.0]),
        np.array([0.5, 0.5, 1.0]),
        n=100,
    )
    assert overlay(coarse, numbers(range(100)))["known_to"][0] == pytest.approx(0.25, abs=0.01)


@settings(max_examples=60)
@given(
    before=st.lists(st.floats(allow_nan=False, width=32), min_size=1, max_size=60),
    now=st.lists(st.floats(allow_nan=False, width=32), min_size=1, max_size=60),
    integer=st.booleans(),
)
def test_whatever_the_values_an_overlay_fits_its_schema(before, now, integer):
    if integer:
        before, now = (
            [float(round(v)) if math.isfinite(v) else v for v in s] for s in (before, now)
        )
    found = overlay(numbers(before, integer=integer), numbers(now, integer=integer))
    if found is None:
        assert not all(math.isfinite(v) for v in before + now)
        return
    check(found)
    assert found["x"] == sorted(found["x"])
    assert found["bins"] == sorted(found["bins"])
    for curve in found["cdf"]:
        assert all(a <= b for a, b in itertools.pairwise(curve))
    for shares, outside in zip(found["shares"], found["outside"], strict=True):
        assert sum(shares) + sum(outside) <= 1.01


# Categories.


def test_the_largest_change_stands_first_and_the_rest_is_joined():
    before = {f"c{i:02}": 10.0 for i in range(20)}
    found = check(overlay(categories(before), categories({**before, "c07": 90.0, "new": 20.0})))
    assert found["names"][:2] == ["c07", "new"]
    assert (len(found["names"]), found["others"]) == (12, 9)
    assert found["shares"][0][:2] == [0.05, 0]
    for shares, other in zip(found["shares"], found["other_shares"], strict=True):
        assert sum(shares) + other == pytest.approx(1, abs=0.001)


def test_hidden_categories_are_among_the_others():
    found = overlay(categories({"a": 60.0}, other=40.0), categories({"a": 60.0}))
    assert found["other_shares"] == [0.4, 0]
    assert found["others"] == 0


def test_long_names_are_cut():
    found = check(overlay(categories({"x" * 9000: 1.0}), categories({"y": 1.0})))
    assert max(map(len, found["names"])) == 60


def test_sides_that_cannot_be_laid_over_each_other_have_no_picture():
    assert overlay(numbers([1]), categories({"a": 1.0})) is None
    assert overlay(numbers([1]), EmptyDistribution(3)) is None
    assert overlay(None, numbers([1])) is None


# A whole report.


def compared(features, budget=None, slices=("",)):
    rng = np.random.default_rng(3)
    sides = [
        Profile(
            {
                name: {
                    f"f{i:03}": numbers(rng.normal(shift * i / 10, 1, 400)) for i in range(features)
                }
                for name in slices
            },
            dict.fromkeys(slices, 400),
        )
        for shift in (0, 1)
    ]
    results = comparing.compare(*sides, DriftConfig())
    given = {} if budget is None else {"budget": budget}
    return sides, results, describe(*sides, results, **given)


def test_the_worst_are_shown_and_what_the_budget_lacks_is_counted():
    _, results, found = compared(12, budget=6000)
    names = [entry["feature"] for entry in found["shown"]]
    worst = list(dict.fromkeys(result.feature for result in worst_first(results)))
    assert names == worst[: len(names)]
    assert set(worst[:2]) == {"f010", "f011"}
    assert 1 <= len(names) < 12
    assert found["left_out"] == 12 - len(names)
    assert len(json.dumps(found["shown"])) <= 6000 + 100


def test_every_feature_is_shown_once_where_there_is_room():
    _, _, found = compared(5)
    assert sorted(entry["feature"] for entry in found["shown"]) == [f"f{i:03}" for i in range(5)]
    assert found["left_out"] == 0


def test_slices_have_distributions_of_their_own():
    sides, _, _ = compared(1, slices=("", "paid_Cash"))
    results = [
        MetricResult("f000", name, "ks", Status.PASS, "fine") for name in ("", "paid_Cash", "none")
    ]
    found = describe(*sides, results)
    assert [entry["slice"] for entry in found["shown"]] == ["", "paid_Cash"]


def test_the_same_data_give_the_same_bytes():
    assert json.dumps(compared(4)[2]) == json.dumps(compared(4)[2])


def test_a_hundred_features_take_less_than_their_budget():
    _, _, found = compared(100)
    assert len(found["shown"]) == 100
    assert len(json.dumps(found)) < 250_000
