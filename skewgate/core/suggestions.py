"""One way to say which known name a wrong one may be meant for."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable

_LONGEST, _MOST = 200, 10_000  # letters of a name, and names


def did_you_mean(name: object, known: Iterable[object], otherwise: str = "") -> str:
    """Returns "did you mean" with the known name that is closest, for the fix of an error.

    Args:
        name: what was written.
        known: what could have been written.
        otherwise: what to say if nothing is close.

    >>> did_you_mean("fair", ["fare", "miles"], "remove it")
    "did you mean 'fare'"
    >>> did_you_mean("tolls", ["fare", "miles"], "remove it")
    'remove it'
    """
    name = str(name)[:_LONGEST]
    # Each comparison takes some microseconds, and there may be 100,000 names.
    near = (each for each in map(str, known) if abs(len(each) - len(name)) <= len(name) // 2 + 1)
    close = difflib.get_close_matches(name, itertools.islice(near, _MOST), n=1)
    return f"did you mean {close[0]!r}" if close else otherwise


def did_you_mean_aside(name: object, known: Iterable[object]) -> str:
    """Returns the same in brackets, to stand behind the name in a sentence, or "".

    >>> did_you_mean_aside("fair", ["fare", "miles"])
    " (did you mean 'fare'?)"
    """
    hint = did_you_mean(name, known)
    return f" ({hint}?)" if hint else ""
