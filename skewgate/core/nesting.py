"""Bounds how deep values may nest that somebody else wrote.

Parsers, checks and printers call themselves for each level, and end at some hundred or thousand.
"""

from __future__ import annotations

import re
from typing import Any

DEEPEST = 64
"""Lists, objects or messages within each other; no file of ours or of TFX has half as many."""
_TOKEN = re.compile(
    r""" "[^"\\]*(?:\\.[^"\\]*)*"? | '[^'\\]*(?:\\.[^'\\]*)*'? | \#[^\n]* | [\[\]{}<>] """,
    re.DOTALL | re.VERBOSE,
)
"""Text in quotes, a comment, or what opens or closes a message; none is looked at twice."""
_OPENING, _CLOSING = "[{<", "]}>"


def is_deep(value: Any) -> bool:
    """Says whether lists and dictionaries are nested deeper than `DEEPEST`.

    >>> is_deep([{"a": [1]}])
    False
    """
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        level = [
            part
            for each in level
            for part in (each.values() if isinstance(each, dict) else each)
            if isinstance(part, dict | list)
        ]
    return bool(level)


def is_deep_message(text: str) -> bool:
    """Says whether messages in protobuf's text format are nested deeper than `DEEPEST`.

    >>> is_deep_message("a { " * 65), is_deep_message("a { b: '{{{' }" * 65)
    (True, False)
    """
    if sum(map(text.count, _OPENING)) <= DEEPEST:
        return False
    depth = 0
    for found in _TOKEN.finditer(text):
        mark = text[found.start()]
        if mark in _OPENING:
            depth += 1
            if depth > DEEPEST:
                return True
        elif mark in _CLOSING:
            depth = max(depth - 1, 0)
    return False
