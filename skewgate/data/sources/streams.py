"""Opens files, here or on another file system, and reads text in blocks of whole lines."""

from __future__ import annotations

import io
import itertools
import os
from collections.abc import Callable, Iterator
from typing import IO, Any

import numpy as np
import pyarrow as pa

from skewgate.core import regular_files
from skewgate.core.errors import InputError
from skewgate.data.sources import base, encodings

Opener = Callable[[str], Any]
"""Opens a path for reading bytes: returns an object with read, seek, tell and close."""
PACKED = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
"""Endings of compressed text files."""


class _Adapter(io.RawIOBase):
    """Makes a whole file object of one that can only read, seek, tell and close."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._raw.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_END:
            self._raw.seek(0, os.SEEK_END)
        start = 0 if whence == os.SEEK_SET else self._raw.tell()
        self._raw.seek(start + offset)
        return start + offset

    def tell(self) -> int:
        return int(self._raw.tell())

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


def open_binary(path: str, opener: Opener | None) -> IO[bytes]:
    """Opens a file as it is.

    Raises:
        InputError: it cannot be opened, or is no file.
    """
    if opener is None:
        regular_files.check(path)
    try:
        return open(path, "rb") if opener is None else io.BufferedReader(_Adapter(opener(path)))
    except OSError as error:
        raise InputError(path, f"cannot be read: {error}", "check the file") from error


def arrow_source(path: str, opener: Opener | None) -> Any:
    """Opens a file for Arrow, which opens no path that is not UTF-8 itself.

    Raises:
        InputError: another file system cannot open it, or it is no file.
        OSError: it cannot be opened here.
    """
    if opener is None:
        regular_files.check(path)
    return pa.OSFile(os.fsencode(path)) if opener is None else open_binary(path, opener)


class TextFile:
    """A file of lines, compressed or not."""

    def __init__(self, path: str, opener: Opener | None, encoding: str | None = None) -> None:
        """Takes the path, whose ending says how it is compressed, and the encoding if it is given.

        See `encodings` for what holds without one.
        """
        self._path, self._opener, self._encoding = path, opener, encoding

    def reads(self, size: int) -> Iterator[bytes]:
        """Yields the content as UTF-8 without a byte order mark, about `size` bytes at a time.

        Raises:
            InputError: the file cannot be read, is cut off, or is not in its encoding.
        """
        return encodings.to_utf8(self.raw(size), self._encoding, self._path)

    def raw(self, size: int) -> Iterator[bytes]:
        """Yields the bytes of the content, at most `size` at a time.

        Raises:
            InputError: the file cannot be read, or is cut off.
        """
        codec = PACKED.get(os.path.splitext(self._path)[1].lower())
        try:
            stream = pa.input_stream(arrow_source(self._path, self._opener), compression=codec)
        except OSError as error:
            raise InputError(self._path, f"cannot be read: {error}", "check the file") from error
        with stream:
            while data := self._read(stream, size):
                yield data

    def _read(self, stream: Any, size: int) -> bytes:
        try:
            return bytes(stream.read(size))
        except OSError as error:
            raise InputError(
                self._path, f"is not a whole compressed file ({error})", "write it again"
            ) from error

    def blocks(
        self, whole: Callable[[bytes], int], skipped: int = 0, line: int = 1
    ) -> Iterator[tuple[int, bytes]]:
        """Yields whole rows, several megabytes at a time, with the number of their first line.

        A row that is longer than `LONGEST_ROW`, as after a quote that is never closed, ends at
        its first line end.

        Args:
            whole: says how many bytes at the beginning are whole rows.
            skipped: number of bytes to pass over first.
            line: number of the line after these.

        Raises:
            InputError: the file cannot be read, is cut off, or has a line without end.
        """
        rest = b""
        for data in self.reads(base.BLOCK_BYTES):
            if skipped:
                skipped, data = max(skipped - len(data), 0), data[skipped:]
            rest += data
            end = whole(rest)
            if not end and len(rest) > base.LONGEST_ROW:
                end = line_end(rest, 0)
                if end == len(rest):
                    raise InputError(
                        f"{self._path}: line {line}",
                        f"is longer than {base.LONGEST_ROW >> 20} MB",
                        "give a file of lines",
                    )
            if end:
                block, rest = rest[:end], rest[end:]
                yield line, block
                line += count_lines(block)
        if rest:
            yield line, rest


def count_lines(data: bytes) -> int:
    r"""Returns the number of line ends: \n, \r\n or \r."""
    count = occurrences(data, b"\n")
    if b"\r" in data:
        count += data.count(b"\r") - data.count(b"\r\n")
    return count


def occurrences(data: bytes, letter: bytes) -> int:
    """Counts one byte, faster than `bytes.count` where it is frequent."""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord(letter)))


def cut_lines(data: bytes, most: int) -> Iterator[tuple[int, bytes]]:
    r"""Cuts data into pieces of at most so many lines; yields the lines before each, and the piece.

    >>> list(cut_lines(b"a\nb\r\nc\rd", 2))
    [(0, b'a\nb\r\n'), (2, b'c\rd')]
    """
    if count_lines(data) < most:
        yield 0, data
        return
    raw = np.frombuffer(data, np.uint8)
    feeds = raw == ord("\n")
    bare = (raw == ord("\r")) & ~np.append(feeds[1:], False)
    ends = np.flatnonzero(feeds | bare) + 1
    starts = [0, *ends[most - 1 :: most].tolist()]
    for number, (start, end) in enumerate(itertools.pairwise([*starts, len(data)])):
        if start < end:
            yield number * most, data[start:end]


def line_end(data: bytes, start: int) -> int:
    """Returns where the line after the one at `start` begins, or the end of the data."""
    feed = data.find(b"\n", start)
    back = data.find(b"\r", start, feed if feed >= 0 else len(data))
    if back >= 0 and feed != back + 1:
        return back + 1
    return feed + 1 if feed >= 0 else len(data)


def whole_lines(data: bytes) -> int:
    """Returns how many bytes at the beginning are whole lines."""
    end = data.rfind(b"\n") + 1
    # The last byte may be half of a line end.
    return end or data.rfind(b"\r", 0, max(len(data) - 1, 0)) + 1
