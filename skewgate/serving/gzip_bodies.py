"""Bodies of calls that were compressed on their way."""

from __future__ import annotations

import zlib

NAMES = ("gzip", "x-gzip")
"""Of the content encoding."""
_GZIP = 16 + zlib.MAX_WBITS


class TooLargeError(ValueError):
    """A body is larger than it may be once it is inflated."""


def inflated(body: bytes, most: int) -> bytes:
    """Returns what a gzip stream holds.

    Args:
        body: the whole stream, and nothing else.
        most: bytes that it may hold; not many more are ever kept.

    Raises:
        TooLargeError: it holds more.
        ValueError: it is not one whole stream of gzip.

    >>> import gzip
    >>> inflated(gzip.compress(b"[1]"), 3)
    b'[1]'
    """
    stream = zlib.decompressobj(_GZIP)
    try:
        found = stream.decompress(body, most + 1)
    except zlib.error as error:
        raise ValueError(f"is not gzip ({error})") from None
    if len(found) > most:
        raise TooLargeError(f"holds more than {most} bytes")
    if not stream.eof or stream.unused_data:
        raise ValueError("is not one whole stream of gzip")
    return found
