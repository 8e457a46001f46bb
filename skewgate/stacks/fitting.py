"""Which of the supported stacks of TFX fits an interpreter and a C library.

Runs under Python 3.7 and newer with the standard library alone: scripts/select_stack.py asks before
anything is installed.
"""

from __future__ import annotations

import os
import platform
import sys

STACKS = ("tfx121", "tfx116")
"""Newest first: the first that fits is taken."""
SUPPORTED = (
    "Python 3.10 to 3.13 on Linux x86-64 with glibc 2.38 or newer or on macOS arm64 (TFX 1.21), or "
    "Python 3.10 on Linux x86-64 with glibc 2.17 or newer (TFX 1.16)"
)
"""What has the wheels of one of them."""


def glibc_version() -> tuple[int, int] | None:
    """Returns the version of the running glibc, or None where there is none."""
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
        major, minor = version.split(".")[:2]
        return (int(major), int(minor)) if name == "glibc" else None
    except (AttributeError, OSError, ValueError):
        return None


def fits(
    stack: str, python: tuple[int, int], system: str, machine: str, glibc: tuple[int, int] | None
) -> bool:
    """Says whether a stack's wheels exist for a platform.

    Args:
        stack: "tfx116" or "tfx121".
        python: the version of the interpreter.
        system: as `platform.system()`.
        machine: as `platform.machine()`.
        glibc: its version, or None.
    """
    libc = glibc if system == "Linux" and machine in ("x86_64", "AMD64") else None
    if stack == "tfx116":
        return python == (3, 10) and libc is not None and libc >= (2, 17)
    if (system, machine) == ("Darwin", "arm64"):
        return (3, 10) <= python <= (3, 13)
    return (3, 10) <= python <= (3, 13) and libc is not None and libc >= (2, 38)


def select(
    python: tuple[int, int],
    system: str,
    machine: str,
    glibc: tuple[int, int] | None,
    wanted: str = "",
) -> str:
    """Returns the name of the stack to install, or "" if none fits.

    Args:
        python, system, machine, glibc: as for `fits`.
        wanted: the only stack that will do; empty takes any.
    """
    for stack in STACKS:
        if wanted in ("", stack) and fits(stack, python, system, machine, glibc):
            return stack
    return ""


def selected(wanted: str = "") -> str:
    """Returns the stack that fits this machine, or "" if none does."""
    python = (sys.version_info[0], sys.version_info[1])
    return select(python, platform.system(), platform.machine(), glibc_version(), wanted)


def this_machine() -> str:
    """Returns what decides, as this machine has it.

    Such as "Python 3.13 on Linux x86_64 with glibc 2.36".
    """
    glibc = glibc_version()
    libc = f"glibc {glibc[0]}.{glibc[1]}" if glibc else "no glibc"
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return f"Python {python} on {platform.system()} {platform.machine()} with {libc}"
