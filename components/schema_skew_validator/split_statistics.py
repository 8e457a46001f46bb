"""The statistics of one split, as TFDV's message and as what they tell."""

from __future__ import annotations

import dataclasses
import functools

from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx import types

from skewgate.components.support import artifact_io
from skewgate.core.profile import Profile
from skewgate.statistics import messages
from skewgate.statistics import reading as statistics_lib


@dataclasses.dataclass(frozen=True)
class SplitStatistics:
    """The statistics of one split.

    Attributes:
        artifact, split: where they are.
        content: the file's.
        statistics: TFDV's message of it, which may lack slices that the file has.
    """

    artifact: types.Artifact
    split: str
    content: bytes
    statistics: statistics_pb2.DatasetFeatureStatisticsList

    @classmethod
    def load(cls, artifact: types.Artifact, split: str) -> SplitStatistics:
        """Reads the statistics of a split.

        Raises:
            InputError: they are missing or broken.
        """
        path = artifact_io.statistics_path(artifact, split)
        content = artifact_io.read_bytes(path)
        return cls(artifact, split, content, messages.parse_statistics(content, path))

    @functools.cached_property
    def profile(self) -> Profile:
        """The distributions of every slice and feature of the file."""
        return statistics_lib.parse_profile(
            self.content,
            artifact_io.statistics_path(self.artifact, self.split),
            artifact_io.rank_error(self.artifact),
        )

    @property
    def rows(self) -> int:
        """Number of examples."""
        return int(messages.overall(self.statistics).num_examples)

    def without_small_slices(self, rows: int) -> SplitStatistics:
        """Returns these without the slices of fewer than `rows` examples."""
        kept = messages.without_small_slices(self.statistics, rows)
        return dataclasses.replace(self, statistics=kept)
