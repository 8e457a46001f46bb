"""Whole pipelines on taxi rows, by a server that has loaded TFX: killed, on full disks, at once.

One root is trained when the server starts; each job has a copy of it. `quiet` rows pass, and
`planted` ones, with a way of paying that no model has seen, fail.
"""

from __future__ import annotations

import json
import pathlib
import shutil
import time
from collections.abc import Callable, Iterable

from tests.faults import disks
from tests.faults.accesses import count_writes, kill_at_write
from tests.faults.calls import Ended
from tests.faults.jobs import ImpossibleError, Job, Place
from tests.faults.roots import CODES, OLD_RUNS, TIMES, TRAINED

_HOW = ("time", "write")
PIPELINES = ("monitoring", "training")


def kills(moments: int) -> list[Job]:
    """Returns jobs that kill a pipeline, some moments each."""
    return [
        Job("kills", f"run {pipeline}", f"time/{moment}", _kill(pipeline, moment), True, 60.0)
        for moment in range(moments)
        for pipeline in PIPELINES
    ]


def cleaning(moments: int) -> list[Job]:
    """Returns jobs that kill `skewgate clean`; a run and another cleaning then go through."""
    return [
        Job(
            "kills",
            "clean",
            f"{_HOW[moment % 2]}/{moment}",
            _clean(moment),
            True,
            20.0,
        )
        for moment in range(moments)
    ]


def full_disks(sizes: int) -> list[Job]:
    """Returns jobs with pipelines on full disks, some sizes each."""
    return [
        Job("full-disk", f"run {pipeline}", f"{at}", _fill(pipeline, at, sizes), True, 60.0)
        for at in range(sizes)
        for pipeline in PIPELINES
    ]


def concurrent() -> list[Job]:
    """Returns jobs with two runs in one root."""
    return [
        Job("concurrency", "run monitoring", "second-refused", _two(wait=False), True, 60.0),
        Job("concurrency", "run monitoring", "second-waits", _two(wait=True), True, 60.0),
    ]


def spoilt_state(count: int) -> list[Job]:
    """Returns jobs that spoil a file that an earlier run has left for later ones."""
    return [
        Job("inputs", "run monitoring", f"state/{number}", _spoil(), True, 30.0)
        for number in range(count)
    ]


def _take(place: Place) -> dict[str, dict[str, float]]:
    why = disks.alone()
    if why is not None:
        raise ImpossibleError(f"pipelines are not tried: {why}")
    place.take(TRAINED)
    # Records of runs name files by their whole path: the copy must be where the runs were.
    disks.bind(place.folder / TRAINED, place.corpus / TRAINED)
    place.folder = place.corpus / TRAINED
    found: dict[str, dict[str, float]] = json.loads((place.corpus / TIMES).read_text())
    return found


def _kill(pipeline: str, moment: int) -> Callable[[Place], None]:
    def work(place: Place) -> None:
        known = _take(place)
        most = known["seconds"][pipeline] * 1.05
        ended = place.kill_within(most, "run", pipeline, "--config", "quiet.yaml")
        if not ended.killed:
            place.judge(ended, (0,), memory=None)
        _check_visible(place)
        _check_next(place, pipeline, ("planted", "quiet")[moment % 2])
        _look(place)

    return work


