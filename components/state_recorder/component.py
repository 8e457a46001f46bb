"""StateRecorder: leaves what this run made for later runs."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.orchestration import data_types
from tfx.types import component_spec, standard_artifacts

from skewgate.components import artifact_types
from skewgate.components.state_recorder import executor
from skewgate.components.support import cache_key, wiring
from skewgate.storage import model_names


class StateRecorderSpec(wiring.WiredSpec):
    """Parameters and channels of StateRecorder."""

    PARAMETERS = {
        "state_root": component_spec.ExecutionParameter(type=str),
        "pipeline": component_spec.ExecutionParameter(type=str),
        "model_name": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {
        "statistics": component_spec.ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "examples": component_spec.ChannelParameter(
            type=standard_artifacts.Examples, optional=True
        ),
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model, optional=True),
        "evaluation": component_spec.ChannelParameter(
            type=standard_artifacts.ModelEvaluation, optional=True
        ),
        "pushed_model": component_spec.ChannelParameter(
            type=standard_artifacts.PushedModel, optional=True
        ),
    }
    OUTPUTS = {"record": component_spec.ChannelParameter(type=artifact_types.StateRecord)}


class StateRecorder(base_component.BaseComponent):
    """Records what StateLookup finds in later runs: put it behind the gates.

    A run whose gate was shut must record nothing, because its results must not become the standard.
    Nothing is recorded either if a connected input is missing, such as the pushed model of a
    ModelPusher that was skipped. A run that repeats the one before records nothing new. The folder
    is checked in every run, so a deleted record is written again.

    ## Example

    ```python
    recorder = StateRecorder(
        state_root="gs://bucket/taxi/state", pipeline="taxi-monitoring",
        statistics=statistics_gen.outputs["statistics"],
    )
    recorder.add_upstream_node(gate)
    ```

    Component `outputs` contains:

      - `record`: Channel of type `skewgate.StateRecord`; custom properties `recorded` (0 or 1) and
        `folder`, where the record is.
    """

    SPEC_CLASS = StateRecorderSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
    DRIVER_CLASS = cache_key.EffectDriver

    def __init__(
        self,
        state_root: str | data_types.RuntimeParameter,
        pipeline: str,
        statistics: types.BaseChannel,
        examples: types.BaseChannel | None = None,
        model: types.BaseChannel | None = None,
        evaluation: types.BaseChannel | None = None,
        pushed_model: types.BaseChannel | None = None,
        model_name: str | data_types.RuntimeParameter | None = None,
    ) -> None:
        """Makes the component.

        Args:
            state_root: folder of the state, of any file system that TFX knows.
            pipeline: name of the pipeline that this is part of.
            statistics: of the run's examples; copied into the state.
            examples: what they were computed from.
            model: what was trained.
            evaluation: of the model.
            pushed_model: output of ModelPusher; if it was not pushed, nothing is recorded.
            model_name: goes before the name of the pipeline: "taxi" makes "training" mean
                "taxi-training". A run can choose it.

        Raises:
            InputError: the model's name cannot be that of a folder.
        """
        if isinstance(model_name, str):
            model_names.check(model_name)
        spec = StateRecorderSpec(
            state_root=state_root,
            pipeline=pipeline,
            model_name=model_name,
            statistics=statistics,
            examples=examples,
            model=model,
            evaluation=evaluation,
            pushed_model=pushed_model,
            record=types.Channel(type=artifact_types.StateRecord),
        )
        super().__init__(spec=spec)
