"""What the executors share: reading inputs from artifacts and writing reports into them."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx import types
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from skewgate.core import json_text, ownership, regular_files
from skewgate.core.errors import InputError
from skewgate.core.results import Status
from skewgate.report import rendering
from skewgate.report import report as report_lib
from skewgate.schema.reading import parse_schema
from skewgate.statistics.messages import parse_statistics
from skewgate.statistics.reading import STOCK_RANK_ERROR
from skewgate.storage import atomic

STATISTICS_NAME = "FeatureStats.pb"
RANK_ERROR_PROPERTY = "rank_error"
BLESSED_PROPERTY = "blessed"
WINDOW_PROPERTY = "window"
"""Custom property of examples and statistics of a window of time: its start and end."""
WINDOW_NAME_PROPERTY = "window_name"
"""The same: its name, which is that of the window in labels.yaml."""
EVALUATED_PROPERTY = "evaluated"
"""Custom property of an evaluation: the same for those that asked the same of a model."""
ABSENT_PROPERTY = "absent"
"""Custom property of an artifact that stands for nothing: StateLookup found none."""
REMOVED_PROPERTY = "removed"
"""The same: StateLookup would have found one, which was removed under `retention`."""


def read_bytes(uri: str) -> bytes:
    """Reads a file of any file system that TFX knows.

    Raises:
        InputError: there is no such file.
    """
    if not fileio.exists(uri):
        raise InputError(uri, "no such file", "rerun the component that writes it")
    regular_files.check(uri)
    with fileio.open(uri, "rb") as stream:
        return bytes(stream.read())


def exists(uri: str) -> bool:
    """Says whether there is a file, in any file system that TFX knows."""
    return bool(fileio.exists(uri))


def _text(uri: str) -> str:
    try:
        return read_bytes(uri).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(uri, f"is not UTF-8 text (byte {error.start})") from error


def write_bytes(uri: str, content: bytes) -> None:
    """Writes a file under a temporary name, then renames it."""
    temporary = f"{uri}.tmp"
    with fileio.open(temporary, "wb") as stream:
        stream.write(content)
    fileio.rename(temporary, uri, overwrite=True)


@contextlib.contextmanager
def temporary_folder(uri: str) -> Iterator[None]:
    """Makes a folder that nobody else may write to, and deletes it with all in it at the end."""
    fileio.makedirs(uri)
    if "://" not in uri:
        ownership.keep_private(uri)
    try:
        yield
    finally:
        fileio.rmtree(uri)


def choose_split(artifact: types.Artifact, split: str | None, what: str) -> str:
    """Returns the split to use: the one wanted, or the only one there is.

    Raises:
        InputError: the wanted split is missing, or there are several and none is wanted.
    """
    names = artifact_utils.decode_split_names(artifact.split_names)
    if split:
        if split not in names:
            raise InputError(
                f"{what} at {artifact.uri}",
                f"has no split {split!r}; its splits are {', '.join(names)}",
                "name one of these",
            )
        return split
    if len(names) != 1:
        raise InputError(
            f"{what} at {artifact.uri}",
            f"has the splits {', '.join(names) or '(none)'} and none was chosen",
            "name the split to use",
        )
    return str(names[0])


def splits_but(
    artifact: types.Artifact, excluded: str | None, what: str, purpose: str
) -> list[str]:
    """Returns the splits of an artifact without those that a parameter excludes.

    Args:
        artifact: has splits.
        excluded: a JSON list of splits, or nothing.
        what: the artifact, for messages.
        purpose: what the splits are for: "profile" or "validate".

    Raises:
        InputError: none is left.
    """
    names = artifact_utils.decode_split_names(artifact.split_names)
    without = json_list(excluded)
    splits = [str(name) for name in names if name not in without]
    if not splits:
        raise InputError(
            f"{what} at {artifact.uri}",
            f"have the splits {', '.join(names)}, of which none is left to {purpose}",
            "exclude fewer",
        )
    return splits


def statistics_path(artifact: types.Artifact, split: str) -> str:
    """Returns the path of the statistics of a split.

    Raises:
        ValueError: the artifact has no such split.
    """
    return os.path.join(artifact_utils.get_split_uri([artifact], split), STATISTICS_NAME)


def read_statistics(
    artifact: types.Artifact, split: str
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Reads the statistics of a split, as StatisticsGen or SkewStatisticsGen wrote them."""
    path = statistics_path(artifact, split)
    return parse_statistics(read_bytes(path), path)


