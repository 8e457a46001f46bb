"""Reads gzip streams in large pieces.

Python's GzipFile feeds zlib 8 kB at a time, and each time takes turns at Python's lock with all
other threads.
"""

from __future__ import annotations

import zlib
from typing import IO

_PACKED = 1 << 20
_GZIP = 31  # wbits of zlib for a gzip header and check sum


class Inflated:
    """A gzip stream of any number of members; what is not whole or not gzip is an error."""

    def __init__(self, raw: IO[bytes]) -> None:
        """Takes the packed stream, which stays open."""
        self._raw = raw
        self._packed = raw.read(_PACKED)
        self._empty = not self._packed
        self._member = zlib.decompressobj(_GZIP)

    def read(self, size: int) -> bytes:
        """Returns some of the next `size` bytes; none at the end.

        Raises:
            EOFError: the stream ends early.
            zlib.error: it is not gzip, or its check sum is wrong.
        """
        while not self._empty:
            if self._member.eof and not self._next_member():
                return b""
            found = self._member.decompress(self._packed, size)
            self._packed = self._member.unconsumed_tail
            if found:
                return found
            if not self._packed and not self._member.eof:
                self._packed = self._raw.read(_PACKED)
                if not self._packed:
                    raise EOFError("the gzip stream ends before its end-of-stream marker")
        return b""

    def _next_member(self) -> bool:
        """Goes on to what follows a member but zeros, and says whether there is anything."""
        rest = self._member.unused_data.lstrip(b"\0")
        while not rest:
            block = self._raw.read(_PACKED)
            if not block:
                return False
            rest = block.lstrip(b"\0")
        self._packed, self._member = rest, zlib.decompressobj(_GZIP)
        return True
