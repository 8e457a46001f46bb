"""The state of pipelines: what earlier runs left for later ones, as one small folder per record.

A record is `{root}/{pipeline}/{name}/record.json` with, beside it, a copy of the statistics that it
names. Names are UTC times, so that they sort; `record.json` is written last and renamed into place,
so that a record is there whole or not at all. There is no index that two runs could overwrite: the
listing is the index. It works the same on a local folder and on every file system that TFX knows,
and needs no ML Metadata, which Kubeflow does not let components query.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator, Mapping
from typing import Any

import pydantic
from tfx import types
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from skewgate.components.support import artifact_io
from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.core.yaml_model import StrictModel
from skewgate.storage import mounts, s3

RECORD_NAME = "record.json"
_PROPERTIES = ("split_names", "span", "version")
_OF_ONE_RUN = ("name", "producer_component", "pipeline_name", "tfx_version", "state", "is_external")
_OF_KUBEFLOW = ("display_name", "store_session_info")
"""What its launcher notes of each artifact that it records."""


class RecordedArtifact(StrictModel):
    """An artifact of an earlier run: its type's name, where it is and what it says of itself."""

    type: str
    uri: str
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

    version: int = pydantic.Field(default=1, ge=1, le=1)
    pipeline: str
    span: int = 0
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
    root: str, pipeline: str, span: int, artifacts: Mapping[str, types.Artifact], now: str
) -> str:
    """Writes a record and returns its folder.

    Args:
        root: folder of the state.
        pipeline: name of the pipeline.
        span: of the run's examples.
        artifacts: by role. Statistics are copied, the others are named.
        now: name of the record, see `stamp`.
    """
    folder = os.path.join(root, pipeline, now)
    entries = {}
    for role, artifact in artifacts.items():
        entry = recorded(artifact)
        if artifact.type_name == "ExampleStatistics":
            copied = os.path.join(folder, role)
            for split in artifact_utils.decode_split_names(artifact.split_names):
                source = artifact_utils.get_split_uri([artifact], split)
                target = os.path.join(copied, os.path.basename(source))
                fileio.makedirs(target)
                artifact_io.write_bytes(
                    os.path.join(target, artifact_io.STATISTICS_NAME),
                    artifact_io.read_bytes(os.path.join(source, artifact_io.STATISTICS_NAME)),
                )
            entry = entry.model_copy(update={"uri": copied})
        entries[role] = entry
    record = Record(pipeline=pipeline, span=span, artifacts=entries)
    fileio.makedirs(folder)
    text = record.model_dump_json(indent=1)
    artifact_io.write_bytes(os.path.join(folder, RECORD_NAME), text.encode("utf-8"))
    return folder


def timestamp() -> str:
    """Returns the time in UTC, so written that names sort by time."""
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")


def names(root: str, pipeline: str) -> Iterator[str]:
    """Yields the names of the records of a pipeline, the newest first."""
    folder = os.path.join(root, pipeline)
    if not fileio.exists(folder):
        return
    for name in sorted((each.rstrip("/") for each in fileio.listdir(folder)), reverse=True):
        if fileio.exists(os.path.join(folder, name, RECORD_NAME)):
            yield name


def newest(root: str, pipeline: str, before_span: int = 0) -> Record | None:
    """Returns the newest record of a pipeline, or None.

    Args:
        root: folder of the state.
        pipeline: name of the pipeline.
        before_span: if not 0, the record of the largest span below it: a run that is repeated or
            late is compared with what came before its data, not with what ran before it.

    Raises:
        InputError: a record is not one.
    """
    best: Record | None = None
    for name in names(root, pipeline):
        path = os.path.join(root, pipeline, name, RECORD_NAME)
        record = _parse(artifact_io.read_bytes(path), path)
        if not before_span:
            return record
        if record.span < before_span and (best is None or record.span > best.span):
            best = record
    return best


def _parse(content: bytes, path: str) -> Record:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(path, "is not UTF-8", "delete its folder and run again") from error
    return yaml_model.parse(Record, text, path)


def exists(entry: RecordedArtifact) -> bool:
    """Says whether a kept artifact is still where it was.

    A folder that a launcher fills has only what this task takes as its input; then the store itself
    is asked.
    """
    path = mounts.current().local(entry.uri)
    if path == entry.uri or fileio.exists(path):
        return bool(fileio.exists(path))
    return s3.is_reachable(entry.uri) and bool(fileio.exists(entry.uri))
