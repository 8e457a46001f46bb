"""The two sides of a comparison: statistics of a split and, where connected, its examples."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from typing import Any

from tfx import types
from tfx.types import artifact_utils

from skewgate.checks.drift.chosen_slices import resolved
from skewgate.components.support import artifact_io
from skewgate.core.profile import Profile
from skewgate.statistics.reading import parse_profile


@dataclasses.dataclass(frozen=True)
class StatisticsSide:
    """One side of a comparison.

    Attributes:
        label: "baseline" or "current", for names in a Beam pipeline and for messages.
        statistics: the statistics artifact.
        split: the split of it that is compared.
        profile: what the statistics of this split tell.
        examples: what the statistics were computed from, if it is connected.
    """

    label: str
    statistics: types.Artifact
    split: str
    profile: Profile
    examples: types.Artifact | None

    @property
    def rows(self) -> int:
        """Number of examples that the statistics describe."""
        return max(self.profile.rows.values())

    def with_slices(self, lists: Sequence[Sequence[str]]) -> StatisticsSide:
        """Returns this side with the slices by lists of columns known by their values."""
        return dataclasses.replace(self, profile=resolved(self.profile, lists))

    def describe(self, settled: Collection[str]) -> dict[str, Any]:
        """Returns what the report says of this side.

        Args:
            settled: the features that were settled by reading the examples of this side.
        """
        described = artifact_io.describe(self.statistics, self.split, self.rows)
        if self.examples is not None:
            described["settled"] = sorted(settled)
        return described


def load(
    label: str,
    statistics: types.Artifact,
    split: str | None,
    examples: list[types.Artifact] | None,
) -> StatisticsSide:
    """Reads one side.

    Args:
        label: as for Side.
        statistics: the statistics artifact.
        split: the split of it to compare; may be None if it has one only.
        examples: the input channel of the examples, which may be empty.

    Raises:
        InputError: there is no such split, or no such file, or it holds no statistics.
    """
    what = "the baseline statistics" if label == "baseline" else "the statistics"
    split = artifact_io.choose_split(statistics, split or None, what)
    path = artifact_io.statistics_path(statistics, split)
    return StatisticsSide(
        label,
        statistics,
        split,
        parse_profile(artifact_io.read_bytes(path), path, artifact_io.rank_error(statistics)),
        artifact_utils.get_single_instance(examples) if examples else None,
    )
