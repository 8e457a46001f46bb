"""Executor of StateRecorder."""

from __future__ import annotations

import logging
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from skewgate.components.state_recorder import repeated
from skewgate.components.support import artifact_io, state_folder, state_reading, wiring
from skewgate.storage import model_names

ROLES = ("statistics", "examples", "model", "evaluation")


class Executor(base_executor.BaseExecutor):
    """Writes one record, unless the newest one says the same."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Records; see the component for the parameters.

        Raises:
            InputError: an input is gone, is empty or cannot be read, or the model's name cannot be
                that of a folder.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        record = artifact_utils.get_single_instance(output_dict["record"])
        record.set_int_custom_property("recorded", 0)
        # First, for an object store keeps no folder of what was not pushed.
        pushed = input_dict.get("pushed_model") or []
        if any(each.get_int_custom_property("pushed") != 1 for each in pushed):
            return
        received = wiring.receive(input_dict, exec_properties)
        if received.missing:
            logging.warning("Nothing is recorded: %s; %s.", received.reason(), wiring.FIX)
            return
        by_role = {role: received.first(role) for role in ROLES}
        artifacts = {role: artifact for role, artifact in by_role.items() if artifact is not None}
        for role, artifact in artifacts.items():
            wiring.check_filled(artifact.uri, role)
        root = exec_properties["state_root"]
        pipeline = model_names.pipeline_of(
            exec_properties.get("model_name"), exec_properties["pipeline"]
        )
        state = state_reading.State(root, pipeline)
        folder = repeated.newest_if_same(state, artifacts) or state_folder.write(
            root,
            pipeline,
            artifact_io.span_of(artifacts["statistics"]),
            artifacts,
            state.next_name(),
        )
        record.set_int_custom_property("recorded", 1)
        record.set_string_custom_property("folder", folder)
