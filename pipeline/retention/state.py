"""Finds and removes records of the state, on this machine and on object stores."""

from __future__ import annotations

import datetime
import os
import re

from tfx.dsl.io import fileio

from skewgate.components.support import artifact_io, state_folder, state_reading, state_removal
from skewgate.components.support.state_reading import Found
from skewgate.components.support.state_removal import Removed
from skewgate.pipeline.retention import folders
from skewgate.pipeline.retention.facts import Item, Leftover, StateRecord, Unknown
from skewgate.storage import s3

_URI = re.compile(r'"uri"\s*:\s*"([^"]*)"')


def items(root: str, pipeline: str, now: float, patience: float) -> list[Item]:
    """Returns what is in the state of a pipeline.

    Args:
        root: of the state.
        pipeline: its name.
        now: seconds since 1970.
        patience: seconds in which a record without `record.json` may still be being written.
    """
    folder = os.path.join(root, pipeline)
    state = state_reading.State(root, pipeline)
    believed = {os.path.basename(found.folder): found for found in state.all()}
    problems = {error.where: error.problem for error in state.refused}
    found: list[Item] = []
    for name in state.entries:
        path = os.path.join(folder, name)
        if name in believed:
            found.append(_record(believed[name], measured(path)))
        elif name == state_removal.NAME:
            continue
        elif folders.is_leftover(path):
            found.append(Leftover(path, *measured(path)))
        elif problem := problems.get(path) or problems.get(state.path(name)):
            found.append(Unknown(path, *measured(path), problem, frozenset(named(path))))
        elif (stamp := _stamp(name)) is None or now - stamp < patience:
            problem = (
                "is no record" if stamp is None else "is a record that may still be being written"
            )
            found.append(Unknown(path, *measured(path), problem))
        else:
            found.append(Leftover(path, *measured(path)))
    return found


def measured(path: str) -> tuple[int, int]:
    """Returns how many files a file or folder holds, and their bytes, also on an object store."""
    if s3.is_remote(path):
        return s3.measured(path)
    if "://" in path:
        return 0, 0
    return folders.measured(path)


def named(folder: str) -> list[str]:
    """Returns the URIs that a record names, whether it is believed or not; none if it is none."""
    path = os.path.join(folder, state_folder.RECORD_NAME)
    if not fileio.exists(path):
        return []
    return _URI.findall(artifact_io.read_bytes(path).decode("utf-8", "replace"))


def note(root: str, pipeline: str, removed: Removed) -> None:
    """Notes that records go, before they do: a lookup must not take them for never written."""
    state_removal.note(os.path.join(root, pipeline), removed)


def _record(found: Found, size: tuple[int, int]) -> StateRecord:
    name = os.path.basename(found.folder)
    stamp = _stamp(name)
    assert stamp is not None
    return StateRecord(
        found.folder,
        *size,
        name=name,
        written=stamp,
        rows=found.rows,
        uris=frozenset(entry.uri for entry in found.record.artifacts.values()),
    )


def _stamp(name: str) -> float | None:
    """Returns the seconds since 1970 that a name says; None if it says no time."""
    try:
        time = datetime.datetime.strptime(name, state_folder.NAME_FORM)
    except ValueError:
        return None
    return time.replace(tzinfo=datetime.timezone.utc).timestamp()
