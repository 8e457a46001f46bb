"""Turns text of any encoding into UTF-8, block by block."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from skewgate.core.errors import InputError

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MARK = "\ufeff".encode()
"""The byte order mark that may stand before text."""


def is_utf8(name: str) -> bool:
    """Says whether a name of an encoding is one of UTF-8."""
    return codecs.lookup(name).name in ("utf-8", "utf-8-sig", "ascii")


def marked(beginning: bytes) -> str | None:
    """Returns the encoding that a byte order mark at the beginning of a file says, but UTF-8."""
    return next((name for mark, name in _MARKS if beginning.startswith(mark)), None)


def to_utf8(blocks: Iterator[bytes], given: str | None, path: str) -> Iterator[bytes]:
    """Yields text as UTF-8 without a byte order mark.

    Args:
        blocks: the content of a file.
        given: the encoding, if the user says it. Bytes that are not UTF-8 are left to the reader.
        path: the file, for messages.

    Raises:
        InputError: the text is not in the encoding, or looks like UTF-16 and does not say so.
    """
    first = next(blocks, b"")
    encoding = given or marked(first)
    if encoding is None:
        _check_not_utf16(first, path)
    if encoding is None or is_utf8(encoding):
        yield first.removeprefix(_MARK)
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    beginning = True
    for block in _with_end(first, blocks):
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            found = error.object[error.start : error.start + 1]
            # What the decoder kept of the block before stands in front of the error.
            before = error.object[: error.start].decode(encoding, "replace")
            raise InputError(
                f"{path}: line {line + before.count(chr(10))}",
                f"byte 0x{found.hex()} is not {encoding}",
                "give the option encoding that the file has",
            ) from error
        data = text.encode("utf-8")
        line += data.count(b"\n")
        yield data.removeprefix(_MARK) if beginning else data
        beginning = beginning and not data


def _with_end(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yields all blocks that are not empty, and an empty one at the end."""
    if first:
        yield first
    yield from (block for block in blocks if block)
    yield b""


def _check_not_utf16(beginning: bytes, path: str) -> None:
    for at, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if len(beginning) >= 4 and not any(beginning[at:8:2]) and all(beginning[1 - at : 8 : 2]):
            raise InputError(
                path,
                "looks like UTF-16 without a byte order mark",
                f"give the option encoding, such as {name}",
            )
