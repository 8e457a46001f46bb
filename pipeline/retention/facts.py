"""What is known of what runs left, before anything is decided."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Iterable, Mapping

from skewgate.components.support.data_times import DataTime

Place = tuple[str, ...]
"""Parts of a path below the folder of its pipeline: the same wherever the root lies."""
RUN_ID = re.compile(r"(\d{8}T\d{6}Z)-[0-9a-f]{8}")
_DEEPEST = 3
"""Parts of a place that tell one artifact from another: node, output, execution."""


def places_in(uri: str, pipeline: str) -> set[Place]:
    """Returns where a URI points below the folders of a pipeline.

    Its root may be written otherwise than ours: moved, mounted, by a link. So every part of the
    path that is the pipeline's name counts, which keeps too much rather than too little.

    >>> places_in("/old/artifacts/taxi-training/Trainer/model/7/part", "taxi-training")
    {('Trainer', 'model', '7')}
    >>> places_in("/old/artifacts/taxi-monitoring/Trainer/model/7", "taxi-training")
    set()
    """
    parts = [part for part in uri.split("/") if part]
    return {
        tuple(parts[at + 1 : at + 1 + _DEEPEST])
        for at, part in enumerate(parts)
        if part == pipeline
    }


class References:
    """Places that somebody refers to."""

    def __init__(self, uris: Iterable[str], pipeline: str) -> None:
        """Takes up the URIs that point below the folders of a pipeline."""
        self._places = {place for uri in uris for place in places_in(uri, pipeline)}
        self._above = {place[:length] for place in self._places for length in range(len(place))}

    def touch(self, *place: str) -> bool:
        """Says whether a place, what is above it or what is below it is referred to.

        >>> found = References(["root/p/a/b"], "p")
        >>> found.touch("a"), found.touch("a", "b"), found.touch("a", "b", "c"), found.touch("b")
        (True, True, True, False)
        """
        above = (place[:length] for length in range(len(place) + 1))
        return place in self._above or not self._places.isdisjoint(above)


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of a pipeline, as its ML Metadata knows it.

    Attributes:
        run_id: its id.
        started: seconds since 1970.
        good: it went through: all its nodes ended well, and it has recorded what it found.
        executions: ids of its executions.
        uris: of all artifacts that it read or made.
        records: folders of the records that stand for it.
    """

    run_id: str
    started: float
    good: bool
    executions: frozenset[int] = frozenset()
    uris: frozenset[str] = frozenset()
    records: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class Metadata:
    """What the ML Metadata of a pipeline knows.

    Attributes:
        runs: all of them.
        loose: executions that are of no run; nobody knows what they are for.
        last_execution: the greatest id that an execution ever had; none is given twice.
        working_folders: the name of the working folder of each execution that has one.
        uris: of artifacts of the loose executions, or of none.
    """

    runs: tuple[Run, ...] = ()
    loose: frozenset[int] = frozenset()
    last_execution: int = 0
    working_folders: Mapping[str, int] = dataclasses.field(default_factory=dict)
    uris: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class Item:
    """Something that lies somewhere.

    Attributes:
        path: path or URI.
        files: how many files it holds.
        bytes: of these.
    """

    path: str
    files: int
    bytes: int


@dataclasses.dataclass(frozen=True)
class Artifact(Item):
    """A folder of an execution: what it made."""

    place: Place
    execution: int


@dataclasses.dataclass(frozen=True)
class Scratch(Item):
    """A folder that TFX uses while a node is at work.

    Attributes:
        name: of a working folder, which an execution may still have; "" for what nobody looks for.
    """

    name: str = ""


@dataclasses.dataclass(frozen=True)
class Log(Item):
    """The log of a run."""

    run_id: str

    @property
    def started(self) -> float:
        """When the run started, in seconds since 1970."""
        return started(self.run_id)


@dataclasses.dataclass(frozen=True)
class StateRecord(Item):
    """A record of the state that is believed.

    Attributes:
        name: of its folder.
        written: seconds since 1970.
        rows: when the rows are from.
        uris: of what it names.
    """

    name: str
    written: float
    rows: DataTime
    uris: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class Version(Item):
    """A version of the pushed model."""

    number: int


@dataclasses.dataclass(frozen=True)
class Leftover(Item):
    """What a killed process left half-written or half-removed."""


@dataclasses.dataclass(frozen=True)
class Unknown(Item):
    """What is not understood.

    Attributes:
        problem: why.
        uris: that it names; a record that is not believed today may be tomorrow.
    """

    problem: str
    uris: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class Facts:
    """All that is known of what the runs of one pipeline left.

    Attributes:
        pipeline: its name, such as "taxi-training".
        now: seconds since 1970.
        metadata: what ML Metadata knows; None if there is no database.
        items: what lies there.
        references: URIs that others refer to: other pipelines, and their records.
    """

    pipeline: str
    now: float
    metadata: Metadata | None = None
    items: tuple[Item, ...] = ()
    references: frozenset[str] = frozenset()


def started(run_id: str) -> float:
    """Returns when a run started, by its id, in seconds since 1970.

    Raises:
        ValueError: the id is none of ours.

    >>> started("20261125T152237Z-0123abcd")
    1795620157.0
    """
    found = RUN_ID.fullmatch(run_id)
    if not found:
        raise ValueError(run_id)
    time = datetime.datetime.strptime(found[1], "%Y%m%dT%H%M%SZ")
    return time.replace(tzinfo=datetime.timezone.utc).timestamp()
