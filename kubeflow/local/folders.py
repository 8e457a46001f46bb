"""Folders of a local run: made under a name that no other run has, removed as pods are."""

from __future__ import annotations

import pathlib
import shutil
import time
from collections.abc import Iterable

from skewgate.core.errors import InputError


def make(folder: pathlib.Path) -> None:
    """Makes a folder.

    Raises:
        InputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            str(folder), f"cannot be made: {error.strerror}", "choose another folder"
        ) from error


def make_run(runs: pathlib.Path) -> pathlib.Path:
    """Makes the folder of a run below `runs`, named after the time, and returns it.

    Raises:
        InputError: it cannot be made.
    """
    name = time.strftime("%Y%m%dT%H%M%S")
    make(runs)
    count = 1
    while True:
        found = runs / (name if count == 1 else f"{name}-{count}")
        try:
            found.mkdir()
        except FileExistsError:
            count += 1
        else:
            return found


def remove(paths: Iterable[pathlib.Path]) -> None:
    """Removes what a failed attempt left: on a cluster the next one is in a pod of its own."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
