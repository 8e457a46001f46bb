from __future__ import annotations

import pytest
from google.protobuf import json_format, text_format
from tensorflow_model_analysis.proto import config_pb2

from skewgate.checks.performance import eval_configs
from skewgate.components.performance_gate import configuration
from skewgate.components.performance_gate.component import PerformanceGate
from skewgate.core.errors import InputError
from tests.components.performance_gate.eval_configs import (
    CHANGE,
    CONFIG,
    FLOOR,
    TWO,
    complete,
    metric,
    parse,
)


def test_text_and_json_are_read_alike():
    as_json = json_format.MessageToJson(text_format.Parse(CONFIG, config_pb2.EvalConfig()))
    assert parse(as_json) == parse("\n" + as_json) == parse(CONFIG)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model_specs {", r"is not a tfma.EvalConfig \(.*\)\. Fix: correct it\.$"),
        ("{", r"is not a tfma.EvalConfig"),
        ("{" + '"a":{' * 5_000, r"is not a tfma.EvalConfig"),
        ("model_specs { " * 5_000, r"is not a tfma.EvalConfig .more than 64 nested messages"),
        ("nonsense { }", r"is not a tfma.EvalConfig"),
        ("", r"every model_spec must name its label_key"),
        (CONFIG.replace('label_key: "label"', ""), r"every model_spec must name its label_key"),
        (
            CONFIG + 'model_specs { name: "b" prediction_key: "p" label_key: "label" }',
            r"one model_spec names a prediction_key and another does not",
        ),
        (
            CONFIG + 'model_specs { name: "b" label_key: "label" }',
            r"has 2 model_specs that are not a baseline, and there is one model",
        ),
        (
            CONFIG.replace("model_specs {", "model_specs { is_baseline: true"),
            r"has 0 model_specs that are not a baseline",
        ),
        (
            CONFIG + 'slicing_specs { slice_keys_sql: "SELECT 1" }',
            r"slices by slice_keys_sql.* Fix: use feature_keys",
        ),
        (
            CONFIG + "options { compute_confidence_intervals { value: false } }",
            r"switches confidence intervals off",
        ),
        (CONFIG.replace(FLOOR, ""), r"sets no threshold, so nothing would be decided"),
        (CONFIG.replace("lower_bound { value: 0.8 }", ""), r"a threshold without a bound on auc"),
        (
            CONFIG.replace("value_threshold { lower_bound { value: 0.8 } }", CHANGE).replace(
                "absolute { value: -0.02 }", ""
            ),
            r"a threshold without a bound on auc",
        ),
        (
            CONFIG.replace("value_threshold { lower_bound { value: 0.8 } }", CHANGE).replace(
                "direction: HIGHER_IS_BETTER", ""
            ),
            r"sets a change_threshold without a direction on auc",
        ),
        (CONFIG.replace("0.8", "nan"), r"sets a bound of nan on auc, which decides nothing"),
        (CONFIG.replace("0.8", "-inf"), r"sets a bound of -inf on auc, which decides nothing"),
        (
            CONFIG.replace("value_threshold { lower_bound { value: 0.8 } }", CHANGE).replace(
                "-0.02", "inf"
            ),
            r"sets a bound of inf on auc",
        ),
        (
            CONFIG.replace('label_key: "label"', 'label_keys { key: "x" value: "label" }'),
            r"asks for AUC of no output, and the label_keys are those of x\. Fix: name one of them",
        ),
        (
            CONFIG.replace(
                'label_key: "label"',
                'label_keys { key: "x" value: "l" } prediction_keys { key: "y" value: "p" }',
            ).replace("metrics_specs {", 'metrics_specs { output_names: "x"'),
            r"asks for AUC of output 'x', and the prediction_keys are those of y\. Fix: name one",
        ),
        (metric(f'class_name: "Acuracy" {FLOOR}'), r"has a metric that TFMA cannot make \(Unknown"),
        (
            metric(f'class_name: "Mine" module: "no.such.module" {FLOOR}'),
            r"has a metric that TFMA cannot make \(No module named 'no'\)",
        ),
        (
            metric(f'class_name: "AUC" config: \'"thresholdz": 3\' {FLOOR}'),
            r"cannot make \(.*keyword argument 'thresholdz'.*\)\. Fix: correct its class_",
        ),
        (
            metric(f'class_name: "Precision" config: \'{{"thresholds": [0.7]\' {FLOOR}'),
            r"has a metric that TFMA cannot make \(Expecting ',' delimiter",
        ),
    ],
)
def test_what_cannot_decide_is_one_sentence(text, message):
    with pytest.raises(InputError, match=f"^eval_config.pbtxt: .*{message}") as caught:
        parse(text)
    assert "\n" not in str(caught.value).partition("(")[0]


