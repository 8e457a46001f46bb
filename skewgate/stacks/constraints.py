"""The versions of all packages of a stack, in the form that pip and uv take by `--constraint`.

Without them pip searches for versions that fit TFX for hours; with them it has nothing to search.
The files are written from the locks by scripts/locks.sh.
"""

from __future__ import annotations

import pathlib

from skewgate.stacks import fitting

FOLDER = pathlib.Path(__file__).parent


def path(stack: str = "") -> pathlib.Path | None:
    """Returns the file of constraints that fits this machine.

    Args:
        stack: the only one that will do, such as "tfx116"; empty takes the newest that fits.

    Returns:
        None if no stack fits, or not this one.
    """
    found = fitting.selected(stack)
    return FOLDER / f"{found}.txt" if found else None
