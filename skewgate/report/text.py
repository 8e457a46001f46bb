"""Text from data as a page shows it: nothing hidden, nothing that turns what follows around."""

from __future__ import annotations

import re

_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff]"
)


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
