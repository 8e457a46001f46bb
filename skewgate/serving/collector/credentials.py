"""Files of tokens, keys and certificates, which are small and are files."""

from __future__ import annotations

from skewgate.core import regular_files
from skewgate.core.errors import InputError

LARGEST = 1 << 20


def content(path: str) -> bytes:
    """Returns what such a file holds.

    Raises:
        InputError: it is no file, or larger than any of these.
        OSError: it cannot be read.
    """
    regular_files.check(path)
    with open(path, "rb") as file:
        found = file.read(LARGEST + 1)
    if len(found) > LARGEST:
        raise InputError(path, f"is larger than {LARGEST} bytes", "name the right file")
    return found
