"""Writes gzip TFRecord files piece by piece: pieces are compressed anywhere, and joined in order.

A piece is a run of whole deflate blocks that ends at a byte and refers to nothing before it. Pieces
one after the other are one deflate stream, so that a file is a single gzip member, which every
reader reads to its end.

Source: RFC 1951 and 1952.
"""

from __future__ import annotations

import dataclasses
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import BinaryIO

from skewgate.data.tf_example.tfrecord import frame

LEVEL = 1  # several times as fast as the default of gzip
SHARD_ROWS = 250_000
"""Rows after which the next shard begins, unless a number of shards is asked for."""

_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"  # no time, no name: the same at every run
_LAST_BLOCK = b"\x03\x00"

Create = Callable[[str], BinaryIO]
"""Opens a path to be written."""


def create_local(path: str) -> BinaryIO:
    """Opens a file of this machine to be written."""
    return open(path, "wb")


@dataclasses.dataclass(frozen=True)
class Piece:
    """Some rows of a split as a TFRecord file holds them.

    Attributes:
        rows: how many.
        framed: the records with their lengths and check sums.
        deflated: the same, compressed.
    """

    rows: int
    framed: bytes
    deflated: bytes

    @classmethod
    def of(cls, records: Sequence[bytes]) -> Piece:
        """Frames and compresses records."""
        if not records:
            return cls(0, b"", b"")
        framed = frame(records)
        packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        deflated = packer.compress(framed) + packer.flush(zlib.Z_FULL_FLUSH)
        return cls(len(records), framed, deflated)


@dataclasses.dataclass(frozen=True)
class Shard:
    """One finished file.

    Attributes:
        split: its name.
        path: where it was written; not its last name.
        rows: how many it holds.
    """

    split: str
    path: str
    rows: int


class SplitShards:
    """The files of one split.

    Args:
        split: its name.
        path: what the paths of its files begin with.
        number: how many files at most; without it a new one begins after `SHARD_ROWS` rows.
        create: opens them.

    Attributes:
        finished: the files, once `finish` was called.
    """

    def __init__(self, split: str, path: str, number: int | None, create: Create) -> None:
        self._split, self._path, self._number, self._create = split, path, number, create
        self._open: dict[int, _File] = {}
        self._current = 0
        self.finished: list[Shard] = []

    def append(self, piece: Piece, place: int) -> None:
        """Adds rows to a file.

        Args:
            piece: the rows; nothing happens if there are none.
            place: of the piece among those of all splits; with a fixed number of files it says
                which one takes the piece.
        """
        if not piece.rows:
            return
        index = self._current if self._number is None else place % self._number
        if index not in self._open:
            self._open[index] = _File(self._create, f"{self._path}-{index:05d}")
        file = self._open[index]
        file.append(piece)
        if self._number is None and file.rows >= SHARD_ROWS:
            self._finish(index)
            self._current += 1

    def finish(self) -> list[Shard]:
        """Completes the files and returns them in order; none of them is empty."""
        for index in sorted(self._open):
            self._finish(index)
        return self.finished

    def close(self) -> None:
        """Closes files that are not complete."""
        for file in self._open.values():
            file.stream.close()
        self._open.clear()

    def _finish(self, index: int) -> None:
        file = self._open[index]
        file.finish()
        del self._open[index]
        self.finished.append(Shard(self._split, file.path, file.rows))


class _File:
    def __init__(self, create: Create, path: str) -> None:
        self.path, self.rows = path, 0
        self._size = self._sum = 0
        self.stream = create(path)
        self.stream.write(_HEADER)

    def append(self, piece: Piece) -> None:
        self.stream.write(piece.deflated)
        self._sum = zlib.crc32(piece.framed, self._sum)
        self._size += len(piece.framed)
        self.rows += piece.rows

    def finish(self) -> None:
        self.stream.write(_LAST_BLOCK + struct.pack("<II", self._sum, self._size & 0xFFFFFFFF))
        self.stream.close()
