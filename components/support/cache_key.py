"""What TFX's cache does not look at: the code that runs, and what lies outside of artifacts.

The key under which LocalDagRunner looks for an earlier result holds inputs, parameters and the name
of the executor. A driver runs before it is made, and what it adds to the parameters is in it. On a
cluster no driver of ours runs: there the image, which is named by its digest, is in the key.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Mapping
from typing import Any

from tfx.dsl.components.base import base_driver
from tfx.orchestration import data_types, metadata
from tfx.orchestration.portable import base_driver as portable_driver
from tfx.orchestration.portable import data_types as portable_data_types
from tfx.proto.orchestration import driver_output_pb2

from skewgate.core import fresh_imports, source_code
from skewgate.metrics import plugins

CODE_PROPERTY = "code"
"""The parameter that tells one code from another; no executor reads it."""
ONCE_PROPERTY = "once"
"""The parameter that no two runs share."""


class CodeDriver(base_driver.BaseDriver, portable_driver.BaseDriver):
    """Adds the code of skewgate to the key, and that of the user's functions that are called.

    Any node can have it, stock ones too: `trainer.driver_class = CodeDriver`.
    """

    def __init__(self, metadata_handle: metadata.Metadata) -> None:
        """Makes the driver, as TFX's runners do."""
        base_driver.BaseDriver.__init__(self, metadata_handle)
        portable_driver.BaseDriver.__init__(self, metadata_handle)

    def resolve_exec_properties(
        self,
        exec_properties: dict[str, Any],
        pipeline_info: data_types.PipelineInfo | None,
        component_info: data_types.ComponentInfo | None,
    ) -> dict[str, Any]:
        """Returns the parameters and what is added to them; runners of older TFX call it."""
        del pipeline_info, component_info
        fresh_imports.prepare(source_code.named(exec_properties))
        return {**exec_properties, CODE_PROPERTY: code(exec_properties)}

    def run(
        self, execution_info: portable_data_types.ExecutionInfo
    ) -> driver_output_pb2.DriverOutput:
        """Returns what is added to the parameters."""
        given = execution_info.exec_properties
        resolved = self.resolve_exec_properties(dict(given), None, None)
        output = driver_output_pb2.DriverOutput()
        for name in (CODE_PROPERTY, ONCE_PROPERTY):
            if name in resolved:
                output.exec_properties[name].string_value = resolved[name]
        return output


class EffectDriver(CodeDriver):
    """Lets a node run each time: what it does, or what it looks at, is outside of artifacts.

    A cached result would say that a model is served, or a record kept, which has gone since.
    """

    def resolve_exec_properties(
        self,
        exec_properties: dict[str, Any],
        pipeline_info: data_types.PipelineInfo | None,
        component_info: data_types.ComponentInfo | None,
    ) -> dict[str, Any]:
        """Returns the parameters and what is added to them."""
        resolved = super().resolve_exec_properties(exec_properties, pipeline_info, component_info)
        return {**resolved, ONCE_PROPERTY: uuid.uuid4().hex}


def code(exec_properties: Mapping[str, Any]) -> str:
    """Returns what is the same only if the code that a node runs is.

    Args:
        exec_properties: of the node; they may name functions and modules of the user.
    """
    return source_code.of_parameters(exec_properties, _plugins())


@functools.cache
def _plugins() -> list[str]:
    """Returns the modules of metrics of other packages; to look for them takes 50 ms."""
    return plugins.modules()
