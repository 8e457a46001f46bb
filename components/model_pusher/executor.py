"""Executor of ModelPusher."""

from __future__ import annotations

import os
from typing import Any

from tfx import types
from tfx.components.pusher import executor
from tfx.types import artifact_utils
from tfx.utils import io_utils

from skewgate.components.support import serving_folder
from skewgate.storage import model_names


class Executor(executor.Executor):
    """TFX's own, told where to push when it runs; what it pushes appears whole."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Pushes; see the component for the parameters.

        Raises:
            InputError: the model's name cannot be that of a folder.
        """
        folder, name = exec_properties["serving_root"], exec_properties.get("model_name")
        if name is not None:
            folder = os.path.join(folder, model_names.check(name))
        pushed = artifact_utils.get_single_instance(output_dict["pushed_model"])
        if not self.CheckBlessing(input_dict):
            self._MarkNotPushed(pushed)
            return
        model = self.GetModelPath(input_dict)
        io_utils.copy_dir(model, pushed.uri)
        destination, version = serving_folder.publish(model, folder)
        self._MarkPushed(pushed, pushed_destination=destination, pushed_version=version)
