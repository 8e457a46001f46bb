"""Where files stand in the folder of the collector, and what they are called.

    OUT/.open/2026-11-30T1900Z_HOST-1f2e3d4c-000001.jsonl      being written
    OUT/window=2026-11-30T1900Z/HOST-1f2e3d4c-000001.jsonl     published
    OUT/window=2026-11-30T1900Z/_HOST-1f2e3d4c-000001.manifest.json

Names hold a random part of the process, so that any number of collectors may share a folder.
"""

from __future__ import annotations

import os
import re
import socket

OPEN = ".open"
ENDING = ".jsonl"
PROBE = "probe"
"""A file that is written to see whether the disk takes any."""
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")
_OPEN_NAME = re.compile(r"([^_/]+)_([^_/]+)\.jsonl")
_LONGEST_HOST = 63


def process_name() -> str:
    """Returns a name that no other process uses, here or elsewhere."""
    host = _UNSAFE.sub("-", socket.gethostname()).strip("-.")[:_LONGEST_HOST] or "host"
    return f"{host}-{os.urandom(4).hex()}"


def open_path(folder: str, window: str, name: str) -> str:
    """Returns where a file is while it is written.

    Args:
        folder: of the collector.
        window: name of the window.
        name: of the file, without its ending.
    """
    return os.path.join(folder, OPEN, f"{window}_{name}{ENDING}")


def of_open(path: str) -> tuple[str, str] | None:
    """Returns window and name of a file that is being written; None if it is none.

    >>> of_open(open_path("out", "2026-11-30", "pod-1f2e3d4c-000001"))
    ('2026-11-30', 'pod-1f2e3d4c-000001')
    """
    found = _OPEN_NAME.fullmatch(os.path.basename(path))
    return (found[1], found[2]) if found else None


def window_folder(folder: str, window: str) -> str:
    """Returns the folder of the published files of a window."""
    return os.path.join(folder, f"window={window}")


def published_path(folder: str, window: str, name: str) -> str:
    """Returns where a file is when it is published."""
    return os.path.join(window_folder(folder, window), f"{name}{ENDING}")


def manifest_path(folder: str, window: str, name: str) -> str:
    """Returns where its counts are; readers of data pass over the name."""
    return os.path.join(window_folder(folder, window), f"_{name}.manifest.json")
