"""Executor of DriftEvaluator."""

from __future__ import annotations

import os
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils

from skewgate import decision
from skewgate.checks.drift import settling
from skewgate.checks.drift.config import DriftConfig
from skewgate.components.drift_evaluator import sides
from skewgate.components.support import artifact_io
from skewgate.core import results as results_lib
from skewgate.core import yaml_model
from skewgate.core.profile import Profile
from skewgate.core.results import BASELINE_CHECK
from skewgate.report import distributions
from skewgate.report.report import Report


class Executor(base_beam_executor.BaseBeamExecutor):
    """Compares two statistics artifacts, settles what they leave open, publishes the report."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Evaluates; see the component for the parameters.

        Raises:
            InputError: statistics, examples, schema or configuration cannot be used.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        input_dict = artifact_io.without_absent(input_dict)
        config = yaml_model.parse(DriftConfig, exec_properties["config"], "drift.yaml")
        current = sides.load(
            "current",
            artifact_utils.get_single_instance(input_dict["statistics"]),
            exec_properties.get("split"),
            input_dict.get("examples"),
        )
        before = artifact_io.first(input_dict.get("baseline_statistics"))
        described: dict[str, Any] = {}
        details: dict[str, Any] = {}
        settled: dict[str, frozenset[str]] = {}
        if before is None:
            results = [
                results_lib.inconclusive(BASELINE_CHECK, "there is no baseline to compare with")
            ]
        else:
            split = exec_properties.get("baseline_split")
            examples = input_dict.get("baseline_examples")
            baseline = sides.load("baseline", before, split, examples)
            schema = input_dict.get("schema")
            outcome, settled = self._evaluate(baseline, current, config, schema)
            results = outcome.results
            shown = distributions.describe(outcome.baseline, outcome.current, results)
            details = {"distributions": shown}
            described = baseline.describe(settled.get("baseline", ()))
        report = Report(
            kind="drift",
            decision=decision.decide(results, config.policy, config.critical),
            baseline=described,
            current=current.describe(settled.get("current", ())),
            details=details,
        )
        artifact_io.publish(report, artifact_utils.get_single_instance(output_dict["drift_report"]))

    def _evaluate(
        self,
        baseline: sides.StatisticsSide,
        current: sides.StatisticsSide,
        config: DriftConfig,
        schema: list[types.Artifact] | None,
    ) -> tuple[settling.DriftOutcome, dict[str, frozenset[str]]]:
        """Returns what was found and, by the label of a side, what its examples settled."""
        read: dict[str, frozenset[str]] = {}

        def finer(features: frozenset[str]) -> tuple[Profile | None, Profile | None]:
            from skewgate.components.drift_evaluator import rereading

            message = artifact_io.read_schema(schema) if schema else None
            made = [
                rereading.make_plan(side, features, config.slices, message)
                for side in (baseline, current)
            ]
            plans = [plan for plan in made if plan is not None]
            read.update({plan.side.label: plan.features for plan in plans})
            folder = os.path.join(self._get_tmp_dir(), "settling") if plans else ""
            profiles = rereading.read(plans, self._make_beam_pipeline, folder) if plans else {}
            return profiles.get("baseline"), profiles.get("current")

        outcome = settling.settle(baseline.profile, current.profile, config, finer)
        open_still = settling.columns(decision.in_doubt(outcome.results))
        return outcome, {label: features - open_still for label, features in read.items()}
