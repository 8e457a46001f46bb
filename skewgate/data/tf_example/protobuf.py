"""Protobuf's wire format, and messages that are declared anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_LONGEST_VARINT = 70
"""Bits of the most bytes that a number of 64 bits takes."""


def read_varint(data: bytes | memoryview, at: int) -> tuple[int, int]:
    r"""Returns a number and the position after it.

    Raises:
        IndexError: the data end within it, or it is longer than a number of 64 bits can be.

    >>> read_varint(b"\x08\xac\x02", 1)
    (300, 3)
    """
    value = shift = 0
    while shift < _LONGEST_VARINT:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise IndexError("a number of more than 64 bits")


def write_varint(value: int) -> bytes:
    r"""Returns a number of at least 0 as protobuf writes it.

    >>> write_varint(300)
    b'\xac\x02'
    """
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def message_class(pool: Any, name: str) -> Any:
    """Returns the class of a message of a descriptor pool, in every version of protobuf."""
    found = pool.FindMessageTypeByName(name)
    if hasattr(message_factory, "GetMessageClass"):  # protobuf 4.22 and newer
        return message_factory.GetMessageClass(found)
    return message_factory.MessageFactory(pool).GetPrototype(found)


def declared(messages: Mapping[str, Sequence[str]], name: str) -> Any:
    r"""Declares messages of bytes, numbers and each other, and returns the class of one.

    Args:
        messages: the fields of each message, numbered from 1: `bytes key`, `repeated Entry entry`,
            `repeated float value`; `oneof List list` is one of its fields of which only the last
            that is set counts, and `WhichOneof("kind")` tells which; "" leaves a number out.
        name: of the message whose class to return.

    >>> pair = declared({"Pair": ["bytes one", "repeated bytes two"]}, "Pair")
    >>> pair.FromString(b"\x12\x01a\x12\x01b").two[:]
    [b'a', b'b']
    """
    package = f"skewgate.{'_'.join(messages).lower()}"
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{package}.proto", package=package, syntax="proto3"
    )
    kinds = descriptor_pb2.FieldDescriptorProto
    plain = {
        **{"bytes": kinds.TYPE_BYTES, "float": kinds.TYPE_FLOAT, "double": kinds.TYPE_DOUBLE},
        **{"int64": kinds.TYPE_INT64, "uint64": kinds.TYPE_UINT64},
    }
    for message, fields in messages.items():
        added = file.message_type.add(name=message)
        for number, text in enumerate(fields, 1):
            if not text:
                continue
            *label, kind, field = text.split()
            one = added.field.add(
                name=field,
                number=number,
                label=kinds.LABEL_REPEATED if label == ["repeated"] else kinds.LABEL_OPTIONAL,
                type=plain.get(kind, kinds.TYPE_MESSAGE),
                type_name=None if kind in plain else f".{package}.{kind}",
            )
            if label == ["oneof"]:
                if not added.oneof_decl:
                    added.oneof_decl.add(name="kind")
                one.oneof_index = 0
    pool: Any = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return message_class(pool, f"{package}.{name}")


def parser(messages: Mapping[str, Sequence[str]], name: str) -> Callable[[bytes], Any]:
    r"""Returns what reads a message of `declared`, whole or not at all.

    Of a message that is not within another protobuf 3 reads the beginning that it understands, and
    only warns. So it is read as the field of one; what is not whole raises `message.DecodeError`.

    >>> parser({"Pair": ["bytes one"]}, "Pair")(b"\x0a\x01a").one
    b'a'
    """
    holder = declared({**messages, "Holder": [f"{name} held"]}, "Holder")
    return lambda data: holder.FromString(b"\x0a" + write_varint(len(data)) + data).held
