"""Files of JSON Lines, compressed or not, whatever stands in the lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skewgate.core import json_text
from skewgate.core.errors import InputError
from skewgate.data.sources import json_lines
from skewgate.data.sources.base import LONGEST_ROW
from skewgate.data.sources.streams import Opener, TextFile
from skewgate.serving.capture.formats.base import Block, unreadable

_BLOCK_BYTES = 1 << 21


def blocks(path: str, opener: Opener | None) -> Iterator[Block]:
    """Yields the lines of a file that are not blank.

    Raises:
        InputError: the file cannot be read, is cut off within what is compressed, or has a line
            longer than any call.
    """
    rest, line = b"", 1
    for data in TextFile(path, opener).reads(_BLOCK_BYTES):
        end = data.rfind(b"\n") + 1
        if end:
            block = b"".join((rest, memoryview(data)[:end]))
            yield Block([], block, line)
            line += block.count(b"\n")
            rest = data[end:]
            continue
        rest += data
        if len(rest) > LONGEST_ROW:
            raise InputError(
                f"{path}: line {line}",
                f"is longer than {LONGEST_ROW >> 20} MB",
                "give a log with one call or event per line",
            )
    if rest:
        yield Block([], rest, line)


def records(block: Block) -> list[tuple[int, Any]]:
    """Returns the lines of a block with their numbers."""
    if not block.data:
        return block.records
    found = []
    line, at = block.line, 0
    for start, content in json_lines.lines(block.data):
        line += block.data.count(b"\n", at, start)
        at = start
        found.append((line, content))
    return found


def parsed(line: bytes) -> dict[str, Any]:
    """Returns the object of a line.

    Raises:
        LostError: it is none.
    """
    try:
        value = json_text.load(line)
    except (ValueError, UnicodeDecodeError) as error:
        cut = "is cut off" if line[:1] == b"{" and line.rstrip()[-1:] != b"}" else "is no JSON"
        raise unreadable(f"the line {cut}") from error
    if not isinstance(value, dict):
        raise unreadable("the line is not a JSON object")
    return value


def at(value: Any, path: str) -> Any:
    """Returns what stands at a place of nested objects; None if nothing does.

    A name with dots counts as such, if there is one.

    >>> at({"meta": {"id": 7}}, "meta.id"), at({"a.b": 1}, "a.b"), at({}, "x.y")
    (7, 1, None)
    """
    if isinstance(value, dict) and path in value:
        return value[path]
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
