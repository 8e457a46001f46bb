"""The command line of the entry point: the compiler writes it, the entry point parses it."""

from __future__ import annotations

ENTRY = ("python", "-m", "skewgate.kubeflow.image.entrypoint")
"""The command of every container that runs a TFX executor."""
INVOCATION = "--json_serialized_invocation_args"
INPUTS_SPEC = "--json_serialized_inputs_spec_args"
FILE_DRIVER = "--file_driver"
DRIVER_ONLY = "--driver_only"
VERSION_VARIABLE = "SKEWGATE_SPEC_VERSION"
"""The environment variable that tells which skewgate compiled the pipeline."""
