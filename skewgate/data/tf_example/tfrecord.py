"""TFRecord: records with their lengths and check sums, read and written without TensorFlow.

A file is a row of frames: the length of a record as 8 bytes, their check sum, the record, its check
sum. Check sums and lengths of many records are worked on at once, because Python takes longer for a
record than for its bytes.

Source: tensorflow/core/lib/io/record_writer.h.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import google_crc32c
import numpy as np
import numpy.typing as npt

_BLOCK = 1 << 20  # bytes to read at a time
_HEAD, _TAIL = 12, 4  # bytes around a record
LARGEST = 1 << 28
"""Bytes of a record, far more than any row has: what says that it is longer would fill memory."""
_LENGTHS = 100_000  # heads of records to remember
_MASK = 0xA282EAD8


class CheckSumError(OSError):
    """The check sum of a record or of its length is wrong."""


class TooLargeError(CheckSumError):
    """The length of a record is one that no row has."""


class Readable(Protocol):
    """A stream of bytes, such as a file, a GzipFile or an `Inflated`."""

    def read(self, size: int, /) -> bytes:
        """Returns some of the next `size` bytes; none at the end."""


def masked_crc(data: bytes) -> int:
    """Returns the masked CRC-32C that TFRecord files use.

    >>> hex(masked_crc(b""))
    '0xa282ead8'
    """
    return int(_masked(google_crc32c.value(data)))


def frame(records: Sequence[bytes]) -> bytes:
    """Returns records as they stand in a TFRecord file, one after the other."""
    lengths = np.fromiter(map(len, records), np.int64, len(records))
    different, places = np.unique(lengths, return_inverse=True)
    heads = [_head(int(length)) for length in different]
    sums = _masked_crcs(records)
    tails = [tail for (tail,) in struct.iter_unpack("4s", sums.astype("<u4").tobytes())]
    parts = zip([heads[place] for place in places.tolist()], records, tails, strict=True)
    return b"".join(itertools.chain.from_iterable(parts))


def read_stream(stream: Readable) -> Iterator[bytes]:
    """Yields the records of a stream, each with its check sums verified.

    Raises:
        EOFError: the stream ends within a record.
        CheckSumError: a check sum is wrong; the records before were yielded.
        TooLargeError: a record is longer than `LARGEST`; so were these.
    """
    for records in read_blocks(stream):
        yield from records


def read_blocks(stream: Readable) -> Iterator[list[bytes]]:
    """Yields what `read_stream` does, as the records of about a megabyte at a time.

    Raises:
        EOFError: the stream ends within a record.
        CheckSumError: a check sum is wrong; the records before were yielded.
        TooLargeError: a record is longer than `LARGEST`; so were these.
    """
    lengths: dict[bytes, int] = {}
    data, missing = b"", 1
    while True:
        pieces = [data]
        while missing > 0 and (piece := stream.read(_BLOCK)):
            pieces.append(piece)
            missing -= len(piece)
        data = b"".join(pieces)
        if missing > 0 and data:
            raise EOFError("the last record is cut off")
        if missing > 0:
            return
        records, end, missing = _cut(data, lengths)
        if records:
            yield from _verified(records, data)
        data = data[end:]


def _head(length: int) -> bytes:
    packed = struct.pack("<Q", length)
    return packed + struct.pack("<I", masked_crc(packed))


def _masked_crcs(records: Sequence[bytes]) -> npt.NDArray[np.uint32]:
    sums = np.fromiter(map(google_crc32c.value, records), np.uint32, len(records))
    masked: npt.NDArray[np.uint32] = _masked(sums)
    return masked


def _masked(sums: Any) -> Any:
    """Rotates check sums and adds to them, so that check sums within records do no harm."""
    return ((sums >> 15) | (sums << 17)) + _MASK & 0xFFFFFFFF


def _cut(data: bytes, lengths: dict[bytes, int]) -> tuple[list[bytes], int, int]:
    """Returns the whole records at the start of data, where they end, and how much the next lacks.

    It lacks nothing where what follows is broken and has to be looked at by itself.

    Args:
        data: frames in a row.
        lengths: of the heads of records whose check sum has been verified; added to.

    Raises:
        CheckSumError: that of the first length is wrong.
        TooLargeError: the first record is longer than `LARGEST`.
    """
    records: list[bytes] = []
    at, size = 0, len(data)
    while at + _HEAD <= size:
        head = data[at : at + _HEAD]
        length = lengths.get(head)
        if length is None:
            length = _length(head)
            if length is None and records:
                return records, at, 0
            if length is None:
                raise CheckSumError("the check sum of a record's length is wrong")
            if length > LARGEST:
                if records:
                    return records, at, 0
                raise TooLargeError(f"a record is longer than {LARGEST >> 20} MB")
            if len(lengths) >= _LENGTHS:
                lengths.clear()
            lengths[head] = length
        start = at + _HEAD
        end = start + length
        if end + _TAIL > size:
            return records, at, end + _TAIL - size
        records.append(data[start:end])
        at = end + _TAIL
    return records, at, at + _HEAD - size


def _length(head: bytes) -> int | None:
    """Returns the length that the head of a record tells; None if its check sum is wrong."""
    length, told = struct.unpack("<QI", head)
    return int(length) if told == masked_crc(head[:8]) else None


def _verified(records: list[bytes], data: bytes) -> Iterator[list[bytes]]:
    """Yields the records that data begin with, up to the first whose check sum is wrong.

    Raises:
        CheckSumError: one is wrong.
    """
    ends = np.cumsum(np.fromiter(map(len, records), np.int64, len(records)) + (_HEAD + _TAIL))
    raw = np.frombuffer(data, np.uint8)
    told = np.ascontiguousarray(raw[(ends - _TAIL)[:, None] + np.arange(_TAIL)]).view("<u4")[:, 0]
    wrong = np.flatnonzero(_masked_crcs(records) != told)
    if not len(wrong):
        yield records
        return
    yield records[: wrong[0]]
    raise CheckSumError("the check sum of a record is wrong")
