"""Markdown tables and the numbers in them."""

from __future__ import annotations

import math
from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table whose first column is text and whose others are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def wilson(successes: int, runs: int) -> tuple[float, float]:
    """Returns Wilson's 95% interval of a share.

    Source: Wilson (1927), Probable inference, JASA 22, 209-212.

    >>> [round(limit, 3) for limit in wilson(0, 20)]
    [0.0, 0.161]
    """
    if runs == 0:
        return 0.0, 1.0
    z, share = 1.959964, successes / runs
    centre = share + z * z / (2 * runs)
    half = z * math.sqrt(share * (1 - share) / runs + z * z / (4 * runs * runs))
    scale = 1 + z * z / runs
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def share(successes: int, runs: int) -> str:
    """Returns a share in percent with its interval and the number of runs.

    >>> share(1, 20)
    '5% (1-24; 20)'
    """
    if runs == 0:
        return "no runs"
    low, high = (f"{100 * limit:.0f}" for limit in wilson(successes, runs))
    return f"{100 * successes / runs:.0f}% ({low}-{high}; {runs})"
