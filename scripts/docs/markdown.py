"""What is done to the text of a page, outside of its blocks of code."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Callable, Iterator, Sequence

ROOT = pathlib.Path(__file__).resolve().parents[2]
_LINK = re.compile(r"(\]\(|<(?:img|source)[^>]*? (?:src|srcset)=\")([^)#\s\"]+)")
_ITEM = re.compile(r"\s*([-*]|\d+\.) ")


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Yields each line, and whether it is code."""
    fenced = False
    for line in text.split("\n"):
        border = line.lstrip().startswith("```")
        yield line, fenced or border
        fenced ^= border


def targets(text: str) -> list[str]:
    """Returns the files that a page links to, without the part behind `#`.

    >>> targets("[a](b.md#c) [d](https://example.org/e) [f](#g)")
    ['b.md']
    """
    plain = "\n".join(line for line, code in _lines(text) if not code)
    return [target for _, target in _LINK.findall(plain) if _is_file(target)]


def with_links(text: str, led: Callable[[str], str]) -> str:
    """Returns a page with each of its targets led elsewhere."""

    def replaced(match: re.Match[str]) -> str:
        return match[1] + (led(match[2]) if _is_file(match[2]) else match[2])

    return "\n".join(line if code else _LINK.sub(replaced, line) for line, code in _lines(text))


def blank_lines_above_lists(text: str) -> str:
    """Puts a blank line above each list, which GitHub does without.

    >>> blank_lines_above_lists("Three things:\\n- one")
    'Three things:\\n\\n- one'
    """
    written: list[str] = []
    for line, code in _lines(text):
        above = written[-1] if written else ""
        starts = _ITEM.match(line) and not code and not _ITEM.match(above)
        if starts and above.strip() and not above.startswith((" ", "#", "|")):
            written.append("")
        written.append(line)
    return "\n".join(written)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table; a bar in a cell is written so that it does not end the cell."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |"
        for line in lines
    )


def _is_file(target: str) -> bool:
    return "://" not in target and not target.startswith(("mailto:", "#"))
