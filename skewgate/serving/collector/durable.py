"""Writing that survives a power cut: what these functions return from is on the disk."""

from __future__ import annotations

import os

sync_data = getattr(os, "fdatasync", os.fsync)
"""Forces what a file holds, and how long it is, to the disk; macOS has only the other call."""


def write_all(descriptor: int, data: bytes) -> None:
    """Writes all of some bytes, which one call of the system may not do.

    Raises:
        OSError: not all could be written; some may have been.
    """
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def sync_folder(folder: str) -> None:
    """Forces the names in a folder to the disk.

    Raises:
        OSError: the disk failed, or the folder is gone.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: str) -> None:
    """Makes a folder, and those above it, if they are not there.

    Raises:
        OSError: it cannot be made.
    """
    if os.path.isdir(folder):
        return
    above = os.path.dirname(folder)
    if above and above != folder:
        make_folder(above)
    try:
        os.mkdir(folder)
    except FileExistsError:
        if not os.path.isdir(folder):
            raise
    sync_folder(above or ".")


def write_file(path: str, content: bytes) -> None:
    """Writes a file under a hidden name, then gives it its own; the folder is not forced.

    Raises:
        OSError: it cannot be written.
    """
    folder, name = os.path.split(path)
    staged = os.path.join(folder, f".{name}.tmp")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        write_all(descriptor, content)
        os.fsync(descriptor)
    except OSError:
        os.unlink(staged)
        raise
    finally:
        os.close(descriptor)
    os.replace(staged, path)
