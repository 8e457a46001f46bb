"""How verdicts tell numbers in their reasons."""

from __future__ import annotations

import math
import re

_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff]"
)


def rounded_up(number: float) -> int:
    """Rounds up to two digits: what is needed is not known better.

    >>> rounded_up(1234.5)
    1300
    """
    unit = int(10 ** max(int(math.log10(max(number, 1.0))) - 1, 0))
    return math.ceil(number / unit) * unit


def p_text(p_value: float) -> str:
    """Returns a p-value with its sign of comparison.

    >>> p_text(0.01234), p_text(0.0)
    ('= 0.012', '< 1e-300')
    """
    return f"= {p_value:.2g}" if p_value > 0 else "< 1e-300"


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
