"""Finds the few rows that keep a block from being read."""

from __future__ import annotations

from collections.abc import Callable


def bad_rows(
    count: int, accepts: Callable[[int, int], bool], enough: int | None = None
) -> list[int]:
    """Returns the items that are not accepted, in order, by halving what is refused.

    Args:
        count: number of items.
        accepts: says whether the items from one position up to another can all be read.
        enough: number of items after which the search ends; goes on to the end without it.

    >>> bad_rows(9, lambda start, end: not start <= 6 < end)
    [6]
    """
    found: list[int] = []
    pending = [(0, count)]
    while pending and len(found) != enough:
        start, end = pending.pop()
        if start == end or accepts(start, end):
            continue
        if end - start == 1:
            found.append(start)
            continue
        middle = (start + end) // 2
        pending += [(middle, end), (start, middle)]
    return found
