"""The file driver of TFX, which also sees files in folders of any depth change."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from tfx.components.example_gen import driver, utils
from tfx.dsl.io import fileio
from tfx.orchestration import data_types

from skewgate.components.tabular_example_gen.executor import find_files
from skewgate.core.errors import InputError

_NANOSECONDS = 1_000_000_000


class FileDriver(driver.FileBasedDriver):
    """Finds the span and version as TFX does, and describes the files that are really read.

    TFX takes `**` for one folder, and of a folder that a pattern matches it sees the folder alone:
    a changed file below would come from the cache as it was.
    """

    def resolve_exec_properties(
        self,
        exec_properties: dict[str, Any],
        pipeline_info: data_types.PipelineInfo,
        component_info: data_types.ComponentInfo,
    ) -> dict[str, Any]:
        """See TFX's driver."""
        resolved: dict[str, Any] = super().resolve_exec_properties(
            exec_properties, pipeline_info, component_info
        )
        config = json.loads(resolved["input_config"])
        pattern = os.path.join(resolved["input_base"], config["splits"][0]["pattern"])
        try:
            paths = find_files(pattern)
        except InputError:  # which the executor reports
            return resolved
        if not set(paths) <= set(fileio.glob(pattern)):
            resolved[utils.FINGERPRINT_PROPERTY_NAME] = fingerprint(paths)
        return resolved


def fingerprint(paths: Sequence[str]) -> str:
    """Returns what changes when a file does, in the form of TFX's own."""
    total = exclusive = added = 0
    for path in paths:
        status = fileio.stat(path)
        seconds = int(status.mtime_nsec / _NANOSECONDS)
        total += status.length
        exclusive ^= seconds
        added += seconds
    return (
        f"split:input,num_files:{len(paths)},total_bytes:{total},xor_checksum:{exclusive},"
        f"sum_checksum:{added}"
    )
