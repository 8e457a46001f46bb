"""What the metrics of an EvalConfig need of labels, predictions and weights."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2

from skewgate.checks.performance.usable_rows import Needs
from skewgate.components.performance_gate import own_metrics

_OURS = own_metrics.__name__
_TFMA = "tensorflow_model_analysis.metrics."
_BINARY_MODULES = ("confusion_matrix_metrics", "confusion_matrix_plot", "tjur_discrimination")
_NUMBER_MODULES = (
    *_BINARY_MODULES,
    "calibration",
    "calibration_plot",
    "cross_entropy_metrics",
    "flip_metrics",
    "mean_regression_error",
    "model_cosine_similarity",
    "multi_class_confusion_matrix_metrics",
    "multi_class_confusion_matrix_plot",
    "multi_label_confusion_matrix_plot",
    "prediction_difference_metrics",
    "score_distribution_plot",
    "squared_pearson_correlation",
)
_COUNT_MODULES = (
    "attributions",
    "example_count",
    "query_statistics",
    "sample_metrics",
    "stats",
    "weighted_example_count",
)
"""Modules of TFMA by what their metrics need; what no tuple names takes labels as they are."""
_BINARY_CLASSES = frozenset(
    {
        "BinaryAccuracy",
        "BinaryCrossEntropy",
        "BinaryCrossentropy",
        "BinaryIoU",
        "BrierScore",
        "ExpectedCalibrationError",
    }
)
_CLASS_CLASSES = frozenset(
    {
        "MultiClassConfusionMatrixAtThresholds",
        "MultiClassConfusionMatrixPlot",
        "SparseCategoricalAccuracy",
        "SparseCategoricalCrossentropy",
        "SparseTopKCategoricalAccuracy",
    }
)
_PROBABILITY_CLASSES = frozenset(
    {
        "AUC",
        "AUCPrecisionRecall",
        "BinaryCrossEntropy",
        "BinaryCrossentropy",
        "BrierScore",
        "CoefficientOfDiscrimination",
        "ExpectedCalibrationError",
        "PrecisionAtRecall",
        "RecallAtFalsePositiveRate",
        "RecallAtPrecision",
        "RelativeCoefficientOfDiscrimination",
        "SensitivityAtSpecificity",
        "SpecificityAtSensitivity",
    }
)
"""Metrics that are wrong, without a word, where predictions lie outside of [0, 1]."""
_OF_THEIR_OWN_RANGE = ("from_logits", "thresholds", "top_k")
"""Options of these with which predictions need not be probabilities."""


def needs_by_output(
    config: config_pb2.EvalConfig, asked: config_pb2.EvalConfig
) -> dict[tuple[str, str], Needs]:
    """Returns what is needed of each output of each model, by their names.

    Args:
        config: completed.
        asked: as the user wrote it; only its metrics are named.
    """
    named = {
        instance.name
        for _, _, instance in metric_specs.keys_and_metrics_from_specs(asked, asked.metrics_specs)
    }
    found: dict[tuple[str, str], dict[str, set[str]]] = {}
    for key, metric, instance in metric_specs.keys_and_metrics_from_specs(
        config, config.metrics_specs
    ):
        if len(config.model_specs) > 1 and not key.model_name:
            continue  # a count, which is the same for all models
        kinds = _kinds(metric, instance)
        if key.example_weighted and _has_weights(config, key):
            kinds.add("weighted")
        by_kind = found.setdefault((key.model_name, key.output_name), {})
        for kind in kinds if instance.name in named else ():
            by_kind.setdefault(kind, set()).add(instance.name)
    return {
        place: Needs(**{kind: tuple(sorted(names)) for kind, names in by_kind.items()})
        for place, by_kind in found.items()
        if by_kind
    }


def _kinds(metric: config_pb2.MetricConfig, instance: Any) -> set[str]:
    """Returns the fields of Needs that a metric belongs to."""
    module, name = type(instance).__module__, metric.class_name
    is_keras = not isinstance(instance, metric_types.Metric)
    if is_keras and not module.startswith(("keras", "tf_keras")):
        return {"prediction"}  # of the user, who knows what it takes
    is_ours = module == _OURS
    if not is_keras and not is_ours:
        module = module.removeprefix(_TFMA)
        if module in _COUNT_MODULES:
            return set()
        if module not in _NUMBER_MODULES:
            return {"prediction"}
    kinds = {"prediction", "number"}
    if name in _BINARY_CLASSES or module in _BINARY_MODULES:
        kinds.add("binary")
    if name in _CLASS_CLASSES:
        kinds.add("classes")
    if name in _PROBABILITY_CLASSES and not any(
        _options(metric).get(option) for option in _OF_THEIR_OWN_RANGE
    ):
        kinds.add("probability")
    return kinds


def _options(metric: config_pb2.MetricConfig) -> dict[str, Any]:
    text = metric.config.strip()
    return dict(json.loads(text if text.startswith("{") else f"{{{text}}}"))


def _has_weights(config: config_pb2.EvalConfig, key: metric_types.MetricKey) -> bool:
    """Says whether the rows have weights for an output of a model."""
    return any(
        spec.example_weight_key or key.output_name in spec.example_weight_keys
        for spec in config.model_specs
        if key.model_name in ("", spec.name)
    )


@dataclasses.dataclass(frozen=True)
class Keys:
    """What holds the parts of one output of one model, and what a message calls it.

    Attributes:
        prediction: prediction_key of the model, "" if it has none.
        label: its label_key.
        names: the words for label, prediction and weight, by these.
    """

    prediction: str
    label: str
    names: dict[str, str]


def keys_of(config: config_pb2.EvalConfig, model: str, output: str, *, is_logged: bool) -> Keys:
    """Returns what holds the parts of an output, by the model_spec of its model."""
    spec = next((each for each in config.model_specs if each.name == model), config.model_specs[0])

    def name(field: str) -> str:
        single, several = getattr(spec, field), getattr(spec, f"{field}s")
        if single:
            return f"{field} {single!r}"
        return f"{field}s {several[output]!r}" if output in several else ""

    told = name("prediction_key")
    if not is_logged:
        told = f"output {(output or spec.prediction_key)!r} of the model"
        told = told if output or spec.prediction_key else "the model's output"
    return Keys(
        prediction=spec.prediction_key,
        label=spec.label_key,
        names={
            "label": name("label_key") or "the label",
            "prediction": told or "the prediction",
            "weight": name("example_weight_key") or "the weight",
        },
    )
