"""Which metrics an EvalConfig may ask for, and the nearest one that works for another."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable
from typing import Any

import numpy as np
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.utils.keras_lib import tf_keras

from skewgate.components.performance_gate import own_metrics  # noqa: F401 (makes them known)
from skewgate.core.errors import InputError

_OTHER_NAMES = {
    "accuracyscore": "BinaryAccuracy",
    "averageprecision": "AUCPrecisionRecall",
    "brier": "BrierScore",
    "brierloss": "BrierScore",
    "brierscoreloss": "BrierScore",
    "calibrationerror": "ExpectedCalibrationError",
    "crossentropy": "BinaryCrossEntropy",
    "ece": "ExpectedCalibrationError",
    "expectedcalibration": "ExpectedCalibrationError",
    "gini": "AUC",
    "logloss": "BinaryCrossEntropy",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "mcc": "MatthewsCorrelationCoefficient",
    "meanpinballloss": "QuantileLoss",
    "mse": "MeanSquaredError",
    "msle": "MeanSquaredLogarithmicError",
    "pinball": "QuantileLoss",
    "pinballloss": "QuantileLoss",
    "prauc": "AUCPrecisionRecall",
    "quantileerror": "QuantileLoss",
    "quantilescore": "QuantileLoss",
    "r2": "R2Score",
    "rmse": "RootMeanSquaredError",
    "rocauc": "AUC",
    "rocaucscore": "AUC",
    "rsquared": "R2Score",
}
"""What other libraries call metrics, in small letters."""
_WHERE = "eval_config.pbtxt"
_KERAS_COMBINER = "_CompilableMetricsCombiner"
_LABELS = ([[1.0], [0.0], [1.0]], [[1], [0], [1]], [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
_PREDICTIONS = (
    [[0.75], [0.25], [0.5]],
    [[0.25, 0.75], [0.75, 0.25], [0.5, 0.5]],
    [[0.25, 0.75], [0.75, 0.25], [0.5, 0.5]],
)
"""Rows of numbers, of classes and of one-hot classes, with predictions that fit them."""


def nearest_to_unknown(config: config_pb2.EvalConfig) -> str:
    """Returns the name of the metric that was meant by the first one that there is not.

    Returns:
        "" if there are all that are asked for, or none is near.
    """
    ours = metric_types.registered_metrics()
    for spec in config.metrics_specs:
        for metric in spec.metrics:
            name = metric.class_name
            is_keras = inspect.isclass(getattr(tf_keras.metrics, name or "-", None))
            if not (metric.module or name in ours or is_keras):
                return _nearest(name, ours)
    return ""


def _nearest(name: str, ours: Iterable[str]) -> str:
    """Returns the name that was most likely meant, "" if none is near."""
    key = "".join(each for each in name.lower() if each.isalnum())
    if key in _OTHER_NAMES:
        return _OTHER_NAMES[key]
    keras = [name for name, _ in inspect.getmembers(tf_keras.metrics, inspect.isclass)]
    by_key = {each.lower(): each for each in (*keras, *ours)}
    return next((by_key[near] for near in difflib.get_close_matches(key, by_key, 1)), "")


def check_states(computations: Iterable[Any]) -> None:
    """Makes sure that TFMA can merge what Keras metrics have counted of parts of the rows.

    It adds up the variables of a metric as one array, which must have one shape then.

    Raises:
        InputError: a metric has variables of several shapes.
    """
    for computation in computations:
        combiner: Any = getattr(computation, "combiner", None)
        if type(combiner).__name__ != _KERAS_COMBINER:
            continue
        combiner.setup()
        for metrics in combiner._metrics.values():
            for metric in metrics:
                shapes = _shapes(metric)
                if len(shapes) > 1:
                    raise InputError(
                        _WHERE,
                        f"asks for {metric.name} ({type(metric).__name__}), whose variables of "
                        f"shapes {sorted(shapes)} TFMA cannot merge",
                        "ask for another metric",
                    )


def _shapes(metric: Any) -> set[tuple[int, ...]]:
    """Returns the shapes of a metric's variables once it has seen rows."""
    for labels, predictions in zip(_LABELS, _PREDICTIONS, strict=True):
        try:
            metric.update_state(np.array(labels), np.array(predictions))
        except Exception:  # noqa: BLE001 (Keras raises many things at rows of another form)
            continue
        break
    return {np.shape(weight) for weight in metric.get_weights()}
