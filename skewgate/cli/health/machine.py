"""What the machine gives: cores, memory, files, room for temporary ones, credentials by name."""

from __future__ import annotations

import os
import pathlib
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping

from skewgate.cli.health.problems import Problem
from skewgate.stacks import fitting

if sys.platform != "win32":
    import resource

_FEWEST_FILES = 256
_LEAST_ROOM = 1 << 30
_OF_AMAZON = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE")
_OF_GOOGLE = ("GOOGLE_APPLICATION_CREDENTIALS",)


def facts() -> dict[str, str | int | None]:
    """Returns what is known of the machine."""
    folder = _temporary()
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "libc": " ".join(platform.libc_ver()).strip(),
        "cores": _cores(),
        "memory_bytes": _memory(),
        "open_files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        "temporary_folder": folder,
        "temporary_bytes": shutil.disk_usage(folder).free if folder is not None else None,
    }


def problems(known: Mapping[str, str | int | None]) -> list[Problem]:
    """Returns what of the machine is too little.

    Args:
        known: see `facts`.
    """
    found = []
    files, room = known["open_files"], known["temporary_bytes"]
    if isinstance(files, int) and 0 <= files < _FEWEST_FILES:
        found.append(
            Problem(
                "open files", f"are limited to {files} a process", f"ulimit -n {4 * _FEWEST_FILES}"
            )
        )
    if room is None:
        found.append(Problem("temporary files", "have no folder", "set TMPDIR to one that exists"))
    elif isinstance(room, int) and room < _LEAST_ROOM:
        found.append(
            Problem(
                str(known["temporary_folder"]),
                f"has {room / 1e6:,.0f} MB left for temporary files",
                "set TMPDIR to a folder with a few GB, or make room",
            )
        )
    return found


def is_tested(tfx: str) -> bool:
    """Says whether a version of TFX is one of those that are tested.

    >>> is_tested("1.16.0"), is_tested("1.18.0")
    (True, False)
    """
    major, minor = tfx.split(".")[:2]
    return f"tfx{major}{minor}" in fitting.STACKS


def credentials() -> dict[str, str]:
    """Says where credentials of object stores come from, never what they are; "" for nowhere."""
    home = pathlib.Path(os.path.expanduser("~"))
    files = {
        "s3": pathlib.Path(
            os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or home / ".aws" / "credentials"
        ),
        "gs": home / ".config" / "gcloud" / "application_default_credentials.json",
    }
    found = {}
    for store, names in (("s3", _OF_AMAZON), ("gs", _OF_GOOGLE)):
        named = [name for name in names if os.environ.get(name)]
        found[store] = named[0] if named else (str(files[store]) if files[store].is_file() else "")
    return found


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return None


def _temporary() -> str | None:
    try:
        return tempfile.gettempdir()
    except OSError:
        return None