def rank_error(artifact: types.Artifact) -> float:
    """Returns the rank error that a statistics artifact names, or that of stock TFDV."""
    if artifact.has_custom_property(RANK_ERROR_PROPERTY):
        return float(artifact.get_string_custom_property(RANK_ERROR_PROPERTY))
    return STOCK_RANK_ERROR


def read_schema(
    artifacts: Sequence[types.Artifact], *, nameless: bool = False
) -> schema_pb2.Schema:
    """Reads the schema of a Schema artifact; see `parse_schema` for `nameless`."""
    uri = artifact_utils.get_single_uri(list(artifacts))
    names = [name for name in fileio.listdir(uri) if name.endswith(".pbtxt")]
    if len(names) != 1:
        raise InputError(uri, f"must hold one .pbtxt file, found {len(names)}")
    path = os.path.join(uri, names[0])
    return parse_schema(_text(path), path, nameless=nameless)


def first(artifacts: Sequence[types.Artifact] | None) -> types.Artifact | None:
    """Returns the first artifact of an optional input, or None."""
    return artifacts[0] if artifacts else None


def without_absent(
    input_dict: Mapping[str, Sequence[types.Artifact]],
) -> dict[str, list[types.Artifact]]:
    """Returns the inputs without those artifacts that stand for nothing."""
    return {
        name: [each for each in artifacts if not each.has_custom_property(ABSENT_PROPERTY)]
        for name, artifacts in input_dict.items()
    }


def describe(artifact: types.Artifact, split: str, rows: int) -> dict[str, Any]:
    """Returns what a report says of one of its sides; its window or span where it has one."""
    described: dict[str, Any] = {"uri": artifact.uri, "split": split, "rows": rows}
    for name in (WINDOW_PROPERTY, WINDOW_NAME_PROPERTY):
        if artifact.has_custom_property(name):
            described[name] = artifact.get_string_custom_property(name)
    if span := span_of(artifact):
        described["span"] = span
    return described


def span_of(artifact: types.Artifact) -> int:
    """Returns the span of examples or statistics; 0 without spans.

    TFX's driver of ExampleGens notes it as a custom property beside the declared one.
    """
    return int(artifact.span or artifact.get_int_custom_property("span"))


def copy_span_and_window(source: types.Artifact, target: types.Artifact) -> None:
    """Lets what was made of examples say the same of its span and window."""
    target.span = span_of(source)
    for name in (WINDOW_PROPERTY, WINDOW_NAME_PROPERTY):
        if source.has_custom_property(name):
            target.set_string_custom_property(name, source.get_string_custom_property(name))


def publish(
    report: report_lib.Report, artifact: types.Artifact, context: Any | None = None
) -> None:
    """Publishes the files of a report as one and sets the custom properties that gates read.

    Args:
        report: what to publish.
        artifact: where to.
        context: of the executor; it knows the id of the run on this machine. Elsewhere the report
            keeps the id that it was made with.
    """
    if context is not None and context.pipeline_run_id:
        report = dataclasses.replace(report, run_id=context.pipeline_run_id)
    _write_set(artifact.uri, rendering.render(report))
    artifact.set_int_custom_property(BLESSED_PROPERTY, int(report.decision.blessed))
    artifact.set_string_custom_property("status", report.decision.status.value)
    artifact.set_int_custom_property("failed", report.decision.count(Status.FAIL))
    artifact.set_int_custom_property("inconclusive", report.decision.count(Status.INCONCLUSIVE))


def _write_set(uri: str, contents: Mapping[str, str]) -> None:
    """Writes files that belong together; see `atomic.write_set`.

    An object store has no folders that could get a name: there the first file is removed first and
    written last, each as a whole.
    """
    if "://" not in uri:
        with contextlib.suppress(OSError):  # it holds something, or is not there
            os.rmdir(uri)  # TFX has made it for this output alone
        atomic.write_set(uri, contents)
        return
    names = list(contents)
    if fileio.exists(os.path.join(uri, names[0])):
        fileio.remove(os.path.join(uri, names[0]))
    for name in reversed(names):
        write_bytes(os.path.join(uri, name), contents[name].encode("utf-8"))


def read_report(artifact: types.Artifact) -> report_lib.Report:
    """Reads the report that `publish` wrote.

    Raises:
        InputError: there is none, or it is not a report.
    """
    path = os.path.join(artifact.uri, report_lib.JSON_NAME)
    return report_lib.parse(_text(path), path)


def json_list(text: str | None) -> list[str]:
    """Parses a parameter that holds a JSON list of names; nothing is an empty list."""
    try:
        names = json_text.load(text) if text else []
    except ValueError:
        names = None
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise InputError("parameter", f"must be a JSON list of names, got {text!r}")
    return names
