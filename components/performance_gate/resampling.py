"""Whose evaluator computes metrics and standard errors: our jackknife, or TFMA's own sampling."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2

from skewgate.core.errors import InputError

_TAKE_TWICE = frozenset(
    f"tensorflow_model_analysis.metrics.{name}"
    for name in (
        "cross_entropy_metrics",
        "flip_metrics",
        "mean_regression_error",
        "model_cosine_similarity",
        "prediction_difference_metrics",
    )
)
"""Modules of TFMA whose combiners take the first of several parts twice when they merge a list."""


def is_ours(config: config_pb2.EvalConfig) -> bool:
    """Says whether standard errors come from our jackknife, and not from TFMA's own sampling."""
    bootstrap = config_pb2.ConfidenceIntervalOptions.POISSON_BOOTSTRAP
    return config.options.confidence_intervals.method != bootstrap and not any(
        spec.query_key for spec in config.metrics_specs
    )


def check(config: config_pb2.EvalConfig, computations: Iterable[Any]) -> None:
    """Makes sure that the evaluator computes every metric rightly.

    Args:
        config: says which evaluator it is.
        computations: of all its metrics.

    Raises:
        InputError: TFMA's evaluator is to compute a metric that it merges wrongly.
    """
    if is_ours(config):
        return
    for computation in computations:
        if (
            isinstance(computation, metric_types.MetricComputation)
            and type(computation.combiner).__module__ in _TAKE_TWICE
        ):
            raise InputError(
                "eval_config.pbtxt",
                f"has {computation.keys[0].name} beside POISSON_BOOTSTRAP or a query_key, where "
                "TFMA counts some rows twice",
                "leave out confidence_intervals.method and query_key, so that our jackknife runs",
            )
