"""Hostile surroundings: users without rights, odd files, missing folders, streams and packages."""

from __future__ import annotations

import dataclasses
import importlib.abc
import os
import pathlib
import resource
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

from tests.faults import cases, inputs
from tests.faults.cases import Case
from tests.faults.jobs import Job, Place

KIND = "environments"
JOBS = 300
OPTIONAL = (
    "apache_beam",
    "boto3",
    "google.cloud",
    "kfp",
    "ml_metadata",
    "pandas",
    "tensorflow",
    "tensorflow_data_validation",
    "tensorflow_model_analysis",
    "tfx",
    "tfx_bsl",
)
"""Packages without which the command line must say what to install."""
SPOIL = Callable[[Place, Case], dict[str, Any]]


@dataclasses.dataclass(frozen=True)
class Environment:
    """One kind of surroundings.

    Attributes:
        name: of it.
        spoil: prepares the job's folder and returns how to run the command.
        harmless: the command must end as ever.
        literally: starts an interpreter anew, which takes seconds where TensorFlow is needed: those
            commands are left out.
        light: even commands that need TensorFlow run where it is not loaded.
    """

    name: str
    spoil: SPOIL
    harmless: bool = False
    light: bool = False
    literally: bool = False


class _Blocker(importlib.abc.MetaPathFinder):
    """Lets packages be missing."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Raises for what is missing, and finds nothing else."""
        if any(name == each or name.startswith(f"{each}.") for each in OPTIONAL):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def block_packages() -> None:
    """Makes the optional packages missing in this process."""
    for name in list(sys.modules):
        if any(name == each or name.startswith(f"{each}.") for each in OPTIONAL):
            del sys.modules[name]
    sys.meta_path.insert(0, _Blocker())


def _variables(**changes: str | None) -> SPOIL:
    def spoil(place: Place, case: Case) -> dict[str, Any]:
        found = {**place.variables, **{k: v for k, v in changes.items() if v is not None}}
        for name in (name for name, value in changes.items() if value is None):
            found.pop(name, None)
        return {"variables": found}

    return spoil


def _how(**how: Any) -> SPOIL:
    return lambda place, case: dict(how)


def _started_anew(**changes: str | None) -> SPOIL:
    spoil = _variables(**changes)
    return lambda place, case: {**spoil(place, case), "literally": True}


def _limit(which: int, most: int) -> SPOIL:
    mute = which == resource.RLIMIT_FSIZE  # what it says goes to a file
    return _how(mute=mute, before=lambda: resource.setrlimit(which, (most, most)))


def _input(make: Callable[[pathlib.Path], None], **how: Any) -> SPOIL:
    """Puts something in the place of one of the files that the command reads."""

    def spoil(place: Place, case: Case) -> dict[str, Any]:
        if case.reads:
            role = place.rng.choice(sorted(case.reads))
            path = place.folder / case.reads[role][0]
            path.unlink()
            make(path)
        return how

    return spoil


def _output(make: Callable[[pathlib.Path], None], **how: Any) -> SPOIL:
    """Puts something where the command writes."""

    def spoil(place: Place, case: Case) -> dict[str, Any]:
        for name in case.writes:
            if not (place.folder / name).exists():
                make(place.folder / name)
        return how

    return spoil


def _fifo(path: pathlib.Path) -> None:
    os.mkfifo(path, 0o666)


