"""Executor of StateLookup."""

from __future__ import annotations

from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from skewgate.components.support import artifact_io, state_folder, wiring
from skewgate.core.errors import InputError
from skewgate.storage import model_names

TRAINING_ROLES = {
    "model": "model",
    "training_statistics": "statistics",
    "training_examples": "examples",
    "evaluation": "evaluation",
}
"""Output to role in a record of the training pipeline."""


class Executor(base_executor.BaseExecutor):
    """Reads two records and lets the outputs stand for what they name."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Looks up; see the component for the parameters.

        Raises:
            InputError: examples are connected and brought nothing, a record cannot be read, what is
                required is not there, or the model's name
                cannot be that of a folder.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        root, model = exec_properties["state_root"], exec_properties.get("model_name")
        training = model_names.pipeline_of(model, exec_properties["training"])
        own = model_names.pipeline_of(model, exec_properties["pipeline"])
        received = wiring.receive(input_dict, exec_properties)
        received.require("StateLookup")
        examples = received.first("examples")
        span = artifact_io.span_of(examples) if examples is not None else 0
        pushed = state_folder.newest(root, training)
        previous = state_folder.newest(root, own, span)
        recorded: dict[str, state_folder.RecordedArtifact | None] = {
            output: pushed.artifacts.get(role) if pushed else None
            for output, role in TRAINING_ROLES.items()
        }
        recorded["previous_statistics"] = previous.artifacts.get("statistics") if previous else None
        existing = {
            output: entry if entry is not None and state_folder.exists(entry) else None
            for output, entry in recorded.items()
        }
        for output in artifact_io.json_list(exec_properties["required"]):
            entry = recorded[output]
            if entry is None:
                raise InputError(
                    root,
                    f"{training} has pushed no model yet, so that there is no {output}",
                    "run the training pipeline first",
                )
            if existing[output] is None:
                raise InputError(
                    entry.uri,
                    f"is the {output} of {training}, and is gone",
                    "run the training pipeline again",
                )
        for output, entry in existing.items():
            artifact = artifact_utils.get_single_instance(output_dict[output])
            if entry is None:
                artifact.set_int_custom_property(artifact_io.ABSENT_PROPERTY, 1)
            else:
                state_folder.restore(entry, artifact)
