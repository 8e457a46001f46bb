"""Metrics that TFMA lacks, to be named in an EvalConfig like its own.

Importing this module makes `BrierScore`, `ExpectedCalibrationError`, `QuantileLoss` and `R2Score`
known to TFMA. Keras has a metric of the last name, which TFMA cannot merge.
"""

from __future__ import annotations

import abc
import math
from collections.abc import Callable, Iterable
from typing import Any

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis.metrics import metric_types, metric_util
from tensorflow_model_analysis.proto import config_pb2

from skewgate.core.distributions import FloatArray

_BINS = 15
"""As many as Guo et al. (2017) have."""


class _Combiner(beam.CombineFn, abc.ABC):  # type: ignore[misc, unused-ignore]
    """Sums a vector over the rows of one output, and makes a metric of the sum."""

    def __init__(
        self,
        key: metric_types.MetricKey,
        eval_config: config_pb2.EvalConfig | None,
        aggregation_type: metric_types.AggregationType | None,
        class_weights: dict[int, float] | None,
    ) -> None:
        super().__init__()
        self._key, self._eval_config = key, eval_config
        self._aggregation_type, self._class_weights = aggregation_type, class_weights

    def add_input(self, accumulator: FloatArray, element: Any) -> FloatArray:
        """Takes one row."""
        for label, prediction, weight in metric_util.to_label_prediction_example_weight(
            element,
            eval_config=self._eval_config,
            model_name=self._key.model_name,
            output_name=self._key.output_name,
            sub_key=self._key.sub_key,
            aggregation_type=self._aggregation_type,
            class_weights=self._class_weights,
            example_weighted=self._key.example_weighted,
            flatten=self._aggregation_type is not None,
        ):
            said = np.ravel(np.asarray(prediction, float))
            row = self._row(_as_wide(np.ravel(np.asarray(label, float)), said), said)
            accumulator = self._joined(accumulator, row, float(np.ravel(weight)[0]))
        return accumulator

    def create_accumulator(self) -> FloatArray:
        """Returns an accumulator that has seen nothing."""
        return np.zeros(self._size())

    def merge_accumulators(self, accumulators: Iterable[FloatArray]) -> FloatArray:
        """Joins accumulators."""
        merged = self.create_accumulator()
        for accumulator in accumulators:
            merged = self._merged(merged, accumulator)
        return merged

    def extract_output(self, accumulator: FloatArray) -> dict[metric_types.MetricKey, float]:
        """Returns the metric, NaN where it is not defined."""
        return {self._key: self._value(accumulator)}

    def _joined(self, accumulator: FloatArray, row: FloatArray, weight: float) -> FloatArray:
        return accumulator + weight * row

    def _merged(self, one: FloatArray, other: FloatArray) -> FloatArray:
        return one + other

    @abc.abstractmethod
    def _size(self) -> int:
        """Returns the length of an accumulator."""

    @abc.abstractmethod
    def _row(self, label: FloatArray, prediction: FloatArray) -> FloatArray:
        """Returns what one row of weight 1 adds."""

    @abc.abstractmethod
    def _value(self, total: FloatArray) -> float:
        """Returns the metric."""


def _as_wide(label: FloatArray, prediction: FloatArray) -> FloatArray:
    """Returns a label as wide as the prediction: a class becomes one-hot.

    Raises:
        ValueError: it is neither a class nor one value for each of the prediction.
    """
    if label.shape == prediction.shape:
        return label
    if label.size == 1 and prediction.size > 1:
        index = int(label[0])
        if index == label[0] and 0 <= index < prediction.size:
            return np.asarray(np.arange(prediction.size) == index, float)
    raise ValueError(f"label {label.tolist()} does not fit prediction {prediction.tolist()}")


class _MeanCombiner(_Combiner):
    """The weighted mean of a loss."""

    def _size(self) -> int:
        return 2

    def _row(self, label: FloatArray, prediction: FloatArray) -> FloatArray:
        return np.array([self._loss(label, prediction), 1.0])

    def _value(self, total: FloatArray) -> float:
        return float(total[0] / total[1]) if total[1] > 0 else math.nan

    @abc.abstractmethod
    def _loss(self, label: FloatArray, prediction: FloatArray) -> float:
        """Returns the loss of one row."""


class _BrierCombiner(_MeanCombiner):
    def _loss(self, label: FloatArray, prediction: FloatArray) -> float:
        return float(np.sum((prediction - label) ** 2))


class _QuantileCombiner(_MeanCombiner):
    def __init__(self, *args: Any, quantile: float) -> None:
        super().__init__(*args)
        self._quantile = quantile

    def _loss(self, label: FloatArray, prediction: FloatArray) -> float:
        above = label - prediction
        return float(np.mean(np.maximum(self._quantile * above, (self._quantile - 1) * above)))


