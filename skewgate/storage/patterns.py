"""Which files a run reads: a pattern below a folder and the number of a span, as texts."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Sequence

from skewgate.core.errors import InputError

_MOST_DIGITS = 9
"""TFX keeps a span in 32 bits."""
_WILD = re.compile(r"[*?[]")


def check_pattern(pattern: str) -> None:
    """Checks that a pattern names files and stays below its folder.

    Raises:
        InputError: it does not.
    """
    found = None
    if not pattern.strip():
        found = "must name files, but is empty"
    elif pattern.startswith("/") or "://" in pattern:
        found = f"must be relative to the data folder, got {pattern!r}"
    elif ".." in pattern.split("/"):
        found = f"must not leave the data folder, got {pattern!r}"
    if found:
        raise InputError("pattern", found, "give one such as *.csv or day-{SPAN}/*.csv")


def check_folder(path: str, where: str, fix: str) -> None:
    """Checks that a folder of pipelines is not taken for a pattern.

    TFX, TFMA and Beam look for what lies below it by patterns, into which they put its path as it
    is, and then find nothing.

    Args:
        path: of the folder, absolute.
        where: what names it.
        fix: how to name another.

    Raises:
        InputError: the path holds `*`, `?` or `[`.
    """
    wild = _WILD.search(path)
    if wild:
        raise InputError(
            where,
            f"must be a folder without {wild[0]} in its path, which TFX reads as a pattern, "
            f"got {path}",
            fix,
        )


def parse_span(text: str) -> int | None:
    """Returns the span that a text asks for; None for the newest.

    Raises:
        InputError: the text is neither a whole number nor empty.
    """
    digits = text.strip()
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits.lstrip("0")) <= _MOST_DIGITS):
        raise InputError(
            "span",
            f"must be a whole number such as 12, got {text!r}",
            "leave it out for the newest",
        )
    return int(digits)


def split_wild(location: str) -> tuple[str, str]:
    """Splits a path or glob before its first part with a wildcard.

    >>> split_wild("data/year=2024/*/a.csv"), split_wild("/data/**/*.csv"), split_wild("a/b.csv")
    (('data/year=2024', '*/a.csv'), ('/data', '**/*.csv'), ('a/b.csv', ''))
    """
    parts = location.split("/")
    wild = next((at for at, part in enumerate(parts) if _WILD.search(part)), len(parts))
    return "/".join(parts[:wild]), "/".join(parts[wild:])


def matcher(glob: str) -> Callable[[str], bool]:
    """Returns what says whether a path matches a glob, in which `**` stands for any folders.

    >>> matches = matcher("year=*/**/*.csv")
    >>> [matches(path) for path in ("year=1/a.csv", "year=1/b/c/a.csv", "a.csv", "year=1/a.txt")]
    [True, True, False, False]
    """
    globs = glob.split("/")
    return lambda path: _matches(path.split("/"), globs)


def _matches(names: Sequence[str], globs: Sequence[str]) -> bool:
    if not globs:
        return not names
    if globs[0] != "**":
        fits = bool(names) and fnmatch.fnmatchcase(names[0], globs[0])
        return fits and _matches(names[1:], globs[1:])
    if len(globs) == 1:  # everything below
        return bool(names)
    return any(_matches(names[at:], globs[1:]) for at in range(len(names)))
