"""Finds lines of JSON with keys of their own, see `data.arrow.own_keys`."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Iterator
from typing import Any

from skewgate.core.nesting import DEEPEST
from skewgate.data.arrow import own_keys
from skewgate.data.sources.streams import count_lines, cut_lines, occurrences


def cut(data: bytes, line: int, most: int, watch: own_keys.KeyWatch) -> Iterator[tuple[int, bytes]]:
    """Cuts lines into pieces that are read at once, and yields each with the number of its first.

    Args:
        data: lines.
        line: number of the first of them.
        most: lines of a piece.
        watch: knows the keys of the file by `of_line`.

    Raises:
        InputError: the lines have too many keys.
    """
    for before, part in cut_lines(data, most):
        first = line + before
        if not _are_few(part) and not watch.is_usual(_sample(part)):
            rows = count_lines(part) + (part[-1:] not in b"\r\n")
            objects = max(rows, occurrences(part, b"{"))
            watch.count(part.splitlines(), objects, f"lines {first} to {first + rows - 1}")
        at_once = watch.rows_at_once()
        if at_once >= most:
            yield first, part
            continue
        for more, piece in cut_lines(part, at_once):
            yield first + more, piece


def _are_few(data: bytes) -> bool:
    """Says whether lines are not many cells, whatever their keys are."""
    if len(data) > own_keys.MOST_COLUMNS:
        return False
    objects = max(count_lines(data) + 1, data.count(b"{"))
    return objects * data.count(b":") <= own_keys.MOST_CELLS


def of_line(line: bytes) -> Collection[Hashable]:
    """Returns the keys of an object; if there are objects in it, those of all by their ways.

    >>> sorted(of_line(b'{"a": 1, "b": 2}'))
    ['a', 'b']
    >>> sorted(of_line(b'{"a": [{"b": 1}, {"b": {"c": 1}}]}'))
    ['.a', '.a.b', '.a.b.c']
    >>> of_line(b'{"a"')
    ()
    """
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return ()
    if isinstance(value, dict) and not any(isinstance(p, dict | list) for p in value.values()):
        return value
    found: set[Hashable] = set()
    level: list[tuple[str, Any]] = [("", value)]
    for _ in range(DEEPEST):
        inner: list[tuple[str, Any]] = []
        for path, each in level:
            named = each.items() if isinstance(each, dict) else ()
            parts = [(f"{path}.{name}", part) for name, part in named]
            found.update(name for name, _ in parts)
            parts += [(path, part) for part in each] if isinstance(each, list) else []
            inner += [(at, part) for at, part in parts if isinstance(part, dict | list)]
        level = inner
    return found


def _sample(data: bytes) -> Iterator[bytes]:
    """Yields some lines, each once."""
    mark = b"\n" if b"\n" in data else b"\r"
    end = 0
    for at in own_keys.places(len(data)):
        if at >= end:
            start = data.rfind(mark, 0, at) + 1
            end = data.find(mark, at) + 1 or len(data)
            yield from data[start:end].splitlines()
