"""Tells files from what only looks like one, and may never end or answer."""

from __future__ import annotations

import os
import pathlib
import stat

from skewgate.core.errors import InputError

_SORTS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def check(path: str | pathlib.Path) -> None:
    """Makes sure that a path is no pipe, device or socket; a folder or nothing is none either.

    Files are read more than once, and a pipe that nobody writes to is waited for without end.

    Raises:
        InputError: it is.
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):  # which who opens it explains
        return
    for is_sort, name in _SORTS:
        if is_sort(mode):
            raise InputError(str(path), f"is {name}, not a file", "save it as a file first")
