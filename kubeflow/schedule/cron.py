"""Cron expressions of five fields, checked before a scheduler sees them."""

from __future__ import annotations

import re

from skewgate.core.errors import InputError

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 6, _WEEKDAYS),
)
_ITEM = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/([1-9]\d*))?")


def check(expression: str) -> str:
    """Returns a cron expression with one space between its fields.

    Takes what all schedulers take alike: minute, hour, day of month, month and day of week (0 is
    Sunday), each `*`, numbers, names, ranges, steps and lists of these.

    Raises:
        InputError: it is not a cron expression.
    """
    fields = expression.split()
    if len(fields) != len(_FIELDS):
        raise InputError(
            "cron",
            f"must have five fields (minute, hour, day of month, month, day of week), got "
            f"{expression!r}",
            "give one such as '0 6 * * *', every day at six",
        )
    for text, (name, lowest, highest, names) in zip(fields, _FIELDS, strict=True):
        if not all(_fits(item, lowest, highest, names) for item in text.split(",")):
            known = f", or {names[0]} to {names[-1]}" if names else ""
            raise InputError(
                f"cron: {name}",
                f"must be *, numbers from {lowest} to {highest}{known}, ranges, steps or lists of "
                f"these, got {text!r}",
                "give one such as '0 6 * * *', every day at six",
            )
    return " ".join(fields)


def with_seconds(expression: str) -> str:
    """Returns a checked expression with a field for seconds in front, as Kubeflow takes it.

    >>> with_seconds("30 6 * * 1-5")
    '0 30 6 * * 1-5'
    """
    return f"0 {expression}"


def _fits(item: str, lowest: int, highest: int, names: tuple[str, ...]) -> bool:
    found = _ITEM.fullmatch(item)
    if not found:
        return False
    first, last = (_number(text, lowest, names) for text in (found[1], found[2]))
    if found[1] is None:
        return True
    if first is None or not lowest <= first <= highest:
        return False
    return found[2] is None or (last is not None and first <= last <= highest)


def _number(text: str | None, lowest: int, names: tuple[str, ...]) -> int | None:
    if text is None:
        return None
    if text.upper() in names:
        return lowest + names.index(text.upper())
    return int(text) if text.isascii() and text.isdigit() else None
