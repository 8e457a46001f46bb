"""Writing files so that a reader never sees half of one, nor files of two writers as one set."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
from collections.abc import Mapping

from skewgate.core import temporary


def write_atomically(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Writes a local file under a temporary name, then renames it.

    A link stays, and what it leads to is replaced. Nothing takes the place of a device or a pipe,
    such as /dev/stdout: the content goes into it.

    Raises:
        OSError: the folder cannot be written.
    """
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        pathlib.Path(path).write_bytes(_encoded(content))
        return
    target = pathlib.Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = temporary.path_in(target.parent)
    try:
        staged.write_bytes(_encoded(content))
        staged.replace(target)
    finally:
        staged.unlink(missing_ok=True)


def write_set(folder: str | os.PathLike[str], contents: Mapping[str, str | bytes]) -> None:
    """Writes files that belong together into a local folder, so that they appear as one.

    All are written under a hidden name first, so that a full disk changes nothing. A new folder
    then gets its name in one step. A folder that is there stays the same one, for others may hold
    it: the old set is taken away and the new one put there, the file without which the others say
    nothing first to go and last to come. Who is killed meanwhile leaves a part of one set, and
    never files of two.

    Args:
        folder: made if it is not there.
        contents: by name; the first is that file.

    Raises:
        OSError: the folder cannot be written; an old set is then still there.
    """
    target = pathlib.Path(folder)
    new = not target.exists()
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = temporary.path_in(target.parent if new else target)
    staged.mkdir()
    try:
        for name, content in contents.items():
            (staged / name).write_bytes(_encoded(content))
        if new:
            with contextlib.suppress(OSError):  # somebody made it, or folders cannot be renamed
                staged.rename(target)
                return
            target.mkdir(exist_ok=True)
        _replace(staged, target, list(contents))
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _replace(staged: pathlib.Path, target: pathlib.Path, names: list[str]) -> None:
    """Moves a set over another; the last file is always there, in its old or its new form."""
    for name in names[:-1]:
        (target / name).unlink(missing_ok=True)
    for name in reversed(names):
        (staged / name).replace(target / name)


def _encoded(content: str | bytes) -> bytes:
    """Returns bytes; names of files that are not UTF-8 are written out, as JSON does it."""
    if isinstance(content, bytes):
        return content
    return content.encode("utf-8", "backslashreplace")
