"""How verdicts tell numbers in their reasons."""

from __future__ import annotations

import math


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
