"""Executor of SchemaContract."""

from __future__ import annotations

import os
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from skewgate.components.support import artifact_io
from skewgate.schema.reading import parse_schema

SCHEMA_NAME = "schema.pbtxt"


class Executor(base_executor.BaseExecutor):
    """Checks the text and writes it."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes the schema; see the component for the parameter.

        Raises:
            InputError: the text is not a schema.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        text = exec_properties["text"]
        parse_schema(text, SCHEMA_NAME)
        schema = artifact_utils.get_single_instance(output_dict["schema"])
        fileio.makedirs(schema.uri)
        artifact_io.write_bytes(os.path.join(schema.uri, SCHEMA_NAME), text.encode("utf-8"))
