"""The values of Arrow arrays as numpy and Python have them, without a copy where that can be."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.core.distributions import FloatArray
from skewgate.core.errors import InputError

_UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}  # in a second
_NUMPY_NAMES = {"halffloat": "float16", "float": "float32", "double": "float64"}


def is_list(kind: pa.DataType) -> bool:
    """Says whether values of a type are lists."""
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


def values_of(array: pa.Array) -> list[Any]:
    """Returns the values; as bytes if they are text that is not UTF-8, as files may hold it."""
    try:
        values: list[Any] = array.to_pylist()
    except UnicodeDecodeError:
        large = pa.types.is_large_string(array.type)
        values = array.cast(pa.large_binary() if large else pa.binary()).to_pylist()
    return values


def name_of(value: object) -> str | None:
    """Returns a value as the name of a category; None for bytes that are not UTF-8."""
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def to_numbers(array: pa.Array, name: str) -> FloatArray:
    """Returns the values as 64-bit floats; dates and time stamps become seconds since 1970."""
    kind = array.type
    if pa.types.is_date(kind):
        days = pa.types.is_date32(kind)
        ticks = numbers(array.cast(pa.int32() if days else pa.int64())).astype(np.float64)
        return ticks * 86_400 if days else ticks / 1e3
    if pa.types.is_timestamp(kind) and kind.unit == "ns":  # finer than a float tells
        array = array.cast(pa.timestamp("us"), safe=False)
        kind = array.type
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind) or pa.types.is_duration(kind):
        unit = _UNITS[re.search(r"\[(\w+)", str(kind)).group(1)]  # type: ignore[union-attr]
        return numbers(array.cast(pa.int32() if kind.bit_width == 32 else pa.int64())) / unit
    if pa.types.is_boolean(kind):
        array = array.cast(pa.uint8())
    elif pa.types.is_decimal(kind):
        array = array.cast(pa.float64())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise InputError(
            f"column {name}",
            f"has the type {kind}, which cannot be compared",
            "convert it to numbers or text, or drop it",
        )
    return numbers(array).astype(np.float64, copy=False)


def numbers(array: pa.Array) -> npt.NDArray[Any]:
    """Returns the values of an array of plain numbers without its nulls, if it can uncopied.

    Arrow's own ways to numpy import pandas, which costs more than a comparison.
    """
    dtype = np.dtype(_NUMPY_NAMES.get(str(array.type), str(array.type)))
    if len(array) == 0:
        return np.empty(0, dtype)
    values = np.frombuffer(array.buffers()[1], dtype)[array.offset : array.offset + len(array)]
    if array.null_count == 0:
        return values
    present: npt.NDArray[Any] = values[validity(array)]
    return present


def validity(array: pa.Array) -> npt.NDArray[np.bool_]:
    """Returns which values are not null, shape (n,)."""
    if array.null_count == 0:
        return np.ones(len(array), bool)
    if array.null_count == len(array):
        return np.zeros(len(array), bool)
    bits = np.unpackbits(np.frombuffer(array.buffers()[0], np.uint8), bitorder="little")
    return bits[array.offset : array.offset + len(array)].view(bool)
