"""Judges an evaluation: thresholds, coverage of labels, windows."""

from __future__ import annotations

from typing import Any

from tensorflow_model_analysis.proto import config_pb2

from skewgate import decision
from skewgate.checks.performance.config import PerformanceConfig
from skewgate.components.performance_gate import completion, configuration, over_time, thresholds
from skewgate.components.performance_gate.label_coverage import Coverage
from skewgate.components.performance_gate.measured import Measurements
from skewgate.core.results import MetricResult


def judge(
    eval_config: config_pb2.EvalConfig,
    completed: config_pb2.EvalConfig,
    measurements: Measurements,
    stored: Measurements | None,
    config: PerformanceConfig,
    coverage: Coverage,
) -> tuple[list[MetricResult], dict[str, Any]]:
    """Returns every result, and what the report draws of windows.

    Args:
        eval_config: the EvalConfig as the user wrote it.
        completed: the one that TFMA ran.
        measurements: what it measured.
        stored: an evaluation to compare with where there is no baseline model, or None.
        config: how to judge.
        coverage: what is known of the labels of windows.

    Raises:
        InputError: a metric to follow over windows was not computed, or their order cannot be
            told.
    """
    baselines = [spec.name for spec in completed.model_specs if spec.is_baseline]
    metric_thresholds = configuration.metric_thresholds(
        completed if baselines else completion.without_baseline(eval_config)
    )
    collected = thresholds.collect(
        metric_thresholds, measurements, next(iter(baselines), None), stored, config.min_slice_rows
    )
    results = [
        *decision.judge_bounds(collected.checks, config.significance, config.min_slice_rows),
        *collected.unmeasured,
    ]
    charts: dict[str, Any] = {}
    if config.windows:
        followed, charts = over_time.judge(
            metric_thresholds, measurements, config, coverage, next(iter(baselines), None)
        )
        results += followed
    return config.warned([*coverage.results, *results]), charts
