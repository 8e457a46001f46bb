"""Modules beside pipeline.yaml: what it names by dotted paths is found there first."""

from __future__ import annotations

import contextlib
import importlib
import os
import pathlib
import stat
import sys
from collections.abc import Iterator

from skewgate.core import source_code


@contextlib.contextmanager
def beside(path: str | pathlib.Path) -> Iterator[None]:
    """Lets modules be imported from the folder of a file, before those of any other folder.

    So does Python for the folder of a script. At the end what was imported from there is forgotten:
    the next pipeline of this process may have another `trainer`.

    A folder in which everybody may write is left out: each module that somebody puts there would
    run, whoever imports it.

    Args:
        path: of the settings.
    """
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder) or os.stat(folder).st_mode & stat.S_IWOTH:
        yield
        return
    known = set(sys.modules)
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)
        for name in set(sys.modules) - known:
            if _lies_in(folder, name.partition(".")[0]):
                sys.modules.pop(name, None)


def _lies_in(folder: str, name: str) -> bool:
    """Says whether a module lies in a folder itself, and is none of skewgate."""
    module = sys.modules.get(name)
    if module is None or source_code.is_own(name):
        return False
    places = [*getattr(module, "__path__", [])] or [getattr(module, "__file__", None) or ""]
    return any(os.path.dirname(os.path.realpath(place)) == folder for place in places if place)
