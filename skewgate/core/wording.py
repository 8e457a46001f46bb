"""Numbers, shares, lists and names in the words of a report, a reason or a terminal.

Two sorts of numbers are told apart. What the data hold and a contract asks for is written so that
both can be compared (`number`, `percent`, `in_full`). What is measured is rounded (`rounded`,
`rounded_percent`), for further digits would be noise. Of either sort, two numbers that stand beside
each other and differ also differ in print: a finding never reads as if it met the limit it breaks.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any

SHOWN = 5
"""How many values a list shows."""
MOST_NEEDED = 1e12
"""Rows or values beyond which nobody is told to get so many."""


def number(value: float, *others: float) -> str:
    """Formats a number of the data or of a contract.

    A 32-bit float has the digits that tell it from all others, a whole number up to 2^64 all of its
    digits, and any other number nine.

    Args:
        value: the number.
        others: numbers that it stands beside, such as the limit that it breaks; what differs from
            them differs from them in print.

    >>> number(0.10000000149011612), number(1577836800.0), number(12345678.91), number(math.inf)
    ('0.1', '1,577,836,800', '12,345,678.9', 'inf')
    >>> number(9007199254740994.0), number(3.4028234663852886e38), number(0.1 + 0.2)
    ('9,007,199,254,740,994', '3.4028235e+38', '0.3')
    >>> number(0.1 + 0.2, 0.3), number(0.3, 0.1 + 0.2)
    ('0.30000000000000004', '0.3')
    """
    text = _short(value)
    if any(other != value and _short(other) == text for other in others):
        return in_full(value)
    return text


def _short(value: float) -> str:
    if isinstance(value, int) or (float(value).is_integer() and abs(value) <= 2.0**64):
        return f"{int(value):,}"
    if 1e7 <= abs(value) < 2.0**53:
        return f"{value:,.1f}"
    return _as_single(value) or f"{value:.9g}"


def _as_single(value: float) -> str | None:
    """Returns the shortest text of a 32-bit float; None if it is none."""
    try:
        [single] = struct.unpack("f", struct.pack("f", value))
    except OverflowError:
        return None
    if single != value:  # NaN is no number of a type
        return None
    texts = (f"{value:.{digits}g}" for digits in range(1, 10))
    return next((text for text in texts if _is_single(text, value)), None)


def _is_single(text: str, value: float) -> bool:
    """Says whether a text is read as a 32-bit float."""
    try:
        return bool(struct.unpack("f", struct.pack("f", float(text)))[0] == value)
    except OverflowError:
        return False


def in_full(value: float) -> str:
    """Formats a number with all the digits that tell it from any other, as contracts write it.

    >>> in_full(0.05), in_full(20.0), in_full(0.123456789), in_full(1e-08), in_full(0.1 + 0.2)
    ('0.05', '20', '0.123456789', '1e-08', '0.30000000000000004')
    """
    return str(value) if isinstance(value, int) else repr(float(value)).removesuffix(".0")


def rounded(value: float, digits: int = 4, limit: float | None = None) -> str:
    """Formats a measured number to some significant digits.

    Args:
        value: the number.
        digits: as many, and more where it takes more to stay on its side of the limit.
        limit: what the number is compared with.

    >>> rounded(0.912371), rounded(12.0), rounded(0.16349, 3)
    ('0.9124', '12', '0.163')
    >>> rounded(0.20004, 3, limit=0.2), rounded(0.19997, 3, limit=0.2), rounded(0.2, 3, limit=0.2)
    ('0.20004', '0.19997', '0.2')
    """
    for more in range(digits, 17):
        text = f"{value:.{more}g}"
        if limit is None or _side(float(text), limit) == _side(value, limit):
            return text
    return in_full(float(value))


def _side(value: float, limit: float) -> tuple[bool, bool]:
    return value < limit, value > limit


def rounded_up(value: float) -> int:
    """Rounds up to two digits: what is needed is not known better.

    >>> rounded_up(1234.5)
    1300
    """
    unit = int(10 ** max(int(math.log10(max(value, 1.0))) - 1, 0))
    return math.ceil(value / unit) * unit


def percent(share: float, *others: float) -> str:
    """Formats a share in [0, 1] to three digits; only 1 itself is 100%.

    Args:
        share: the share.
        others: shares that it stands beside; what differs from them differs from them in print.

    >>> percent(0.932), percent(0.05), percent(0.99999), percent(1.0)
    ('93.2%', '5%', '99.999%', '100%')
    >>> percent(0.12341, 0.1234), percent(0.1234, 0.12341)
    ('12.341%', '12.34%')
    """
    for digits in range(3, 17):
        text = f"{100 * share:.{digits}g}"
        if (float(text) == 100) == (share >= 1) and not any(
            other != share and f"{100 * other:.{digits}g}" == text for other in others
        ):
            break
    return f"{text}%"


def rounded_percent(share: float, *others: float) -> str:
    """Formats a measured share in [0, 1] to a tenth of a percent; only 0 is 0% and 1 is 100%.

    Args:
        share: the share.
        others: shares that it stands beside; what differs from them differs from them in print.

    >>> rounded_percent(0.42), rounded_percent(0.26634), rounded_percent(1.0)
    ('42.0%', '26.6%', '100%')
    >>> rounded_percent(0.99996), rounded_percent(0.0002), rounded_percent(0.0)
    ('>99.9%', '<0.1%', '0%')
    >>> rounded_percent(0.26634, 0.26641), rounded_percent(0.26641, 0.26634)
    ('26.63%', '26.64%')
    """
    for decimals in range(1, 12):
        text = _to_decimals(share, decimals)
        if not any(other != share and _to_decimals(other, decimals) == text for other in others):
            break
    return text


def _to_decimals(share: float, decimals: int) -> str:
    text, step = f"{share:.{decimals}%}", 0.01 * 10.0**-decimals
    if text == f"{0.0:.{decimals}%}":
        return f"<{step:.{decimals}%}" if share > 0 else "0%"
    if text == f"{1.0:.{decimals}%}":
        return f">{1 - step:.{decimals}%}" if share < 1 else "100%"
    return text


def p_text(p_value: float) -> str:
    """Returns a p-value with its sign of comparison.

    >>> p_text(0.01234), p_text(0.0)
    ('= 0.012', '< 1e-300')
    """
    return f"= {p_value:.2g}" if p_value > 0 else "< 1e-300"


def interval(lower: float, upper: float, digits: int = 4, limit: float | None = None) -> str:
    """Formats an interval, its ends rounded so that each stays on its side of a limit.

    >>> interval(0.912371, 0.95)
    '[0.9124, 0.95]'
    >>> interval(0.912371, 0.95001, limit=0.95)
    '[0.9124, 0.95001]'
    """
    return f"[{rounded(lower, digits, limit)}, {rounded(upper, digits, limit)}]"


def between(low: Any, high: Any, unit: str = "", others: Sequence[float] = ()) -> str:
    """Words for an interval, of which an end may be None; "" where both are.

    Args:
        low, high: the ends.
        unit: of what they count, in the singular.
        others: numbers that they stand beside, as in `number`.

    >>> between(1, 1, "value"), between(0, None), between(2, 5, "row")
    ('exactly 1 value', 'at least 0', 'between 2 and 5 rows')
    """
    ends = [number(end, *others) for end in (low, high) if end is not None]
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


def shortened(text: str, longest: int) -> str:
    """Cuts the middle out of a long text.

    >>> shortened("company:Taxi Affiliation Services", 17)
    'company:…Services'
    """
    if len(text) <= longest:
        return text
    head = (longest - 1) // 2
    return f"{text[:head]}…{text[len(text) - (longest - 1 - head) :]}"
