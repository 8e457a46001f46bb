"""Cleans up after the runs of one pipeline: gathers the facts, decides, removes, and tells."""

from __future__ import annotations

import collections
import dataclasses
import glob
import os
import time
from collections.abc import Callable, Iterator

from skewgate.core.errors import InputError
from skewgate.pipeline import deployments
from skewgate.pipeline.limits import Retention
from skewgate.pipeline.retention import execution, folders, metadata, rows, state
from skewgate.pipeline.retention.facts import (
    Artifact,
    Facts,
    Item,
    Leftover,
    Log,
    Scratch,
    StateRecord,
    Unknown,
    Version,
)
from skewgate.pipeline.retention.plan import Decision, Plan, plan
from skewgate.pipeline.retention.rows import Rows
from skewgate.pipeline.settings import Settings

_DAY = 86_400.0
"""How long a run of a cluster, which takes no turns with us, may need to write a record."""


@dataclasses.dataclass(frozen=True)
class Line:
    """What became of all things of one kind.

    Attributes:
        what: the kind.
        removed, removed_bytes: of what went, or would.
        kept, kept_bytes: of what stays.
        why: how many stay for which reason.
    """

    what: str
    removed: int = 0
    removed_bytes: int = 0
    kept: int = 0
    kept_bytes: int = 0
    why: dict[str, int] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Cleaned:
    """What became of what the runs of a pipeline left.

    Attributes:
        pipeline: its name.
        lines: by kind.
        unknown: places that were not understood, each with the reason.
    """

    pipeline: str
    lines: tuple[Line, ...]
    unknown: tuple[tuple[str, str], ...] = ()

    @property
    def removed(self) -> int:
        """How much went, or would."""
        return sum(line.removed for line in self.lines)

    @property
    def removed_bytes(self) -> int:
        """How many bytes went, or would."""
        return sum(line.removed_bytes for line in self.lines)


def clean(
    settings: Settings,
    pipeline: str,
    *,
    dry_run: bool = False,
    now: float | None = None,
    removing: Callable[[str], None] = lambda place: None,
) -> Cleaned:
    """Removes what is beyond the limits of the settings; the caller has the turn of the pipeline.

    Args:
        settings: of the pipelines.
        pipeline: "training" or "monitoring".
        dry_run: removes nothing.
        now: seconds since 1970, if not the time of this moment.
        removing: told each place before it is removed.

    Raises:
        InputError: the settings have no limits, ML Metadata or the state cannot be used, or
            something cannot be removed.
    """
    limits(settings)
    name = settings.pipeline_name(pipeline)
    facts = gather(settings, pipeline, time.time() if now is None else now)
    decided = plan(facts, limits(settings))
    database = settings.metadata_path(pipeline) if facts.metadata is not None else None
    if not dry_run:
        done = execution.execute(decided, database, settings.state_root, name, removing)
    elif database is not None:
        done = rows.remove(database, decided.removed_runs, decided.executions, dry_run=True)
    else:
        done = None
    return told(name, decided, done)


def clean_root(settings: Settings, pipeline: str, root: str, *, dry_run: bool = False) -> Cleaned:
    """Removes records of the state of a compiled pipeline; nothing else under its root.

    The ML Metadata of the cluster may refer to any artifact, and cannot be asked from here.

    Args:
        settings: of the pipelines.
        pipeline: "training" or "monitoring".
        root: what it was compiled with: a path or a URI.
        dry_run: removes nothing.

    Raises:
        InputError: the settings have no limits, the state cannot be read, or a record cannot be
            removed.
    """
    limits(settings)
    name = settings.pipeline_name(pipeline)
    state_root = deployments.cluster(settings, pipeline, root).state_root
    now = time.time()
    facts = Facts(pipeline=name, now=now, items=tuple(state.items(state_root, name, now, _DAY)))
    decided = plan(facts, limits(settings))
    if not dry_run:
        execution.execute(decided, None, state_root, name)
    return told(name, decided, None)


def limits(settings: Settings, where: str = "pipeline.yaml") -> Retention:
    """Returns the limits of settings.

    Args:
        settings: of the pipelines.
        where: their file.

    Raises:
        InputError: they have none.
    """
    if settings.retention is None:
        raise InputError(
            where,
            "has no `retention`, so nothing is ever removed",
            "add one, such as `retention: {keep: 90d}`",
        )
    return settings.retention


def gather(settings: Settings, pipeline: str, now: float) -> Facts:
    """Returns what is known of what the runs of a pipeline on this machine left.

    Raises:
        InputError: ML Metadata or the state cannot be read.
    """
    name = settings.pipeline_name(pipeline)
    try:
        items = [
            *folders.items(settings, pipeline),
            *state.items(settings.state_root, name, now, 0.0),  # the turn is ours
        ]
        references = frozenset(_references(settings, pipeline))
    except OSError as error:
        raise InputError(
            error.filename or settings.root, f"cannot be read: {error.strerror}", "check its owner"
        ) from error
    return Facts(
        pipeline=name,
        now=now,
        metadata=metadata.read(settings.metadata_path(pipeline)),
        items=tuple(items),
        references=references,
    )


def _references(settings: Settings, pipeline: str) -> Iterator[str]:
    """Yields what other pipelines in the same root refer to: in ML Metadata, and in their records.

    Raises:
        InputError: the ML Metadata of one of them cannot be read.
    """
    own = settings.metadata_path(pipeline)
    for path in sorted(glob.glob(os.path.join(glob.escape(os.path.dirname(own)), "*.sqlite"))):
        if path != own:
            yield from metadata.uris(path)
    name = settings.pipeline_name(pipeline)
    for folder in folders.entries(settings.state_root):
        if folder.name == name:
            continue
        for record in folders.entries(folder.path):
            yield from state.named(record.path)


def told(pipeline: str, decided: Plan, done: Rows | None) -> Cleaned:
    """Returns what a plan came to, for people."""
    runs = collections.Counter(why for why in decided.runs.values() if why)
    gone = sum(not why for why in decided.runs.values())
    kinds: dict[str, list[Decision]] = {}
    for each in decided.decisions:
        kinds.setdefault(_KINDS[type(each.item)], []).append(each)
    lines = [Line("runs", gone, 0, runs.total(), 0, dict(runs))]
    if done is not None:
        why = {"of what stays": done.kept} if done.kept else {}
        lines.append(Line("metadata rows", done.removed, done.freed, done.kept, done.bytes, why))
    lines += [_line(what, kinds[what]) for what in _KINDS.values() if what in kinds]
    unknown = [
        (each.item.path, each.item.problem)
        for each in decided.decisions
        if isinstance(each.item, Unknown)
    ]
    return Cleaned(pipeline, tuple(lines), tuple(unknown))


_KINDS: dict[type[Item], str] = {
    Artifact: "artifacts",
    StateRecord: "records of the state",
    Version: "pushed models",
    Log: "logs",
    Scratch: "working folders",
    Leftover: "left-over files",
    Unknown: "not understood",
}


def _line(what: str, decisions: list[Decision]) -> Line:
    gone = [each.item for each in decisions if each.removed]
    staying = [each for each in decisions if not each.removed]
    return Line(
        what,
        len(gone),
        sum(item.bytes for item in gone),
        len(staying),
        sum(each.item.bytes for each in staying),
        dict(collections.Counter(each.why for each in staying)),
    )
