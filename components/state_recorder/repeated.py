"""Whether a run repeats what the newest record says."""

from __future__ import annotations

import os
from collections.abc import Mapping

from tfx import types
from tfx.types import artifact_utils

from skewgate.components.support import artifact_io, state_folder
from skewgate.components.support.state_folder import RecordedArtifact
from skewgate.components.support.state_reading import State
from skewgate.core import sealing
from skewgate.statistics.messages import without_seal


def newest_if_same(state: State, artifacts: Mapping[str, types.Artifact]) -> str | None:
    """Returns the folder of the newest record if it says what a run would record.

    Args:
        state: of the pipeline.
        artifacts: of the run, by role.
    """
    newest = state.newest()
    if newest is None or newest.record.artifacts.keys() != artifacts.keys():
        return None
    kept = newest.record.artifacts
    if all(_is_same(kept[role], artifact) for role, artifact in artifacts.items()):
        return newest.folder
    return None


def _is_same(kept: RecordedArtifact, artifact: types.Artifact) -> bool:
    """Says whether an artifact is the one that was recorded.

    Statistics are by what they say, as the state holds a copy. An evaluation is by what was asked
    of the model: a repeated run makes another one, which compares the model with itself.
    """
    found = state_folder.recorded(artifact)
    if state_folder.loss(kept):
        return False
    if artifact.type_name == "ExampleStatistics":
        return _without_place(kept) == _without_place(found) and _statistics(kept, artifact)
    if artifact_io.EVALUATED_PROPERTY in kept.custom_properties:
        return _without_place(kept) == _without_place(found)
    return kept == found


def _without_place(entry: RecordedArtifact) -> RecordedArtifact:
    return entry.model_copy(update={"uri": "", "files": 0})


def _statistics(kept: RecordedArtifact, artifact: types.Artifact) -> bool:
    """Says whether the copied statistics are those of an artifact, and whole."""
    for split in artifact_utils.decode_split_names(artifact.split_names):
        source = artifact_utils.get_split_uri([artifact], split)
        copied = os.path.join(kept.uri, os.path.basename(source))
        given = _content(source)
        try:
            if _content(copied) != given:
                return False
        except sealing.DamagedError:
            return False
    return True


def _content(folder: str) -> bytes:
    path = os.path.join(folder, artifact_io.STATISTICS_NAME)
    return without_seal(artifact_io.read_bytes(path), path)