class _CalibrationCombiner(_Combiner):
    """Weights, sums of confidence and sums of what was right, bin by bin."""

    def __init__(self, *args: Any, num_bins: int) -> None:
        super().__init__(*args)
        self._bins = num_bins

    def _size(self) -> int:
        return 3 * self._bins

    def _row(self, label: FloatArray, prediction: FloatArray) -> FloatArray:
        best = int(np.argmax(prediction))
        confidence, is_right = prediction[best], label[best]
        if prediction.size > 1:
            is_right = float(best == int(np.argmax(label)))
        place = min(max(int(confidence * self._bins), 0), self._bins - 1)
        row = np.zeros((3, self._bins))
        row[:, place] = 1.0, confidence, is_right
        return row.reshape(-1)

    def _value(self, total: FloatArray) -> float:
        weights, confidence, is_right = total.reshape(3, self._bins)
        everything = float(weights.sum())
        if everything <= 0:
            return math.nan
        return float(np.abs(confidence - is_right).sum() / everything)


class _R2Combiner(_Combiner):
    """Weight, mean and sum of squares of the labels, and sum of squared errors.

    Source: the sums of squares are merged as in Chan, Golub and LeVeque (1983).
    """

    def _size(self) -> int:
        return 4

    def _row(self, label: FloatArray, prediction: FloatArray) -> FloatArray:
        if label.size != 1:
            raise ValueError(
                f"R2Score needs one value per row, but the prediction has {label.size}"
            )
        return np.array([1.0, label[0], 0.0, (label[0] - prediction[0]) ** 2])

    def _joined(self, accumulator: FloatArray, row: FloatArray, weight: float) -> FloatArray:
        return self._merged(accumulator, np.array([weight, row[1], 0.0, weight * row[3]]))

    def _merged(self, one: FloatArray, other: FloatArray) -> FloatArray:
        weight = one[0] + other[0]
        if weight <= 0:
            return one
        off = other[1] - one[1]
        return np.array(
            [
                weight,
                one[1] + off * other[0] / weight,
                one[2] + other[2] + off**2 * one[0] * other[0] / weight,
                one[3] + other[3],
            ]
        )

    def _value(self, total: FloatArray) -> float:
        return float(1.0 - total[3] / total[2]) if total[2] > 0 else math.nan


def _computations(make: Callable[..., _Combiner]) -> Callable[..., Any]:
    """Returns the function by which TFMA makes the computations of a metric from its combiner."""

    def compute(
        name: str,
        eval_config: config_pb2.EvalConfig | None = None,
        model_name: str = "",
        output_name: str = "",
        sub_key: metric_types.SubKey | None = None,
        aggregation_type: metric_types.AggregationType | None = None,
        class_weights: dict[int, float] | None = None,
        example_weighted: bool = False,
        **options: Any,
    ) -> list[Any]:
        key = metric_types.MetricKey(
            name=name,
            model_name=model_name,
            output_name=output_name,
            sub_key=sub_key,
            aggregation_type=aggregation_type,
            example_weighted=example_weighted,
        )
        combiner = make(key, eval_config, aggregation_type, class_weights, **options)
        return [metric_types.MetricComputation(keys=[key], preprocessors=None, combiner=combiner)]

    merged: Callable[..., Any] = metric_util.merge_per_key_computations(compute)
    return merged


class BrierScore(metric_types.Metric):
    """Mean of (probability - label)^2; of classes, the sum over them.

    Source: Brier, Monthly Weather Review 78 (1950) 1; of one probability it is half of what he
    defines, as everywhere today.
    """

    def __init__(self, name: str = "brier_score") -> None:
        """Takes the name of the metric."""
        super().__init__(_computations(_BrierCombiner), name=name)


class ExpectedCalibrationError(metric_types.Metric):
    """How far predicted probabilities are from what comes true, averaged over bins of them.

    Sum over bins of (weight of the bin) * |mean probability - share that came true|. Of several
    classes the probability is that of the most probable one. Bins have equal width in [0, 1]. It is
    above 0 also of a model that is calibrated, by chance, and the less so the more rows there are.

    Source: Naeini, Cooper and Hauskrecht, AAAI 2015; Guo, Pleiss, Sun and Weinberger, ICML 2017.
    """

    def __init__(self, num_bins: int = _BINS, name: str = "expected_calibration_error") -> None:
        """Takes the number of bins, at least 1, and the name of the metric.

        Raises:
            ValueError: the number of bins is out of range.
        """
        if not 1 <= num_bins <= 10_000:
            raise ValueError(f"num_bins must be in [1, 10000], got {num_bins}")
        super().__init__(_computations(_CalibrationCombiner), name=name, num_bins=num_bins)


class QuantileLoss(metric_types.Metric):
    """Mean of max(q (label - prediction), (q - 1) (label - prediction)), the pinball loss.

    Source: Koenker and Bassett, Econometrica 46 (1978) 33.
    """

    def __init__(self, quantile: float = 0.5, name: str = "quantile_loss") -> None:
        """Takes the quantile that is predicted, in (0, 1), and the name of the metric.

        Raises:
            ValueError: the quantile is out of range.
        """
        if not 0 < quantile < 1:
            raise ValueError(f"quantile must be in (0, 1), got {quantile}")
        super().__init__(_computations(_QuantileCombiner), name=name, quantile=quantile)


class R2Score(metric_types.Metric):
    """1 - (sum of squared errors) / (sum of squares of the labels about their mean)."""

    def __init__(self, name: str = "r2_score") -> None:
        """Takes the name of the metric."""
        super().__init__(_computations(_R2Combiner), name=name)


for _metric in (BrierScore, ExpectedCalibrationError, QuantileLoss, R2Score):
    metric_types.register_metric(_metric)
