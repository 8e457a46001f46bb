"""The metrics that TFMA lacks, by the combiners that it would run, against formulas and sklearn."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn.metrics
from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2

from skewgate.components.performance_gate import own_metrics
from skewgate.core.errors import InputError
from tests.components.performance_gate.eval_configs import FLOOR, metric, parse

RANDOM = np.random.default_rng(5)
LABEL = (RANDOM.random(97) < 0.3).astype(float)
CHANCE = RANDOM.random(97)
WEIGHT = RANDOM.integers(0, 4, 97).astype(float)
AMOUNT = 1e6 + 40.0 * RANDOM.normal(size=97)
GUESS = AMOUNT + 25.0 * RANDOM.normal(size=97)
CLASS = RANDOM.integers(0, 3, 97)
CHANCES = RANDOM.dirichlet([1, 2, 1], 97)


def computed(class_name, labels, predictions, weights=None, config="", **spec):
    """Computes a metric in three parts that are merged, the second of which is empty."""
    specs = [
        config_pb2.MetricsSpec(
            metrics=[config_pb2.MetricConfig(class_name=class_name, config=config)], **spec
        )
    ]
    eval_config = config_pb2.EvalConfig(
        model_specs=[
            config_pb2.ModelSpec(
                label_key="label", example_weight_key="" if weights is None else "weight"
            )
        ],
        metrics_specs=specs,
    )
    (made,) = metric_specs.to_computations(specs, eval_config=eval_config)
    parts = [made.combiner.create_accumulator() for _ in range(3)]
    for index, (label, prediction) in enumerate(zip(labels, predictions, strict=True)):
        weight = np.array([1.0 if weights is None else weights[index]])
        row = metric_types.StandardMetricInputs(
            label=np.atleast_1d(label), prediction=np.atleast_1d(prediction), example_weight=weight
        )
        part = 0 if index < 40 else 2
        parts[part] = made.combiner.add_input(parts[part], row)
    (value,) = made.combiner.extract_output(made.combiner.merge_accumulators(iter(parts))).values()
    return value


def test_brier_score_is_that_of_sklearn():
    assert computed("BrierScore", LABEL, CHANCE) == pytest.approx(
        sklearn.metrics.brier_score_loss(LABEL, CHANCE)
    )
    assert computed("BrierScore", LABEL, CHANCE, WEIGHT) == pytest.approx(
        sklearn.metrics.brier_score_loss(LABEL, CHANCE, sample_weight=WEIGHT)
    )


@pytest.mark.parametrize("labels", [CLASS, np.eye(3)[CLASS]], ids=["class", "one-hot"])
def test_brier_score_of_classes_is_the_sum_over_them(labels):
    expected = np.mean(np.sum((CHANCES - np.eye(3)[CLASS]) ** 2, axis=1))
    assert computed("BrierScore", labels, CHANCES) == pytest.approx(expected)


def test_brier_score_of_one_class_is_binary():
    spec = {"binarize": config_pb2.BinarizationOptions(class_ids={"values": [1]})}
    assert computed("BrierScore", CLASS, CHANCES, **spec) == pytest.approx(
        sklearn.metrics.brier_score_loss(CLASS == 1, CHANCES[:, 1])
    )


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_expected_calibration_error_compares_chance_and_truth_bin_by_bin(bins):
    place = np.minimum((CHANCE * bins).astype(int), bins - 1)
    expected = sum(
        WEIGHT[place == b].sum()
        * abs(
            np.average(CHANCE[place == b], weights=WEIGHT[place == b])
            - np.average(LABEL[place == b], weights=WEIGHT[place == b])
        )
        for b in set(place)
        if WEIGHT[place == b].sum() > 0
    )
    found = computed("ExpectedCalibrationError", LABEL, CHANCE, WEIGHT, f'"num_bins": {bins}')
    assert found == pytest.approx(expected / WEIGHT.sum())


def test_expected_calibration_error_of_classes_looks_at_the_most_probable_one():
    best = CHANCES.max(axis=1)
    is_right = CHANCES.argmax(axis=1) == CLASS
    place = np.minimum((best * 15).astype(int), 14)
    expected = sum(abs(best[place == b].sum() - is_right[place == b].sum()) for b in set(place))
    found = computed("ExpectedCalibrationError", CLASS, CHANCES)
    assert found == pytest.approx(expected / 97)


def test_probabilities_of_exactly_0_and_1_have_a_bin():
    assert computed("ExpectedCalibrationError", [0, 1], [0.0, 1.0]) == 0.0
    assert computed("ExpectedCalibrationError", [1, 0], [0.0, 1.0]) == 1.0


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_quantile_loss_is_that_of_sklearn(quantile):
    found = computed("QuantileLoss", AMOUNT, GUESS, WEIGHT, f'"quantile": {quantile}')
    assert found == pytest.approx(
        sklearn.metrics.mean_pinball_loss(AMOUNT, GUESS, sample_weight=WEIGHT, alpha=quantile)
    )


@pytest.mark.parametrize("weights", [None, WEIGHT])
def test_r2_score_is_that_of_sklearn_also_far_from_0(weights):
    found = computed("R2Score", AMOUNT, GUESS, weights)
    assert found == pytest.approx(
        sklearn.metrics.r2_score(AMOUNT, GUESS, sample_weight=weights), rel=1e-9
    )


def test_what_is_not_defined_is_nan():
    assert math.isnan(computed("R2Score", [2.0, 2.0], [1.0, 3.0]))
    for name in ("BrierScore", "ExpectedCalibrationError", "QuantileLoss", "R2Score"):
        assert math.isnan(computed(name, [], []))
        assert math.isnan(computed(name, [1.0], [0.5], [0.0]))


@pytest.mark.parametrize(("label", "said"), [([3], CHANCES[0]), ([0.5], CHANCES[0]), ([1, 0], 0.5)])
def test_a_label_that_fits_no_prediction_is_an_error(label, said):
    with pytest.raises(ValueError, match="does not fit prediction"):
        computed("BrierScore", [np.array(label)], [said])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('class_name: "QuantileLoss" config: \'"quantile": 1.5\'', r"quantile must be in \(0, 1\)"),
        ('class_name: "ExpectedCalibrationError" config: \'"num_bins": 0\'', "num_bins must be"),
        ('class_name: "R2Score" config: \'"num_regressors": 3\'', "num_regressors"),
    ],
)
def test_options_that_make_no_sense_are_one_sentence(text, message):
    with pytest.raises(InputError, match=rf"TFMA cannot create \(.*{message}"):
        parse(metric(f"{text} {FLOOR}"))


def test_own_metrics_are_asked_for_by_their_names():
    for name, key in (
        ("BrierScore", "brier_score"),
        ("ExpectedCalibrationError", "expected_calibration_error"),
        ("QuantileLoss", "quantile_loss"),
        ("R2Score", "r2_score"),
    ):
        text = metric(f'class_name: "{name}" {FLOOR}')
        ((found, *_),) = metric_specs.keys_and_metrics_from_specs(
            parse(text), parse(text).metrics_specs
        )
        assert found.name == key
        assert getattr(own_metrics, name).__doc__
