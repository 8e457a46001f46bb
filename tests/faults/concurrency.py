"""The same command several times at once, and readers while writers replace what they read."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.faults import cases, inputs, trees
from tests.faults.cases import Case
from tests.faults.jobs import Job, Place

KIND = "concurrency"
JOBS = 60


def plan(share: float, seed: int) -> list[Job]:
    """Returns the jobs: two to eight processes of each command that writes results."""
    found = [
        Job(
            KIND,
            case.command,
            f"{case.name}/{count}-at-once/{turn}",
            _work(case, count),
            case.heavy,
            case.seconds * count,
        )
        for turn in range(3)
        for case in cases.CASES
        if case.other
        for count in (2, 5, 8)
    ]
    equal = dict.fromkeys(cases.commands(), 1)
    return inputs.stratified(found, round(JOBS * share), equal)


def _work(case: Case, count: int) -> Callable[[Place], None]:
    def work(place: Place) -> None:
        trees.put(place, case, {})
        start = {path.name for path in place.folder.iterdir()}
        sides = [
            trees.refer(place, case, {}, case.codes),
            trees.refer(place, case, case.other, case.other_codes),
        ]
        names = trees.results_of(case)
        codes = [case.codes, case.other_codes]
        running = []
        for number in range(count):
            files = case.other if number % 2 else {}
            words = [*case.line(files), *case.again]
            running.append((number % 2, place.start(*words)))
        reads = 0
        while not all(each.ended(0.0005) for _, each in running):
            reads += 1
            _check_visible(place, trees.read_quietly(place.folder, names), sides)
        won = []
        for side, each in running:
            ended = place.note(each.wait())
            place.judge(ended, {*codes[side], 2} if case.again else codes[side])
            if ended.code != 2:
                won.append(sides[side].tree)
        found = trees.read(place.folder, names)
        if found not in won:
            place.fault("mixed: what is there in the end is the result of no run")
        place.look({*start, *case.writes})

    return work


def _check_visible(place: Place, found: trees.Tree, sides: list[trees.Reference]) -> None:
    """What a reader finds is whole: JSON is JSON, and each file is that of one of the runs."""
    for name, content in found.items():
        if not any(side.tree.get(name) == content for side in sides):
            place.fault(f"half-written: {name} is visible while others write")
        elif name.endswith(".json"):
            json.loads(content)
