"""Writing files so that a reader never sees half of one."""

from __future__ import annotations

import os
import pathlib
import secrets


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
    temporary = target.with_name(f".{secrets.token_hex(8)}")  # the name itself may be the longest
    try:
        temporary.write_bytes(_encoded(content))
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _encoded(content: str | bytes) -> bytes:
    """Returns bytes; names of files that are not UTF-8 are written out, as JSON does it."""
    if isinstance(content, bytes):
        return content
    return content.encode("utf-8", "backslashreplace")
