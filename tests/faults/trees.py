"""What stands in files, and the work of commands that is tried under kills and on full disks."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import shutil
from collections.abc import Iterable, Mapping

from tests.faults.cases import Case
from tests.faults.jobs import Place

Tree = Mapping[str, bytes]
_MASKS = (
    (re.compile(rb"\d{8}T\d{6}Z-[0-9a-f]{8}"), b"RUN"),
    (re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), b"TIME"),
    (re.compile(rb"(timestamp_seconds\S*) \d+"), rb"\1 TIME"),
    (re.compile(rb'("checksum": )"[^"]*"'), rb'\1"OF THE RUN"'),
)
"""What differs between two runs that say the same."""
UNSTABLE = re.compile(r"(^|/)(logs/|locks/)|\.log$")
"""Files that differ from run to run and are no results."""


def read(folder: pathlib.Path, names: Iterable[str]) -> dict[str, bytes]:
    """Returns the files below some names, hidden ones left out."""
    found = {}
    for name in names:
        path = folder / name
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            below = file.relative_to(folder)
            if file.is_file() and not any(part.startswith(".") for part in below.parts):
                found[str(below)] = file.read_bytes()
    return {name: _masked(each) for name, each in found.items() if not UNSTABLE.search(name)}


def _masked(content: bytes) -> bytes:
    for pattern, word in _MASKS:
        content = pattern.sub(word, content)
    return content


def run_ids(folder: pathlib.Path, names: Iterable[str]) -> set[bytes]:
    """Returns the ids of the runs that results speak of."""
    files = [file for name in names for file in (folder / name).glob("*") if file.is_file()]
    return {found for file in files for found in _MASKS[0][0].findall(file.read_bytes())}


def results_of(case: Case) -> list[str]:
    """Returns what a case writes that a user takes for results."""
    return [name for name in case.writes if name not in ("root", "taxi", "reports")]


def remove(folder: pathlib.Path, names: Iterable[str]) -> None:
    """Removes files and folders."""
    for name in names:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


@dataclasses.dataclass(frozen=True)
class Reference:
    """What a command writes when nothing disturbs it.

    Attributes:
        tree: its results.
        code: its exit code.
        seconds: that it took.
    """

    tree: Tree
    code: int
    seconds: float


def put(place: Place, case: Case, files: Mapping[str, str]) -> None:
    """Puts all files that a case reads into the folder of a job."""
    place.take(*case.takes)
    for role, names in case.reads.items():
        for name in {names[0], files.get(role, names[0]), case.other.get(role, names[0])}:
            if not (place.folder / name).exists():
                place.write(name, (place.corpus / name).read_bytes())


def refer(place: Place, case: Case, files: Mapping[str, str], codes: Iterable[int]) -> Reference:
    """Runs a command undisturbed, and takes its results away."""
    ended = place.run(*case.line(files))
    place.judge(ended, codes)
    names = results_of(case)
    found = Reference(read(place.folder, names), ended.code, ended.seconds)
    remove(place.folder, names)
    return found


def mixed(found: Tree, sets: Iterable[Tree]) -> str | None:
    """Says which file belongs to no whole set; None if all files are of one set."""
    sets = list(sets)
    if not found or any(
        all(each.get(name) == content for name, content in found.items()) for each in sets
    ):
        return None
    for name, content in found.items():
        if not any(each.get(name) == content for each in sets):
            return f"half-written: {name}"
    return f"mixed: {', '.join(sorted(found))} are of several runs"


def read_quietly(folder: pathlib.Path, names: Iterable[str]) -> dict[str, bytes]:
    """Returns the files that are there, of which some may go while they are read."""
    found = {}
    for name in names:
        path = folder / name
        try:
            files = [path] if path.is_file() else sorted(path.rglob("*"))
        except OSError:
            continue
        for file in files:
            below = file.relative_to(folder)
            if any(part.startswith(".") for part in below.parts):
                continue
            try:
                found[str(below)] = _masked(file.read_bytes())
            except OSError:  # a folder, or gone
                continue
    return found
