r"""Characters that nobody sees, and that make a terminal, a page or a reader see something else.

Among them are the controls of terminals, the marks that turn the direction of a text, what takes no
room, and halves of characters. They come from data: from names of columns, categories, files and
keys. Whatever is printed, logged or written for others to read has them as their numbers.
"""

from __future__ import annotations

import json
import re

_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f"
"""Without tabs, ends of lines and the escape of terminals."""
_OTHERS = (
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # directions
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u3164\ufeff\uffa0"
    "\u206a-\u206f\ufff9-\ufffb\U000e0000-\U000e0fff"  # no width; marks that are for programs
    "\u2028\u2029"  # lines
    "\ud800-\udfff\ufffe\uffff"  # no characters
)
_CLASS = _CONTROLS + _OTHERS
_HIDDEN = re.compile(f"[{_CLASS}\t\n\r\x1b]")
_BUT_LINES = re.compile(f"[{_CLASS}\r\x1b]")
_OURS = re.compile(r"\r|\x1b\[(?:K|[0-9;]*m)")
_LINE_END = re.compile("\r\n")
_BUT_WHITESPACE = re.compile(f"[{_CLASS}\x1b]")
_NO_ASCII = re.compile("[^\n\r\t -~]")


def visible(text: str) -> str:
    r"""Writes characters that cannot be seen, or that XML cannot hold, as their number.

    Among them are line feeds, zero-width characters, and marks that turn the direction of the
    text around, with which a name could pose as another. Strings of YAML in double quotes mean the
    same afterwards.

    >>> visible("fare\u202e\n")
    'fare\\u202e\\u000a'
    """
    return _HIDDEN.sub(_number, text)


def visible_lines(text: str, *, styled: bool = False) -> str:
    r"""Does what `visible` does to each line of a text; tabs stay, too.

    Args:
        text: some lines.
        styled: whether what this package sends to terminals stays: colours, the return to the start
            of a line, and its deletion.

    >>> visible_lines("fare\x1b[31m\n  fails\r\n")
    'fare\\u001b[31m\n  fails\r\n'
    """
    kept = _OURS if styled else _LINE_END

    def shown(found: re.Match[str]) -> str:
        return found[0] if kept.match(text, found.start()) else _number(found)

    return _BUT_LINES.sub(shown, text)


def visible_json(text: str, *, ascii_only: bool = False) -> str:
    r"""Returns JSON that means the same, and in which every such character is escaped.

    Args:
        text: JSON.
        ascii_only: whether what is not ASCII is escaped, too.

    >>> print(visible_json('{"name": "größe\u202e"}'))
    {"name": "größe\u202e"}
    >>> print(visible_json('{"name": "größe"}', ascii_only=True))
    {"name": "gr\u00f6\u00dfe"}
    """
    escaped = _NO_ASCII if ascii_only else _BUT_WHITESPACE
    return escaped.sub(lambda found: json.dumps(found[0])[1:-1], text)


def visible_textproto(text: str) -> str:
    r"""Does the same to strings of protobuf's text format, which has no numbers but those of bytes.

    >>> print(visible_textproto('name: "fare\u202e"'))
    name: "fare\342\200\256"
    """
    return _BUT_WHITESPACE.sub(
        lambda found: "".join(f"\\{byte:03o}" for byte in found[0].encode("utf-8")), text
    )


def _number(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
