"""Reads a tfma.EvalConfig and its thresholds, and checks that it can decide something."""

from __future__ import annotations

import dataclasses
from typing import Any

from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2

from skewgate.checks.performance import eval_configs
from skewgate.components.performance_gate import known_metrics, resampling
from skewgate.core.errors import InputError


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
    config: config_pb2.EvalConfig = eval_configs.parse(text, config_pb2.EvalConfig())
    for fault in eval_configs.faults(config):
        raise fault
    _check_metrics(config)
    _check_thresholds(config)
    return config


def _check_metrics(config: config_pb2.EvalConfig) -> None:
    """Makes every metric, as TFMA will."""
    try:
        computations = metric_specs.to_computations(config.metrics_specs, eval_config=config)
    # What TFMA, Keras and a metric's own constructor raise of a name or a config that they refuse.
    except (ValueError, TypeError, ImportError, AttributeError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        nearest = known_metrics.nearest_to_unknown(config)
        raise InputError(
            eval_configs.WHERE,
            f"has a metric that TFMA cannot create ({reason.rstrip('.')})",
            f"ask for {nearest}" if nearest else "correct its class_name and config",
        ) from error
    known_metrics.check_states(computations)
    resampling.check(config, computations)


def _check_thresholds(config: config_pb2.EvalConfig) -> None:
    thresholds = metric_thresholds(config)
    if not thresholds:
        raise eval_configs.no_threshold()
    for threshold in thresholds:
        for fault in eval_configs.bound_faults(threshold.key.name, threshold.proto):
            raise fault


def is_logged(config: config_pb2.EvalConfig, has_model: bool) -> bool:
    """Says whether the rows hold the predictions that are evaluated.

    Without a model a prediction_key is a feature of the rows; with one it is an output of it.
    """
    return eval_configs.has_logged_predictions(config) and not has_model


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
