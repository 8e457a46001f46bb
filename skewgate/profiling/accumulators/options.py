"""What to keep of rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence

from skewgate.profiling.accumulators.numeric import FINE_RESOLUTION, RESOLUTION


@dataclasses.dataclass(frozen=True)
class ProfileOptions:
    """What to keep of rows.

    Attributes:
        categorical: columns of numbers that are names of categories; a frozenset.
        slice_by: lists of columns whose values make slices; tuples, each in order of name and
            once, as the same columns in another order make the same slices.
        resolution: points kept of every numeric feature.
        features: the columns to keep, a frozenset; None for all.
    """

    categorical: Collection[str] = ()
    slice_by: Sequence[Sequence[str]] = ()
    resolution: int = RESOLUTION
    features: Collection[str] | None = None

    def __post_init__(self) -> None:
        slices = dict.fromkeys(tuple(sorted(set(columns))) for columns in self.slice_by)
        object.__setattr__(self, "categorical", frozenset(self.categorical))
        object.__setattr__(self, "slice_by", tuple(slices))
        if self.features is not None:
            object.__setattr__(self, "features", frozenset(self.features))

    @property
    def columns(self) -> frozenset[str] | None:
        """The columns to read: those to keep, and those that make slices; None for all."""
        if self.features is None:
            return None
        return frozenset(self.features).union(*self.slice_by)

    def reread(self, features: Collection[str]) -> ProfileOptions:
        """Returns how to look at some features again, finely.

        >>> ProfileOptions(slice_by=[["pay"]]).reread(["fare"]).resolution
        65536
        """
        return dataclasses.replace(self, resolution=FINE_RESOLUTION, features=features)


DEFAULT = ProfileOptions()
