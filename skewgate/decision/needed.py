"""How sizes that would settle a check are told."""

from __future__ import annotations

import math


def rounded_up(number: float) -> int:
    """Rounds up to two digits: what is needed is not known better.

    >>> rounded_up(1234.5)
    1300
    """
    unit = int(10 ** max(int(math.log10(max(number, 1.0))) - 1, 0))
    return math.ceil(number / unit) * unit
