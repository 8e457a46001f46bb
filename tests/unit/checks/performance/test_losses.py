import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from skewgate.checks.performance.losses import LOSSES, log_loss, squared_error

PROBABILITIES = st.floats(0.001, 0.999)


@given(rows=st.lists(st.tuples(st.sampled_from([0, 1]), PROBABILITIES), min_size=1, max_size=20))
def test_mean_binary_loss_is_that_of_scikit_learn(rows):
    labels, chances = zip(*rows, strict=True)
    expected = metrics.log_loss(labels, chances, labels=[0, 1])
    assert log_loss(labels, chances).mean() == pytest.approx(expected)


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 2), st.tuples(*[PROBABILITIES] * 3)), min_size=1, max_size=20
    )
)
def test_mean_multi_class_loss_is_that_of_scikit_learn(rows):
    labels = np.array([label for label, _ in rows])
    chances = np.array([chances for _, chances in rows])
    chances /= chances.sum(axis=1, keepdims=True)
    expected = metrics.log_loss(labels, chances, labels=[0, 1, 2])
    assert log_loss(labels, chances).mean() == pytest.approx(expected)
    assert log_loss(labels[:, None], chances).mean() == pytest.approx(expected)
    assert log_loss(np.eye(3)[labels], chances).mean() == pytest.approx(expected)


@given(rows=st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=1))
def test_mean_squared_error_is_that_of_scikit_learn(rows):
    labels, predictions = zip(*rows, strict=True)
    expected = metrics.mean_squared_error(labels, predictions)
    assert squared_error(labels, predictions).mean() == pytest.approx(expected)


def test_loss_of_each_row_stays_in_its_place():
    assert log_loss([1, 1, 0], [[0.5], [0.25], [0.9]]) == pytest.approx(
        [math.log(2), math.log(4), math.log(10)]
    )
    assert squared_error([[1.0], [4.0]], [3.0, 3.5]).tolist() == [4.0, 0.25]


def test_a_sure_mistake_costs_16_nats_and_not_infinity():
    assert log_loss([1, 0], [0.0, 1.0]) == pytest.approx([-math.log(1e-7)] * 2)
    assert log_loss([0], [[0.0, 1.0]]) == pytest.approx([-math.log(1e-7)])
    assert log_loss([1], [1.0]) == pytest.approx([1e-7], rel=1e-3)


def test_softmax_of_float32_has_the_sum_1():
    chances = np.full((1, 1000), 0.001, np.float32)
    assert log_loss([7], chances) == pytest.approx([math.log(1000)], rel=1e-5)


def test_no_rows_have_no_losses():
    assert [len(loss([], [])) for loss in LOSSES.values()] == [0, 0]


@pytest.mark.parametrize(
    ("labels", "predictions", "message"),
    [
        ([1], [1.2], r"probabilities in \[0, 1\], got 1.2 to 1.2"),
        ([1], [math.nan], "predictions must be finite"),
        ([math.nan], [0.5], "labels must be finite"),
        ([2], [0.5], "labels must be 0 or 1"),
        ([1, 0], [0.5], "2 labels for 1 predictions"),
        ([1], [[0.5, 0.4]], "the sum 1"),
        ([2], [[0.5, 0.5]], "classes from 0 to 1"),
        ([0.5], [[0.5, 0.5]], "classes from 0 to 1"),
        ([-1], [[0.5, 0.5]], "classes from 0 to 1"),
        ([0, 1], [[0.5, 0.5]], "2 labels for 1 predictions"),
        ([[1, 1]], [[0.5, 0.5]], "one-hot"),
        ([[0.5, 0.5]], [[0.5, 0.5]], "one-hot"),
        ([[0, 0, 1]], [[0.5, 0.5]], r"shape \(n,\) or \(n, 1\), got \(1, 3\)"),
        ([1], [[[0.5]]], r"got \(1, 1, 1\)"),
    ],
)
def test_what_has_no_log_loss_is_refused(labels, predictions, message):
    with pytest.raises(ValueError, match=message):
        log_loss(labels, predictions)


@pytest.mark.parametrize(
    ("labels", "predictions", "message"),
    [
        ([1.0], [math.inf], "predictions must be finite"),
        ([1.0, 2.0], [1.0], "2 labels for 1 predictions"),
        ([1.0], [[1.0, 2.0]], r"shape \(n,\)"),
    ],
)
def test_what_has_no_squared_error_is_refused(labels, predictions, message):
    with pytest.raises(ValueError, match=message):
        squared_error(labels, predictions)
