"""Bounds how deep values may nest that somebody else wrote.

Parsers, checks and printers call themselves for each level, and end at some hundred or thousand.
"""

from __future__ import annotations

import re

DEEPEST = 64
"""Lists, objects or messages within each other; no file of ours or of TFX has half as many."""
_TOKEN = re.compile(
    r""" "[^"\\]*(?:\\.[^"\\]*)*"? | '[^'\\]*(?:\\.[^'\\]*)*'? | \#[^\n]* | [\[\]{}<>] """,
    re.DOTALL | re.VERBOSE,
)
"""Text in quotes, a comment, or what opens or closes a message; none is looked at twice."""
_STRING = re.compile(rb'"[^"]*"')
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_OTHERS = bytes(sorted(set(range(256)) - set(b"[]{}")))
_OPENING, _CLOSING = "[{<", "]}>"


def is_deep(json_text: str | bytes, deepest: int = DEEPEST) -> bool:
    """Says whether lists and objects of a text in JSON stand in each other deeper than a bound.

    Few texts have enough brackets for it. Of these each round takes the innermost away, which costs
    a tenth of looking at the values.

    Args:
        json_text: which has been parsed, so that what it opens it closes; bytes are of UTF-8.
        deepest: levels that are no depth.

    >>> is_deep(b"[" * 64 + b"]" * 64), is_deep('{"[":' * 65 + "1" + "}" * 65)
    (False, True)
    """
    if isinstance(json_text, str):
        if json_text.count("[") + json_text.count("{") <= deepest:
            return False
        json_text = json_text.encode("utf-8", "surrogatepass")
    elif json_text.count(b"[") + json_text.count(b"{") <= deepest:
        return False
    plain = json_text.replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = _STRING.sub(b"", plain).translate(_ONE_KIND, _OTHERS)
    for _ in range(deepest):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


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