def _clean(moment: int) -> Callable[[Place], None]:
    def work(place: Place) -> None:
        _take(place)
        words = ("clean", "--config", "clean-quiet.yaml")
        counted = place.folder / "writes"
        _put_old_runs(place)
        whole = place.run(*words, before=lambda: count_writes(counted))
        place.judge(whole, (0,), memory=None)
        _put_old_runs(place)
        if moment % 2:
            at = place.rng.randint(1, counted.stat().st_size)
            ended = place.run(*words, before=lambda: kill_at_write(at, 0.0))
        else:
            ended = place.kill_within(whole.seconds, *words)
        if not ended.killed:
            place.judge(ended, (0,), memory=None)
        _check_visible(place)
        _check_next(place, "monitoring", ("planted", "quiet")[moment // 2 % 2])
        place.judge(place.run(*words), (0,), memory=None)
        _check_next(place, "monitoring", ("quiet", "planted")[moment // 2 % 2])
        _look(place)

    return work


def _put_old_runs(place: Place) -> None:
    shutil.rmtree(place.folder / "root")
    shutil.copytree(place.corpus / OLD_RUNS, place.folder / "root", symlinks=True)


def _fill(pipeline: str, at: int, sizes: int) -> Callable[[Place], None]:
    def work(place: Place) -> None:
        known = _take(place)
        root = place.folder / "root"
        root.rename(place.folder / "copied")
        root.mkdir()
        disks.mount(root, 1 << 30)
        shutil.copytree(place.folder / "copied", root, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(place.folder / "copied")
        disks.mount(root, disks.used(root) + int(known["sizes"][pipeline] * (at + 0.5) / sizes))
        place.judge(_run(place, pipeline, "quiet"), (0, 2), memory=None)
        _check_visible(place)
        disks.mount(root, 1 << 30)
        _check_next(place, pipeline, ("planted", "quiet")[at % 2])
        _look(place)
        disks.unmount(root)

    return work


def _two(*, wait: bool) -> Callable[[Place], None]:
    def work(place: Place) -> None:
        _take(place)
        more = ("--wait",) if wait else ()
        kinds = ("planted", "quiet")
        running = []
        for kind in kinds:
            words = ("run", "monitoring", "--config", f"{kind}.yaml", *more)
            running.append(place.start(*words))
            time.sleep(0.5)
        ended = [place.note(each.wait()) for each in running]
        place.judge(ended[0], (CODES[kinds[0]],), memory=None)
        place.judge(ended[1], (CODES[kinds[1]],) if wait else (2,), memory=None)
        _tells_planted(place, ended[0])
        _check_next(place, "monitoring", "quiet")
        _look(place)

    return work


def _spoil() -> Callable[[Place], None]:
    def work(place: Place) -> None:
        from tests.faults import mutations

        _take(place)
        state = [path for path in (place.folder / "root" / "state").rglob("*") if path.is_file()]
        path = place.rng.choice(sorted(state))
        changes = [mutations.ANYTHING[name] for name in ("bit flips", "cut off", "zeros", "empty")]
        data = path.read_bytes()
        if data:
            path.write_bytes(place.rng.choice(changes)(data, place.rng))
        # What is spoilt is told, or makes no difference; it is never a check that failed.
        place.judge(_run(place, "monitoring", "quiet"), (0, 2, 3), memory=None)
        _look(place)

    return work


def _run(place: Place, pipeline: str, kind: str) -> Ended:
    return place.run("run", pipeline, "--config", f"{kind}.yaml")


def _check_next(place: Place, pipeline: str, kind: str) -> None:
    """Runs a pipeline on rows of a kind, which must have their verdict."""
    ended = _run(place, pipeline, kind)
    place.judge(ended, (CODES[kind],), memory=None)
    if kind == "planted":
        _tells_planted(place, ended)
    _check_visible(place)


def _tells_planted(place: Place, ended: Ended) -> None:
    if ended.code == 1 and "payment_type" not in ended.err:
        place.fault("verdict: what was planted is not what failed")


def _check_visible(place: Place) -> None:
    """What others read is whole: models that are served, reports, records of the state."""
    root = place.folder / "root"
    versions = [path for path in (root / "serving").glob("*/*") if path.name.isdigit()]
    lists = {_names(path) for path in versions}
    if len(lists) > 1 or (versions and not any("saved_model.pb" in names for names in lists)):
        place.fault("half-written: a served model is not whole")
    for path in _visible(root.rglob("report.json")):
        try:
            json.loads(path.read_bytes())
        except ValueError:
            place.fault("half-written: a report.json is visible")


def _names(folder: pathlib.Path) -> tuple[str, ...]:
    return tuple(sorted(str(path.relative_to(folder)) for path in folder.rglob("*")))


def _visible(paths: Iterable[pathlib.Path]) -> Iterable[pathlib.Path]:
    return (path for path in paths if not any(part.startswith(".") for part in path.parts))


def _look(place: Place) -> None:
    names = {path.name for path in place.folder.iterdir() if not path.name.startswith(".")}
    place.look(names)
