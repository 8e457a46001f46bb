"""Executor of ModelPusher."""

from __future__ import annotations

import logging
import os
from typing import Any

from tfx import types
from tfx.components.pusher import executor
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import io_utils, proto_utils

from skewgate.components.model_pusher import served
from skewgate.components.support import wiring
from skewgate.storage import model_names


class Executor(executor.Executor):
    """TFX's own, told where to push when it runs."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Pushes, unless the newest version is this model; see the component for the parameters.

        A model whose blessing was to come and did not is not pushed.

        Raises:
            InputError: the model's name cannot be that of a folder, or an input is gone.
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
        if self.CheckBlessing(input_dict):
            model_path = self.GetModelPath(input_dict)
            version = served.same_version(model_path, folder)
            if version is not None:
                (pushed,) = output_dict[standard_component_specs.PUSHED_MODEL_KEY]
                io_utils.copy_dir(model_path, pushed.uri)
                self._MarkPushed(pushed, os.path.join(folder, version), version)
                logging.info("%s: version %s is this model already", folder, version)
                return
        destination = pusher_pb2.PushDestination(
            filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=folder)
        )
        key = standard_component_specs.PUSH_DESTINATION_KEY
        told = {**exec_properties, key: proto_utils.proto_to_json(destination)}
        super().Do(received.artifacts, output_dict, told)
