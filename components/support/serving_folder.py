"""Folders that model servers watch: a version appears in them whole, or not at all.

A server takes the folder with the greatest number for the newest model, as soon as it sees it.
"""

from __future__ import annotations

import os
import shutil
import time

from tfx.dsl.io import fileio
from tfx.utils import io_utils

from skewgate.core import temporary

_MARKS = ("saved_model.pb", "saved_model.pbtxt")
"""Files of a SavedModel by which servers tell that it is there; they are written last."""
_MOST_DIGITS = 18
"""Servers keep a version in 64 bits."""


def publish(model: str, folder: str) -> tuple[str, str]:
    """Copies a model into a folder under a version that is newer than all that are there.

    On a file system the copy gets its number when it is whole, by one renaming; until then it has a
    hidden name, which servers do not look at, and which the next copy removes if this process is
    killed. An object store has no folders to rename: there the file that makes it a model comes
    last.

    Args:
        model: folder of the model.
        folder: that servers watch, of any file system that TFX knows.

    Returns:
        Where the model is now, and its version: seconds since 1970, or one more than the newest.
    """
    if "://" in folder:
        return _copy_in_order(model, folder)
    os.makedirs(folder, exist_ok=True)
    staged = str(temporary.path_in(folder))
    try:
        io_utils.copy_dir(model, staged)
        while True:
            version = _next_version(folder)
            target = os.path.join(folder, version)
            try:
                os.rename(staged, target)
            except OSError:
                if not os.path.exists(target):  # an object store behind a mount
                    return _copy_in_order(model, folder)
                continue  # another process has taken the number
            return target, version
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _copy_in_order(model: str, folder: str) -> tuple[str, str]:
    version = _next_version(folder)
    target, base = os.path.join(folder, version), model.rstrip("/")
    files = [
        os.path.join(place, name)[len(base) + 1 :]
        for place, _, names in fileio.walk(base)
        for name in names
    ]
    try:
        for file in sorted(files, key=lambda each: (each in _MARKS, each)):
            io_utils.copy_file(os.path.join(base, file), os.path.join(target, file))
    except BaseException:
        if fileio.exists(target):
            fileio.rmtree(target)
        raise
    return target, version


def versions(folder: str) -> list[str]:
    """Returns the names of the versions in a folder, which need not exist."""
    names = fileio.listdir(folder) if fileio.exists(folder) else []
    bare = [os.path.basename(str(each).rstrip("/")) for each in names]
    return [
        name for name in bare if name.isascii() and name.isdecimal() and len(name) <= _MOST_DIGITS
    ]


def _next_version(folder: str) -> str:
    return str(max([int(time.time()), *(int(name) + 1 for name in versions(folder))]))
