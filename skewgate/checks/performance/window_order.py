"""The order of windows in time, by their names."""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from skewgate.core.errors import InputError
from skewgate.core.wording import quote, quoted

_NUMBER = re.compile(r"[+-]?\d{1,1000}(\.\d{1,1000})?", re.ASCII)
_DIGITS = re.compile(r"(\d{1,1000})", re.ASCII)  # Python refuses longer ones
_DATE = re.compile(
    r"(?<![\d/.-])\d{1,2}(/\d{1,2}|([./-])\d{1,2}\2(\d{4}|\d{2}))(?![\d/.-])", re.ASCII
)
"""A date of which nobody can say what is the day: 01/02, 01/02/2016, 1.2.16."""
_LEAST_YEAR = 1000
"""Numbers of four digits are taken for years where smaller ones stand before them."""


def in_order(names: Iterable[str], starts: Mapping[str, float]) -> list[str]:
    """Returns windows in the order of time.

    Args:
        names: of the windows.
        starts: window to its start, where that is known; it counts if it is known of all.

    Returns:
        The names by their starts; else as numbers, if all are; else as ISO 8601 dates or times, if
        all are; else by the numbers in them from left to right, if they are alike but for these and
        neither begin with a day nor end with a year.

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
    for key in (starts.get, _number, _time, _parts):
        keys = _keys(found, key)
        if keys is None:
            continue
        ordered = sorted(found, key=lambda name: keys[name])
        for one, other in itertools.pairwise(ordered):
            if keys[one] == keys[other]:
                both = f"{quote(one)} and {quote(other)}"
                raise _error(f"calls windows {both}, which are the same time")
        if key is _number and _are_versions(found, ordered):
            break
        if key is _parts and _are_backwards(keys):
            break
        return ordered
    some = quoted(found[:4])
    raise _error(f"calls windows {some}, whose order in time is unclear")


def _error(problem: str) -> InputError:
    return InputError(
        "performance.yaml: windows.feature",
        problem,
        "name all windows by whole numbers or ISO 8601 dates, or give the report of LabelJoiner",
    )


def _keys(names: list[str], key: Callable[[str], Any]) -> dict[str, Any] | None:
    """Returns what names are sorted by; None if that cannot be compared."""
    keys = {name: key(name) for name in names}
    kinds = {_shape(each) for each in keys.values()}
    return None if None in kinds or len(kinds) > 1 else keys


def _are_versions(names: list[str], ordered: list[str]) -> bool:
    """Says whether names may be a year and a month as well as decimals: 2016.10 after 2016.9.

    They are decimals if both readings have one order.
    """
    if len({len(name.partition(".")[2]) for name in names}) == 1:
        return False
    return ordered != sorted(names, key=lambda name: [int(part) for part in name.split(".")])


def _are_backwards(keys: Mapping[str, tuple[tuple[str, ...], tuple[int, ...]]]) -> bool:
    """Says whether names may begin with the day, or end with the year: 15-01-2016, q4 2016."""
    if any(_DATE.search(name) for name in keys):
        return True
    columns = list(zip(*(numbers for _, numbers in keys.values()), strict=True))
    varying = [column for column in columns if len(set(column)) > 1]
    return any(
        min(later) >= _LEAST_YEAR > max(earlier)
        for earlier, later in itertools.combinations(varying, 2)
    )


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
