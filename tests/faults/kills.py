"""Kills at any moment of any command, and what the next run makes of what was left."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

from tests.faults import cases, inputs, trees
from tests.faults.accesses import count_writes, kill_at_write
from tests.faults.cases import Case
from tests.faults.jobs import Job, Place

KIND = "kills"
JOBS = 120
MOMENTS = 24
"""Kills of one case, if all jobs were run."""
_LONG = {"current": "many.csv", "data": "many.csv"}


def plan(share: float, seed: int) -> list[Job]:
    """Returns the jobs: of each command that writes results, moments of both sorts."""
    found = [
        Job(
            KIND,
            case.command,
            f"{case.name}/{('time', 'write')[moment % 2]}/{moment}",
            _work(case, by_write=bool(moment % 2), over=bool(moment % 4 > 1)),
            case.heavy,
            case.seconds * 4,
        )
        for case in cases.CASES
        if case.other
        for moment in range(MOMENTS)
    ]
    equal = dict.fromkeys(cases.commands(), 1)
    return inputs.stratified(found, round(JOBS * share), equal)


def _work(case: Case, *, by_write: bool, over: bool) -> Callable[[Place], None]:
    """Returns the work of a job.

    Args:
        case: to kill.
        by_write: near an access to the file system, else at any time.
        over: there are results of an earlier run.
    """

    def work(place: Place) -> None:
        long = {role: _LONG[role] for role in case.reads if role in _LONG}
        trees.put(place, case, long)
        start = {path.name for path in place.folder.iterdir()}
        # The second counts the writes, and is quicker, for its files have been read.
        trees.refer(place, case, long, (0, 1, 3))
        counted = place.folder / "writes"
        new = _refer(place, case, long, counted)
        writes = counted.stat().st_size
        counted.unlink()
        other = trees.refer(place, case, case.other, case.other_codes)
        if over:
            place.judge(place.run(*case.line(case.other)), case.other_codes)
        words = [*case.line(long), *(case.again if over else ())]
        if by_write:
            at, after = place.rng.randint(1, max(writes, 1)), place.rng.choice((0.0, 3e-4, 3e-3))
            ended = place.run(*words, before=lambda: kill_at_write(at, after))
        else:
            ended = place.kill_within(new.seconds * 1.05, *words)
        if not ended.killed:
            place.judge(ended, (new.code,))
        names = trees.results_of(case)
        found = trees.read(place.folder, names)
        wrong = trees.mixed(found, [new.tree, other.tree])
        if wrong:
            place.fault(f"{wrong} is visible after a kill")
        if len(trees.run_ids(place.folder, names)) > 1:
            place.fault("mixed: files of two runs are visible after a kill")
        _check_next(place, case, other, names)
        place.look({*start, *case.writes})

    return work


def _refer(
    place: Place, case: Case, files: dict[str, str], counted: pathlib.Path
) -> trees.Reference:
    ended = place.run(*case.line(files), before=lambda: count_writes(counted))
    names = trees.results_of(case)
    found = trees.Reference(trees.read(place.folder, names), ended.code, ended.seconds)
    trees.remove(place.folder, names)
    return found


def _check_next(place: Place, case: Case, other: trees.Reference, names: list[str]) -> None:
    """Runs the command on other data: it must say and write what it does without a kill."""
    there = any((place.folder / name).exists() for name in names)
    ended = place.run(*case.line(case.other), *(case.again if there else ()))
    place.judge(ended, (other.code,))
    if trees.read(place.folder, names) != other.tree:
        place.fault("the run after a kill wrote something else than one without a kill")
