"""One call makes a whole drift check; the command line and DriftEvaluator both make it."""

import dataclasses

import pytest

from skewgate.checks.drift import evaluate
from skewgate.checks.drift.config import DriftConfig
from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.core.profile import Profile
from skewgate.core.results import Status


def config(text):
    return yaml_model.parse(DriftConfig, text, "drift.yaml")


@pytest.fixture
def baseline(build):
    return Profile(
        {"": {"fare": build.numeric(range(3_000)), "pay": build.categorical({"a": 3_000})}},
        {"": 3_000},
    )


@pytest.fixture
def current(build):
    return Profile(
        {"": {"fare": build.numeric(range(900, 3_400)), "pay": build.categorical({"a": 2_500})}},
        {"": 2_500},
    )


def test_the_results_are_decided_under_the_policy(baseline, current):
    found = evaluate(baseline, current, DriftConfig())
    assert found.decision.status is Status.FAIL
    assert not found.decision.blessed
    assert [(r.feature, r.metric) for r in found.decision.failures] == [("fare", "ks")]
    assert found.results == found.decision.results
    assert len(found.results) == 4


def test_critical_features_are_those_of_the_config(baseline, current):
    text = "features: {%s: {critical: true}}\npolicy: {block_on: critical}"
    decisions = [
        evaluate(baseline, current, config(text % feature)).decision for feature in ("fare", "pay")
    ]
    assert [decision.blessed for decision in decisions] == [False, True]


@pytest.mark.parametrize(
    ("feature", "blessed"), [("tags", False), ("num_values(tags)", False), ("fare", True)]
)
def test_how_many_values_a_critical_feature_has_is_critical_too(build, feature, blessed):
    def side(lengths):
        tags = dataclasses.replace(build.numeric([1] * 3_000), n_present=1_000)
        features = {"fare": build.numeric(range(1_000)), "tags": tags}
        return Profile({"": features}, {"": 1_000}, {"": {"tags": build.numeric(lengths)}})

    text = f"features: {{{feature}: {{critical: true}}}}\npolicy: {{block_on: critical}}"
    found = evaluate(side([3] * 1_000), side([2] * 500 + [4] * 500), config(text))
    assert [r.feature for r in found.results if r.status is Status.FAIL] == ["num_values(tags)"]
    assert found.decision.blessed is blessed


def test_the_report_holds_both_sides_and_their_distributions(baseline, current):
    report = evaluate(baseline, current, DriftConfig()).report({"uri": "old"}, {"uri": "new"})
    assert (report.kind, report.baseline, report.current) == (
        "drift",
        {"uri": "old"},
        {"uri": "new"},
    )
    [worst, other] = report.details["distributions"]["shown"]
    assert (worst["feature"], worst["n"]) == ("fare", [3_000, 2_500])
    assert other["feature"] == "pay"


@pytest.mark.parametrize(("allowed", "blessed"), [("block", False), ("allow", True)])
def test_without_a_baseline_nothing_is_compared(current, allowed, blessed):
    found = evaluate(None, current, config(f"policy: {{on_missing_baseline: {allowed}}}"))
    assert [(r.metric, r.status) for r in found.results] == [("baseline", Status.INCONCLUSIVE)]
    assert found.decision.blessed is blessed
    assert found.in_doubt == frozenset()
    assert found.report({}, {"uri": "new"}).details == {}


def test_what_could_still_be_settled_is_named(build, baseline):
    fare, pay = build.numeric(range(290, 3_290), buckets=4), build.categorical({"a": 3_000})
    coarse = Profile({"": {"fare": fare, "pay": pay}}, {"": 3_000})
    found = evaluate(baseline, coarse, DriftConfig())
    assert found.in_doubt == {"fare"}
    assert found.current is coarse
    fine = Profile({"": {"fare": build.numeric(range(290, 3_290))}}, {"": 3_000})
    again = evaluate(baseline, coarse, DriftConfig(), lambda features: (None, fine))
    assert again.in_doubt == frozenset()
    assert again.baseline is baseline
    assert again.current.slices[""]["fare"] is fine.slices[""]["fare"]


def test_a_bad_config_is_named_by_its_file(baseline, current):
    with pytest.raises(InputError, match=r"^mine\.yaml: features\.fair is in neither"):
        evaluate(baseline, current, config("features: {fair: {ks: 0.1}}"), where="mine.yaml")
