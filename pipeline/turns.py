"""Runs that would disturb each other take turns: one at a time, by a lock of the system.

A lock is an open file under `flock`. The system gives it back when the process that holds it ends,
however it ends, so that a killed run stops nobody. The file stays; what stands in it says who had
the lock last, and is for messages alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import socket
from collections.abc import Callable, Iterator

from skewgate.core import run_ids
from skewgate.core.errors import InputError

FOLDER = "locks"
"""Below the root of the settings."""
_held: set[int] = set()
"""Descriptors under a lock here, which no process forked from this one may keep alive."""


def _forget() -> None:
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_forget)


@contextlib.contextmanager
def turn(
    root: str, name: str, run_id: str, waiting: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Lets one run at a time into its body.

    Args:
        root: of the settings.
        name: what takes turns, such as "taxi-training".
        run_id: of the run that wants its turn.
        waiting: told whom this run waits for, if it has to wait; None refuses instead.

    Raises:
        InputError: another run has its turn and `waiting` is None, or the file system of the
            root has no locks.
    """
    path = pathlib.Path(root, FOLDER, f"{name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise InputError(str(path), f"cannot be made: {error.strerror}", "change `root`") from error
    _held.add(descriptor)
    try:
        _lock(descriptor, path, name, waiting)
        started = run_ids.written_now()
        os.ftruncate(descriptor, 0)
        owner = f"run {run_id} (process {os.getpid()} on {socket.gethostname()}, since {started})"
        os.pwrite(descriptor, owner.encode("utf-8"), 0)
        yield
    finally:
        if descriptor in _held:  # a forked process has closed it already
            _held.discard(descriptor)
            os.close(descriptor)


def _lock(
    descriptor: int, path: pathlib.Path, name: str, waiting: Callable[[str], None] | None
) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        owner = os.pread(descriptor, 1000, 0).decode("utf-8", "replace") or "another run"
        if waiting is None:
            raise InputError(
                name,
                f"{owner} is already working in the same root",
                "wait until it ends, or give --wait",
            ) from error
        waiting(owner)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        raise InputError(
            str(path),
            f"cannot be locked: {error.strerror}",
            "put `root` on a disk of this machine",
        ) from error
