"""The file driver of TFX, which knows files by what they hold."""

from __future__ import annotations

import uuid
from typing import Any

from tfx.components.example_gen import driver, utils
from tfx.orchestration import data_types
from tfx.orchestration.portable import data_types as portable_data_types
from tfx.proto.orchestration import driver_output_pb2

from skewgate.components.support import cache_key
from skewgate.components.tabular_example_gen import fingerprints
from skewgate.components.tabular_example_gen.executor import find_files, patterns_of
from skewgate.core.errors import InputError


class FileDriver(driver.FileBasedDriver):
    """Finds the span and version as TFX does, and reads what the files hold.

    TFX knows a file by its size and the second in which it was written: what `cp -p`, `rsync -t` or
    a restore put in its place would come from the cache as it was. It takes `**` for one folder,
    and of a folder that a pattern matches it sees the folder alone.
    """

    def resolve_exec_properties(
        self,
        exec_properties: dict[str, Any],
        pipeline_info: data_types.PipelineInfo | None,
        component_info: data_types.ComponentInfo | None,
    ) -> dict[str, Any]:
        """See TFX's driver."""
        resolved: dict[str, Any] = super().resolve_exec_properties(
            exec_properties, pipeline_info, component_info
        )
        resolved[utils.FINGERPRINT_PROPERTY_NAME] = content_of(resolved)
        return {**resolved, cache_key.CODE_PROPERTY: cache_key.code(resolved)}

    def run(
        self, execution_info: portable_data_types.ExecutionInfo
    ) -> driver_output_pb2.DriverOutput:
        """See TFX's driver."""
        (examples,) = execution_info.output_dict["examples"]
        kept = fingerprints.kept_beside(examples.uri)
        execution_info.exec_properties[fingerprints.KEPT_PROPERTY] = kept
        return super().run(execution_info)


def content_of(exec_properties: dict[str, Any]) -> str:
    """Returns the fingerprint of the files that will be read.

    Of files that are not there or cannot be read it is one that no other run has: the executor says
    what is wrong with them.

    Args:
        exec_properties: `input_base`, and `input_config` whose patterns have their span.
    """
    try:
        paths = [path for pattern in patterns_of(exec_properties) for path in find_files(pattern)]
        return fingerprints.of(paths, exec_properties.get(fingerprints.KEPT_PROPERTY) or "")
    except (InputError, OSError):
        return f"{fingerprints.PREFIX}unknown:{uuid.uuid4().hex}"
