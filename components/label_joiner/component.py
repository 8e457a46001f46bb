"""LabelJoiner: which predictions have their label by now?"""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.orchestration import data_types
from tfx.types import component_spec, standard_artifacts

from skewgate.checks.labels.config import LabelConfig
from skewgate.components import artifact_types
from skewgate.components.label_joiner import executor
from skewgate.components.support import cache_key, wiring
from skewgate.core import yaml_model


class LabelJoinerSpec(wiring.WiredSpec):
    """Parameters and channels of LabelJoiner."""

    PARAMETERS = {
        "config": component_spec.ExecutionParameter(type=str),
        "split": component_spec.ExecutionParameter(type=str, optional=True),
        "label_split": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {
        "predictions": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "labels": component_spec.ChannelParameter(type=standard_artifacts.Examples),
    }
    OUTPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "label_report": component_spec.ChannelParameter(type=artifact_types.LabelReport),
    }


class LabelJoiner(base_beam_component.BaseBeamComponent):
    """Joins predictions with the labels that arrived for them, and says which windows have enough.

    Every prediction row is written once, with the names of its windows, and with its label if one
    arrived within the horizon. A window with too few labels is inconclusive, because its metrics
    would cover only the rows that were labelled first. It never stops a pipeline; QualityGate does.

    ## Example

    ```python
    joiner = LabelJoiner(
        predictions=serving_examples.outputs["examples"],
        labels=label_examples.outputs["examples"],
        config=open("labels.yaml").read(),
    )
    ```

    Component `outputs` contains:

      - `examples`: Channel of type `standard_artifacts.Examples`, gzip TFRecord of tf.Example, one
        split with the name of the predictions'; custom properties `rows_read`, `rows_<split>`.
      - `label_report`: Channel of type `skewgate.LabelReport`; custom property `blessed`; files
        report.json, report.html, metrics.prom.
    """

    SPEC_CLASS = LabelJoinerSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)
    DRIVER_CLASS = cache_key.CodeDriver

    def __init__(
        self,
        predictions: types.BaseChannel,
        labels: types.BaseChannel,
        config: str | data_types.RuntimeParameter,
        split: str | None = None,
        label_split: str | None = None,
    ) -> None:
        """Makes the component.

        Args:
            predictions: rows that were predicted, with a key and a time.
            labels: rows with the same key and what came true.
            config: the text of labels.yaml, not its path: a changed file must be a changed
                parameter, or stale rows would come from the cache.
            split: split of `predictions`; needed if it has several.
            label_split: split of `labels`; needed if it has several.

        Raises:
            InputError: the configuration is malformed.
        """
        if isinstance(config, str):
            yaml_model.parse(LabelConfig, config, "labels.yaml")
        spec = LabelJoinerSpec(
            predictions=predictions,
            labels=labels,
            config=config,
            split=split,
            label_split=label_split,
            examples=types.Channel(type=standard_artifacts.Examples),
            label_report=types.Channel(type=artifact_types.LabelReport),
        )
        super().__init__(spec=spec)
