"""Decides what goes and what stays, and why: facts in, decisions out.

What is referred to stays, and what is not understood. Of the rest what is beyond a limit goes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import TypeVar

from skewgate.components.support.state_removal import Removed
from skewgate.pipeline.limits import Retention
from skewgate.pipeline.retention import records
from skewgate.pipeline.retention.facts import (
    Artifact,
    Facts,
    Item,
    Leftover,
    Log,
    Metadata,
    References,
    Run,
    Scratch,
    StateRecord,
    Unknown,
    Version,
)

WITHIN = "within the limits"
NEWEST = "the newest run"
NEWEST_GOOD = "the newest run that succeeded"
ORIGIN = "wrote what later runs look up"
REFERRED = "a run or record that is kept refers to it"
OF_KEPT_RUN = "belongs to a run that is kept"
UNLIMITED = "not limited"
NO_DATABASE = "no ML Metadata says which run it belongs to"
OF_NO_RUN = "its execution belongs to no run"
AHEAD = "its execution is not in this ML Metadata"
SERVED = "the newest version"

_T = TypeVar("_T", bound=Item)


@dataclasses.dataclass(frozen=True)
class Decision:
    """What becomes of an item.

    Attributes:
        item: what it is about.
        why: why it stays; "" if it goes.
    """

    item: Item
    why: str = ""

    @property
    def removed(self) -> bool:
        """Says whether it goes."""
        return not self.why


@dataclasses.dataclass(frozen=True)
class Plan:
    """What becomes of everything.

    Attributes:
        runs: by id, why a run stays; "" if it goes. Runs that only have a log are among them.
        executions: ids of those whose rows go.
        decisions: of all items.
        removal: of which rows the records are that go.
    """

    runs: dict[str, str]
    executions: frozenset[int]
    decisions: tuple[Decision, ...]
    removal: Removed

    def removed(self, kind: type[_T]) -> list[_T]:
        """Returns the items of a kind that go."""
        items = (each.item for each in self.decisions if each.removed)
        return [item for item in items if isinstance(item, kind)]

    @property
    def removed_runs(self) -> frozenset[str]:
        """The runs whose rows go."""
        return frozenset(run_id for run_id, why in self.runs.items() if not why)


def plan(facts: Facts, limits: Retention) -> Plan:
    """Decides.

    Args:
        facts: of one pipeline.
        limits: what pipeline.yaml says.
    """
    metadata = facts.metadata or Metadata()
    found = sorted(
        (item for item in facts.items if isinstance(item, StateRecord)),
        key=lambda each: each.name,
        reverse=True,
    )
    known = _with_logs(metadata.runs, facts.items)
    runs = _runs(known, found, facts.now, limits)
    staying = [run for run in known if runs[run.run_id]]
    uris = {*facts.references, *metadata.uris, *(uri for run in staying for uri in run.uris)}
    named = {name for run in staying for name in run.records}
    reasons = records.reasons(found, named, References(uris, facts.pipeline), facts.now, limits)
    uris |= {uri for each in found if reasons[each.name] for uri in each.uris}
    uris |= {uri for each in facts.items if isinstance(each, Unknown) for uri in each.uris}
    judge = _Judge(facts, limits, runs, reasons, uris)
    gone = {number for run in known if not runs[run.run_id] for number in run.executions}
    shared = {number for run in staying for number in run.executions}
    return Plan(
        runs=runs,
        executions=frozenset(gone - shared),
        decisions=tuple(Decision(item, judge.why(item)) for item in facts.items),
        removal=records.removal(found, reasons),
    )


def _with_logs(runs: Sequence[Run], items: Iterable[Item]) -> list[Run]:
    """Adds the runs of which there is a log and nothing else: they never began."""
    known = {run.run_id for run in runs}
    logs = [item for item in items if isinstance(item, Log) and item.run_id not in known]
    return [*runs, *(Run(log.run_id, log.started, good=False) for log in logs)]


def _runs(
    runs: Sequence[Run], found: Sequence[StateRecord], now: float, limits: Retention
) -> dict[str, str]:
    """Returns why each run stays; "" if it goes."""
    ordered = sorted(runs, key=lambda run: (run.started, run.run_id), reverse=True)
    reasons = {}
    for good, most in ((True, limits.runs), (False, limits.failed_runs)):
        alike = [run for run in ordered if run.good is good]
        for rank, run in enumerate(alike):
            within = records.is_within(rank, run.started, now, most, limits)
            reasons[run.run_id] = WITHIN if within else ""
        if good and alike:
            reasons[alike[0].run_id] = reasons[alike[0].run_id] or NEWEST_GOOD
    if ordered:
        reasons[ordered[0].run_id] = reasons[ordered[0].run_id] or NEWEST
    makers = [run for run in ordered if found and found[0].name in run.records]
    if makers:
        reasons[makers[-1].run_id] = reasons[makers[-1].run_id] or ORIGIN
    return reasons


class _Judge:
    """Says of each item why it stays."""

    def __init__(
        self,
        facts: Facts,
        limits: Retention,
        runs: dict[str, str],
        reasons: dict[str, str],
        uris: set[str],
    ) -> None:
        self._limits, self._runs, self._reasons = limits, runs, reasons
        self._metadata = facts.metadata
        self._references = References(uris, facts.pipeline)
        self._ends = {_end(uri) for uri in uris}
        of = [
            (run, number)
            for run in (facts.metadata or Metadata()).runs
            for number in run.executions
        ]
        self._known = {number for _, number in of}
        self._kept = {number for run, number in of if runs[run.run_id]}
        numbers = [item.number for item in facts.items if isinstance(item, Version)]
        self._versions = sorted(numbers, reverse=True)

    def why(self, item: Item) -> str:
        """Returns why an item stays; "" if it goes."""
        if isinstance(item, Unknown):
            return item.problem
        if isinstance(item, Log):
            return OF_KEPT_RUN if self._runs[item.run_id] else ""
        if isinstance(item, StateRecord):
            return self._reasons[item.name]
        if isinstance(item, Version):
            return self._of_version(item)
        if isinstance(item, Artifact):
            return self._of_execution(item.execution) or (
                REFERRED if self._references.touch(*item.place) else ""
            )
        if isinstance(item, Scratch):
            return self._of_scratch(item)
        assert isinstance(item, Leftover)
        return ""

    def _of_execution(self, number: int) -> str:
        """Returns why what an execution left stays, by what is known of the execution."""
        if self._metadata is None:
            return NO_DATABASE
        if number in self._kept:
            return OF_KEPT_RUN
        if number in self._metadata.loose:
            return OF_NO_RUN
        return AHEAD if number > self._metadata.last_execution else ""

    def _of_scratch(self, item: Scratch) -> str:
        """No run is at work; only its execution would look for a working folder again."""
        if self._metadata is None:
            return NO_DATABASE
        owner = self._metadata.working_folders.get(item.name)
        return "" if owner is None else self._of_execution(owner)

    def _of_version(self, item: Version) -> str:
        if self._limits.models is None:
            return UNLIMITED
        rank = self._versions.index(item.number)
        if rank == 0:
            return SERVED
        if rank < self._limits.models:
            return WITHIN
        return REFERRED if _end(item.path) in self._ends else ""


def _end(uri: str) -> tuple[str, ...]:
    """Returns the name of a model and its version, as the end of a path."""
    return tuple(uri.rstrip("/").split("/")[-2:])
