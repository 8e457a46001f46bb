import pydantic
import pytest

from skewgate import metrics
from skewgate.checks.drift.config import DriftConfig, FeatureRule, check_thresholds
from skewgate.core import yaml_model
from skewgate.core.errors import InputError

EXAMPLE = """
version: 1
defaults:
  numeric:     {ks: 0.1}
  categorical: {psi: 0.2}
  missing_rate: 0.05
significance: {alpha: 0.01, correction: none}
features:
  fare:    {ks: 0.08, jsd: 0.05}
  company: {psi: 0.25, critical: true}
  tips:    {ks: null, missing_rate: null}
  trip_id: {ignore: true}
slices: [[payment_type]]
policy:
  block_on: {share: 0.3}
  on_inconclusive: allow
  on_missing_baseline: allow
"""


def parse(text):
    return yaml_model.parse(DriftConfig, text, "drift.yaml")


def message(text):
    with pytest.raises(InputError) as caught:
        parse(text)
    return str(caught.value)


def test_an_empty_mapping_means_the_defaults():
    config = parse("{}")
    assert config.thresholds("fare", "numeric") == {"ks": 0.1, "missing_rate": 0.05}
    assert config.thresholds("company", "categorical") == {"psi": 0.2, "missing_rate": 0.05}
    assert config.thresholds("nothing", "empty") == {"missing_rate": 0.05}
    assert (config.significance.alpha, config.significance.correction) == (0.05, "bh")
    assert config.policy.block_on == "any"


def test_what_is_uncertain_or_missing_blocks_by_default():
    policy = parse("{}").policy
    assert (policy.on_inconclusive, policy.on_missing_baseline) == ("block", "block")


def test_the_example_of_the_design_is_read():
    config = parse(EXAMPLE)
    assert config.ignored == {"trip_id"}
    assert config.critical == {"company"}
    assert config.slices == [["payment_type"]]
    assert config.significance.correction == "none"
    assert config.policy.block_on.share == 0.3
    assert config.policy.on_missing_baseline == "allow"


def test_a_features_own_thresholds_win_over_the_defaults():
    config = parse(EXAMPLE)
    assert config.thresholds("fare", "numeric") == {"ks": 0.08, "jsd": 0.05, "missing_rate": 0.05}
    assert config.thresholds("miles", "numeric") == {"ks": 0.1, "missing_rate": 0.05}
    assert config.thresholds("company", "categorical") == {"psi": 0.25, "missing_rate": 0.05}


def test_null_switches_a_default_off():
    assert parse(EXAMPLE).thresholds("tips", "numeric") == {}
    assert parse("defaults: {missing_rate: null}").thresholds("x", "empty") == {}


def test_config_survives_json():
    config = parse(EXAMPLE)
    assert DriftConfig.model_validate_json(config.model_dump_json()) == config
    assert config.model_dump(mode="json")["features"]["company"] == {"critical": True, "psi": 0.25}


def test_config_cannot_be_changed():
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        parse("{}").version = 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("polcy: {}", "polcy is not a known key; the keys known here are defaults, features,"),
        ("policy: {block_onn: any}", "policy.block_onn is not a known key"),
        ("significance: {alph: 0.1}", "significance.alph is not a known key"),
        ("defaults: {numerical: {ks: 0.1}}", "defaults.numerical is not a known key"),
    ],
)
def test_unknown_key_is_refused_with_a_suggestion(text, expected):
    assert message(text).startswith(f"drift.yaml: {expected}")
    assert "did you mean" in message(text)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("features: {fare: {kss: 0.1}}", "features.fare"),
        ("features: {fare: {thresholds: {kss: 0.1}}}", "features.fare.thresholds"),
    ],
)
def test_unknown_metric_lists_the_valid_ones(text, field):
    text = message(text)
    assert text.startswith(f"drift.yaml: {field}: 'kss' is not a metric (did you mean 'ks'?)")
    assert ", ".join(sorted(metrics.REGISTRY)) in text


