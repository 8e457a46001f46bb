"""Numbers, shares and lists of values as a person writes them."""

from __future__ import annotations

from typing import Any

SHOWN = 5
"""How many values a list shows."""


def number(value: float) -> str:
    """Formats a number to what a float32 holds, and integers in full.

    >>> number(0.10000000149), number(1577836800.0), number(float("inf"))
    ('0.1', '1,577,836,800', 'inf')
    """
    if float(value).is_integer() and abs(value) < 2**53:
        return f"{int(value):,}"
    return f"{value:.7g}"


def percent(share: float) -> str:
    """Formats a share in [0, 1]; only 1 itself is 100%.

    >>> percent(0.932), percent(0.99999), percent(1.0)
    ('93.2%', '99.999%', '100%')
    """
    text = f"{100 * share:.3g}"
    for digits in range(4, 12):
        if (float(text) == 100) == (share >= 1):
            break
        text = f"{100 * share:.{digits}g}"
    return f"{text}%"


def quote(value: str) -> str:
    """Quotes a value, cut where it is long.

    >>> print(quote("it's"), quote("x" * 60))
    "it's" 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'
    """
    return repr(value if len(value) <= 40 else value[:37] + "...")


def quoted(values: list[str]) -> str:
    """Lists values: the first few, and how many more there are.

    >>> quoted(["a", "b"]), quoted(list("abcdefgh"))
    ("'a', 'b'", "'a', 'b', 'c', 'd', 'e' and 3 more")
    """
    shown = ", ".join(map(quote, values[:SHOWN]))
    more = len(values) - SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


def between(low: Any, high: Any, unit: str = "") -> str:
    """Words for an interval, of which an end may be None; "" where both are.

    >>> between(1, 1, "value"), between(0, None), between(2, 5, "row")
    ('exactly 1 value', 'at least 0', 'between 2 and 5 rows')
    """
    ends = [number(end) for end in (low, high) if end is not None]
    if not ends:
        return ""
    if low is not None and low == high:
        return f"exactly {ends[0]}{plural(unit, low)}"
    last = plural(unit, high if high is not None else low)
    if len(ends) == 2:
        return f"between {ends[0]} and {ends[1]}{last}"
    return f"at {'least' if high is None else 'most'} {ends[0]}{last}"


def plural(unit: str, count: float) -> str:
    """Returns a unit with a space before it, in the number that the count asks for."""
    return f" {unit}{'' if count == 1 else 's'}" if unit else ""
