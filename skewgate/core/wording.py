"""Numbers, shares, lists and names in the words of a report, a reason or a terminal.

Two sorts of numbers are told apart. What the data hold and a contract asks for is written in full
(`number`, `percent`), so that both can be compared. What is measured is rounded (`rounded`,
`rounded_percent`), for further digits would be noise.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

SHOWN = 5
"""How many values a list shows."""
MOST_NEEDED = 1e12
"""Rows or values beyond which nobody is told to get so many."""
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff]"
)


def number(value: float) -> str:
    """Formats a number to what a float32 holds, and integers in full.

    >>> number(0.10000000149), number(1577836800.0), number(12345678.91), number(float("inf"))
    ('0.1', '1,577,836,800', '12,345,678.9', 'inf')
    """
    if float(value).is_integer() and abs(value) < 2**53:
        return f"{int(value):,}"
    return f"{value:,.1f}" if 1e7 <= abs(value) < 2**53 else f"{value:.7g}"


def rounded(value: float, digits: int = 4) -> str:
    """Formats a measured number to some significant digits.

    >>> rounded(0.912371), rounded(12.0), rounded(0.16349, 3)
    ('0.9124', '12', '0.163')
    """
    return f"{value:.{digits}g}"


def rounded_up(value: float) -> int:
    """Rounds up to two digits: what is needed is not known better.

    >>> rounded_up(1234.5)
    1300
    """
    unit = int(10 ** max(int(math.log10(max(value, 1.0))) - 1, 0))
    return math.ceil(value / unit) * unit


def percent(share: float) -> str:
    """Formats a share in [0, 1] to three digits; only 1 itself is 100%.

    >>> percent(0.932), percent(0.05), percent(0.99999), percent(1.0)
    ('93.2%', '5%', '99.999%', '100%')
    """
    text = f"{100 * share:.3g}"
    for digits in range(4, 12):
        if (float(text) == 100) == (share >= 1):
            break
        text = f"{100 * share:.{digits}g}"
    return f"{text}%"


def rounded_percent(share: float) -> str:
    """Formats a measured share in [0, 1] to a tenth of a percent; only 0 is 0% and 1 is 100%.

    >>> rounded_percent(0.42), rounded_percent(0.26634), rounded_percent(1.0)
    ('42.0%', '26.6%', '100%')
    >>> rounded_percent(0.99996), rounded_percent(0.0002), rounded_percent(0.0)
    ('>99.9%', '<0.1%', '0%')
    """
    text = f"{share:.1%}"
    if text == "0.0%":
        return "<0.1%" if share > 0 else "0%"
    if text == "100.0%":
        return ">99.9%" if share < 1 else "100%"
    return text


def p_text(p_value: float) -> str:
    """Returns a p-value with its sign of comparison.

    >>> p_text(0.01234), p_text(0.0)
    ('= 0.012', '< 1e-300')
    """
    return f"= {p_value:.2g}" if p_value > 0 else "< 1e-300"


def interval(lower: float, upper: float, digits: int = 4) -> str:
    """Formats an interval, its ends rounded.

    >>> interval(0.912371, 0.95)
    '[0.9124, 0.95]'
    """
    return f"[{rounded(lower, digits)}, {rounded(upper, digits)}]"


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


def many(count: int, unit: str) -> str:
    """Returns a count with its unit.

    >>> many(1, "row"), many(1234, "row")
    ('1 row', '1,234 rows')
    """
    return f"{count:,}{plural(unit, count)}"


def plural(unit: str, count: float) -> str:
    """Returns a unit with a space before it, in the number that the count asks for.

    >>> plural("row", 1), plural("row", 0), plural("", 2)
    (' row', ' rows', '')
    """
    return f" {unit}{'' if count == 1 else 's'}" if unit else ""


def listed(names: Sequence[str], most: int = SHOWN, nothing: str = "none") -> str:
    """Lists names: the first few, and how many more there are.

    Args:
        names: in the order to show.
        most: how many to show.
        nothing: what to return without any name.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d"], 2), listed([])
    ('a, b', 'a, b and 2 more', 'none')
    """
    more = len(names) - most
    return (", ".join(names[:most]) or nothing) + (f" and {more:,} more" if more > 0 else "")


def named(name: str) -> str:
    """Returns a name, in quotes where nobody would see where it begins and ends.

    >>> named("fare"), named("fare "), named("")
    ('fare', "'fare '", "''")
    """
    return name if name and name == name.strip() else repr(name)


def quoted(values: Sequence[str]) -> str:
    """Lists values in quotes: the first few, and how many more there are.

    >>> quoted(["a", "b"]), quoted(list("abcdefgh"))
    ("'a', 'b'", "'a', 'b', 'c', 'd', 'e' and 3 more")
    """
    return listed([quote(value) for value in values])


def quote(value: str) -> str:
    """Quotes a value, cut where it is long.

    >>> print(quote("it's"), quote("x" * 60))
    "it's" 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'
    """
    return repr(value if len(value) <= 40 else value[:37] + "...")


def visible(text: str) -> str:
    r"""Writes characters that cannot be seen, or that XML cannot hold, as their number.

    Among them are line feeds, zero-width characters, and marks that turn the direction of the
    text around, with which a name could pose as another.

    >>> visible("fare\u202e\n")
    'fare\\u202e\\u000a'
    """
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def shortened(text: str, longest: int) -> str:
    """Cuts the middle out of a long text.

    >>> shortened("company:Taxi Affiliation Services", 17)
    'company:…Services'
    """
    if len(text) <= longest:
        return text
    head = (longest - 1) // 2
    return f"{text[:head]}…{text[len(text) - (longest - 1 - head) :]}"
