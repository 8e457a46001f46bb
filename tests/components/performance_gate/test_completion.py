from __future__ import annotations

import json

import pytest
from tensorflow_model_analysis.metrics import metric_specs, metric_types

from skewgate.components.performance_gate import completion, configuration
from tests.components.performance_gate.eval_configs import (
    CHANGE,
    CONFIG,
    FLOOR,
    TWO,
    complete,
    keys,
    metric,
    parse,
)


def test_rows_are_counted_and_intervals_computed():
    found = complete(CONFIG)
    assert found.options.compute_confidence_intervals.value
    assert metric_types.MetricKey("example_count") in keys(found)
    twice = CONFIG + 'metrics_specs { metrics { class_name: "ExampleCount" } }'
    names = [m.class_name for spec in complete(twice).metrics_specs for m in spec.metrics]
    assert names.count("ExampleCount") == 1


@pytest.mark.parametrize("also", ["", 'metrics_specs { metrics { class_name: "ExampleCount" } }'])
def test_rows_are_counted_also_where_they_have_weights(also):
    text = CONFIG.replace('label_key: "label"', 'label_key: "label" example_weight_key: "w"')
    found = keys(complete(text + also))
    assert metric_types.MetricKey("example_count", example_weighted=False) in found
    assert metric_types.MetricKey("auc", example_weighted=True) in found


def test_slices_are_added_to_those_that_are_there():
    found = complete(CONFIG, slices=["window", "payment"])
    assert [[*spec.feature_keys] for spec in found.slicing_specs] == [[], ["payment"], ["window"]]
    plain = CONFIG.replace("slicing_specs {}", "").replace(
        'slicing_specs { feature_keys: "payment" }', ""
    )
    found = complete(plain, slices=["window"])
    assert [[*spec.feature_keys] for spec in found.slicing_specs] == [[], ["window"]]


def test_a_slice_by_one_value_of_a_feature_is_not_a_slice_by_the_feature():
    text = CONFIG + 'slicing_specs { feature_values { key: "window" value: "2016-03-01" } }'
    found = complete(text, slices=["window"])
    assert ["window"] in [[*spec.feature_keys] for spec in found.slicing_specs]


@pytest.mark.parametrize("class_name", sorted(completion.RANKINGS | completion.PROPORTIONS.keys()))
def test_every_share_and_every_ranking_has_its_cells(class_name):
    needed = {
        "PrecisionAtRecall": "recall",
        "RecallAtPrecision": "precision",
        "SensitivityAtSpecificity": "specificity",
        "SpecificityAtSensitivity": "sensitivity",
    }.get(class_name)
    options = f"config: '\"{needed}\": 0.5'" if needed else ""
    found = complete(metric(f'class_name: "{class_name}" {options} {FLOOR}'))
    (own,) = (w.key for w in configuration.metric_thresholds(found))
    cells = {own._replace(name=f"{own.name}.{cell}") for cell in ("tp", "tn", "fp", "fn")}
    assert cells < keys(found)


def test_cells_have_the_options_of_their_metric_but_not_its_threshold():
    text = metric(
        f'class_name: "BinaryAccuracy" config: \'"threshold": 0.7, "name": "strict"\' {FLOOR}'
    )
    found = complete(text)
    cells = [m for m in found.metrics_specs[0].metrics if m.class_name == "TruePositives"]
    assert [json.loads(cell.config) for cell in cells] == [{"thresholds": 0.7, "name": "strict.tp"}]
    metric_specs.to_computations(found.metrics_specs, eval_config=found)
    assert len(configuration.metric_thresholds(found)) == 1


def test_cells_of_a_ranking_have_only_its_class():
    text = metric(f'class_name: "AUC" config: \'"num_thresholds": 50, "class_id": 1\' {FLOOR}')
    found = complete(text)
    cells = [m for m in found.metrics_specs[0].metrics if m.class_name == "TruePositives"]
    assert [json.loads(cell.config) for cell in cells] == [{"class_id": 1, "name": "auc.tp"}]
    metric_specs.to_computations(found.metrics_specs, eval_config=found)


def test_names_that_the_user_gave_are_kept():
    text = metric(f'class_name: "AUC" config: \'"name": "ours"\' {FLOOR}')
    assert [w.key.name for w in configuration.metric_thresholds(complete(text))] == ["ours"]
    assert "ours" in {key.name for key in keys(complete(text))}


@pytest.mark.parametrize("name", ["", "anything"])
def test_a_single_model_spec_may_have_any_name(name):
    text = CONFIG.replace("model_specs {", f'model_specs {{ name: "{name}"').replace(
        "metrics_specs {", f'metrics_specs {{ model_names: "{name}"'
    )
    assert [spec.name for spec in complete(text).model_specs] == [""]
    with_baseline = complete(text, has_baseline=True)
    assert [(s.name, s.is_baseline) for s in with_baseline.model_specs] == [
        ("candidate", False),
        ("baseline", True),
    ]


def test_without_a_baseline_model_its_spec_and_changes_are_left_out_and_judged_all_the_same():
    text = TWO + CONFIG.partition("\n")[2].replace(
        'model_specs { label_key: "label" }', ""
    ).replace("threshold {", f"threshold {{ {CHANGE}", 1)
    found = complete(text)
    assert [spec.is_baseline for spec in found.model_specs] == [False]
    assert not configuration.has_change(found)
    alone = configuration.metric_thresholds(completion.without_baseline(parse(text)))
    assert sorted((w.key.name, w.key.model_name, w.is_change) for w in alone) == [
        ("auc", "", False),
        ("auc", "", True),
    ]
    # What is judged was computed under the same key.
    assert {w.key._replace(is_diff=False) for w in alone} <= keys(found)


def test_a_baseline_whose_predictions_are_in_the_rows_is_compared_with():
    text = f"""
    model_specs {{ name: "new" prediction_key: "p" label_key: "label" }}
    model_specs {{ name: "old" prediction_key: "q" label_key: "label" is_baseline: true }}
    metrics_specs {{ metrics {{ class_name: "AUC" threshold {{ {CHANGE} }} }} }}
    """
    found = complete(text)
    assert [spec.name for spec in found.model_specs] == ["new", "old"]
    assert [w.key.model_name for w in configuration.metric_thresholds(found)] == ["new"]
    plain = completion.without_changes(found)
    assert not configuration.has_change(plain)
    assert configuration.has_change(found)


def test_without_changes_clears_every_kind_of_threshold_and_nothing_else():
    value = "value_threshold { lower_bound { value: 0.8 } }"
    inside = f"threshold {{ {value} {CHANGE} }}"
    text = f"""
    {TWO}
    metrics_specs {{
      metrics {{ class_name: "AUC" {inside}
        per_slice_thresholds {{ slicing_specs {{}} {inside} }}
        cross_slice_thresholds {{ cross_slicing_specs {{ baseline_spec {{}} }} {inside} }} }}
      thresholds {{ key: "a" value {{ {value} {CHANGE} }} }}
      per_slice_thresholds {{ key: "a" value {{ thresholds {{ slicing_specs {{}} {inside} }} }} }}
      cross_slice_thresholds {{ key: "a" value {{ thresholds {{
        cross_slicing_specs {{ baseline_spec {{}} }} {inside} }} }} }}
    }}
    """
    plain = completion.without_changes(parse(text))
    assert str(plain).count("change_threshold") == 0
    assert str(plain).count("value_threshold") == 6
