from __future__ import annotations

import pytest

from skewgate import decision
from skewgate.checks.performance.config import PerformanceConfig, PerformancePolicy
from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.core.results import (
    BASELINE_CHECK,
    LOW_COVERAGE,
    OPEN_WINDOW,
    SMALL_SLICE,
    MetricResult,
    Status,
)

CAUSES = {
    "on_small_slice": SMALL_SLICE,
    "on_open_window": OPEN_WINDOW,
    "on_low_coverage": LOW_COVERAGE,
    "on_inconclusive": None,
}


def parse(text):
    return yaml_model.parse(PerformanceConfig, text, "performance.yaml")


def doubt(cause=None, metric="auc"):
    return MetricResult("", "", metric, Status.INCONCLUSIVE, "open", cause=cause)


def test_defaults_block_whatever_is_in_doubt():
    config = parse("{}")
    assert config.min_slice_rows == 30
    assert (config.significance.alpha, config.significance.correction) == (0.05, "bh")
    assert config.segments is None
    assert config.windows is None
    for cause in CAUSES.values():
        assert config.policy.on_doubt(doubt(cause)) == "block"
    assert config.policy.on_doubt(doubt(metric=BASELINE_CHECK)) == "block"


def test_sections_that_are_there_have_defaults_of_their_own():
    config = parse("{windows: {}, segments: {features: [payment]}}")
    assert config.windows.model_dump() == {
        "feature": "window",
        "metrics": None,
        "reference": 8,
        "band_sigmas": 3.0,
    }
    assert config.segments.model_dump() == {
        "features": ["payment"],
        "depth": 2,
        "loss": "log_loss",
        "min_rows": 30,
        "top": 10,
    }


@pytest.mark.parametrize("allowed", CAUSES)
def test_each_cause_has_its_own_policy(allowed):
    policy = PerformancePolicy(**{allowed: "allow"})
    for name, cause in CAUSES.items():
        decided = decision.decide([doubt(cause)], policy)
        assert decided.status is Status.INCONCLUSIVE
        assert decided.blessed == (name == allowed)


def test_a_missing_baseline_has_its_own_policy():
    policy = PerformancePolicy(on_missing_baseline="allow")
    assert decision.decide([doubt(metric=BASELINE_CHECK)], policy).blessed
    assert not decision.decide([doubt()], policy).blessed


def test_no_policy_lets_a_failure_pass():
    policy = PerformancePolicy(**dict.fromkeys(CAUSES, "allow"))
    failed = MetricResult("", "payment:Cash", "auc", Status.FAIL, "low", cause=None)
    assert not decision.decide([failed, doubt(SMALL_SLICE)], policy).blessed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("min_slice_row: 5", r"min_slice_row is not a known key.* did you mean 'min_slice_rows'"),
        ("min_slice_rows: 0", r"min_slice_rows: input should be greater than 0, got 0"),
        ("windows: {referense: 9}", r"windows.referense is not a known key.*'reference'"),
        ("windows: {reference: 2}", r"windows.reference: .*greater than or equal to 3, got 2"),
        ("windows: {band_sigmas: 0}", r"windows.band_sigmas: .*greater than 0, got 0"),
        ("windows: {band_sigmas: .nan}", r"windows.band_sigmas: .*got nan"),
        ("windows: {feature: ''}", r"windows.feature: .*at least 1 character"),
        ("windows: {metrics: []}", r"windows.metrics: .*at least 1 item"),
        ("segments: {}", r"segments.features is required and missing"),
        ("segments: {features: []}", r"segments.features: .*at least 1 item"),
        ("segments: {features: [a], depth: 3}", r"segments.depth: .*1 or 2, got 3"),
        ("segments: {features: [a], loss: hinge}", r"segments.loss: .*'log_loss'.*got 'hinge'"),
        ("policy: {on_small_slice: warn}", r"policy.on_small_slice: .*'block' or 'allow'"),
        ("policy: {on_small_slices: allow}", r"policy.on_small_slices is not a known key"),
        ("version: 2", r"version: .*got 2"),
    ],
)
def test_malformed_config_is_one_sentence(text, message):
    with pytest.raises(InputError, match=f"^performance.yaml: {message}"):
        parse(text)


def test_what_a_warn_rule_names_does_not_block():
    config = parse('warn: [{metric: precision}, {metric: "auc*", slice: "payment:Pr*"}]')
    failed = [
        MetricResult("", slice_, metric, Status.FAIL, "low")
        for metric, slice_ in (
            ("precision", ""),
            ("precision", "payment:Cash"),
            ("auc change", "payment:Prcard"),
            ("auc", "payment:Cash"),
            ("auc", ""),
        )
    ]
    warned = config.warned(failed)
    assert [result.severity for result in warned] == ["warning"] * 3 + [None] * 2
    assert decision.decide(warned[:3], config.policy).blessed
    assert not decision.decide(warned, config.policy).blessed


def test_what_passes_does_not_warn():
    passed = MetricResult("", "", "precision", Status.PASS, "high")
    assert parse("warn: [{metric: precision}]").warned([passed]) == [passed]


def test_a_warn_rule_for_everything_is_refused():
    with pytest.raises(InputError, match=r"would let everything pass"):
        parse("warn: [{}]")
    with pytest.raises(InputError, match=r"would let everything pass"):
        parse('warn: [{metric: "*", slice: "*"}]')


@pytest.mark.parametrize(
    "rules",
    [
        '[{metric: "**"}]',
        '[{metric: "?*"}]',
        '[{slice: ""}, {slice: "?*"}]',
        '[{slice: "*:*"}, {metric: auc}, {slice: ""}]',
    ],
)
def test_warn_rules_that_cover_everything_together_are_refused(rules):
    with pytest.raises(InputError, match=r"^performance\.yaml: warn: would let everything pass"):
        parse(f"warn: {rules}")


@pytest.mark.parametrize("rules", ['[{slice: "*:*"}]', '[{slice: ""}]', '[{metric: "a*"}]', "[]"])
def test_warn_rules_that_leave_something_are_taken(rules):
    assert isinstance(parse(f"warn: {rules}").warn, list)
