"""Temporary files and folders whose name says who made them, so that none outlives a killed owner.

A name holds the machine (as long as it runs, and its table of processes), the process and when that
began. Who makes something temporary in a folder first removes what others left there whose process
is no more. Processes of another machine or container cannot be looked at: what they made goes when
nothing in it has changed for `OLDEST` seconds.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import os
import pathlib
import re
import shutil
import socket
import stat
import sys
import tempfile
import time
from collections.abc import Iterator

from skewgate.core.errors import InputError

OLDEST = 7 * 86_400.0
"""Seconds without a change after which what a process elsewhere made belongs to nobody."""
_PREFIX = "skewgate-tmp-"
_NAME = re.compile(rf"\.?{_PREFIX}([0-9a-f]{{8}})-(\d+)-(\d+)-[0-9a-f]{{8}}")
_UNKNOWN = "0" * 8
_BOOT, _PROCESSES = "/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"
_looked_into: set[str] = set()
_own_folders: dict[int, pathlib.Path] = {}
"""By process, for a forked one inherits this."""


def path_in(parent: str | os.PathLike[str], *, hidden: bool = True) -> pathlib.Path:
    """Returns a new name in a folder, and removes what the dead left there.

    Whoever makes something under that name removes it, or renames it to what it becomes.

    Args:
        parent: the folder; what is to be renamed lies beside what it becomes.
        hidden: whether the name begins with a dot.
    """
    place = os.path.abspath(parent)
    if place not in _looked_into:
        _looked_into.add(place)
        remove_dead(place)
    owner = os.getpid()
    name = f"{_PREFIX}{_machine()}-{owner}-{_start(owner) or 0}-{os.urandom(4).hex()}"
    return pathlib.Path(parent, f".{name}" if hidden else name)


@contextlib.contextmanager
def folder() -> Iterator[pathlib.Path]:
    """Makes a folder where temporary files go, and removes it with all that is in it at the end.

    Raises:
        InputError: no folder for temporary files can be written.
    """
    path = _made()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def use_own_folder() -> pathlib.Path:
    """Sends temporary files of this process, and of those that it starts, to a folder of its own.

    Libraries make folders by the hundred and remove them only at an orderly end. This one is
    removed when the process ends, or by the next one if the process is killed.

    Raises:
        InputError: no folder for temporary files can be written.
    """
    owner = os.getpid()
    if owner not in _own_folders:
        path = _made()
        tempfile.tempdir = os.environ["TMPDIR"] = str(path)
        _own_folders[owner] = path
        atexit.register(_remove_own, owner, path)
    return _own_folders[owner]


def _remove_own(owner: int, path: pathlib.Path) -> None:
    if os.getpid() == owner:
        shutil.rmtree(path, ignore_errors=True)


def _made() -> pathlib.Path:
    try:
        path = path_in(tempfile.gettempdir(), hidden=False)
        path.mkdir(mode=0o700)
    except OSError as error:
        raise InputError(
            "TMPDIR",
            f"names no folder for temporary files, and no usual one can be written "
            f"({error.strerror})",
            "set it to one",
        ) from error
    return path


def remove_dead(parent: str | os.PathLike[str], oldest: float = OLDEST) -> list[pathlib.Path]:
    """Removes what processes that are no more left in a folder, and returns what went.

    Args:
        parent: the folder; what cannot be read or removed stays.
        oldest: seconds without a change after which that of another machine is removed.
    """
    try:
        names = [name for name in os.listdir(parent) if _NAME.fullmatch(name)]
        shared = bool(names) and bool(os.stat(parent).st_mode & stat.S_ISVTX)
    except OSError:
        return []
    removed = []
    for name in names:
        path = pathlib.Path(parent, name)
        if _is_dead(path, oldest) and not (shared and _is_of_another_user(path)):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    path.unlink()
            if not os.path.lexists(path):
                removed.append(path)
    return removed


def is_left(path: str | os.PathLike[str]) -> bool:
    """Says whether something has the name of a temporary file or folder, and its process ended."""
    place = pathlib.Path(path)
    return _NAME.fullmatch(place.name) is not None and _is_dead(place, OLDEST)


def _is_dead(path: pathlib.Path, oldest: float) -> bool:
    found = _NAME.fullmatch(path.name)
    assert found is not None
    machine, owner, started = found[1], int(found[2]), int(found[3])
    if machine != _machine() or machine == _UNKNOWN:
        return time.time() - _last_change(path) > oldest
    try:
        os.kill(owner, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):  # it lives, and belongs to another user
        pass
    now = _start(owner)
    return started != 0 and now is not None and now != started


def _last_change(path: pathlib.Path) -> float:
    """Returns when anything below a path changed last; now if that cannot be told."""
    try:
        newest = path.lstat().st_mtime
        for place, folders, files in os.walk(path):
            for name in [*folders, *files]:
                newest = max(newest, os.lstat(os.path.join(place, name)).st_mtime)
    except OSError:  # somebody is at work there
        return time.time()
    return newest


def _is_of_another_user(path: pathlib.Path) -> bool:
    try:
        return path.lstat().st_uid != os.geteuid()
    except OSError:
        return True


@functools.lru_cache(maxsize=1)
def _machine() -> str:
    """Returns what processes have in common that can look at each other; `_UNKNOWN` if none can."""
    try:
        known = f"{pathlib.Path(_BOOT).read_text('ascii').strip()} {os.stat(_PROCESSES).st_ino}"
    except (OSError, ValueError):
        if sys.platform != "darwin":
            return _UNKNOWN
        known = socket.gethostname()
    return hashlib.sha256(known.encode("utf-8", "backslashreplace")).hexdigest()[:8]


def _start(process: int) -> int | None:
    """Returns when a process began, in ticks of its machine; None if that cannot be told."""
    try:
        text = pathlib.Path(f"/proc/{process}/stat").read_text("utf-8", "replace")
        return int(text.rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None
