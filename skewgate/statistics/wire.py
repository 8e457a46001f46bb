"""TFDV's statistics with histograms left as bytes, which is many times faster to read.

A statistics file is mostly buckets of histograms, each a message of its own to protobuf. Here the
same message is declared with the histograms as fields of bytes, which look the same on the wire,
and `histograms.read_histogram` takes their buckets out as arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.data.tf_example.protobuf import message_class, read_varint

_DATASETS = 0x0A  # field 1 of the list, with a length
_HISTOGRAMS = {"NumericStatistics": "histograms", "CommonStatistics": "num_values_histogram"}


def datasets(data: bytes) -> Iterator[Any]:
    """Yields the data sets of a serialized `DatasetFeatureStatisticsList` one by one.

    One at a time, because a message takes several times the memory of its bytes.

    Raises:
        message.DecodeError: it is not such a message.
    """
    view, at = memoryview(data), 0
    while at < len(view):
        try:
            length, start = read_varint(view, at + 1)
        except IndexError as error:
            raise message.DecodeError("cut off") from error
        end = start + length
        if view[at] != _DATASETS or end > len(view):
            raise message.DecodeError("not a list of data sets")
        dataset = DatasetFeatureStatistics()
        if dataset.ParseFromString(bytes(view[start:end])) != length:
            raise message.DecodeError("not all of it is a message")  # protobuf 3 only warns
        yield dataset
        at = end


def _statistics_class() -> Any:
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
    return message_class(pool, statistics_pb2.DatasetFeatureStatistics.DESCRIPTOR.full_name)


DatasetFeatureStatistics = _statistics_class()
"""Wire-compatible with the class of the same name in statistics_pb2."""
