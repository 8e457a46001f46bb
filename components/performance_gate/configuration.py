"""Reads a tfma.EvalConfig and its thresholds, and checks that it can decide something."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Any

from google.protobuf import json_format, text_format
from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2

from skewgate.components.performance_gate import known_metrics, resampling
from skewgate.core import json_text, proto_text
from skewgate.core.errors import InputError
from skewgate.core.wording import listed

_WHERE = "eval_config.pbtxt"
_COUNTS = ("ExampleCount", "WeightedExampleCount")
_CELL = re.compile(r'"name": "[^"]*\.(tp|tn|fp|fn)"')
"""In the options of the cells of a confusion matrix that `completion` adds."""


@dataclasses.dataclass(frozen=True)
class MetricThreshold:
    """One threshold of an EvalConfig.

    Attributes:
        key: the metric; of its change against a baseline, if the threshold is one on change.
        spec: the slices, a SlicingSpec or CrossSlicingSpec; None for all slices.
        proto: a GenericValueThreshold or GenericChangeThreshold.
    """

    key: metric_types.MetricKey
    spec: Any
    proto: Any

    @property
    def is_change(self) -> bool:
        """Whether the threshold is one on change."""
        return isinstance(self.proto, config_pb2.GenericChangeThreshold)

    @property
    def is_across(self) -> bool:
        """Whether the threshold compares slices."""
        return isinstance(self.spec, config_pb2.CrossSlicingSpec)

    @property
    def worse(self) -> str | None:
        """Returns "lower" or "higher", whichever is worse, or None if both or none are."""
        if self.is_change:
            higher_is_better = config_pb2.MetricDirection.HIGHER_IS_BETTER
            return "lower" if self.proto.direction == higher_is_better else "higher"
        floor, ceiling = (self.proto.HasField(name) for name in ("lower_bound", "upper_bound"))
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
            json_text.load(text)  # whose depth has a bound
            json_format.Parse(text, config)
        else:
            proto_text.parse(text, config)
    except (text_format.ParseError, json_format.ParseError, ValueError) as error:
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
            f"has {len(candidates)} model_specs that are not a baseline, and there is one model",
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
    _check_outputs(config)
    _check_metrics(config)
    _check_thresholds(config)
    return config


def _check_outputs(config: config_pb2.EvalConfig) -> None:
    """Makes sure that metrics are asked of outputs that have labels, and logged predictions."""
    for spec in config.model_specs:
        asked = asked_of_outputs(config, spec.name)
        for field in ("label_key", "prediction_key"):
            by_output = getattr(spec, f"{field}s")
            if getattr(spec, field) or not by_output:
                continue
            for output, metrics in sorted(asked.items()):
                if output not in by_output:
                    of = f"output {output!r}" if output else "no output"
                    raise InputError(
                        _WHERE,
                        f"asks for {listed(metrics)} of {of}, and the {field}s are those of "
                        f"{listed(sorted(by_output))}",
                        "name one of them in output_names of the metrics_specs",
                    )


def _check_metrics(config: config_pb2.EvalConfig) -> None:
    """Makes every metric, as TFMA will."""
    try:
        computations = metric_specs.to_computations(config.metrics_specs, eval_config=config)
    # What TFMA, Keras and a metric's own constructor raise of a name or a config that they refuse.
    except (ValueError, TypeError, ImportError, AttributeError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        nearest = known_metrics.nearest_to_unknown(config)
        raise InputError(
            _WHERE,
            f"has a metric that TFMA cannot make ({reason.rstrip('.')})",
            f"ask for {nearest}" if nearest else "correct its class_name and config",
        ) from error
    known_metrics.check_states(computations)
    resampling.check(config, computations)


def _check_thresholds(config: config_pb2.EvalConfig) -> None:
    thresholds = metric_thresholds(config)
    if not thresholds:
        raise InputError(
            _WHERE, "sets no threshold, so nothing would be decided", "add a threshold to a metric"
        )
    for threshold in thresholds:
        name = threshold.key.name
        if not {field.name for field, _ in threshold.proto.ListFields()} - {"direction"}:
            raise InputError(_WHERE, f"sets a threshold without a bound on {name}", "add the bound")
        for field, bound in threshold.proto.ListFields():
            if field.name != "direction" and not math.isfinite(bound.value):
                raise InputError(
                    _WHERE,
                    f"sets a bound of {bound.value} on {name}, which decides nothing",
                    "give a number",
                )
        if threshold.is_change and not threshold.proto.direction:
            raise InputError(
                _WHERE,
                f"sets a change_threshold without a direction on {name}",
                "add direction: HIGHER_IS_BETTER or LOWER_IS_BETTER",
            )


def has_logged_predictions(config: config_pb2.EvalConfig) -> bool:
    """Says whether the rows hold the predictions where there is no model to run."""
    return any(spec.prediction_key or spec.prediction_keys for spec in config.model_specs)


def is_logged(config: config_pb2.EvalConfig, has_model: bool) -> bool:
    """Says whether the rows hold the predictions that are evaluated.

    Without a model a prediction_key is a feature of the rows; with one it is an output of it.
    """
    return has_logged_predictions(config) and not has_model


def asked_of_outputs(config: config_pb2.EvalConfig, model: str) -> dict[str, list[str]]:
    """Returns the outputs of a model that metrics are asked of, with these; "" is its only one."""
    asked: dict[str, set[str]] = {}
    for spec in config.metrics_specs:
        if spec.model_names and model not in spec.model_names:
            continue
        asked_here = (each for each in spec.metrics if not _CELL.search(each.config))
        metrics = {each.class_name for each in asked_here} - {*_COUNTS}
        for output in (spec.output_names or [""]) if metrics else ():
            asked.setdefault(output, set()).update(metrics)
    return {output: sorted(metrics) for output, metrics in asked.items()}


def label_features(config: config_pb2.EvalConfig) -> list[str]:
    """Returns the features that hold labels, in order of their names."""
    names = {spec.label_key for spec in config.model_specs if spec.label_key}
    names.update(*(spec.label_keys.values() for spec in config.model_specs))
    return sorted(names)


def metric_thresholds(config: config_pb2.EvalConfig) -> list[MetricThreshold]:
    """Returns every threshold of a configuration, those of a baseline model left out."""
    baselines = {spec.name for spec in config.model_specs if spec.is_baseline}
    by_metric = metric_specs.metric_thresholds_from_metrics_specs(
        config.metrics_specs, eval_config=config
    )
    return [
        MetricThreshold(key, spec, proto)
        for key, pairs in by_metric.items()
        if key.model_name not in baselines
        for spec, proto in pairs
    ]


def has_change(config: config_pb2.EvalConfig) -> bool:
    """Says whether a configuration sets a threshold on the change against a baseline."""
    return any(threshold.is_change for threshold in metric_thresholds(config))
