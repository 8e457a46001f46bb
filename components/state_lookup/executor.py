"""Executor of StateLookup."""

from __future__ import annotations

from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from skewgate.components.support import artifact_io, data_times, state_folder, state_reading, wiring
from skewgate.core.errors import InputError
from skewgate.storage import model_names

PREVIOUS = "previous_statistics"
ROLES = {
    "model": "model",
    "training_statistics": "statistics",
    "training_examples": "examples",
    "evaluation": "evaluation",
    PREVIOUS: "statistics",
}
"""Output to role in a record: the last of the training pipeline, or that of the rows before."""


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
            InputError: examples are connected but empty, what a record names is gone,
                what is required was never recorded, no record can be believed, or the model's name
                cannot be that of a folder.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        root, model = exec_properties["state_root"], exec_properties.get("model_name")
        training = model_names.pipeline_of(model, exec_properties["training"])
        own = model_names.pipeline_of(model, exec_properties["pipeline"])
        received = wiring.receive(input_dict, exec_properties)
        received.require("StateLookup")
        pushed = state_reading.State(root, training).last()
        state, rows = state_reading.State(root, own), _rows(received.first("examples"))
        previous = state.before(rows) if rows.is_known else state.last()
        required = artifact_io.json_list(exec_properties["required"])
        for output, role in ROLES.items():
            pipeline, found = (own, previous) if output == PREVIOUS else (training, pushed)
            entry = found.record.artifacts.get(role) if found is not None else None
            artifact = artifact_utils.get_single_instance(output_dict[output])
            if found is not None and entry is not None:
                _check_whole(entry, output, pipeline, found.folder)
                state_folder.restore(entry, artifact)
            elif output in required:
                raise _never(output, pipeline, root, removed=state.removed.held_before(rows))
            else:
                artifact.set_int_custom_property(artifact_io.ABSENT_PROPERTY, 1)
                if output == PREVIOUS and state.removed.held_before(rows):
                    artifact.set_string_custom_property(artifact_io.REMOVED_PROPERTY, state.folder)


def _rows(current: types.Artifact | None) -> data_times.DataTime:
    """Returns when the rows of this run are from, as far as they say it.

    Raises:
        InputError: what they say of their window is none.
    """
    if current is None:
        return data_times.DataTime()
    return data_times.of(current, f"the examples at {current.uri}")


def _check_whole(
    entry: state_folder.RecordedArtifact, output: str, pipeline: str, folder: str
) -> None:
    """Makes sure that what a record names is there: that it is gone is not that it never was.

    Raises:
        InputError: it is not, or not all of it.
    """
    if lost := state_folder.loss(entry):
        raise InputError(
            entry.uri,
            f"is the {output} of {pipeline}, but {lost}",
            f"put it back, or delete the record {folder}, so that the one before it is used",
        )


def _never(output: str, pipeline: str, root: str, *, removed: bool) -> InputError:
    """Returns the error that a required output was never recorded, or was removed."""
    if output == PREVIOUS and removed:
        return InputError(
            root,
            f"{pipeline} did record earlier rows, but retention has removed them",
            "run it on later rows",
        )
    if output == PREVIOUS:
        return InputError(
            root, f"{pipeline} has not recorded any earlier rows", "run it on earlier rows first"
        )
    return InputError(
        root,
        f"{pipeline} has not pushed a model yet, so there is no {output}",
        "run the training pipeline first",
    )