def test_the_component_refuses_what_cannot_decide_before_the_pipeline_runs():
    from tfx import types
    from tfx.types import standard_artifacts

    examples = types.Channel(type=standard_artifacts.Examples)
    with pytest.raises(InputError, match="sets no threshold"):
        PerformanceGate(examples, CONFIG.replace(FLOOR, ""))
    with pytest.raises(InputError, match=r"^performance.yaml: window is not a known key"):
        PerformanceGate(examples, CONFIG, config="{window: {}}")
    component = PerformanceGate(examples, CONFIG, example_splits=["a", "b"])
    assert component.spec.exec_properties["example_splits"] == '["a", "b"]'
    assert component.spec.exec_properties["eval_config"] == CONFIG


def test_thresholds_are_found_wherever_an_eval_config_has_them():
    text = f"""
    {TWO}
    metrics_specs {{
      metrics {{ class_name: "AUC" {FLOOR}
        per_slice_thresholds {{ slicing_specs {{ feature_keys: "payment" }}
          threshold {{ value_threshold {{ upper_bound {{ value: 0.99 }} }} {CHANGE} }} }}
        cross_slice_thresholds {{
          cross_slicing_specs {{ baseline_spec {{}} slicing_specs {{ feature_keys: "payment" }} }}
          threshold {{ value_threshold {{ upper_bound {{ value: 0.1 }} }} }} }} }}
      thresholds {{ key: "loss" value {{ value_threshold {{ upper_bound {{ value: 1 }} }} }} }}
    }}
    """
    found = configuration.metric_thresholds(complete(text, has_baseline=True))
    told = [(w.key.name, w.worse, w.is_change, w.is_across, w.spec is None) for w in found]
    assert sorted(told) == [
        ("auc", "higher", False, False, False),
        ("auc", "higher", False, True, False),
        ("auc", "lower", False, False, True),
        ("auc", "lower", True, False, False),
        ("loss", "higher", False, False, True),
    ]
    assert {w.key.model_name for w in found} == {"candidate"}


@pytest.mark.parametrize(
    ("threshold", "worse"),
    [
        ("value_threshold { lower_bound { value: 0.1 } }", "lower"),
        ("value_threshold { upper_bound { value: 0.1 } }", "higher"),
        ("value_threshold { lower_bound { value: 0.1 } upper_bound { value: 0.9 } }", None),
        ("change_threshold { direction: HIGHER_IS_BETTER absolute { value: 0 } }", "lower"),
        ("change_threshold { direction: LOWER_IS_BETTER relative { value: 0 } }", "higher"),
    ],
)
def test_which_side_is_worse_follows_from_the_threshold(threshold, worse):
    text = CONFIG.replace(FLOOR, f"threshold {{ {threshold} }}")
    (wanted,) = configuration.metric_thresholds(parse(text))
    assert wanted.worse == worse


def test_only_a_threshold_on_change_is_one():
    assert not configuration.has_change(parse(CONFIG))
    assert configuration.has_change(parse(CONFIG.replace(FLOOR, f"threshold {{ {CHANGE} }}")))


def test_labels_and_logged_predictions_are_named_by_the_model_specs():
    logged = CONFIG.replace('label_key: "label"', 'label_key: "tip" prediction_key: "p"')
    assert eval_configs.has_logged_predictions(parse(logged))
    assert not eval_configs.has_logged_predictions(parse(CONFIG))
    several = CONFIG.replace(
        'label_key: "label"',
        'label_keys { key: "x" value: "tip" } label_keys { key: "y" value: "fare" }',
    ).replace("metrics_specs {", 'metrics_specs { output_names: "x"')
    assert eval_configs.label_features(parse(several)) == ["fare", "tip"]
    assert eval_configs.label_features(parse(logged)) == ["tip"]
