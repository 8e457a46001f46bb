"""Statistics of data as Python has them: made once, kept, joined, compared with anything."""

from __future__ import annotations

import dataclasses
import os

from skewgate.core import sealing
from skewgate.core.errors import InputError
from skewgate.core.profile import Profile as Distributions
from skewgate.statistics import writing
from skewgate.storage import atomic


@dataclasses.dataclass(frozen=True, repr=False)
class Profile:
    """The statistics of a data set, which stand for its rows in every comparison.

    Attributes:
        distributions: of each feature, by slice.
        resolution: quantile buckets of a file that is written of it.
    """

    distributions: Distributions
    resolution: int

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.distributions.rows.get("", 0)

    @property
    def features(self) -> list[str]:
        """The names of the features, sorted."""
        return list(self.distributions.slices.get("", {}))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the statistics as TFDV writes and reads them.

        Args:
            path: of the file, whose name ends in .pb.

        Raises:
            InputError: it cannot be written, or a feature has values of several kinds.
        """
        write(self, os.fspath(path), "give another path")

    def __repr__(self) -> str:
        return f"<skewgate.Profile: {self.rows:,} rows, {len(self.features):,} features>"


def write(profile: Profile, path: str, fix: str) -> None:
    """Writes statistics.

    Args:
        profile: what to write.
        path: of the file.
        fix: what to do if it cannot be written.

    Raises:
        InputError: it cannot be written, or a feature has values of several kinds.
    """
    check_writable(profile.distributions, path)
    statistics = writing.to_statistics(profile.distributions, profile.resolution)
    content = sealing.seal(statistics.SerializeToString())
    try:
        atomic.write_atomically(path, content)
    except OSError as error:
        raise InputError(path, f"cannot be written: {error.strerror}", fix) from error


def check_writable(profile: Distributions, place: str) -> None:
    """Refuses what no statistics can say: a feature of several kinds, or with unreadable values.

    Raises:
        InputError: there is one.
    """
    for name, side in profile.opaque().items():
        if side.faulty:
            raise InputError(
                f"{place}: {name}",
                side.problem,
                "write it with one type, or give a schema that says which",
            )
