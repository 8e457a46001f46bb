"""DriftEvaluator: has a distribution moved further than it may?"""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.orchestration import data_types
from tfx.types import component_spec, standard_artifacts

from skewgate.checks.drift import config as config_lib
from skewgate.components import artifact_types
from skewgate.components.drift_evaluator import executor
from skewgate.components.support import cache_key, wiring
from skewgate.core import yaml_model


class DriftEvaluatorSpec(wiring.WiredSpec):
    """Parameters and channels of DriftEvaluator."""

    PARAMETERS = {
        "config": component_spec.ExecutionParameter(type=str),
        "split": component_spec.ExecutionParameter(type=str, optional=True),
        "baseline_split": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {
        "statistics": component_spec.ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "baseline_statistics": component_spec.ChannelParameter(
            type=standard_artifacts.ExampleStatistics, optional=True
        ),
        "examples": component_spec.ChannelParameter(
            type=standard_artifacts.Examples, optional=True
        ),
        "baseline_examples": component_spec.ChannelParameter(
            type=standard_artifacts.Examples, optional=True
        ),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema, optional=True),
    }
    OUTPUTS = {"drift_report": component_spec.ChannelParameter(type=artifact_types.DriftReport)}


class DriftEvaluator(base_beam_component.BaseBeamComponent):
    """Compares every feature's distribution with a baseline and decides.

    It reads statistics only. If they leave a verdict open and the examples are connected, one Beam
    pipeline reads the features in doubt again.

    Without a baseline the result is inconclusive and the report is not blessed, unless
    `drift.yaml` says `on_missing_baseline: allow`. It never stops a pipeline; QualityGate does.

    ## Example

    ```python
    drift = DriftEvaluator(
        statistics=serving_statistics.outputs["statistics"],
        baseline_statistics=training_statistics,
        examples=serving_examples.outputs["examples"],
        config=open("drift.yaml").read(),
        baseline_split="train",
    )
    ```

    Component `outputs` contains:

      - `drift_report`: Channel of type `skewgate.DriftReport`; custom property `blessed`; files
        report.json, report.html, metrics.prom.
    """

    SPEC_CLASS = DriftEvaluatorSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)
    DRIVER_CLASS = cache_key.CodeDriver

    def __init__(
        self,
        statistics: types.BaseChannel,
        config: str | data_types.RuntimeParameter,
        baseline_statistics: types.BaseChannel | None = None,
        split: str | None = None,
        baseline_split: str | None = None,
        examples: types.BaseChannel | None = None,
        baseline_examples: types.BaseChannel | None = None,
        schema: types.BaseChannel | None = None,
    ) -> None:
        """Makes the component.

        Args:
            statistics: of the data in question.
            config: the text of drift.yaml, not its path: a changed file must be a changed
                parameter, or a stale verdict would come from the cache.
            baseline_statistics: what to compare with.
            split: split of `statistics`; needed if it has several.
            baseline_split: split of `baseline_statistics`; needed if it has several.
            examples: what `statistics` were computed from; read only to settle what these
                leave open.
            baseline_examples: what `baseline_statistics` were computed from.
            schema: tells the types of columns that make slices and are not in the statistics.

        Raises:
            InputError: the configuration is malformed.
            ValueError: there are baseline examples without baseline statistics.
        """
        if baseline_examples is not None and baseline_statistics is None:
            raise ValueError("give baseline_examples together with their baseline_statistics")
        if isinstance(config, str):
            yaml_model.parse(config_lib.DriftConfig, config, "drift.yaml")
        spec = DriftEvaluatorSpec(
            statistics=statistics,
            baseline_statistics=baseline_statistics,
            examples=examples,
            baseline_examples=baseline_examples,
            schema=schema,
            config=config,
            split=split,
            baseline_split=baseline_split,
            drift_report=types.Channel(type=artifact_types.DriftReport),
        )
        super().__init__(spec=spec)
