"""Lets a module that changed be imported as it is now, where Python would take it as it was.

Python does not import again what a process has imported, and it takes the bytecode beside a source
whose size and second of modification are those of the source that it was made from: `cp -p`,
`rsync -t` and two writes within a second go unseen.
"""

from __future__ import annotations

import importlib
import importlib.util
import marshal
import pathlib
import sys
from collections.abc import Iterable

from skewgate.core import ownership, source_code

_seen: dict[str, bytes] = {}
"""The source of each module when it was last looked at, by its name."""


def prepare(modules: Iterable[str]) -> None:
    """Makes sure that modules, and what they import from the user's project, are as they are now.

    Args:
        modules: dotted names.

    Raises:
        InputError: everybody may write one of them, or put another in its place.
    """
    search = source_code.Search(modules)
    check(search)
    changed = False
    for name, path in search.paths.items():
        content = search.found[name]
        if path.suffix == ".py":
            _drop_stale_bytecode(path, content)
        changed |= _seen.setdefault(name, content) != content
        _seen[name] = content
    if changed:
        for name in search.paths:
            if not source_code.is_own(name):  # whose code is running
                sys.modules.pop(name, None)
    importlib.invalidate_caches()


def check(search: source_code.Search) -> None:
    """Checks that not everybody may write what is going to be imported.

    Raises:
        InputError: everybody may.
    """
    for name, path in search.paths.items():
        if not source_code.is_own(name):
            ownership.check_code(str(path))


def _drop_stale_bytecode(path: pathlib.Path, content: bytes) -> None:
    """Removes the bytecode of a source if it was made from another one."""
    kept = pathlib.Path(importlib.util.cache_from_source(str(path)))
    try:
        code = marshal.loads(kept.read_bytes()[16:])
        same = code == compile(content, str(path), "exec", dont_inherit=True)
    except (OSError, EOFError, TypeError, ValueError, SyntaxError):
        return  # there is none, or importing says what is wrong
    if not same:
        kept.unlink(missing_ok=True)
