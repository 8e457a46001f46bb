"""Finds where the fields of a text-format message stand in its text."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<comment>\#[^\r\n]*)
      | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<word>[\w.+-]+)
      | (?P<mark>[{}<>\[\]:;,/])""",
    re.VERBOSE | re.DOTALL,
)
_CLOSING = {"{": "}", "<": ">", "[": "]"}


class TextError(Exception):
    """The text is not what this tokenizer knows; the caller has a coarser way."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """One field in the text.

    Attributes:
        name: the field's name; of an extension, with its brackets.
        start: where the name starts.
        end: where the value ends.
        stop: where a separator after the value (`,` or `;`) ends, else `end`.
        value: where the value starts; with its brace, if it has one.
        listed: the value is a list in brackets.
        children: the fields of a message; None for a scalar or a list.
    """

    name: str
    start: int
    end: int
    stop: int
    value: int
    listed: bool = False
    children: tuple[Entry, ...] | None = None


@dataclasses.dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def comments(text: str) -> list[str]:
    """Returns the comments of a text, in order.

    >>> comments('name: "a#b"  # why')
    ['# why']
    """
    return [token.text for token in _tokens(text) if token.kind == "comment"]


def fields(text: str) -> tuple[Entry, ...]:
    """Returns the fields of a text-format message.

    Raises:
        TextError: the text is none.

    >>> [(entry.name, [child.name for child in entry.children or ()]) for entry in fields(
    ...     'a: <b: 1, c: "}" "{">  d: [1, 2]')]
    [('a', ['b', 'c']), ('d', [])]
    """
    tokens = [token for token in _tokens(text) if token.kind not in ("space", "comment")]
    entries, rest = _read_fields(tokens, 0, "")
    if rest != len(tokens):
        raise TextError(f"unexpected {tokens[rest].text!r}")
    return entries


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise TextError(f"unexpected {text[place]!r}")
        yield _Token(str(match.lastgroup), match.group(), place)
        place = match.end()


def _at(tokens: list[_Token], index: int) -> _Token:
    if index >= len(tokens):
        raise TextError("ends in the middle of a field")
    return tokens[index]


def _read_fields(tokens: list[_Token], index: int, closing: str) -> tuple[tuple[Entry, ...], int]:
    """Reads fields up to a closing brace, and returns them and the index of that brace."""
    entries = []
    while index < len(tokens) and not (closing and tokens[index].text == closing):
        entry, index = _read_field(tokens, index)
        entries.append(entry)
    return tuple(entries), index


def _read_field(tokens: list[_Token], index: int) -> tuple[Entry, int]:
    first = _at(tokens, index)
    name, index = _read_name(tokens, index)
    if _at(tokens, index).text == ":":
        index += 1
    value = _at(tokens, index)
    children, listed = None, False
    if value.text in ("{", "<"):
        children, index = _read_fields(tokens, index + 1, _CLOSING[value.text])
    elif value.text == "[":
        listed, index = True, _closing(tokens, index)
    elif value.kind == "string":
        while index + 1 < len(tokens) and tokens[index + 1].kind == "string":
            index += 1
    elif value.kind != "word":
        raise TextError(f"unexpected {value.text!r}")
    elif value.text == "-":
        index += 1
    end = stop = _at(tokens, index).end
    index += 1
    if index < len(tokens) and tokens[index].text in (",", ";"):
        stop = tokens[index].end
        index += 1
    return Entry(name, first.start, end, stop, value.start, listed, children), index


def _read_name(tokens: list[_Token], index: int) -> tuple[str, int]:
    if tokens[index].text == "[":
        last = _closing(tokens, index)
        return "".join(token.text for token in tokens[index : last + 1]), last + 1
    if tokens[index].kind != "word":
        raise TextError(f"unexpected {tokens[index].text!r}")
    return tokens[index].text, index + 1


def _closing(tokens: list[_Token], index: int) -> int:
    """Returns the index of the brace that closes the one at an index."""
    depth = 0
    while True:
        text = _at(tokens, index).text
        if tokens[index].kind == "mark":
            depth += (text in _CLOSING) - (text in _CLOSING.values())
        if depth == 0:
            return index
        index += 1