def test_misspelt_option_of_a_feature_is_recognised():
    assert "'critcal' is not a metric (did you mean 'critical'?)" in message(
        "features: {fare: {critcal: true}}"
    )


def test_unknown_key_beside_thresholds_is_refused():
    assert message("features: {fare: {thresholds: {ks: 0.1}, critcal: true}}").startswith(
        "drift.yaml: features.fare.critcal is not a known key"
    )


@pytest.mark.parametrize("kind", ["numeric", "categorical"])
def test_a_default_that_is_not_of_one_kind_is_refused_where_it_would_not_count(kind):
    assert message(f"defaults: {{{kind}: {{missing_rate: 0.1}}}}") == (
        f"drift.yaml: defaults.{kind}: missing_rate is for features of every kind. "
        "Fix: give it as defaults.missing_rate."
    )


def test_metric_of_the_wrong_kind_is_refused_in_the_defaults():
    text = message("defaults: {numeric: {linf: 0.1}}")
    assert text.startswith("drift.yaml: defaults.numeric: 'linf' is not a numeric metric")
    numeric = {name for name, metric in metrics.REGISTRY.items() if "numeric" in metric.kinds}
    assert f"valid are {', '.join(sorted(numeric - {'missing_rate'}))}" in text


@pytest.mark.parametrize(
    ("metric", "limit"), [(name, m.maximum) for name, m in metrics.REGISTRY.items()]
)
@pytest.mark.parametrize("bad", ["-0.1", "0", "2", ".nan", ".inf", "true", "'high'"])
def test_threshold_out_of_range_names_the_range(metric, limit, bad):
    if limit is None and bad == "2":
        assert parse(f"features: {{fare: {{{metric}: 2}}}}").features["fare"].thresholds == {
            metric: 2
        }
        return
    expected = "(0, inf)" if limit is None else f"(0, {limit:g}]"
    text = message(f"features: {{fare: {{{metric}: {bad}}}}}")
    assert text.startswith(
        f"drift.yaml: features.fare: {metric} must be a number in {expected}, got "
    )


def test_threshold_at_the_end_of_its_range_is_admitted():
    assert check_thresholds({"ks": 1, "psi": 7.5, "jsd": None}) == {
        "ks": 1,
        "psi": 7.5,
        "jsd": None,
    }


def test_thresholds_are_checked_however_a_rule_is_made():
    with pytest.raises(pydantic.ValidationError, match=r"ks must be a number in \(0, 1\], got -1"):
        FeatureRule(thresholds={"ks": -1})


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("version: 2", "version"),
        ("significance: {alpha: 1}", "significance.alpha"),
        ("significance: {correction: bonferroni}", "significance.correction"),
        ("policy: {block_on: some}", "policy.block_on"),
        (
            "policy: {block_on: {share: 1.5}}",
            "policy.block_on.share: input should be less than 1",
        ),
        ("policy: {on_inconclusive: pass}", "policy.on_inconclusive"),
        ("defaults: {missing_rate: 2}", "defaults.missing_rate"),
        ("defaults: {numeric: [ks]}", "defaults.numeric"),
        ("features: {fare: 3}", "features.fare"),
        ("slices: [payment_type]", "slices.0"),
    ],
)
def test_value_out_of_range_names_its_place(text, where):
    assert message(text).startswith(f"drift.yaml: {where}")


def test_the_path_of_a_bad_value_is_that_of_the_file():
    with pytest.raises(InputError, match=r"drift.yaml: policy.block_on"):
        yaml_model.parse(DriftConfig, "policy: {block_on: {share: 2}}", "drift.yaml")
    with pytest.raises(InputError, match=r"drift.yaml: slices.0"):
        yaml_model.parse(DriftConfig, "slices: [[]]", "drift.yaml")
    with pytest.raises(InputError, match=r"features.Fare"):
        yaml_model.parse(DriftConfig, "features: {Fare: {ks: 7}}", "drift.yaml")
