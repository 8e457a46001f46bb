"""StateLookup: what earlier runs left for this one."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.orchestration import data_types
from tfx.types import component_spec, standard_artifacts

from skewgate.components.state_lookup import executor
from skewgate.components.support import cache_key, wiring
from skewgate.storage import model_names


class StateLookupSpec(wiring.WiredSpec):
    """Parameters and channels of StateLookup."""

    PARAMETERS = {
        "state_root": component_spec.ExecutionParameter(type=str),
        "training": component_spec.ExecutionParameter(type=str),
        "pipeline": component_spec.ExecutionParameter(type=str),
        "model_name": component_spec.ExecutionParameter(type=str, optional=True),
        "required": component_spec.ExecutionParameter(type=str),
        "known": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples, optional=True)
    }
    OUTPUTS = {
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "training_statistics": component_spec.ChannelParameter(
            type=standard_artifacts.ExampleStatistics
        ),
        "training_examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "evaluation": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "previous_statistics": component_spec.ChannelParameter(
            type=standard_artifacts.ExampleStatistics
        ),
    }


class StateLookup(base_component.BaseComponent):
    """Looks up the pushed model, what it was trained on, and the statistics of the run before.

    It reads what StateRecorder wrote, from a folder. It needs no resolver node, which open-source
    Kubeflow refuses, and no ML Metadata. The outputs point to where earlier runs put things. An
    output of which nothing was ever recorded has the custom property `absent`. The policies of the
    components say what an absent baseline means; any other input connected to it counts as missing.
    Stock components do not know that property. It is an error if something recorded is gone.

    ## Example

    ```python
    state = StateLookup(
        state_root="gs://bucket/taxi/state", training="taxi-training", pipeline="taxi-monitoring",
        required=["training_statistics"], examples=example_gen.outputs["examples"],
    )
    ```

    Component `outputs` contains:

      - `model`: the model that the training pipeline recorded last.
      - `training_statistics`, `training_examples`, `evaluation`: of the run that made it.
      - `previous_statistics`: of the rows of `pipeline` before `examples`, by their window or
        their span; of its last recorded run where they have neither.
    """

    SPEC_CLASS = StateLookupSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
    DRIVER_CLASS = cache_key.CodeDriver

    def __init__(
        self,
        state_root: str | data_types.RuntimeParameter,
        training: str,
        pipeline: str,
        required: Sequence[str] = (),
        examples: types.BaseChannel | None = None,
        known: str | None = None,
        model_name: str | data_types.RuntimeParameter | None = None,
    ) -> None:
        """Makes the component.

        Args:
            state_root: folder of the state, of any file system that TFX knows.
            training: name of the pipeline whose models are pushed.
            pipeline: name of the pipeline that this is part of.
            required: outputs that must be there; the node fails without them.
            examples: of this run, for their window or span.
            known: names what the state holds, so that TFX's cache does not answer with what an
                earlier state held. Leave it out where the node is never cached.
            model_name: goes before the names of both pipelines: "taxi" makes "training" mean
                "taxi-training". A run can choose it, and so whose state is looked up.

        Raises:
            ValueError: `required` names no output.
            InputError: the model's name cannot be that of a folder.
        """
        if isinstance(model_name, str):
            model_names.check(model_name)
        unknown = sorted(set(required) - set(StateLookupSpec.OUTPUTS))
        if unknown:
            outputs = ", ".join(StateLookupSpec.OUTPUTS)
            raise ValueError(f"required must name outputs ({outputs}), got {unknown[0]!r}")
        channels = {
            name: types.Channel(type=parameter.type)
            for name, parameter in StateLookupSpec.OUTPUTS.items()
        }
        spec = StateLookupSpec(
            state_root=state_root,
            training=training,
            pipeline=pipeline,
            required=json.dumps(sorted(required)),
            known=known,
            model_name=model_name,
            examples=examples,
            **channels,
        )
        super().__init__(spec=spec)
