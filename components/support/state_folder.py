"""The state of pipelines: what earlier runs left for later ones, as one small folder per record.

A record is `{root}/{pipeline}/{name}/record.json` with, beside it, a copy of the statistics that it
names, both of them sealed (see `core.sealing`). Names are UTC times, so that they sort;
`record.json` is written last and renamed into place, so that a record is there whole or not at all.
There is no index that two runs could overwrite: the listing is the index. It works the same on a
local folder and on every file system that TFX knows, and needs no ML Metadata, which Kubeflow does
not let components query.

See `state_reading` for which of the records there are believed, and which of those is meant.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import pydantic
from tfx import types
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from skewgate.components.support import artifact_io
from skewgate.core import sealing
from skewgate.core.yaml_model import StrictModel
from skewgate.statistics.messages import without_seal
from skewgate.storage import mounts, s3

RECORD_NAME = "record.json"
VERSION = 2
"""Of the format of records; those of the first had no seal."""
NAME_FORM = "%Y%m%dT%H%M%S.%fZ"
"""Of the names of records."""
_PROPERTIES = ("split_names", "span", "version")
_OF_ONE_RUN = ("name", "producer_component", "pipeline_name", "tfx_version", "state", "is_external")
_OF_KUBEFLOW = ("display_name", "store_session_info")
"""What its launcher notes of each artifact that it records."""


class RecordedArtifact(StrictModel):
    """An artifact of an earlier run: its type's name, where it is and what it says of itself.

    Attributes:
        type: the name of its type.
        uri: its folder.
        files: how many were in it, in folders of any depth, when it was recorded.
        properties, custom_properties: what it says of itself.
    """

    type: str
    uri: str
    files: int = pydantic.Field(default=0, ge=0)
    properties: dict[str, str | int] = {}
    custom_properties: dict[str, str | int | float] = {}


class Record(StrictModel):
    """What one run left.

    Attributes:
        version: of this format.
        pipeline: its name.
        span: of the examples; 0 without spans.
        artifacts: by role, such as "model" or "statistics".
    """

    version: int = pydantic.Field(default=VERSION, ge=1, le=VERSION)
    pipeline: str
    span: int = pydantic.Field(default=0, ge=0)
    artifacts: dict[str, RecordedArtifact]


def recorded(artifact: types.Artifact) -> RecordedArtifact:
    """Returns what a record says of an artifact."""
    declared = artifact.PROPERTIES or {}
    properties = {name: getattr(artifact, name) for name in _PROPERTIES if name in declared}
    if "span" in properties:
        properties["span"] = artifact_io.span_of(artifact)
    custom = {name: _custom(artifact, name) for name in artifact.mlmd_artifact.custom_properties}
    return RecordedArtifact(
        type=artifact.type_name,
        uri=mounts.current().remote(artifact.uri),
        files=_count_files(artifact.uri),
        properties=properties,
        custom_properties={
            name: value
            for name, value in sorted(custom.items())
            if name not in _OF_ONE_RUN + _OF_KUBEFLOW and isinstance(value, str | int | float)
        },
    )


def _custom(artifact: types.Artifact, name: str) -> Any:
    """Returns a custom property; Kubeflow hands every number on as a JSON float."""
    stored = artifact.mlmd_artifact.custom_properties[name]
    kind = stored.WhichOneof("value")
    if kind != "struct_value":
        return getattr(stored, kind)
    value = artifact.get_json_value_custom_property(name)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def restore(entry: RecordedArtifact, artifact: types.Artifact) -> None:
    """Makes an output artifact stand for a kept one.

    It is marked as external first: TFX deletes the folders of a failed execution's outputs, and
    this one belongs to another run.
    """
    artifact.is_external = True
    for name, value in entry.properties.items():
        setattr(artifact, name, value)
    for name, custom in entry.custom_properties.items():
        if isinstance(custom, str):
            artifact.set_string_custom_property(name, custom)
        elif isinstance(custom, int):
            artifact.set_int_custom_property(name, custom)
        else:
            artifact.set_float_custom_property(name, custom)
    artifact.uri = entry.uri


def write(
    root: str, pipeline: str, span: int, artifacts: Mapping[str, types.Artifact], name: str
) -> str:
    """Writes a record and returns its folder.

    Args:
        root: folder of the state.
        pipeline: name of the pipeline.
        span: of the run's examples.
        artifacts: by role. Statistics are copied, and get a seal if they have none; the others are
            named.
        name: of the record, see `state_reading.State.next_name`.

    Raises:
        InputError: statistics are none, or are damaged.
    """
    folder = os.path.join(root, pipeline, name)
    entries = {}
    for role, artifact in artifacts.items():
        entry = recorded(artifact)
        if artifact.type_name == "ExampleStatistics":
            copied = os.path.join(folder, role)
            for split in artifact_utils.decode_split_names(artifact.split_names):
                source = artifact_utils.get_split_uri([artifact], split)
                target = os.path.join(copied, os.path.basename(source))
                fileio.makedirs(target)
                path = os.path.join(source, artifact_io.STATISTICS_NAME)
                artifact_io.write_bytes(
                    os.path.join(target, artifact_io.STATISTICS_NAME),
                    sealing.seal(without_seal(artifact_io.read_bytes(path), path)),
                )
            entry = entry.model_copy(update={"uri": copied, "files": _count_files(copied)})
        entries[role] = entry
    record = Record(pipeline=pipeline, span=span, artifacts=entries)
    fileio.makedirs(folder)
    sealed = sealing.seal_json(record.model_dump(mode="json"))
    text = json.dumps(sealed, indent=1, ensure_ascii=False)
    artifact_io.write_bytes(os.path.join(folder, RECORD_NAME), text.encode("utf-8"))
    return folder


def loss(entry: RecordedArtifact) -> str:
    """Returns what happened to a kept artifact that is no longer whole where it was; "" if it is.

    A folder that a launcher fills has only what this task takes as its input; then the store itself
    is asked.
    """
    path = mounts.current().local(entry.uri)
    if path != entry.uri and not fileio.exists(path):
        path = entry.uri if s3.is_reachable(entry.uri) else path
    if not fileio.exists(path):
        return "is gone"
    left = _count_files(path)
    return f"has lost {entry.files - left} of its {entry.files} files" if left < entry.files else ""


def _count_files(folder: str) -> int:
    """Returns the number of files in a folder of any depth, hidden ones aside."""
    if s3.is_object(folder):
        names = [path.rpartition("/")[2] for path in s3.below_folder(folder)]
    elif fileio.exists(folder):
        names = [str(name) for _, _, found in fileio.walk(folder) for name in found]
    else:
        names = []
    return sum(not name.startswith(".") for name in names)
