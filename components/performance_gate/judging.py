"""Judges an evaluation: thresholds, rows that could not be counted, coverage of labels, windows."""

from __future__ import annotations

from typing import Any

from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.slicer import slicer_lib

from skewgate import decision
from skewgate.checks.performance import following, one_verdict
from skewgate.checks.performance.config import PerformanceConfig
from skewgate.checks.performance.label_coverage import Coverage
from skewgate.checks.performance.left_out import LeftOut
from skewgate.components.performance_gate import completion, configuration, over_time, thresholds
from skewgate.components.performance_gate.measured import Measurements, SliceMetrics, is_across
from skewgate.components.performance_gate.screening import Counted, Plan
from skewgate.core.results import WARNING, MetricResult


def judge(
    eval_config: config_pb2.EvalConfig,
    completed: config_pb2.EvalConfig,
    measurements: Measurements,
    stored: Measurements | None,
    config: PerformanceConfig,
    coverage: Coverage,
    left_out: LeftOut | None = None,
) -> tuple[list[MetricResult], dict[str, Any]]:
    """Returns one result for each slice and metric, and what the report draws of windows.

    What passes on a slice of which rows were left out is inconclusive, unless performance.yaml
    says that these only warn.

    Args:
        eval_config: the EvalConfig as the user wrote it.
        completed: the one that TFMA ran.
        measurements: what it measured, with all slices that rows were left out of.
        stored: an evaluation to compare with where there is no baseline model, or None.
        config: how to judge.
        coverage: what is known of the labels of windows.
        left_out: the rows that could not be counted.

    Raises:
        InputError: a metric to follow over windows was not computed, or their order cannot be
            told.
    """
    baselines = [spec.name for spec in completed.model_specs if spec.is_baseline]
    baseline = next(iter(baselines), None)
    metric_thresholds = configuration.metric_thresholds(
        completed if baselines else completion.without_baseline(eval_config)
    )
    left_out = left_out or LeftOut()
    of_rows = config.warned(left_out.results())
    why = left_out.why()
    blocking = {result.slice for result in of_rows if result.severity != WARNING}
    names = thresholds.names_of(measurements.slices)
    unusable = {
        name: why[names[part]]
        for key, name in names.items()
        for part in (key if is_across(key) else (key,))
        if names.get(part) in blocking
    }
    collected = thresholds.collect(
        metric_thresholds,
        measurements,
        baseline,
        stored,
        config.min_slice_rows,
        eval_config.slicing_specs,
    )
    bounds = decision.judge_bounds(collected.checks, config.significance, config.min_slice_rows)
    results = [*coverage.results, *one_verdict.doubted(bounds, unusable), *collected.unmeasured]
    charts: dict[str, Any] = {}
    if config.windows:
        feature = config.windows.feature
        series = over_time.collect(metric_thresholds, measurements, config.windows, baseline)
        followed, charts = following.judge(
            series,
            config,
            coverage,
            {
                name: unusable[f"{feature}:{name}"]
                for name in over_time.windows_of(measurements.slices, feature)
                if f"{feature}:{name}" in unusable
            },
        )
        results += followed
    return [*of_rows, *config.warned(one_verdict.one_each(results))], charts


def account(
    eval_config: config_pb2.EvalConfig, plan: Plan, counted: Counted, measurements: Measurements
) -> LeftOut:
    """Returns what is to be said of rows that were left out.

    Args:
        eval_config: says which slices are compared with each other.
        plan: what was looked for.
        counted: how many rows were left out of which slice.
        measurements: gets the slices that have no row left, and comparisons with them.
    """
    emptied = counted.by_slice.keys() - measurements.slices.keys()
    measurements.slices.update({key: SliceMetrics() for key in emptied})
    alone = [key for key in measurements.slices if not is_across(key)]
    for spec in eval_config.cross_slicing_specs if emptied else ():
        for one in alone:
            for other in alone:
                if {one, other} & emptied and slicer_lib.is_cross_slice_applicable(
                    cross_slice_key=(one, other), cross_slicing_spec=spec
                ):
                    measurements.slices[one, other] = SliceMetrics()
    names = thresholds.names_of(measurements.slices)
    return LeftOut(
        faults=plan.faults,
        counts={names[key]: counts for key, counts in counted.by_slice.items()},
        rows={
            names[key]: measurements.rows(key) + sum(counts.values())
            for key, counts in counted.by_slice.items()
            if not measurements.slices[key].left_out
        },
        total=counted.total,
        examples=counted.examples,
    )


def check_contract(plan: Plan, counted: Counted, rows: int) -> None:
    """Makes sure that the EvalConfig fits the rows.

    Args:
        plan: what was looked for.
        counted: how many rows were left out.
        rows: how many there are in all.

    Raises:
        InputError: all rows have one fault that comes from the contract.
    """
    LeftOut(plan.faults, total=counted.total, examples=counted.examples).check_contract(rows)
