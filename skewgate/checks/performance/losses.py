"""The loss of each row, from its label and its prediction."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from skewgate.core.distributions import FloatArray
from skewgate.core.wording import number

CLIP = 1e-7
"""Probabilities are taken to lie in [CLIP, 1 - CLIP], as Keras has it."""
_SUM_TOLERANCE = 1e-3


def log_loss(labels: npt.ArrayLike, predictions: npt.ArrayLike) -> FloatArray:
    """Returns the cross-entropy of each row, -ln(probability of its label), in nats.

    Args:
        labels: binary: 0 or 1, shape (n,) or (n, 1). Multi-class: the class as an integer in
            [0, k), shape (n,) or (n, 1), or one-hot, shape (n, k).
        predictions: binary: the probability of 1, shape (n,) or (n, 1). Multi-class: the
            probabilities of the classes, shape (n, k) with k > 1, each row with the sum 1.

    Returns:
        Shape (n,), in [0, 16.2]: probabilities are clipped at 1e-7.

    Raises:
        ValueError: shapes do not fit, a probability is not one, or a label is no class.

    >>> log_loss([1, 0, 1], [0.8, 0.8, 1.0]).round(4).tolist()
    [0.2231, 1.6094, 0.0]
    >>> log_loss([2, 0], [[0.1, 0.2, 0.7], [0.1, 0.2, 0.7]]).round(4).tolist()
    [0.3567, 2.3026]
    """
    given = _finite(predictions, "predictions")
    wanted = _finite(labels, "labels")
    if np.any((given < 0) | (given > 1)):
        raise ValueError(
            "predictions must be probabilities in [0, 1], got "
            f"{number(float(given.min()), 0)} to {number(float(given.max()), 1)}"
        )
    if given.ndim == 2 and given.shape[1] > 1:
        if np.any(np.abs(given.sum(axis=1) - 1) > _SUM_TOLERANCE):
            raise ValueError("predictions must have the sum 1 in each row")
        right = given[np.arange(len(given)), _classes(wanted, given.shape)]
    else:
        chance, label = _flat(given, "predictions"), _flat(wanted, "labels")
        _same_length(label, chance)
        if np.any((label != 0) & (label != 1)):
            raise ValueError("labels must be 0 or 1 where predictions are one probability per row")
        right = np.where(label == 1, chance, 1 - chance)
    return np.asarray(-np.log(np.clip(right, CLIP, 1 - CLIP)), float)


def squared_error(labels: npt.ArrayLike, predictions: npt.ArrayLike) -> FloatArray:
    """Returns (prediction - label)^2 of each row, in the square of the label's unit.

    Args:
        labels, predictions: finite numbers, shape (n,) or (n, 1).

    Returns:
        Shape (n,), >= 0.

    Raises:
        ValueError: shapes do not fit, or a number is not finite.

    >>> squared_error([3.0, 1.0], [2.5, 3.0]).tolist()
    [0.25, 4.0]
    """
    label = _flat(_finite(labels, "labels"), "labels")
    prediction = _flat(_finite(predictions, "predictions"), "predictions")
    _same_length(label, prediction)
    return np.asarray((prediction - label) ** 2)


LOSSES: dict[str, Callable[[npt.ArrayLike, npt.ArrayLike], FloatArray]] = {
    "log_loss": log_loss,
    "squared_error": squared_error,
}
"""The losses by name."""


def _classes(labels: FloatArray, shape: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Returns the class of each row, shape (n,)."""
    if labels.shape == shape:
        if np.any((labels != 0) & (labels != 1)) or np.any(labels.sum(axis=1) != 1):
            raise ValueError("one-hot labels must have a single 1 in each row, and 0 elsewhere")
        return np.asarray(labels.argmax(axis=1), np.int64)
    flat = _flat(labels, "labels")
    _same_length(flat, np.empty(shape[0]))
    if np.any((flat != np.floor(flat)) | (flat < 0) | (flat >= shape[1])):
        raise ValueError(f"labels must be classes from 0 to {shape[1] - 1}")
    return flat.astype(np.int64)


def _finite(values: npt.ArrayLike, name: str) -> FloatArray:
    array = np.asarray(values, float)
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} must be finite numbers")
    return array


def _flat(array: FloatArray, name: str) -> FloatArray:
    if array.ndim == 2 and array.shape[1] == 1:
        return array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"{name} must have the shape (n,) or (n, 1), got {array.shape}")
    return array


def _same_length(labels: FloatArray, predictions: FloatArray) -> None:
    if len(labels) != len(predictions):
        raise ValueError(
            f"there must be one label a prediction, got {len(labels)} labels for "
            f"{len(predictions)} predictions"
        )
