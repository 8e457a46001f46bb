"""Executor of ModelPusher."""

from __future__ import annotations

import logging
import os
from typing import Any

from tfx import types
from tfx.components.pusher import executor
from tfx.types import artifact_utils
from tfx.utils import io_utils

from skewgate.components.model_pusher import served
from skewgate.components.support import serving_folder, wiring
from skewgate.storage import model_names


class Executor(executor.Executor):
    """TFX's own, told where to push when it runs; what it pushes appears whole."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Pushes, unless the newest version is this model; see the component for the parameters.

        A model whose blessing was to come and did not is not pushed.

        Raises:
            InputError: the model's name cannot be that of a folder, or an input is gone,
                or the model is empty.
        """
        received = wiring.receive(input_dict, exec_properties)
        if received.missing:
            logging.warning("The model is not pushed: %s; %s.", received.reason(), wiring.FIX)
            pushed = artifact_utils.get_single_instance(output_dict["pushed_model"])
            pushed.set_int_custom_property("pushed", 0)
            return
        folder, name = exec_properties["serving_root"], exec_properties.get("model_name")
        if name is not None:
            folder = os.path.join(folder, model_names.check(name))
        pushed = artifact_utils.get_single_instance(output_dict["pushed_model"])
        if not self.CheckBlessing(received.artifacts):
            self._MarkNotPushed(pushed)
            return
        model = self.GetModelPath(received.artifacts)
        wiring.check_filled(model, "model")
        io_utils.copy_dir(model, pushed.uri)
        version = served.same_version(model, folder)
        if version is not None:
            logging.info("%s: version %s is already this model", folder, version)
            destination = os.path.join(folder, version)
        else:
            destination, version = serving_folder.publish(model, folder)
        self._MarkPushed(pushed, pushed_destination=destination, pushed_version=version)