def _socket(path: pathlib.Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        here = os.getcwd()
        os.chdir(path.parent)  # the path of a socket must be short
        made.bind(path.name)
        os.chdir(here)


def _loop(path: pathlib.Path) -> None:
    path.symlink_to(path.name)


def _unreadable(path: pathlib.Path) -> None:
    path.write_bytes(b"secret")
    path.chmod(0)


def _unreadable_folder(path: pathlib.Path) -> None:
    path.mkdir()
    (path / path.name).write_bytes(b"secret")
    path.chmod(0)


def _full_folder(path: pathlib.Path) -> None:
    path.mkdir()
    (path / "somebody's").write_text("own")


def _link(target: str) -> Callable[[pathlib.Path], None]:
    return lambda path: path.symlink_to(target)


def _read_only(place: Place, case: Case) -> dict[str, Any]:
    if os.geteuid() == 0:
        os.chown(place.folder, 0, 0)
    place.folder.chmod(0o555)
    return {"nobody": True}


def _long_name(place: Place, case: Case) -> dict[str, Any]:
    return {"replace": (case.writes[0] if case.writes else "", "n" * 300)}


def _deep_name(place: Place, case: Case) -> dict[str, Any]:
    return {"replace": (case.writes[0] if case.writes else "", "/".join(["d" * 200] * 30))}


def _surrogate_name(place: Place, case: Case) -> dict[str, Any]:
    return {"replace": (case.writes[0] if case.writes else "", "o\udcff")}


ENVIRONMENTS = (
    Environment("as ever", _how(), harmless=True),
    Environment("as another user", _how(nobody=True), harmless=True),
    Environment("ASCII terminal", _variables(PYTHONIOENCODING="ascii", LANG="C"), harmless=True),
    Environment("no HOME", _variables(HOME=None), harmless=True),
    Environment("HOME is missing", _variables(HOME="/nowhere/home"), harmless=True),
    Environment("TMPDIR is missing", _variables(TMPDIR="/nowhere/tmp"), harmless=True),
    Environment("odd time zone", _variables(TZ="Nowhere/Land"), harmless=True),
    Environment("narrow terminal", _variables(COLUMNS="1", LINES="1"), harmless=True),
    Environment("no variables", lambda place, case: {"variables": {}}, harmless=True),
    Environment("umask 0777", _how(before=lambda: os.umask(0o777) and None)),
    Environment("closed stdin", _how(closed=(0,)), harmless=True),
    Environment("closed stdout", _how(closed=(1,))),
    Environment("closed stderr", _how(closed=(2,))),
    Environment("closed streams", _how(closed=(0, 1, 2))),
    Environment("stdout is full", _how(mute=True, before=lambda: _redirect(1, "/dev/full"))),
    Environment("stderr is full", _how(mute=True, before=lambda: _redirect(2, "/dev/full"))),
    Environment("no encoding, started anew", _started_anew(LANG=None), True, literally=True),
    Environment("no HOME, started anew", _started_anew(HOME=None), True, literally=True),
    Environment("closed, started anew", _how(literally=True, closed=(0, 1, 2)), literally=True),
    Environment("optional packages missing", _how(before=block_packages), light=True),
    Environment("12 open files", _limit(resource.RLIMIT_NOFILE, 12)),
    Environment("20 open files", _limit(resource.RLIMIT_NOFILE, 20)),
    Environment("files of 0 bytes", _limit(resource.RLIMIT_FSIZE, 0)),
    Environment("files of 1,000 bytes", _limit(resource.RLIMIT_FSIZE, 1_000)),
    Environment("read-only folder", _read_only),
    Environment("input unreadable", _input(_unreadable, nobody=True)),
    Environment("input in an unreadable folder", _input(_unreadable_folder, nobody=True)),
    Environment("input is missing", _input(lambda path: None)),
    Environment("input is a folder", _input(_full_folder)),
    Environment("input is an empty folder", _input(lambda path: path.mkdir())),
    Environment("input is a FIFO", _input(_fifo)),
    Environment("input is a socket", _input(_socket)),
    Environment("input is /dev/zero", _input(_link("/dev/zero"))),
    Environment("input is /dev/full", _input(_link("/dev/full"))),
    Environment("input is /dev/null", _input(_link("/dev/null"))),
    Environment("input is a loop of links", _input(_loop)),
    Environment("input is /proc/self/mem", _input(_link("/proc/self/mem"))),
    Environment("input leads nowhere", _input(_link("nowhere"))),
    Environment("output is a loop of links", _output(_loop)),
    Environment("output leads nowhere", _output(_link("nowhere/at/all"))),
    Environment("output is /dev/full", _output(_link("/dev/full"))),
    Environment("output is a socket", _output(_socket)),
    Environment("output is a full folder", _output(_full_folder)),
    Environment(
        "output is a file", _output(lambda path: path.write_text("somebody's own") and None)
    ),
    Environment("output may not be read", _output(_unreadable_folder, nobody=True)),
    Environment("output name too long", _long_name),
    Environment("output path too long", _deep_name),
    Environment("output name is no UTF-8", _surrogate_name),
)


def _redirect(stream: int, path: str) -> None:
    os.dup2(os.open(path, os.O_WRONLY), stream)


def plan(share: float, seed: int) -> list[Job]:
    """Returns the jobs: each environment for some command, each command in some."""
    by_case = [list(_jobs(case)) for case in cases.CASES]
    others = [job for at, (_, *jobs) in enumerate(by_case) for job in _turned(jobs, at * 7 + seed)]
    wanted = round(JOBS * share) - len(by_case)
    equal = dict.fromkeys(cases.commands(), 1)
    return [first for first, *_ in by_case] + inputs.stratified(others, wanted, equal)


def _turned(found: list[Job], by: int) -> list[Job]:
    """Lets each command begin with other environments, so that few jobs have many of them."""
    by %= len(found)
    return found[by:] + found[:by]


def _jobs(case: Case) -> Iterator[Job]:
    for each in ENVIRONMENTS:
        title = f"{case.name}/{each.name}"
        if each.literally and case.heavy:
            continue
        heavy = case.heavy and not each.light
        yield Job(KIND, case.command, title, _work(case, each), heavy, case.seconds)


def _work(case: Case, environment: Environment) -> Callable[[Place], None]:
    def work(place: Place) -> None:
        place.take(*case.takes)
        for names in case.reads.values():
            if not (place.folder / names[0]).exists():
                place.write(names[0], (place.corpus / names[0]).read_bytes())
        how = environment.spoil(place, case)
        before = {path.name for path in place.folder.iterdir()}
        old, new = how.pop("replace", ("", ""))
        words = [new if old and word == old else word for word in case.line()]
        if os.geteuid() != 0:
            how.pop("nobody", None)
        if environment.light:
            how = {"addresses": True, "cpu": 20, **how}
        ended = place.run(*words, **how)
        codes = case.codes if environment.harmless else {*case.codes, 2}
        place.judge(ended, codes)
        place.look({*before, *case.writes, new.split("/")[0], "nowhere"} - {""})

    return work
