"""TFRecord: records with their lengths and check sums, read and written without TensorFlow."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO

import google_crc32c

from skewgate.data.tf_example.inflating import Inflated

_READ_BYTES = 1 << 22
_LARGEST = 1 << 31  # bytes of a record
_MASK = 0xA282EAD8


def read_stream(stream: IO[bytes] | Inflated) -> Iterator[bytes]:
    """Yields the records of a stream: length, its check sum, the record, its check sum.

    Raises:
        EOFError: the stream ends within a record.
        ValueError: a check sum is wrong.

    Source: tensorflow/core/lib/io/record_writer.h.
    """
    data, at = b"", 0
    while True:
        while len(data) - at >= 12:
            length, sum_of_length = struct.unpack_from("<QI", data, at)
            if sum_of_length != masked_crc(data[at : at + 8]) or length > _LARGEST:
                raise ValueError("the check sum of a record's length is wrong")
            end = at + 12 + length
            if len(data) < end + 4:
                break
            record = data[at + 12 : end]
            if struct.unpack_from("<I", data, end)[0] != masked_crc(record):
                raise ValueError("the check sum of a record is wrong")
            yield record
            at = end + 4
        more = stream.read(_READ_BYTES)
        if not more:
            if at < len(data):
                raise EOFError("the last record is cut off")
            return
        data, at = data[at:] + more, 0


def masked_crc(data: bytes) -> int:
    """Returns the masked CRC-32C that TFRecord files use.

    >>> hex(masked_crc(b""))
    '0xa282ead8'
    """
    crc = int(google_crc32c.value(data))
    return (((crc >> 15) | (crc << 17)) + _MASK) & 0xFFFFFFFF
