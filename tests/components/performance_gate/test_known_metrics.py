"""Metrics that cannot be had are refused when the contract is read, with the nearest that works."""

from __future__ import annotations

import pytest
from tensorflow_model_analysis.utils.keras_lib import tf_keras

from skewgate.core.errors import InputError
from tests.components.performance_gate.eval_configs import FLOOR, metric, parse


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("PinballLoss", "QuantileLoss"),
        ("Quantile_Loss", "QuantileLoss"),
        ("ECE", "ExpectedCalibrationError"),
        ("BrierScoreLoss", "BrierScore"),
        ("Brier", "BrierScore"),
        ("R2", "R2Score"),
        ("RMSE", "RootMeanSquaredError"),
        ("LogLoss", "BinaryCrossEntropy"),
        ("Acuracy", "Accuracy"),
        ("RocAuc", "AUC"),
    ],
)
def test_a_metric_by_another_name_is_refused_with_the_one_that_works(asked, nearest):
    with pytest.raises(InputError, match=rf"cannot create \(.*{asked}.*Fix: ask for {nearest}\.$"):
        parse(metric(f'class_name: "{asked}" {FLOOR}'))
    parse(metric(f'class_name: "{nearest}" {FLOOR}'))


def test_a_metric_unlike_any_other_is_refused_without_a_guess():
    with pytest.raises(InputError, match=r"Fix: correct its class_name and config"):
        parse(metric(f'class_name: "Xyzzy" {FLOOR}'))


class Mixed(tf_keras.metrics.Metric):
    """Has a number and a vector, as Keras' own R2Score; TFMA adds both up as one array."""

    def __init__(self, name="mixed", **options):
        super().__init__(name=name, **options)
        self.count = self.add_weight(name="count")
        self.sums = self.add_weight(name="sums", shape=(3,))

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.count.assign_add(1.0)

    def result(self):
        return self.count


def test_a_keras_metric_that_tfma_cannot_merge_is_refused():
    text = metric(f'class_name: "Mixed" module: "{__name__}" {FLOOR}')
    with pytest.raises(InputError, match=r"asks for mixed \(Mixed\), whose variables of shapes"):
        parse(text)


@pytest.mark.parametrize(
    "name",
    [
        "RootMeanSquaredError",
        "MeanSquaredLogarithmicError",
        "CosineSimilarity",
        "Hinge",
        "KLDivergence",
        "Poisson",
        "LogCoshError",
        "CategoricalAccuracy",
        "SparseCategoricalAccuracy",
        "SparseCategoricalCrossentropy",
        "TopKCategoricalAccuracy",
        "BinaryIoU",
    ],
)
def test_keras_metrics_that_work_are_taken(name):
    assert parse(metric(f'class_name: "{name}" {FLOOR}'))
