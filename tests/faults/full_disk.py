"""Disks that are full in the middle of a command, and the same run when there is room again."""

from __future__ import annotations

import resource
from collections.abc import Callable

from tests.faults import cases, disks, inputs, trees
from tests.faults.cases import Case
from tests.faults.jobs import Job, Place

KIND = "full-disk"
SIZES = 20
ROOM, PAGE = 64 << 20, 4096


def plan(share: float, seed: int) -> list[Job]:
    """Returns the jobs: every size for each command that writes results."""
    found = [
        Job(KIND, case.command, f"{case.name}/{at}", _work(case, at), case.heavy, case.seconds * 3)
        for case in cases.CASES
        if case.other
        for at in _spread(seed)
    ]
    equal = dict.fromkeys(cases.commands(), 1)
    wanted = round(share * len(found))
    return inputs.stratified(found, wanted, equal)


def _spread(seed: int) -> list[int]:
    """Returns the sizes in an order in which few of them are far from each other."""
    return [(at * 7 + seed) % SIZES for at in range(SIZES)]


def _work(case: Case, at: int) -> Callable[[Place], None]:
    """Returns the work on a disk that holds `at` parts of what the command needs, of 16."""
    results = trees.results_of(case)

    def work(place: Place) -> None:
        trees.put(place, case, {})
        why = disks.alone()
        disk = place.folder / "disk"
        disk.mkdir()
        if why is None:
            disks.mount(disk, ROOM)
        words = [f"disk/{word}" if word in results else word for word in case.line()]
        names = [f"disk/{name}" for name in results]
        start = {path.name for path in place.folder.iterdir()}
        variables = {**place.variables, "TMPDIR": str(disk)}

        good = place.run(*words, variables=variables)
        place.judge(good, case.codes)
        whole = trees.read(place.folder, names)
        if not whole:
            place.fault("nothing was written where there was room")
        needed = disks.used(disk) if why is None else max(map(len, whole.values()), default=0)
        over = at % 2 and not case.again
        if not over:
            trees.remove(place.folder, names)
        size = needed * at // 16 + (needed if over else 0)
        if why is None:
            # No disk is of nothing: what is there already takes the page that it has at least.
            (disk / "ballast").write_bytes(bytes(PAGE))
            disks.mount(disk, size + PAGE)
            ended = place.run(*words, variables=variables)
        else:
            place.tell(f"{why}: files are limited instead")
            limit = (size, size)
            ended = place.run(
                *words, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit), mute=True
            )
        place.judge(ended, {*case.codes, 2})
        found = trees.read(place.folder, names)
        if ended.code == 2 and found != (whole if over else {}):
            what = "the old results are not" if over else "a part of the results is"
            place.fault(f"half-written: {what} there after a full disk")
        elif ended.code != 2 and found != whole:
            place.fault("half-written: the command passed and its results are not whole")
        place.look({*start, *case.writes})
        if why is None:
            disks.mount(disk, ROOM)
        if ended.code != 2 and case.again:
            trees.remove(place.folder, names)
        place.judge(place.run(*words, variables=variables), case.codes)
        if trees.read(place.folder, names) != whole:
            place.fault("the run after a full disk wrote something else than one before it")
        place.look({*start, *case.writes})
        if why is None:
            disks.unmount(disk)

    return work
