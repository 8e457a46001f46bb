"""Protobuf's wire format, and messages that are declared anew."""

from __future__ import annotations

from typing import Any

from google.protobuf import message_factory


def read_varint(data: bytes | memoryview, at: int) -> tuple[int, int]:
    r"""Returns a number and the position after it; raises IndexError where the data end.

    >>> read_varint(b"\x08\xac\x02", 1)
    (300, 3)
    """
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


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
