"""The order of windows in time, by their names."""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from skewgate.core.errors import InputError
from skewgate.core.wording import listed

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_DIGITS = re.compile(r"(\d+)", re.ASCII)


def in_order(names: Iterable[str], starts: Mapping[str, float]) -> list[str]:
    """Returns windows in the order of time.

    Args:
        names: of the windows.
        starts: window to its start, where that is known; it counts if it is known of all.

    Returns:
        The names by their starts; else as numbers, if all are; else as ISO 8601 dates or times, if
        all are; else by the numbers in them, if they are alike but for these.

    Raises:
        InputError: the order cannot be told by the names, or two names are the same time.

    >>> in_order(["10", "2", "1"], {})
    ['1', '2', '10']
    >>> in_order(["2026-W10", "2026-W9"], {})
    ['2026-W9', '2026-W10']
    >>> in_order(["2026-10-25T02:00+01:00", "2026-10-25T02:00+02:00"], {})
    ['2026-10-25T02:00+02:00', '2026-10-25T02:00+01:00']
    """
    found = sorted(set(names))
    if len(found) < 2:
        return found
    if all(name in starts for name in found):
        return sorted(found, key=lambda name: starts[name])
    for key in (_number, _time, _parts):
        keys = _keys(found, key)
        if keys is None:
            continue
        ordered = sorted(found, key=lambda name: keys[name])
        for one, other in itertools.pairwise(ordered):
            if keys[one] == keys[other]:
                raise _error(f"calls windows {one!r} and {other!r}, which are the same time")
        return ordered
    some = listed([repr(name) for name in found[:4]])
    raise _error(f"calls windows {some}, whose order in time cannot be told")


def _error(problem: str) -> InputError:
    return InputError(
        "performance.yaml: windows.feature",
        problem,
        "name all windows by numbers or by ISO 8601 dates, or give the report of LabelJoiner",
    )


def _keys(names: list[str], key: Callable[[str], Any]) -> dict[str, Any] | None:
    """Returns what names are sorted by; None if that cannot be compared."""
    keys = {name: key(name) for name in names}
    kinds = {_shape(each) for each in keys.values()}
    return None if None in kinds or len(kinds) > 1 else keys


def _shape(key: Any) -> Any:
    """Returns what two keys must have in common to be compared; None if there is no key."""
    if isinstance(key, datetime.datetime):
        return key.tzinfo is None
    return key[0] if isinstance(key, tuple) else key is not None or None


def _number(name: str) -> Fraction | None:
    return Fraction(name) if _NUMBER.fullmatch(name) else None


def _time(name: str) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(name.replace("Z", "+00:00"))
    except ValueError:
        return None


def _parts(name: str) -> tuple[tuple[str, ...], tuple[int, ...]] | None:
    """Returns the text around the numbers of a name, and the numbers."""
    parts = _DIGITS.split(name)
    return (tuple(parts[::2]), tuple(map(int, parts[1::2]))) if len(parts) > 1 else None
