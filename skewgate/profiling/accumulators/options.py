"""What to keep of rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence

from skewgate.profiling.accumulators.numeric import FINE_RESOLUTION, RESOLUTION


class AllBut(Collection[str]):
    """Every name that there may be, except for some; it cannot be counted, and lists none."""

    def __init__(self, names: Collection[str]) -> None:
        """Keeps the names to leave out."""
        self._names = frozenset(names)

    def __contains__(self, name: object) -> bool:
        """Says whether a name is not left out."""
        return name not in self._names

    def __iter__(self) -> Iterator[str]:
        """Yields nothing, as there is no end of names."""
        return iter(())

    def __len__(self) -> int:
        """Returns the number of names that can be listed: none."""
        return 0


@dataclasses.dataclass(frozen=True)
class ProfileOptions:
    """What to keep of rows.

    Attributes:
        categorical: columns of numbers that are names of categories; a frozenset.
        slice_by: lists of columns whose values make slices; tuples, each in order of name and
            once, as the same columns in another order make the same slices.
        resolution: points kept of every numeric feature.
        features: the columns to keep, a frozenset; None for all.
        ignored: columns to leave out, a frozenset; those are never decoded that make no slices.
    """

    categorical: Collection[str] = ()
    slice_by: Sequence[Sequence[str]] = ()
    resolution: int = RESOLUTION
    features: Collection[str] | None = None
    ignored: Collection[str] = ()

    def __post_init__(self) -> None:
        slices = dict.fromkeys(tuple(sorted(set(columns))) for columns in self.slice_by)
        object.__setattr__(self, "categorical", frozenset(self.categorical))
        object.__setattr__(self, "slice_by", tuple(slices))
        object.__setattr__(self, "ignored", frozenset(self.ignored))
        if self.features is not None:
            object.__setattr__(self, "features", frozenset(self.features))

    @property
    def columns(self) -> Collection[str] | None:
        """The columns to read: those to keep, and those that make slices; None for all."""
        unread = frozenset(self.ignored).difference(*self.slice_by)
        if self.features is None:
            return AllBut(unread) if unread else None
        return frozenset(self.features).union(*self.slice_by) - unread

    def keeps(self, column: str) -> bool:
        """Says whether what is read of a column is kept."""
        kept = self.features is None or column in self.features
        return kept and column not in self.ignored

    def without(self, columns: Collection[str]) -> ProfileOptions:
        """Returns how to leave out some columns more."""
        return dataclasses.replace(self, ignored=frozenset(self.ignored).union(columns))

    def reread(self, features: Collection[str]) -> ProfileOptions:
        """Returns how to look at some features again, finely.

        >>> ProfileOptions(slice_by=[["pay"]]).reread(["fare"]).resolution
        65536
        """
        return dataclasses.replace(self, resolution=FINE_RESOLUTION, features=features)


DEFAULT = ProfileOptions()
