"""Judges an evaluation: thresholds, coverage of labels, windows."""

from __future__ import annotations

from typing import Any

from tensorflow_model_analysis.proto import config_pb2

from skewgate import decision
from skewgate.checks.performance.config import PerformanceConfig
from skewgate.components.performance_gate import configuration, over_time, thresholds
from skewgate.components.performance_gate.measured import Measurements
from skewgate.components.performance_gate.over_time import Coverage
from skewgate.core.results import MetricResult


def judge(
    wanted: config_pb2.EvalConfig,
    completed: config_pb2.EvalConfig,
    numbers: Measurements,
    earlier: Measurements | None,
    config: PerformanceConfig,
    coverage: Coverage,
) -> tuple[list[MetricResult], dict[str, Any]]:
    """Returns every result, and what the report draws of windows.

    Args:
        wanted: the EvalConfig as the user wrote it.
        completed: the one that TFMA ran.
        numbers: what it measured.
        earlier: an evaluation to compare with where there is no baseline model, or None.
        config: how to judge.
        coverage: what is known of the labels of windows.

    Raises:
        InputError: a metric to follow over windows was not computed.
    """
    baselines = [spec.name for spec in completed.model_specs if spec.is_baseline]
    asked = configuration.thresholds(
        completed if baselines else configuration.without_baseline(wanted)
    )
    found = thresholds.collect(
        asked, numbers, next(iter(baselines), None), earlier, config.min_slice_rows
    )
    results = [
        *decision.judge_bounds(found.checks, config.significance, config.min_slice_rows),
        *found.doubts,
    ]
    drawn: dict[str, Any] = {}
    if config.windows:
        followed, drawn = over_time.judge(asked, numbers, config, coverage)
        results += followed
    return config.warned([*coverage.results, *results]), drawn
