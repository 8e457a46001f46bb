"""Finds what lies under the root of the settings on this machine. No link is followed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from skewgate.core import temporary
from skewgate.pipeline.retention.facts import (
    RUN_ID,
    Artifact,
    Item,
    Leftover,
    Log,
    Scratch,
    Unknown,
    Version,
)
from skewgate.pipeline.settings import Settings

REMOVED = ".removed"
"""Ending of the name of a folder that is being removed; the name begins with a dot."""
_LEFTOVER = re.compile(r"\.[0-9a-f]{16}(\.partial)?|\..*\.removed")
"""Names of what is being removed, and of what earlier versions wrote."""
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
_SYSTEM, _WORKING = ".system", "stateful_working_dir"
_SCRATCH = ("driver_execution", "executor_execution", _WORKING)
_DIGESTS = "content.json"
"""What TabularExampleGen knows of its files; each run writes it anew."""


def items(settings: Settings, pipeline: str) -> list[Item]:
    """Returns what the runs of a pipeline left, but for the state.

    Args:
        settings: of the pipelines.
        pipeline: "training" or "monitoring".
    """
    found = list(_artifacts(settings.artifact_root(pipeline)))
    found += _logs(settings, pipeline)
    if pipeline == "training":
        found += _versions(os.path.join(settings.serving_path, settings.name))
    return found


def measured(path: str) -> tuple[int, int]:
    """Returns how many files a file or folder holds, and their bytes."""
    if not os.path.isdir(path) or os.path.islink(path):
        return 1, os.lstat(path).st_size
    files = size = 0
    for entry in os.scandir(path):
        if entry.is_dir(follow_symlinks=False):
            more = measured(entry.path)
            files, size = files + more[0], size + more[1]
        else:
            files, size = files + 1, size + entry.stat(follow_symlinks=False).st_size
    return files, size


def is_leftover(path: str) -> bool:
    """Says whether something is not whole, by its name, and whose process is no more.

    >>> is_leftover("a/.0123456789abcdef.partial"), is_leftover("a/.17.removed")
    (True, True)
    >>> is_leftover("a/17")
    False
    """
    name = os.path.basename(path)
    return _LEFTOVER.fullmatch(name) is not None or temporary.is_left(path)


def entries(folder: str) -> list[os.DirEntry[str]]:
    """Returns what is in a folder, by name; nothing if there is no such folder."""
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _unknown(entry: os.DirEntry[str], problem: str) -> Item:
    return Unknown(entry.path, *measured(entry.path), problem)


def _artifacts(root: str) -> Iterator[Item]:
    """Yields what is in `{root}/{node}/{output}/{execution}`."""
    for node in entries(root):
        if not _is_folder(node):
            yield _unknown(node, "is not the folder of a node")
            continue
        for output in entries(node.path):
            if is_leftover(output.path):
                yield Leftover(output.path, *measured(output.path))
            elif not _is_folder(output):
                if output.name != _DIGESTS:
                    yield _unknown(output, "is not the folder of an output")
            elif output.name == _SYSTEM:
                yield from _system(output.path)
            else:
                yield from _executions((node.name, output.name), output.path)


def _executions(above: tuple[str, ...], folder: str) -> Iterator[Item]:
    for entry in entries(folder):
        size = measured(entry.path)
        if is_leftover(entry.path):
            yield Leftover(entry.path, *size)
        elif _is_folder(entry) and _NUMBER.fullmatch(entry.name):
            yield Artifact(entry.path, *size, (*above, entry.name), int(entry.name))
            yield from _staged(entry.path)
        else:
            yield Unknown(entry.path, *size, "is not the folder of an execution")


def _staged(artifact: str) -> Iterator[Item]:
    """Yields what was staged in an artifact and never put in place."""
    for entry in entries(artifact):
        if is_leftover(entry.path):
            yield Leftover(entry.path, *measured(entry.path))


def _system(folder: str) -> Iterator[Item]:
    for kind in entries(folder):
        if kind.name in _SCRATCH and _is_folder(kind):
            for entry in entries(kind.path):
                name = entry.name if kind.name == _WORKING else ""
                yield Scratch(entry.path, *measured(entry.path), name)
        else:
            yield _unknown(kind, "is not known to belong to TFX")


def _logs(settings: Settings, pipeline: str) -> Iterator[Item]:
    """Yields the logs of a pipeline; those of others in the same root begin with another name."""
    start = f"{settings.pipeline_name(pipeline)}-"
    for entry in entries(os.path.join(settings.root, "logs")):
        run_id = entry.name.removeprefix(start).removesuffix(".log")
        if entry.name == f"{start}{run_id}.log" and RUN_ID.fullmatch(run_id):
            yield Log(entry.path, *measured(entry.path), run_id)


def _versions(folder: str) -> Iterator[Item]:
    for entry in entries(folder):
        size = measured(entry.path)
        if is_leftover(entry.path):
            yield Leftover(entry.path, *size)
        elif _is_folder(entry) and _NUMBER.fullmatch(entry.name):
            yield Version(entry.path, *size, int(entry.name))
        else:
            yield Unknown(entry.path, *size, "is not a version of a model")
