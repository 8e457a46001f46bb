"""What a folder of pushed models serves already."""

from __future__ import annotations

import os

from tfx.dsl.io import fileio

from skewgate.components.support import serving_folder

_PIECE = 1 << 20


def same_version(model_path: str, folder: str) -> str | None:
    """Returns the newest version in a folder if it is the model that is to be pushed.

    Args:
        model_path: folder of the model.
        folder: of the versions, which are numbers.

    Returns:
        Its name; None if there is no version, or the newest differs from the model in any byte.
    """
    newest = max(serving_folder.versions(folder), key=int, default=None)
    if newest is None:
        return None
    return newest if _holds(os.path.join(folder, newest), model_path) else None


def _holds(version: str, model_path: str) -> bool:
    """Says whether a folder has every file of another, with the same bytes."""
    below = [
        os.path.relpath(os.path.join(place, name), model_path)
        for place, _, names in fileio.walk(model_path)
        for name in names
    ]
    pairs = [(os.path.join(model_path, name), os.path.join(version, name)) for name in below]
    return (
        bool(pairs)
        and all(fileio.exists(there) for _, there in pairs)
        and all(fileio.stat(here).length == fileio.stat(there).length for here, there in pairs)
        and all(_equal(here, there) for here, there in pairs)
    )


def _equal(here: str, there: str) -> bool:
    with fileio.open(here, "rb") as one, fileio.open(there, "rb") as other:
        while True:
            pieces = one.read(_PIECE), other.read(_PIECE)
            if pieces[0] != pieces[1]:
                return False
            if not pieces[0]:
                return True
