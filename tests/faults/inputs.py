"""Spoilt files: every format and contract, every command that reads it, every mutation."""

from __future__ import annotations

import collections
import pathlib
import random
from collections.abc import Iterator, Mapping, Sequence

from tests.faults import cases, mutations
from tests.faults.cases import Case
from tests.faults.corpus import HOSTILE, PICKLE_RAN
from tests.faults.jobs import Job, Place

KIND = "inputs"
JOBS = 1700
SHARES = {"drift": 8, "profile": 5, "simulate": 4, "rehearse": 4, "merge": 3, "report": 3, "run": 2}
"""How often a command is tried, where it is not once: who reads more formats is tried more."""


def plan(share: float, seed: int) -> list[Job]:
    """Returns the jobs: hostile files first, then mutations, of each something."""
    rng = random.Random(seed)
    hostile, rounds = list(_hostile()), [list(_mutated(number)) for number in range(40)]
    for found in (hostile, *rounds):
        rng.shuffle(found)
    if share < 1:
        hostile = hostile[: max(len(HOSTILE), round(JOBS * share / 4))]
    wanted = round(JOBS * share) - len(hostile)
    return hostile + stratified([job for found in rounds for job in found], wanted)


def stratified(jobs: Sequence[Job], wanted: int, shares: Mapping[str, int] = SHARES) -> list[Job]:
    """Returns the first jobs, so many of each command that all together are as many as wanted.

    Each command has its share of the campaign, and two at least.
    """
    groups: dict[str, list[Job]] = collections.defaultdict(list)
    for job in jobs:
        groups[job.command].append(job)
    chosen: list[Job] = []
    total = sum(shares.get(command, 1) for command in groups)
    for command, found in groups.items():
        chosen += found[: max(2, round(wanted * shares.get(command, 1) / total))]
    return chosen


def _hostile() -> Iterator[Job]:
    for name in HOSTILE:
        for case in cases.CASES:
            role = next((role for role, names in case.reads.items() if "base.csv" in names), None)
            if role is not None and not (case.heavy and case.command != "schema infer"):
                yield _job(case, role, f"hostile/{name}", f"hostile/{case.name}/{name}", None)


def _mutated(number: int) -> Iterator[Job]:
    """Yields a job for each case, file, format and mutation; heavy cases take turns."""
    for case in cases.CASES:
        for role, names in case.reads.items():
            for at, name in enumerate(names):
                found = mutations.of(name)
                for mutation_at, (mutation, change) in enumerate(found.items()):
                    if case.heavy and (mutation_at + at) % 12 != number:
                        continue
                    title = f"{case.name}/{role}/{name}/{mutation}/{number}"
                    yield _job(case, role, name, title, change)


def _job(case: Case, role: str, name: str, title: str, change: mutations.Mutation | None) -> Job:
    def work(place: Place) -> None:
        place.take(*case.takes)
        for other, names in case.reads.items():
            if other != role:
                _put(place, names[0], (place.corpus / names[0]).read_bytes())
        good = (place.corpus / name).read_bytes()
        _put(place, name, change(good, place.rng) if change is not None else good)
        before = {path.name for path in place.folder.iterdir()}
        ended = place.run(*case.line({role: name}))
        place.judge(ended)
        place.look({*before, *case.writes})
        if ended.code == 2:
            _check_nothing_written(place, case, before)
        if (place.folder / PICKLE_RAN).exists():
            place.fault("code from a data file was run")

    return Job(KIND, case.command, title, work, case.heavy, case.seconds)


def _put(place: Place, name: str, content: bytes) -> pathlib.Path:
    """Writes a file where the case expects it."""
    return place.write(name, content)


def _check_nothing_written(place: Place, case: Case, before: set[str]) -> None:
    """What is refused leaves no result, for somebody would take it for one."""
    for name in case.writes:
        if name not in before and name not in ("root", "taxi") and (place.folder / name).exists():
            place.fault(f"half-written: {name} is there although the command was refused")
