from __future__ import annotations

import math

import pytest
from tensorflow_model_analysis.metrics import metric_types

from skewgate.components.performance_gate import completion, configuration, measured
from skewgate.core.errors import InputError
from skewgate.estimation.estimates import Exact, Resampled, Share, Unchanging

CONFIG = """
model_specs { label_key: "label" prediction_key: "p" }
metrics_specs {
  metrics { class_name: "AUC" threshold { value_threshold { lower_bound { value: 0.8 } } } }
  metrics { class_name: "Precision" }
  metrics { class_name: "BinaryAccuracy" }
  metrics { class_name: "SparseCategoricalAccuracy" }
}
"""
WHOLE = ()
CASH, CARD = (("payment", "Cash"),), (("payment", "Card"),)


def key(name, **fields):
    return metric_types.MetricKey(name, **fields)


def cells(name, tp, tn, fp, fn, **fields):
    found = {"tp": tp, "tn": tn, "fp": fp, "fn": fn}
    return {key(f"{name}.{cell}", **fields): (float(n), 0.1, 19) for cell, n in found.items()}


@pytest.fixture
def make(measurements):
    config = completion.complete(configuration.parse_eval_config(CONFIG), has_baseline=False)

    def make(slices):
        return measurements(config, slices)

    return make


def estimate(make, name, numbers, rows=100, slice_key=WHOLE, **fields):
    return make({slice_key: (rows, numbers)}).estimate(slice_key, key(name, **fields))


@pytest.mark.parametrize(
    ("name", "value", "share"),
    [
        ("precision", 30 / 35, Share(30, 35, 100)),
        ("binary_accuracy", 0.85, Share(85, 100, 100)),
    ],
)
def test_a_share_of_trials_is_counted(make, name, value, share):
    numbers = {key(name): (value, 0.02, 19), **cells(name, 30, 55, 5, 10)}
    assert estimate(make, name, numbers) == share


def test_a_share_of_the_rows_is_counted_from_its_value(make):
    name = "sparse_categorical_accuracy"
    assert estimate(make, name, {key(name): (0.87, 0.02, 19)}) == Share(87, 100, 100)
    assert estimate(make, name, {key(name): (0.8701, 0.02, 19)}) == Share(87, 100, 100)
    assert estimate(make, name, {key(name): (0.875, 0.02, 19)}) == Resampled(0.875, 0.02, 19, 100)


NOT_A_SHARE = {
    "weighted": ({"example_weighted": True}, (30, 55, 5, 10), 30 / 35),
    "micro average": (
        {"aggregation_type": metric_types.AggregationType(micro_average=True)},
        (30, 55, 5, 10),
        30 / 35,
    ),
    "macro average": (
        {"aggregation_type": metric_types.AggregationType(macro_average=True)},
        (30, 55, 5, 10),
        30 / 35,
    ),
    "several trials a row": ({"sub_key": metric_types.SubKey(top_k=2)}, (60, 110, 10, 20), 6 / 7),
    "fractions of rows": ({}, (30.4, 54.6, 5, 10), 30.4 / 35.4),
    "cells of something else": ({}, (30, 55, 5, 10), 0.5),
    "no trial": ({}, (0, 90, 0, 10), 0.5),
}


@pytest.mark.parametrize("why", NOT_A_SHARE)
def test_what_is_no_share_of_independent_trials_has_its_resampled_error(make, why):
    fields, numbers, value = NOT_A_SHARE[why]
    own = key("precision", **fields)
    found = {own: (value, 0.02, 19), **cells("precision", *numbers, **fields)}
    assert estimate(make, "precision", found, **fields) == Resampled(value, 0.02, 19, 100)


def test_a_share_without_its_cells_has_its_resampled_error(make):
    found = {key("precision"): (0.8, 0.02, 19)}
    assert estimate(make, "precision", found) == Resampled(0.8, 0.02, 19, 100)


@pytest.mark.parametrize("options", [{"class_id": 2}, {"k": 1}])
def test_one_class_of_many_is_a_share_too(measurements, options):
    text = """
    model_specs { label_key: "label" }
    metrics_specs {
      binarize { class_ids { values: 2 } k_list { values: 1 } }
      metrics { class_name: "Recall" threshold { value_threshold { lower_bound { value: 0 } } } }
    }
    """
    config = completion.complete(configuration.parse_eval_config(text), has_baseline=False)
    own = key("recall", sub_key=metric_types.SubKey(**options))
    numbers = {own: (0.25, 0.1, 19), **cells("recall", 2, 90, 2, 6, sub_key=own.sub_key)}
    found = measurements(config, {WHOLE: (100, numbers)})
    assert found.estimate(WHOLE, own) == Share(2, 8, 100)


def test_a_comparison_of_slices_is_no_share(make):
    across = (CASH, CARD)
    found = make(
        {
            CASH: (60, {}),
            CARD: (40, {}),
            across: (0, {key("precision"): (0.8, 0.02, 19), **cells("precision", 4, 34, 1, 1)}),
        }
    )
    assert found.rows(across) == 40
    assert found.estimate(across, key("precision")) == Resampled(0.8, 0.02, 19, 40)


@pytest.mark.parametrize(
    "number",
    [
        (math.nan, 0.1, 19),
        (math.inf, 0.1, 19),
        (0.8, math.nan, 19),
        (0.8, None, None),
        (0.8, 0.1, None),
        (0.8, 0.1, 0.0),
    ],
)
def test_a_number_without_value_or_error_is_no_estimate(make, number):
    assert estimate(make, "auc", {key("auc"): number}) is None
    assert make({WHOLE: (100, {key("auc"): number})}).resampled(WHOLE, key("auc")) is None


