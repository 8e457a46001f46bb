"""ModelPusher: TFX's Pusher, with a folder for each model."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.orchestration import data_types
from tfx.types import component_spec, standard_artifacts

from skewgate.components.model_pusher import executor
from skewgate.components.support import cache_key, wiring
from skewgate.storage import model_names


class ModelPusherSpec(wiring.WiredSpec):
    """Parameters and channels of ModelPusher."""

    PARAMETERS = {
        "serving_root": component_spec.ExecutionParameter(type=str),
        "model_name": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "model_blessing": component_spec.ChannelParameter(
            type=standard_artifacts.ModelBlessing, optional=True
        ),
        "infra_blessing": component_spec.ChannelParameter(
            type=standard_artifacts.InfraBlessing, optional=True
        ),
    }
    OUTPUTS = {"pushed_model": component_spec.ChannelParameter(type=standard_artifacts.PushedModel)}


class ModelPusher(base_component.BaseComponent):
    """Pushes a blessed model into a folder that servers watch, as TFX's Pusher does.

    A model that already is the newest version is not pushed again: `pushed` is 1, and the
    destination is that version. The folder is checked in every run, so a deleted version is pushed
    again.

    Use it instead of TFX's Pusher, which pushes a model whose blessing never arrived: if the
    producer of a connected blessing was skipped or failed, Pusher treats it as not connected. And
    Pusher's destination is one JSON text, of which no part can be chosen when a compiled pipeline
    starts. Here the model's name can.

    ## Example

    ```python
    pusher = ModelPusher(
        model=trainer.outputs["model"], model_blessing=performance.outputs["blessing"],
        serving_root="gs://bucket/serving", model_name="taxi",
    )
    ```

    Component `outputs` contains:

      - `pushed_model`: Channel of type `standard_artifacts.PushedModel`; custom properties as those
        of TFX's Pusher: `pushed` (0 or 1), `pushed_destination`, `pushed_version`.
    """

    SPEC_CLASS = ModelPusherSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
    DRIVER_CLASS = cache_key.EffectDriver

    def __init__(
        self,
        model: types.BaseChannel,
        serving_root: str | data_types.RuntimeParameter,
        model_name: str | data_types.RuntimeParameter | None = None,
        model_blessing: types.BaseChannel | None = None,
        infra_blessing: types.BaseChannel | None = None,
    ) -> None:
        """Makes the component.

        Args:
            model: what was trained.
            serving_root: folder for pushed models, of any file system that TFX knows.
            model_name: the folder below it that versions of this model go to; without it they go to
                `serving_root` itself.
            model_blessing: the model is pushed only if this is there and says so.
            infra_blessing: the same of InfraValidator. Without either the model is always pushed.

        Raises:
            InputError: the model's name cannot be that of a folder.
        """
        if isinstance(model_name, str):
            model_names.check(model_name)
        spec = ModelPusherSpec(
            model=model,
            model_blessing=model_blessing,
            infra_blessing=infra_blessing,
            serving_root=serving_root,
            model_name=model_name,
            pushed_model=types.Channel(type=standard_artifacts.PushedModel),
        )
        super().__init__(spec=spec)
