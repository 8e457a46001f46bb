"""Small disks and folders at other places, for one process and what it starts; they end with it."""

from __future__ import annotations

import ctypes
import os
import pathlib

_NEW_MOUNTS, _RECURSIVE, _PRIVATE, _REMOUNT, _BIND = 0x20000, 0x4000, 1 << 18, 0x20, 0x1000
_libc = ctypes.CDLL(None, use_errno=True)


def _check(code: int) -> None:
    if code:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def alone() -> str | None:
    """Gives this process mounts of its own; returns why not, if it may not."""
    try:
        _check(_libc.unshare(_NEW_MOUNTS))
        _check(_libc.mount(b"none", b"/", None, _RECURSIVE | _PRIVATE, None))
    except OSError as error:
        return f"small disks cannot be mounted here ({error.strerror})"
    return None


def mount(place: pathlib.Path, size: int) -> None:
    """Mounts a disk of some bytes at a folder, or gives the one there another size.

    Raises:
        OSError: it cannot be mounted.
    """
    flags = _REMOUNT if os.path.ismount(place) else 0
    options = f"size={max(size, 4096)},mode=0777".encode()
    _check(_libc.mount(b"tmpfs", str(place).encode(), b"tmpfs", flags, options))


def bind(source: pathlib.Path, place: pathlib.Path) -> None:
    """Lets one folder be seen in the place of another."""
    _check(_libc.mount(str(source).encode(), str(place).encode(), None, _BIND, None))


def used(place: pathlib.Path) -> int:
    """Returns the bytes that are used of a disk."""
    found = os.statvfs(place)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def unmount(place: pathlib.Path) -> None:
    """Takes the disk away."""
    _check(_libc.umount2(str(place).encode(), 2))
