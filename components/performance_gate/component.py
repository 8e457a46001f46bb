"""PerformanceGate: is the model good enough, and not worse than the one before?"""

from __future__ import annotations

import json
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.orchestration import data_types
from tfx.types import component_spec, standard_artifacts

from skewgate import validation
from skewgate.components import artifact_types
from skewgate.components.performance_gate import executor
from skewgate.config import BasicPolicy


class PerformanceGateSpec(component_spec.ComponentSpec):
    """Parameters and channels of PerformanceGate."""

    PARAMETERS = {
        "eval_config": component_spec.ExecutionParameter(type=str),
        "example_splits": component_spec.ExecutionParameter(type=str),
        "policy": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "baseline_model": component_spec.ChannelParameter(
            type=standard_artifacts.Model, optional=True
        ),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema, optional=True),
    }
    OUTPUTS = {
        "evaluation": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "blessing": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
        "performance_report": component_spec.ChannelParameter(
            type=artifact_types.PerformanceReport
        ),
    }


class PerformanceGate(base_beam_component.BaseBeamComponent):
    """Evaluates a model with TFMA and judges every threshold with its confidence interval.

    Rows whose label has not arrived are left out. A threshold whose interval holds it, or that
    could not be evaluated, is inconclusive; no threshold at all is an error. Change thresholds
    without a baseline model follow `on_missing_baseline`. It never stops a pipeline: QualityGate
    does, and Pusher honours the blessing.

    ## Example
    ```
    performance = PerformanceGate(
        examples=example_gen.outputs["examples"],
        model=trainer.outputs["model"],
        eval_config=open("eval_config.pbtxt").read(),
    )
    ```

    Component `outputs` contains:
      - `evaluation`: Channel of type `standard_artifacts.ModelEvaluation`, read by TFMA.
      - `blessing`: Channel of type `standard_artifacts.ModelBlessing`, as Pusher reads it.
      - `performance_report`: Channel of type `skewgate.PerformanceReport`; custom property
        `blessed`; files report.json, report.html, metrics.prom.
    """

    SPEC_CLASS = PerformanceGateSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        model: types.BaseChannel,
        eval_config: str | data_types.RuntimeParameter,
        baseline_model: types.BaseChannel | None = None,
        schema: types.BaseChannel | None = None,
        example_splits: list[str] | None = None,
        policy: dict[str, Any] | None = None,
    ) -> None:
        """Makes the component.

        Args:
            examples: rows with labels; rows without are left out.
            model: the candidate.
            eval_config: the text of eval_config.pbtxt (or its JSON form), not its path.
            baseline_model: what change thresholds compare with.
            schema: gives the examples their types.
            example_splits: splits to evaluate on; "eval" by default.
            policy: `on_inconclusive` and `on_missing_baseline`, as in drift.yaml.
        """
        policy_text = json.dumps(policy or {})
        validation.parse(BasicPolicy, policy_text, "policy")
        spec = PerformanceGateSpec(
            examples=examples,
            model=model,
            baseline_model=baseline_model,
            schema=schema,
            eval_config=eval_config,
            example_splits=json.dumps(example_splits or ["eval"]),
            policy=policy_text,
            evaluation=types.Channel(type=standard_artifacts.ModelEvaluation),
            blessing=types.Channel(type=standard_artifacts.ModelBlessing),
            performance_report=types.Channel(type=artifact_types.PerformanceReport),
        )
        super().__init__(spec=spec)
