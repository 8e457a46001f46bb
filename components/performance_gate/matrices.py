"""TFMA's confusion matrices at many thresholds, computed by numpy.

TFMA goes through its 10,000 thresholds in Python, 0.03 s for each AUC. A jackknife asks for it 20
times a slice and model.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
from tensorflow_model_analysis.metrics import (
    binary_confusion_matrices,
    calibration_histogram,
    metric_types,
)

from skewgate.core.distributions import FloatArray

_MANY = 100
"""Thresholds from which on it pays."""
_EPSILON = binary_confusion_matrices._EPSILON
_CLOSURE = ("use_histogram", "thresholds", "input_metric_key", "matrices_key")


def faster(
    computation: metric_types.DerivedMetricComputation,
) -> metric_types.DerivedMetricComputation:
    """Returns a computation that gives the same numbers, or the one given.

    Only computations of confusion matrices from a histogram are replaced. What TFMA's function has
    bound says which they are; if a release names it otherwise, nothing is replaced.
    """
    name = computation.keys[0].name
    if not name.startswith(binary_confusion_matrices.BINARY_CONFUSION_MATRICES_NAME):
        return computation
    bound = inspect.getclosurevars(computation.result).nonlocals
    if not all(name_bound in bound for name_bound in _CLOSURE) or not bound["use_histogram"]:
        return computation
    if len(bound["thresholds"]) < _MANY:
        return computation
    return metric_types.DerivedMetricComputation(
        keys=computation.keys,
        result=FromHistogram(bound["thresholds"], bound["input_metric_key"], bound["matrices_key"]),
    )


class FromHistogram:
    """Turns a calibration histogram into confusion matrices.

    Source: `binary_confusion_matrices.result` and `_histogram_to_binary_confusion_matrices`, and
    `calibration_histogram.rebin`, of TFMA 0.47 and 0.52.
    """

    def __init__(
        self,
        thresholds: list[float],
        histogram_key: metric_types.MetricKey,
        matrices_key: metric_types.MetricKey,
    ) -> None:
        """Takes the thresholds, at least two in ascending order, and where input and output are."""
        self._thresholds = thresholds
        self._histogram_key, self._matrices_key = histogram_key, matrices_key
        edges = [t + _EPSILON if t != 0 else t for t in thresholds]
        self._offset = int(thresholds[0] >= 0)
        if self._offset:
            edges = [-_EPSILON, *edges]
        if thresholds[-1] < 1.0:
            edges = [*edges, 1.0 + _EPSILON]
        self._edges: FloatArray = np.asarray(edges, float)
        self._beyond = np.asarray(thresholds, float) >= 1.0 + _EPSILON

    def __call__(self, metrics: dict[metric_types.MetricKey, Any]) -> dict[Any, Any]:
        """Returns the matrices under their key."""
        histogram = metrics[self._histogram_key]
        bins = np.searchsorted(self._edges[1:], _scores(histogram), side="right")
        size = len(self._edges)
        positive = np.bincount(bins, weights=[b.weighted_labels for b in histogram], minlength=size)
        negative = np.bincount(
            bins,
            weights=[b.weighted_examples - b.weighted_labels for b in histogram],
            minlength=size,
        )
        tp, fp = (np.cumsum(part[::-1])[::-1] for part in (positive, negative))
        fn, tn = (np.concatenate([[0.0], np.cumsum(part)[:-1]]) for part in (positive, negative))
        kept = slice(self._offset, self._offset + len(self._thresholds))
        tp, fp, tn, fn = (part[kept].copy() for part in (tp, fp, tn, fn))
        tp[self._beyond], fp[self._beyond] = 0.0, 0.0
        fn[self._beyond], tn[self._beyond] = tp[0], fp[0]
        return {
            self._matrices_key: binary_confusion_matrices.Matrices(
                self._thresholds, tp.tolist(), tn.tolist(), fp.tolist(), fn.tolist()
            )
        }


def _scores(histogram: Sequence[calibration_histogram.Bucket]) -> FloatArray:
    """Returns the lower edge of each bucket: -inf of the first, inf of the last."""
    number = calibration_histogram.DEFAULT_NUM_BUCKETS
    ids = np.asarray([bucket.bucket_id for bucket in histogram], float)
    scores: FloatArray = (ids - 1) / number
    scores[ids == 0] = -np.inf
    scores[ids >= number + 1] = np.inf
    return scores
