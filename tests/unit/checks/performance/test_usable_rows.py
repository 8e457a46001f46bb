"""Which rows a metric can count, by what their labels, predictions and weights are."""

from __future__ import annotations

import numpy as np
import pytest

from skewgate.checks.performance.usable_rows import Cells, Needs, Part, Problem, absent, faulty

LABEL, PREDICTION, WEIGHT = Part.LABEL, Part.PREDICTION, Part.WEIGHT
NUMBERS = Needs(prediction=("mse",), number=("mse",))
BINARY = Needs(
    prediction=("auc",), number=("auc",), binary=("auc",), probability=("auc",), weighted=("auc",)
)
CLASSES = Needs(prediction=("acc",), number=("acc",), classes=("acc",))


def cells(*rows):
    """Rows, each a list of values."""
    values = [value for row in rows for value in row]
    places = [index for index, row in enumerate(rows) for _ in row]
    return Cells(np.array(values), np.array(places, np.int64), len(rows))


def found(needs, label, prediction, weight=None, **options):
    """Returns for each fault that any row has which rows have it."""
    weight = weight or cells(*[[1.0]] * label.size)
    return {
        (part, problem): np.flatnonzero(wrong).tolist()
        for part, problem, wrong in faulty(needs, label, prediction, weight, **options)
        if wrong.any()
    }


def test_usable_rows_have_no_fault():
    assert found(BINARY, cells([1], [0], [0.5]), cells([0.2], [1.0], [0.0])) == {}
    assert found(CLASSES, cells([2], [0]), cells([0.1, 0.2, 0.7], [1, 0, 0])) == {}
    assert found(NUMBERS, cells([-3.5], [1e30]), cells([7.0], [-2.0])) == {}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_none_is_found_in_every_part(value):
    good, bad = cells([1.0], [0.0]), cells([0.5], [value])
    assert found(BINARY, good, bad) == {(PREDICTION, Problem.NOT_FINITE): [1]}
    assert found(BINARY, bad, good) == {(LABEL, Problem.NOT_FINITE): [1]}
    assert found(BINARY, good, good, bad) == {(WEIGHT, Problem.NOT_FINITE): [1]}


def test_one_value_of_many_spoils_its_row():
    said = cells([0.2, 0.8], [np.nan, 0.5], [0.5, 0.5])
    assert found(BINARY, cells([1], [1], [0]), said) == {(PREDICTION, Problem.NOT_FINITE): [1]}


def test_what_is_missing_is_found():
    assert found(NUMBERS, cells([1], [2], [3]), cells([1], [], [3])) == {
        (PREDICTION, Problem.MISSING): [1]
    }
    assert found(NUMBERS, cells([1], []), cells([1], [2])) == {(LABEL, Problem.MISSING): [1]}
    assert found(BINARY, cells([1], [0]), cells([1], [0]), cells([], [1])) == {
        (WEIGHT, Problem.MISSING): [0]
    }
    assert found(NUMBERS, cells([1], [2]), absent(2)) == {(PREDICTION, Problem.MISSING): [0, 1]}


def test_text_is_no_number():
    text, numbers = cells([b"Cash"], [b"Card"]), cells([1.0], [0.0])
    assert found(NUMBERS, text, numbers) == {(LABEL, Problem.TEXT): [0, 1]}
    assert found(NUMBERS, numbers, text) == {(PREDICTION, Problem.TEXT): [0, 1]}
    assert found(BINARY, numbers, numbers, text) == {(WEIGHT, Problem.TEXT): [0, 1]}
    assert found(Needs(prediction=("rouge",)), text, text) == {}


def test_a_text_whose_class_the_model_tells_is_a_label():
    text = cells([b"Cash"], [b"Card"])
    assert found(BINARY, text, cells([0.1, 0.9], [0.5, 0.5]), has_vocabulary=True) == {}


def test_labels_of_many_classes_are_not_binary():
    assert found(BINARY, cells([1], [2], [-1], [0]), cells(*[[0.5]] * 4)) == {
        (LABEL, Problem.NOT_BINARY): [1, 2]
    }


@pytest.mark.parametrize("needs", [BINARY, CLASSES])
def test_a_label_must_be_one_of_the_predicted_classes(needs):
    said = cells(*[[0.5, 0.3, 0.2]] * 4)
    assert found(needs, cells([2], [3], [-1], [0.5]), said) == {
        (LABEL, Problem.NOT_A_CLASS): [1, 2, 3]
    }


def test_one_hot_labels_are_binary_and_as_wide_as_the_prediction():
    said = cells([0.5, 0.5], [0.1, 0.9], [0.9, 0.1])
    assert found(BINARY, cells([0, 1], [0, 2], [0, 1, 0]), said) == {
        (LABEL, Problem.NOT_BINARY): [1],
        (LABEL, Problem.SEVERAL): [2],
    }


def test_scores_beyond_0_and_1_are_no_probabilities():
    said = cells([-1e-7], [1.0000001], [1.01], [-3.0])
    assert found(BINARY, cells([1], [1], [1], [0]), said) == {
        (PREDICTION, Problem.NOT_A_PROBABILITY): [2, 3]
    }


def test_weights_are_one_number_of_0_or_more():
    assert found(BINARY, *[cells([1], [0], [1])] * 2, cells([0.0], [-1e-9], [1, 2])) == {
        (WEIGHT, Problem.NEGATIVE): [1],
        (WEIGHT, Problem.SEVERAL): [2],
    }


def test_rows_are_shown_by_their_values():
    assert cells([b"Cash"], [0.25, 3.0]).example(0) == "'Cash'"
    assert cells([1.5], [0.25, 3.0]).example(1) == "[0.25, 3]"
    assert absent(1).example(0) == "nothing"
