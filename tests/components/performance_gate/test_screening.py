"""Rows are marked batch by batch, in whatever form TFMA keeps their values."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.api import types

from skewgate.checks.performance.usable_rows import Part, Problem
from skewgate.components.performance_gate import requirements, screening
from tests.components.performance_gate.eval_configs import FLOOR, complete, parse

LOGGED = """
model_specs { label_key: "label" prediction_key: "p" %s }
metrics_specs { metrics { class_name: "%s" %s threshold {
  value_threshold { lower_bound { value: 0.8 } } } } %s }
"""
TWO = f"""
model_specs {{ name: "new" label_key: "label" prediction_key: "p" }}
model_specs {{ name: "old" label_key: "label" prediction_key: "q" is_baseline: true }}
metrics_specs {{ metrics {{ class_name: "AUC" {FLOOR} }} }}
"""
OUTPUTS = f"""
model_specs {{
  label_keys {{ key: "tip" value: "tipped" }} label_keys {{ key: "fare" value: "paid" }}
}}
metrics_specs {{ output_names: "tip" metrics {{ class_name: "AUC" {FLOOR} }} }}
metrics_specs {{ output_names: "fare" metrics {{ class_name: "MeanSquaredError" {FLOOR} }} }}
"""


def plan(text, is_logged=True):
    return screening.make_plan(complete(text), parse(text), is_logged=is_logged)


def auc(class_name="AUC", options="", spec="", model=""):
    return plan(LOGGED % (model, class_name, options, spec))


def screened(made, labels, predictions, weights=None, rows=4):
    """Returns what each row has, "" if nothing, and the examples by problem."""
    extracts = {
        tfma.LABELS_KEY: labels,
        tfma.PREDICTIONS_KEY: predictions,
        "example_weights": weights,
        screening.FAULT: np.zeros(rows, np.int64),
    }
    codes, examples = screening.screened(made, extracts)
    faults = ["", *(f"{fault.check} {fault.problem.value}" for fault in made.faults)]
    return [faults[code] for code in codes], {
        made.faults[index].problem: text for index, text in examples.items()
    }


LABELS = np.array([1, 0, 1, 0])
CHANCES = np.array([0.9, np.nan, 0.2, np.inf], np.float32)


def test_rows_of_an_array_are_marked():
    found, examples = screened(auc(), LABELS, CHANCES)
    assert found == ["", "prediction is NaN or infinite", "", "prediction is NaN or infinite"]
    assert examples == {Problem.NOT_FINITE: "nan"}


def test_rows_without_a_value_are_marked_where_tfma_would_take_0():
    said = types.VarLenTensorValue(
        values=np.array([0.9, 0.2, np.nan]),
        indices=np.array([[0, 0], [2, 0], [3, 0]]),
        dense_shape=np.array([4, 1]),
    )
    found, examples = screened(auc(), LABELS, said)
    assert found == ["", "prediction is missing", "", "prediction is NaN or infinite"]
    assert examples[Problem.MISSING] == "nothing"


def test_a_column_with_nothing_in_some_rows_and_a_batch_without_the_column():
    lists = np.empty(4, object)
    lists[0], lists[2] = [0.9], [0.5]
    assert screened(auc(), LABELS, lists)[0] == [
        "",
        "prediction is missing",
        "",
        "prediction is missing",
    ]
    assert screened(auc(), LABELS, None)[0] == ["prediction is missing"] * 4


def test_ragged_values_are_read():
    ragged = types.RaggedTensorValue(
        values=np.array([0.5, 0.5, np.nan, 0.1, 0.9]),
        nested_row_splits=[np.array([0, 1, 1, 2, 3]), np.array([0, 2, 3, 5])],
    )
    found = screened(auc("MeanSquaredError"), LABELS, ragged)[0]
    assert found == ["", "prediction is missing", "prediction is NaN or infinite", ""]


def test_text_and_many_classes_are_told_for_binary_metrics_only():
    text = np.array([b"Cash", b"Card", b"Cash", b"Card"], object)
    found, examples = screened(auc(), text, np.full(4, 0.5))
    assert set(found) == {"label is text"}
    assert examples == {Problem.TEXT: "'Cash'"}
    assert set(screened(auc("ExactMatch"), text, text)[0]) == {""}
    many = np.array([0, 1, 2, 3])
    assert screened(auc(), many, np.full(4, 0.5))[0] == ["", "", *["label is not in [0, 1]"] * 2]
    assert set(screened(auc("MeanSquaredError"), many, np.full(4, 0.5))[0]) == {""}
    wide = np.full((4, 3), 1 / 3)
    for name in ("AUC", "SparseCategoricalAccuracy"):
        assert screened(auc(name), many, wide)[0] == [
            "",
            "",
            "",
            "label is not a class of the prediction",
        ]


@pytest.mark.parametrize(
    ("name", "options", "is_asked"),
    [
        ("AUC", "", True),
        ("BinaryCrossEntropy", "", True),
        ("BinaryCrossEntropy", "config: '\"from_logits\": true'", False),
        ("BrierScore", "", True),
        ("Precision", "config: '\"thresholds\": 0.0'", False),
        ("MeanSquaredError", "", False),
    ],
)
def test_scores_must_be_probabilities_where_a_metric_takes_them_for_such(name, options, is_asked):
    found = screened(auc(name, options), LABELS, np.array([0.5, 3.5, -2.0, 0.5]))[0]
    assert found.count("prediction is no probability") == (2 if is_asked else 0)


def test_weights_are_looked_at_where_rows_are_weighed():
    made = auc(model='example_weight_key: "w"')
    weights = np.array([1.0, -0.5, np.nan, 0.0])
    assert screened(made, LABELS, np.full(4, 0.5), weights)[0] == [
        "",
        "weight is below 0",
        "weight is NaN or infinite",
        "",
    ]
    assert {fault.key for fault in made.faults if fault.part is Part.WEIGHT} == {
        "example_weight_key 'w'"
    }
    unweighted = auc(model='example_weight_key: "w"', spec="example_weights { unweighted: true }")
    assert set(screened(unweighted, LABELS, np.full(4, 0.5), weights)[0]) == {""}


def test_models_and_outputs_are_told_apart():
    good, bad = np.full(4, 0.5), np.array([0.5, np.nan, 0.5, 0.5])
    labels = {"new": LABELS, "old": LABELS}
    found = screened(plan(TWO), labels, {"new": good, "old": bad})[0]
    assert found == ["", "prediction (old) is NaN or infinite", "", ""]
    assert {f.is_baseline for f in plan(TWO).faults if f.owner == "old"} == {True}
    made = plan(OUTPUTS, is_logged=False)
    labels = {"tip": LABELS, "fare": np.array([3.0, 4.0, np.nan, 1.0])}
    found = screened(made, labels, {"tip": bad, "fare": good})[0]
    assert found == [
        "",
        "prediction (tip) is NaN or infinite",
        "label (fare) is NaN or infinite",
        "",
    ]
    assert {fault.key for fault in made.faults} == {
        "output 'tip' of the model",
        "output 'fare' of the model",
        "label_keys 'tipped'",
        "label_keys 'paid'",
    }


def test_the_output_that_tfma_would_take_of_several_is_looked_at():
    made = plan((LOGGED % ("", "AUC", "", "")).replace('"p"', '"chance"'), is_logged=False)
    bad = {"chance": CHANCES, "logits": np.zeros(4)}
    assert screened(made, LABELS, bad)[0].count("prediction is NaN or infinite") == 2
    usual = plan((LOGGED % ("", "AUC", "", "")).replace('prediction_key: "p"', ""), is_logged=False)
    assert screened(usual, LABELS, {"probabilities": CHANCES, "x": LABELS})[0].count("") == 2


def test_only_metrics_that_were_asked_for_are_named():
    assert {name for fault in auc().faults for name in fault.metrics} == {"auc"}
    needs = requirements.needs_by_output(complete(TWO), parse(TWO))
    assert {place: each.binary for place, each in needs.items()} == {
        ("new", ""): ("auc",),
        ("old", ""): ("auc",),
    }
