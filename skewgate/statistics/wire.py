"""TFDV's statistics with histograms left as bytes, which is many times faster to read.

A statistics file is mostly buckets of histograms, each a message of its own to protobuf. Here the
same message is declared with the histograms as fields of bytes, which look the same on the wire,
and `histograms.read_histogram` takes their buckets out as arrays.

Statistics that this package wrote have a seal before them, see `core.sealing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.core import sealing
from skewgate.data.tf_example.protobuf import message_class, read_varint

_DATASETS = 0x0A  # field 1 of the list, with a length
FIX = "generate the statistics again, or take a copy of the file that is whole"
"""What to do about statistics that are damaged."""
_HISTOGRAMS = {"NumericStatistics": "histograms", "CommonStatistics": "num_values_histogram"}


def datasets(data: bytes, where: str) -> Iterator[Any]:
    """Yields the data sets of a serialized `DatasetFeatureStatisticsList` one by one.

    One at a time, because a message takes several times the memory of its bytes.

    Args:
        data: the message, with or without a seal.
        where: names the source in messages.

    Raises:
        message.DecodeError: it is not such a message.
        DamagedError: its seal does not fit.
    """
    view, at = memoryview(unsealed(data, where)), 0
    while at < len(view):
        end = _end(view, at)
        # As a list of one: of a message that is not within another, protobuf 3 reads the beginning
        # that it understands, and only warns.
        yield _List.FromString(bytes(view[at:end])).datasets[0]
        at = end


def unsealed(data: bytes, where: str) -> bytes:
    """Returns a serialized `DatasetFeatureStatisticsList` without its seal, once that fits.

    Protobuf puts fields that it does not know behind those it knows when it writes a message that
    it has read, so that a seal may stand anywhere between the data sets. Nothing but data sets and
    one seal may be in the message: a field that is unknown may be a seal that was damaged.

    Args:
        data: the message; without a seal it is returned as it is.
        where: names the source in messages.

    Raises:
        message.DecodeError: it is not such a message.
        DamagedError: the seal does not fit, or there is another.
    """
    view = memoryview(data)
    if sealing.is_sealed(data):  # whatever follows: its checksum says more than how it parses
        seals, parts = [bytes(view[len(sealing.HEAD) : sealing.SIZE])], [view[sealing.SIZE :]]
    else:
        seals, parts = _split(view)
    if not seals:
        return data
    if seals != [sealing.digest(parts)]:
        raise sealing.DamagedError(where, FIX)
    return b"".join(parts)


def _split(view: memoryview) -> tuple[list[bytes], list[memoryview]]:
    """Returns the seals of a message that begins with a data set, and what is not a seal."""
    seals, parts, at = [], [], 0
    while at < len(view):
        if view[at : at + len(sealing.HEAD)] == sealing.HEAD:
            seals.append(bytes(view[at + len(sealing.HEAD) : at + sealing.SIZE]))
            at += sealing.SIZE
        else:
            end = _end(view, at)
            parts.append(view[at:end])
            at = end
    return seals, parts


def _end(view: memoryview, at: int) -> int:
    """Returns where the data set at a position ends.

    Raises:
        message.DecodeError: there is none, or not all of it.
    """
    try:
        length, start = read_varint(view, at + 1)
    except IndexError as error:
        raise message.DecodeError("cut off") from error
    if view[at] != _DATASETS or start + length > len(view):
        raise message.DecodeError("not a list of data sets")
    return start + length


def _list_class() -> Any:
    pool: Any = descriptor_pool.DescriptorPool()
    added = set()

    def add(file: Any) -> None:
        if file.name in added:
            return
        added.add(file.name)
        for dependency in file.dependencies:
            add(dependency)
        declared = descriptor_pb2.FileDescriptorProto()
        file.CopyToProto(declared)
        for declared_message in declared.message_type:
            for field in declared_message.field:
                if _HISTOGRAMS.get(declared_message.name) == field.name:
                    field.type = field.TYPE_BYTES
                    field.ClearField("type_name")
        pool.AddSerializedFile(declared.SerializeToString())

    add(statistics_pb2.DESCRIPTOR)
    return message_class(pool, statistics_pb2.DatasetFeatureStatisticsList.DESCRIPTOR.full_name)


_List = _list_class()
"""Wire-compatible with DatasetFeatureStatisticsList of statistics_pb2."""
