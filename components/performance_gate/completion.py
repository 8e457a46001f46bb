"""Completes a tfma.EvalConfig, so that TFMA computes what the verdicts need."""

from __future__ import annotations

import json
from collections.abc import Iterable

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_specs
from tensorflow_model_analysis.proto import config_pb2

from skewgate.checks.performance.eval_configs import has_logged_predictions

_COUNT = "ExampleCount"
_CELLS = {
    "tp": "TruePositives",
    "tn": "TrueNegatives",
    "fp": "FalsePositives",
    "fn": "FalseNegatives",
}
ALL_CELLS = "tp tn fp fn"
PROPORTIONS = {
    "BinaryAccuracy": ("tp tn", ALL_CELLS),
    "Precision": ("tp", "tp fp"),
    "PPV": ("tp", "tp fp"),
    "Recall": ("tp", "tp fn"),
    "TPR": ("tp", "tp fn"),
    "Specificity": ("tn", "tn fp"),
    "TNR": ("tn", "tn fp"),
    "FallOut": ("fp", "tn fp"),
    "FPR": ("fp", "tn fp"),
    "MissRate": ("fn", "tp fn"),
    "FNR": ("fn", "tp fn"),
    "NegativePredictiveValue": ("tn", "tn fn"),
    "NPV": ("tn", "tn fn"),
    "FalseDiscoveryRate": ("fp", "tp fp"),
    "FalseOmissionRate": ("fn", "tn fn"),
    "Prevalence": ("tp fn", ALL_CELLS),
    "PredictedPositiveRate": ("tp fp", ALL_CELLS),
}
"""Metrics that are a share of trials, with the cells of the confusion matrix that make it up."""
RANKINGS = frozenset(
    {
        "AUC",
        "AUCPrecisionRecall",
        "PrecisionAtRecall",
        "RecallAtPrecision",
        "SensitivityAtSpecificity",
        "SpecificityAtSensitivity",
    }
)
"""Metrics that say nothing where all labels are alike; TFMA gives them a number there too."""
OF_ALL_ROWS = frozenset({"CategoricalAccuracy", "SparseCategoricalAccuracy"})
"""Metrics that are a share of the rows."""


def complete(
    config: config_pb2.EvalConfig,
    *,
    has_baseline: bool,
    is_logged: bool = True,
    slices: Iterable[str] = (),
) -> config_pb2.EvalConfig:
    """Returns the configuration that TFMA runs.

    Beside TFMA's own defaults it has a count of the rows, the cells of the confusion matrix for
    each metric that is a share of them or needs labels of both classes, confidence intervals, and
    what else to slice by. Without a baseline model changes are left out.

    Args:
        config: from `parse_eval_config`.
        has_baseline: whether there is a baseline model.
        is_logged: whether the rows hold the predictions, where a prediction_key is named.
        slices: features by each of which to slice too.
    """
    extended = config_pb2.EvalConfig()
    extended.CopyFrom(config)
    if len(extended.model_specs) == 1:
        extended.model_specs[0].name = ""  # TFMA adds a baseline to a model without a name only
        for metrics in extended.metrics_specs:
            del metrics.model_names[:]
    for feature in slices:
        if not any([*spec.feature_keys] == [feature] for spec in extended.slicing_specs):
            if not extended.slicing_specs:
                extended.slicing_specs.add()  # what TFMA takes where nothing is said: all data
            extended.slicing_specs.add(feature_keys=[feature])
    extended.options.compute_confidence_intervals.value = True
    names = {metric.class_name for spec in extended.metrics_specs for metric in spec.metrics}
    weighted = any(
        spec.example_weight_key or spec.example_weight_keys for spec in extended.model_specs
    )
    for spec in extended.metrics_specs:
        for metric in [
            each for each in spec.metrics if each.class_name in RANKINGS | PROPORTIONS.keys()
        ]:
            for cell, class_name in _CELLS.items():
                spec.metrics.add(
                    class_name=class_name,
                    config=_of_cell(metric, cell_name(_metric_name(metric), cell)),
                )
    if weighted or _COUNT not in names:
        counted = extended.metrics_specs.add()
        counted.metrics.add(class_name=_COUNT)
        if weighted:  # TFMA counts weights where rows have them
            counted.example_weights.unweighted = True
    utils = getattr(tfma, "utils", tfma)
    completed = utils.update_eval_config_with_defaults(
        extended,
        has_baseline=has_baseline or (is_logged and _names_baseline(config)),
        rubber_stamp=True,
    )
    utils.verify_eval_config(completed)
    return completed


def _names_baseline(config: config_pb2.EvalConfig) -> bool:
    """Says whether the rows hold the predictions of a baseline too."""
    return has_logged_predictions(config) and any(spec.is_baseline for spec in config.model_specs)


def _metric_name(metric: config_pb2.MetricConfig) -> str:
    """Returns the name under which TFMA reports a metric."""
    (found,) = metric_specs.keys_and_metrics_from_specs(
        config_pb2.EvalConfig(), [config_pb2.MetricsSpec(metrics=[metric])]
    )
    return str(found[0].name)


def _of_cell(metric: config_pb2.MetricConfig, name: str) -> str:
    """Returns the options of a metric as a cell beside it has them.

    >>> strict = config_pb2.MetricConfig(class_name="BinaryAccuracy", config='"threshold": 0.7')
    >>> _of_cell(strict, "accuracy.tp")
    '{"thresholds": 0.7, "name": "accuracy.tp"}'
    """
    text = metric.config.strip()
    options = json.loads(text if text.startswith("{") else f"{{{text}}}")
    if "threshold" in options:  # of BinaryAccuracy alone
        options["thresholds"] = options.pop("threshold")
    if metric.class_name in RANKINGS:  # of these the labels count, whatever was predicted
        options = {key: options[key] for key in ("class_id", "top_k") if key in options}
    return json.dumps({**options, "name": name})


def cell_name(metric: str, cell: str) -> str:
    """Returns the name of a cell of the confusion matrix beside a metric.

    >>> cell_name("recall", "tp")
    'recall.tp'
    """
    return f"{metric}.{cell}"


def without_baseline(config: config_pb2.EvalConfig) -> config_pb2.EvalConfig:
    """Returns the configuration for one model alone, with its thresholds on change.

    They are those that a stored evaluation is compared by.
    """
    alone = config_pb2.EvalConfig()
    alone.CopyFrom(config)
    del alone.model_specs[:]
    alone.model_specs.extend(spec for spec in config.model_specs if not spec.is_baseline)
    if len(alone.model_specs) == 1:
        alone.model_specs[0].name = ""
    for spec in alone.metrics_specs:
        del spec.model_names[:]
        spec.model_names.extend(model.name for model in alone.model_specs)
    return alone


def without_changes(config: config_pb2.EvalConfig) -> config_pb2.EvalConfig:
    """Returns the configuration without thresholds on change.

    TFMA refuses them where it is given no baseline model, also if the rows hold its predictions.
    """
    plain = config_pb2.EvalConfig()
    plain.CopyFrom(config)
    for spec in plain.metrics_specs:
        for metric in spec.metrics:
            thresholds = [
                metric.threshold,
                *(each.threshold for each in metric.per_slice_thresholds),
                *(each.threshold for each in metric.cross_slice_thresholds),
            ]
            for threshold in thresholds:
                threshold.ClearField("change_threshold")
        for threshold in spec.thresholds.values():
            threshold.ClearField("change_threshold")
        for many in (spec.per_slice_thresholds, spec.cross_slice_thresholds):
            for several in many.values():
                for each in several.thresholds:
                    each.threshold.ClearField("change_threshold")
    return plain