def test_a_metric_that_is_missing_is_no_estimate(make):
    assert estimate(make, "auc", {}) is None
    assert make({WHOLE: (100, {})}).resampled(WHOLE, key("auc")) is None


def test_a_slice_without_a_count_of_rows_is_no_estimate(make):
    assert estimate(make, "auc", {key("auc"): (0.8, 0.1, 19)}, rows=0) is None


@pytest.mark.parametrize(("positive", "negative"), [(0, 40), (40, 0)])
def test_a_ranking_of_labels_that_are_alike_is_no_estimate(make, positive, negative):
    """TFMA says that its AUC is 0."""
    numbers = {key("auc"): (0.0, 0.0, 19), **cells("auc", positive, negative, 0, 0)}
    changed = key("auc", is_diff=True)
    found = make({CASH: (40, {**numbers, changed: (0.0, 0.0, 19)}), CARD: (60, {})})
    assert found.estimate(CASH, key("auc")) is None
    assert found.resampled(CASH, key("auc")) is None
    assert found.resampled(CASH, changed) is None
    across = (CARD, CASH)
    found.slices[across] = found.slices[CASH]
    assert found.estimate(across, key("auc")) is None


def test_a_ranking_of_both_classes_in_perfect_disorder_is_one(make):
    numbers = {key("auc"): (0.0, 0.0, 19), **cells("auc", 0, 0, 20, 20)}
    assert estimate(make, "auc", numbers, rows=40) == Unchanging(0.0, 1.0, 40)


def test_what_resampling_did_not_move_is_not_certain(make):
    for error in (0.0, 1e-12):
        found = estimate(make, "auc", {key("auc"): (1.0, error, 19)}, rows=40)
        assert found == Unchanging(1.0, 1.0, 40)
    large = estimate(make, "auc", {key("auc"): (-250.0, 0.0, 19)}, rows=40)
    assert large == Unchanging(-250.0, 250.0, 40)


@pytest.mark.parametrize("size", [1e-8, 1e-20, 1e15])
def test_what_resampling_moved_is_seen_however_small_the_metric_is(make, size):
    numbers = {key("loss"): (3 * size, 0.02 * size, 19)}
    assert estimate(make, "loss", numbers, rows=40) == Resampled(3 * size, 0.02 * size, 19, 40)
    still = {key("loss"): (3 * size, 1e-12 * size, 19)}
    assert isinstance(estimate(make, "loss", still, rows=40), Unchanging)


def test_a_change_rounds_as_the_metric_does_that_changed(make):
    change = key("loss", is_diff=True)
    numbers = {key("loss"): (0.8, 0.01, 19), change: (1e-16, 1e-17, 19)}
    assert isinstance(make({WHOLE: (40, numbers)}).resampled(WHOLE, change), Unchanging)
    small = {key("loss"): (3e-8, 2e-10, 19), change: (1e-9, 4e-11, 19)}
    assert make({WHOLE: (40, small)}).resampled(WHOLE, change) == Resampled(1e-9, 4e-11, 19, 40)


def test_a_difference_of_slices_rounds_as_the_metric_of_the_slices(make):
    across = (CASH, CARD)
    loss = key("loss")
    sides = {CASH: (40, {loss: (0.8, 0.01, 19)}), CARD: (60, {loss: (0.8, 0.01, 19)})}
    found = make({**sides, across: (0, {loss: (1e-16, 1e-17, 19)})})
    assert isinstance(found.estimate(across, loss), Unchanging)


@pytest.mark.parametrize("size", [1e-8, 1e-30, 1e12])
def test_a_metric_of_any_size_is_known_as_well_as_its_error_says(make, size):
    found = estimate(make, "loss", {key("loss"): (size, size / 100, 19)})
    assert found == Resampled(size, size / 100, 19, 100)


def test_rounding_of_a_difference_is_that_of_what_it_is_the_difference_of(make):
    ours, theirs = (key("loss", model_name=name) for name in ("candidate", "baseline"))
    numbers = {ours: (250.0, 3.0, 19), theirs: (250.0, 3.0, 19)}
    changed = ours.make_diff_key()
    rounded = make({WHOLE: (40, {**numbers, changed: (3e-14, 2e-14, 19)})})
    assert rounded.resampled(WHOLE, changed) == Unchanging(3e-14, 1.0, 40)
    known = make({WHOLE: (40, {**numbers, changed: (1e-5, 2e-6, 19)})})
    assert known.resampled(WHOLE, changed) == Resampled(1e-5, 2e-6, 19, 40)


def test_a_count_is_known(make):
    assert estimate(make, "example_count", {}) == Exact(100.0, 100)


def test_rows_are_counted_without_weights_where_both_are_there(make):
    weighted = key("example_count", example_weighted=True)
    found = make({WHOLE: (100, {weighted: (31_400.5,)})})
    assert found.rows(WHOLE) == 100
    del found.slices[WHOLE].values[key("example_count")]
    assert found.rows(WHOLE) == 31_400  # of an evaluation that counted nothing else


@pytest.mark.parametrize("name", ["", "candidate", "mine"])
def test_the_model_of_an_evaluation_is_found_whatever_its_name(make, name):
    found = make({CASH: (50, {key("auc", model_name=name): (0.8, 0.1, 19)})})
    wanted = key("auc", model_name="mine")
    assert found.only_model(CASH, wanted) == Resampled(0.8, 0.1, 19, 50)
    assert found.only_model(CARD, wanted) is None
    assert found.only_model(CASH, key("loss", model_name="mine")) is None


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_without_an_evaluation_is_one_sentence(tmp_path, there):
    folder = tmp_path / "evaluation"
    if there:
        folder.mkdir()
    with pytest.raises(
        InputError, match=r"evaluation: does not hold a TFMA evaluation .* again\.$"
    ):
        measured.load(str(folder))
