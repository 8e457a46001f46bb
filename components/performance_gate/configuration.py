"""Reads a tfma.EvalConfig, checks that it can decide something, and completes it."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable
from typing import Any

import tensorflow_model_analysis as tfma
from google.protobuf import json_format, text_format
from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2

from skewgate.components.performance_gate import resampling
from skewgate.core.errors import InputError

_WHERE = "eval_config.pbtxt"
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


@dataclasses.dataclass(frozen=True)
class Wanted:
    """One threshold of an EvalConfig.

    Attributes:
        key: the metric; of its change against a baseline, if the threshold is one on change.
        spec: the slices, a SlicingSpec or CrossSlicingSpec; None for all slices.
        threshold: a GenericValueThreshold or GenericChangeThreshold.
    """

    key: metric_types.MetricKey
    spec: Any
    threshold: Any

    @property
    def is_change(self) -> bool:
        """Whether the threshold is one on change."""
        return isinstance(self.threshold, config_pb2.GenericChangeThreshold)

    @property
    def is_across(self) -> bool:
        """Whether the threshold compares slices."""
        return isinstance(self.spec, config_pb2.CrossSlicingSpec)

    @property
    def worse(self) -> str | None:
        """Returns "lower" or "higher", whichever is worse, or None if both or none are."""
        if self.is_change:
            higher_is_better = config_pb2.MetricDirection.HIGHER_IS_BETTER
            return "lower" if self.threshold.direction == higher_is_better else "higher"
        floor, ceiling = (self.threshold.HasField(name) for name in ("lower_bound", "upper_bound"))
        return None if floor == ceiling else "lower" if floor else "higher"


def parse_eval_config(text: str) -> config_pb2.EvalConfig:
    """Parses a tfma.EvalConfig in text or JSON format.

    Raises:
        InputError: it is neither, names no label, asks for a metric that TFMA cannot make, sets no
            threshold or one without a bound, has SQL slices, switches intervals off, takes
            predictions from a model and from the rows, or wants a bootstrap of a metric that TFMA
            merges wrongly.
    """
    config = config_pb2.EvalConfig()
    try:
        if text.lstrip().startswith("{"):
            json_format.Parse(text, config)
        else:
            text_format.Parse(text, config)
    except (text_format.ParseError, json_format.ParseError) as error:
        raise InputError(_WHERE, f"is not a tfma.EvalConfig ({error})", "correct it") from error
    labelled = all(spec.label_key or spec.label_keys for spec in config.model_specs)
    if not config.model_specs or not labelled:
        raise InputError(_WHERE, "every model_spec must name its label_key", "add label_key")
    logged = [bool(spec.prediction_key or spec.prediction_keys) for spec in config.model_specs]
    if any(logged) and not all(logged):
        raise InputError(
            _WHERE,
            "one model_spec names a prediction_key and another does not",
            "name one for all, if the rows hold the predictions, or for none",
        )
    candidates = [spec.name for spec in config.model_specs if not spec.is_baseline]
    if not any(logged) and len(candidates) != 1:
        raise InputError(
            _WHERE,
            f"has {len(candidates)} model_specs that are no baseline, and there is one model",
            "leave one of them",
        )
    if any(spec.slice_keys_sql for spec in config.slicing_specs):
        raise InputError(
            _WHERE,
            "slices by slice_keys_sql, which TFX 1.21 ignores without a word",
            "use feature_keys and feature_values",
        )
    intervals = config.options
    if intervals.HasField("compute_confidence_intervals") and not (
        intervals.compute_confidence_intervals.value
    ):
        raise InputError(
            _WHERE,
            "switches confidence intervals off, and verdicts need them",
            "remove compute_confidence_intervals",
        )
    _check_metrics(config)
    _check_thresholds(config)
    return config


def _check_metrics(config: config_pb2.EvalConfig) -> None:
    """Makes every metric, as TFMA will."""
    try:
        computations = metric_specs.to_computations(config.metrics_specs, eval_config=config)
    except (ValueError, TypeError, ImportError, AttributeError) as error:
        found = str(error).splitlines()[0]
        raise InputError(
            _WHERE,
            f"has a metric that TFMA cannot make ({found.rstrip('.')})",
            "correct its class_name and config",
        ) from error
    resampling.check(config, computations)


def _check_thresholds(config: config_pb2.EvalConfig) -> None:
    found = thresholds(config)
    if not found:
        raise InputError(
            _WHERE, "sets no threshold, so nothing would be decided", "add a threshold to a metric"
        )
    for wanted in found:
        name = wanted.key.name
        if not {field.name for field, _ in wanted.threshold.ListFields()} - {"direction"}:
            raise InputError(_WHERE, f"sets a threshold without a bound on {name}", "add the bound")
        for field, bound in wanted.threshold.ListFields():
            if field.name != "direction" and not math.isfinite(bound.value):
                raise InputError(
                    _WHERE,
                    f"sets a bound of {bound.value} on {name}, which decides nothing",
                    "give a number",
                )
        if wanted.is_change and not wanted.threshold.direction:
            raise InputError(
                _WHERE,
                f"sets a change_threshold without a direction on {name}",
                "add direction: HIGHER_IS_BETTER or LOWER_IS_BETTER",
            )


def has_logged_predictions(config: config_pb2.EvalConfig) -> bool:
    """Says whether the rows hold the predictions, so that no model is run."""
    return any(spec.prediction_key or spec.prediction_keys for spec in config.model_specs)


def label_features(config: config_pb2.EvalConfig) -> list[str]:
    """Returns the features that hold labels, in order of their names."""
    names = {spec.label_key for spec in config.model_specs if spec.label_key}
    names.update(*(spec.label_keys.values() for spec in config.model_specs))
    return sorted(names)


def complete(
    config: config_pb2.EvalConfig, *, has_baseline: bool, slices: Iterable[str] = ()
) -> config_pb2.EvalConfig:
    """Returns the configuration that TFMA runs.

    Beside TFMA's own defaults it has a count of the rows, the cells of the confusion matrix for
    each metric that is a share of them or needs labels of both classes, confidence intervals, and
    what else to slice by. Without a baseline model changes are left out.

    Args:
        config: from `parse_eval_config`.
        has_baseline: whether there is a baseline model.
        slices: features by each of which to slice too.
    """
    wanted = config_pb2.EvalConfig()
    wanted.CopyFrom(config)
    if len(wanted.model_specs) == 1:
        wanted.model_specs[0].name = ""  # TFMA adds a baseline to a model without a name only
        for metrics in wanted.metrics_specs:
            del metrics.model_names[:]
    for feature in slices:
        if not any([*spec.feature_keys] == [feature] for spec in wanted.slicing_specs):
            if not wanted.slicing_specs:
                wanted.slicing_specs.add()  # what TFMA takes where nothing is said: all data
            wanted.slicing_specs.add(feature_keys=[feature])
    wanted.options.compute_confidence_intervals.value = True
    names = {metric.class_name for spec in wanted.metrics_specs for metric in spec.metrics}
    weighted = any(
        spec.example_weight_key or spec.example_weight_keys for spec in wanted.model_specs
    )
    for spec in wanted.metrics_specs:
        for metric in [
            each for each in spec.metrics if each.class_name in RANKINGS | PROPORTIONS.keys()
        ]:
            for cell, class_name in _CELLS.items():
                spec.metrics.add(
                    class_name=class_name,
                    config=_of_cell(metric, cell_name(_metric_name(metric), cell)),
                )
    if weighted or _COUNT not in names:
        counted = wanted.metrics_specs.add()
        counted.metrics.add(class_name=_COUNT)
        if weighted:  # TFMA counts weights where rows have them
            counted.example_weights.unweighted = True
    utils = getattr(tfma, "utils", tfma)
    completed = utils.update_eval_config_with_defaults(
        wanted, has_baseline=has_baseline or _names_baseline(config), rubber_stamp=True
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
            found = [
                metric.threshold,
                *(each.threshold for each in metric.per_slice_thresholds),
                *(each.threshold for each in metric.cross_slice_thresholds),
            ]
            for threshold in found:
                threshold.ClearField("change_threshold")
        for threshold in spec.thresholds.values():
            threshold.ClearField("change_threshold")
        for many in (spec.per_slice_thresholds, spec.cross_slice_thresholds):
            for several in many.values():
                for each in several.thresholds:
                    each.threshold.ClearField("change_threshold")
    return plain


def thresholds(config: config_pb2.EvalConfig) -> list[Wanted]:
    """Returns every threshold of a configuration, those of a baseline model left out."""
    baselines = {spec.name for spec in config.model_specs if spec.is_baseline}
    found = metric_specs.metric_thresholds_from_metrics_specs(
        config.metrics_specs, eval_config=config
    )
    return [
        Wanted(key, spec, threshold)
        for key, pairs in found.items()
        if key.model_name not in baselines
        for spec, threshold in pairs
    ]


def has_change(config: config_pb2.EvalConfig) -> bool:
    """Says whether a configuration sets a threshold on the change against a baseline."""
    return any(wanted.is_change for wanted in thresholds(config))
