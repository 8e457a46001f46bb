"""PerformanceGate: is the model good enough, and not worse than the one before?"""

from __future__ import annotations

import json

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.orchestration import data_types
from tfx.types import component_spec, standard_artifacts

from skewgate.checks.performance.config import PerformanceConfig
from skewgate.components import artifact_types
from skewgate.components.performance_gate import executor
from skewgate.components.support import cache_key, wiring
from skewgate.core import yaml_model


class PerformanceGateSpec(wiring.WiredSpec):
    """Parameters and channels of PerformanceGate."""

    PARAMETERS = {
        "eval_config": component_spec.ExecutionParameter(type=str),
        "example_splits": component_spec.ExecutionParameter(type=str),
        "config": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model, optional=True),
        "baseline_model": component_spec.ChannelParameter(
            type=standard_artifacts.Model, optional=True
        ),
        "baseline_evaluation": component_spec.ChannelParameter(
            type=standard_artifacts.ModelEvaluation, optional=True
        ),
        "label_report": component_spec.ChannelParameter(
            type=artifact_types.LabelReport, optional=True
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

    Predictions come from `model`, whose output the EvalConfig's prediction_key may choose; without
    a model they are in the examples, under that key. Rows whose label has not arrived are left out.
    A label, prediction or weight that no metric can count is a result of its own, and nothing
    passes on the other rows of its slice. A threshold that lies within the interval, or that could
    not be evaluated, is inconclusive; an EvalConfig without thresholds is an error. Thresholds on
    change compare with `baseline_model` on the same rows, or else with `baseline_evaluation`;
    without either, `on_missing_baseline` decides. It never stops a pipeline; QualityGate does, and
    Pusher honours the blessing.

    ## Example

    ```python
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
    DRIVER_CLASS = cache_key.CodeDriver

    def __init__(
        self,
        examples: types.BaseChannel,
        eval_config: str | data_types.RuntimeParameter,
        model: types.BaseChannel | None = None,
        baseline_model: types.BaseChannel | None = None,
        baseline_evaluation: types.BaseChannel | None = None,
        label_report: types.BaseChannel | None = None,
        schema: types.BaseChannel | None = None,
        example_splits: list[str] | None = None,
        config: str | data_types.RuntimeParameter = "{}",
    ) -> None:
        """Makes the component.

        Args:
            examples: rows with labels; rows without are left out.
            eval_config: the text of eval_config.pbtxt (or its JSON form), not its path.
            model: the candidate; must not be given where the examples hold the predictions.
            baseline_model: what thresholds on change compare with, on the same rows.
            baseline_evaluation: what they compare with where there is no baseline model.
            label_report: of the LabelJoiner that made the examples: windows that it found to lack
                labels are inconclusive, and their rows are left out.
            schema: gives the examples their types.
            example_splits: splits to evaluate on; "eval" by default.
            config: the text of performance.yaml, not its path.

        Raises:
            InputError: config or eval_config is malformed.
        """
        from skewgate.components.performance_gate import configuration

        if isinstance(eval_config, str):
            configuration.parse_eval_config(eval_config)
        if isinstance(config, str):
            yaml_model.parse(PerformanceConfig, config, "performance.yaml")
        spec = PerformanceGateSpec(
            examples=examples,
            model=model,
            baseline_model=baseline_model,
            baseline_evaluation=baseline_evaluation,
            label_report=label_report,
            schema=schema,
            eval_config=eval_config,
            example_splits=json.dumps(example_splits or ["eval"]),
            config=config,
            evaluation=types.Channel(type=standard_artifacts.ModelEvaluation),
            blessing=types.Channel(type=standard_artifacts.ModelBlessing),
            performance_report=types.Channel(type=artifact_types.PerformanceReport),
        )
        super().__init__(spec=spec)
