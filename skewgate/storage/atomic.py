"""Writing files so that a reader never sees half of one."""

import os
import pathlib
import secrets


def write_atomically(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Writes a local file under a temporary name, then renames it.

    Raises:
        OSError: the folder cannot be written.
    """
    target = pathlib.Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{secrets.token_hex(8)}")  # the name itself may be the longest
    try:
        temporary.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
