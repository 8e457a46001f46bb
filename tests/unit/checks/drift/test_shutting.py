"""A policy that nothing can shut is bad input, and so is one that these data cannot shut."""

from __future__ import annotations

import pytest

from skewgate.checks.drift import evaluate
from skewgate.checks.drift.config import DriftConfig
from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.core.profile import Profile
from skewgate.core.results import Status

CRITICAL = "\npolicy: {block_on: critical}"


def config(text):
    return yaml_model.parse(DriftConfig, text, "drift.yaml")


@pytest.fixture
def sides(build):
    """Two sides on which each of three numbers and one category moved as far as it can."""

    def make(start, name):
        numbers = {each: build.numeric(range(start, start + 3_000)) for each in ("a", "b", "c")}
        return Profile({"": {**numbers, "pay": build.categorical({name: 3_000})}}, {"": 3_000})

    return make(0, "Cash"), make(9_000, "Card")


NOTHING = "defaults: {numeric: {ks: null}, categorical: {psi: null}, missing_rate: null}"
FULL = "defaults: {numeric: {ks: 1}, categorical: {psi: null}, missing_rate: 1}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (CRITICAL, "policy.block_on is critical and no feature is"),
        ("features: {a: {ks: 0.2}}" + CRITICAL, "policy.block_on is critical and no feature is"),
        ("features: {a: {critical: true, ignore: true}}" + CRITICAL, "no critical feature has a"),
        (NOTHING + "\nfeatures: {a: {critical: true}, b: {ks: 0.1}}" + CRITICAL, "no critical fea"),
        (FULL + "\nfeatures: {a: {critical: true}}" + CRITICAL, "no critical feature has a check"),
        (NOTHING, "no feature has a check that can fail"),
        (FULL, "no feature has a check that can fail"),
        (NOTHING + "\nfeatures: {a: {ks: 0.1, ignore: true}}", "no feature has a check that can"),
        (NOTHING + "\npolicy: {block_on: {share: 0.5}}", "no feature has a check that can fail"),
    ],
)
def test_what_no_data_could_shut_is_refused_when_it_is_read(text, problem):
    with pytest.raises(InputError, match=rf"^drift\.yaml: {problem}.* Fix: give a "):
        config(text)


@pytest.mark.parametrize(
    "text",
    [
        "features: {a: {critical: true}, b: {critical: true, ignore: true}}" + CRITICAL,
        NOTHING + "\nfeatures: {a: {critical: true, ks: 0.3}}" + CRITICAL,
        "features: {pay: {critical: true, psi: 9}}" + CRITICAL,
        NOTHING + "\nfeatures: {pay: {linf: 0.5}}",
        FULL.replace("missing_rate: 1", "missing_rate: 0.5"),
    ],
)
def test_what_can_shut_is_taken_and_shuts(sides, text):
    found = evaluate(*sides, config(text))
    if "missing_rate: 0.5" in text:  # nothing is missing here; it could have been
        assert found.decision.status is Status.PASS
    else:
        assert not found.decision.blessed


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "features: {a: {critical: true, ks: null, missing_rate: null}}" + CRITICAL,
            r"policy\.block_on is critical, and no critical feature has a check that can fail",
        ),
        (
            "features: {a: {critical: true, ks: 1, missing_rate: 1}}" + CRITICAL,
            r"policy\.block_on is critical, and no critical feature has a check that can fail",
        ),
        (
            "defaults: {numeric: {ks: 1}, missing_rate: 1}\npolicy: {block_on: {share: 0.4}}",
            r"policy\.block_on\.share is 0\.4, and 1 of 4 features have a check that can fail",
        ),
        (
            "defaults: {numeric: {ks: 1}, missing_rate: 1}\npolicy: {block_on: {share: 0.25}}",
            r"policy\.block_on\.share is 0\.25, and 1 of 4 features have a check that can fail",
        ),
    ],
)
def test_what_these_data_could_not_shut_is_refused(sides, text, problem):
    with pytest.raises(InputError, match=rf"^mine\.yaml: {problem}.* Fix: give a"):
        evaluate(*sides, config(text), where="mine.yaml")


def test_a_share_that_can_be_reached_is_taken(sides):
    text = "defaults: {numeric: {ks: 1}, missing_rate: 1}\npolicy: {block_on: {share: 0.2}}"
    assert not evaluate(*sides, config(text)).decision.blessed


def test_without_a_baseline_there_is_nothing_to_reach(sides):
    found = evaluate(None, sides[1], config("features: {a: {critical: true}}" + CRITICAL))
    assert not found.decision.blessed
