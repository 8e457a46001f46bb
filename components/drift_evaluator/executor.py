"""Executor of DriftEvaluator."""

from __future__ import annotations

import os
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils

from skewgate.checks.drift import Evaluation, evaluate
from skewgate.checks.drift.config import DriftConfig
from skewgate.components.drift_evaluator import sides
from skewgate.components.support import artifact_io, wiring
from skewgate.core import yaml_model
from skewgate.core.profile import Profile

JUDGED = ("baseline_statistics", "baseline_examples")
"""Inputs that may stand for nothing: `on_missing_baseline` says what that means."""


class Executor(base_beam_executor.BaseBeamExecutor):
    """Compares two statistics artifacts, reads again what they leave open, publishes the report."""

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
        output = artifact_utils.get_single_instance(output_dict["drift_report"])
        received = wiring.receive(input_dict, exec_properties, JUDGED)
        if received.missing:
            artifact_io.publish(received.report("drift"), output, self._context)
            return
        input_dict = received.artifacts
        config = yaml_model.parse(DriftConfig, exec_properties["config"], "drift.yaml")
        current = sides.load(
            "current",
            artifact_utils.get_single_instance(input_dict["statistics"]),
            exec_properties.get("split"),
            input_dict.get("examples"),
        )
        before = received.first("baseline_statistics")
        baseline = None
        if before is not None:
            split = exec_properties.get("baseline_split")
            baseline = sides.load("baseline", before, split, input_dict.get("baseline_examples"))
        found, settled = self._evaluate(baseline, current, config, input_dict.get("schema"))
        report = found.report(
            baseline.describe(settled.get("baseline", ())) if baseline is not None else {},
            current.describe(settled.get("current", ())),
        )
        artifact_io.publish(report, output, self._context)

    def _evaluate(
        self,
        baseline: sides.StatisticsSide | None,
        current: sides.StatisticsSide,
        config: DriftConfig,
        schema: list[types.Artifact] | None,
    ) -> tuple[Evaluation, dict[str, frozenset[str]]]:
        """Returns what was found and, by the label of a side, what its examples settled."""
        read: dict[str, frozenset[str]] = {}
        baseline, current = (
            None if baseline is None else baseline.with_slices(config.slices),
            current.with_slices(config.slices),
        )

        message = artifact_io.read_schema(schema) if schema else None

        def reread(features: frozenset[str]) -> tuple[Profile | None, Profile | None]:
            from skewgate.components.drift_evaluator import rereading

            made = [
                rereading.make_plan(side, features, config.slices, message)
                for side in (baseline, current)
                if side is not None
            ]
            plans = [plan for plan in made if plan is not None]
            read.update({plan.side.label: plan.features for plan in plans})
            folder = os.path.join(self._get_tmp_dir(), "rereading") if plans else ""
            profiles = rereading.read(plans, self._make_beam_pipeline, folder) if plans else {}
            return profiles.get("baseline"), profiles.get("current")

        known = baseline.profile if baseline is not None else None
        found = evaluate(known, current.profile, config, reread)
        return found, {label: features - found.in_doubt for label, features in read.items()}
