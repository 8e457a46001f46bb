"""Counts the accesses of a process that change the file system, and kills it at one of them."""

from __future__ import annotations

import os
import pathlib
import signal
import sys
from collections.abc import Callable
from typing import Any

_WRITES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"}


def _hook(act: Callable[[], Any]) -> None:
    """Calls a function before each access that changes the file system from Python."""

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _WRITES or (event == "open" and _writes(arguments)):
            act()

    sys.addaudithook(hear)


def _writes(arguments: tuple[Any, ...]) -> bool:
    path, _, flags = arguments
    changed = flags is not None and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    return bool(changed) and not isinstance(path, int) and not str(path).startswith("/dev/")


def count_writes(path: pathlib.Path) -> None:
    """Lets this process write a byte to a file for each access."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    _hook(lambda: os.write(descriptor, b"."))


def kill_at_write(number: int, after: float) -> None:
    """Lets this process die at its access of this number, or some time after it."""
    left = [number]
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # which ends a process wherever it is

    def act() -> None:
        left[0] -= 1
        if left[0] == 0:
            if not after:
                os.kill(os.getpid(), signal.SIGKILL)
            signal.setitimer(signal.ITIMER_REAL, after)

    _hook(act)
