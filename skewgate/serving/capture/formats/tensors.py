"""Messages of protobuf as their fields, and TensorProto as lists, without their generated code."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from skewgate.data.tf_example.protobuf import read_varint
from skewgate.serving.capture.log.events import NOT_UNDERSTOOD, LostError

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_SIZES = {_EIGHT: 8, _FOUR: 4}
Value = int | bytes
_STRING = 7
_TYPES = {
    1: "<f4",
    2: "<f8",
    3: "<i4",
    4: "u1",
    5: "<i2",
    6: "i1",
    9: "<i8",
    10: "?",
    17: "<u2",
    19: "<f2",
    22: "<u4",
    23: "<u8",
}
"""By the number of `DataType`, how the bytes of a tensor are read."""
_FLOATS, _DOUBLES = (5, "<f4"), (6, "<f8")
_WHOLE = (7, 10, 11, 16, 17)
_HALVES = 13
LARGEST_TENSOR = 1 << 22
"""Values of a tensor that one value stands for."""


def fields(data: bytes) -> Iterator[tuple[int, Value]]:
    """Yields the number and the value of each field of a message: a number, or bytes.

    Raises:
        ValueError: it is no message, or is cut off.
    """
    at = 0
    try:
        while at < len(data):
            tag, at = read_varint(data, at)
            number, kind = tag >> 3, tag & 7
            if kind == _VARINT:
                value, at = read_varint(data, at)
                yield number, value
                continue
            size = _SIZES.get(kind)
            if kind == _BYTES:
                size, at = read_varint(data, at)
            if size is None or at + size > len(data):
                raise ValueError("not a protobuf message")
            yield number, data[at : at + size]
            at += size
    except IndexError as error:
        raise ValueError("a message that is cut off") from error


def message(data: bytes) -> dict[int, Value]:
    """Returns the last value of each field, as protobuf does.

    Raises:
        ValueError: it is no message.
    """
    return dict(fields(data))


def part(message_: Mapping[int, Value], number: int) -> dict[int, Value]:
    """Returns a message within a message; an empty one if it is not there.

    Raises:
        ValueError: it is none.
    """
    found = message_.get(number, b"")
    if not isinstance(found, bytes):
        raise ValueError("a number in place of a message")
    return message(found)


def tensors(data: bytes, number: int) -> dict[str, list[Any]]:
    """Returns the tensors of a map from names, of a field of a message, by rows.

    Raises:
        ValueError: it is no message.
        LostError: a tensor cannot be read.
    """
    found = {}
    for field, entry in fields(data):
        if field == number and isinstance(entry, bytes):
            pair = message(entry)
            name, tensor = pair.get(1, b""), pair.get(2, b"")
            if isinstance(name, bytes) and isinstance(tensor, bytes):
                found[name.decode("utf-8", "replace")] = rows(tensor)
    return found


def rows(data: bytes) -> list[Any]:
    """Returns the rows of a TensorProto: its first dimension; text stays bytes.

    Raises:
        ValueError: it is no message.
        LostError: it has a type that is not read here, or other values than its shape says.
    """
    shape, values, dtype, content = [], [], 0, b""
    for number, value in fields(data):
        if number == 1 and isinstance(value, int):
            dtype = value
        elif number == 2 and isinstance(value, bytes):
            shape = _shape(value)
        elif number == 4 and isinstance(value, bytes):
            content = value
        elif number == 8 and isinstance(value, bytes):
            values.append(value)
        else:
            values += _numbers(number, value, dtype)
    if content:
        if dtype not in _TYPES or len(content) % np.dtype(_TYPES[dtype]).itemsize:
            raise LostError(NOT_UNDERSTOOD, "a tensor has a type that cannot be read")
        values = np.frombuffer(content, _TYPES[dtype]).tolist()
    if not shape:
        shape = [len(values)]
    size = math.prod(shape)
    if values and len(values) < size <= LARGEST_TENSOR:  # the last one stands for those after it
        values += [values[-1]] * (size - len(values))
    if len(values) != size:
        raise LostError(NOT_UNDERSTOOD, "the values of a tensor do not fit its shape")
    if dtype not in _TYPES and dtype != _STRING:
        raise LostError(NOT_UNDERSTOOD, "a tensor has a type that cannot be read")
    width = math.prod(shape[1:])
    if width == 1 or not values:
        return values
    return [values[row * width : (row + 1) * width] for row in range(shape[0])]


def _shape(data: bytes) -> list[int]:
    sizes = []
    for number, dimension in fields(data):
        if number == 2 and isinstance(dimension, bytes):
            size = message(dimension).get(1, 0)
            sizes.append(size if isinstance(size, int) else 0)
    return sizes


def _numbers(number: int, value: Value, dtype: int) -> list[Any]:
    """Returns the numbers of a field of values, packed or one of them."""
    for field, form in (_FLOATS, _DOUBLES):
        if number == field and isinstance(value, bytes):
            if len(value) % np.dtype(form).itemsize:
                raise ValueError("numbers that are cut off")
            return list(np.frombuffer(value, form).tolist())
    if number == _HALVES:
        halves = np.array(_varints(value), np.uint16)
        return list(halves.view(np.float16).astype(float).tolist())
    if number not in _WHOLE:
        return []
    whole = [_signed(each) if number != 17 else each for each in _varints(value)]
    return [bool(each) for each in whole] if dtype == 10 else whole


def _varints(value: Value) -> list[int]:
    if isinstance(value, int):
        return [value]
    found, at = [], 0
    try:
        while at < len(value):
            number, at = read_varint(value, at)
            found.append(number)
    except IndexError as error:
        raise ValueError("numbers that are cut off") from error
    return found


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
