"""Arrow arrays as numpy and Python have them and back, without a copy where that can be.

Arrow's own ways to numpy and from it import pandas, which costs more than a comparison.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_NUMPY_NAMES = {"halffloat": "float16", "float": "float32", "double": "float64"}


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


def is_utf8(data: bytes) -> bool:
    """Says whether bytes are text in UTF-8."""
    return data.isascii() or name_of(data) is not None


def to_bytes(array: pa.Array) -> pa.Array:
    """Returns text or bytes, of any length or a fixed one, as large binary; nulls stay."""
    return castable(array).cast(pa.large_binary())


def castable(array: pa.Array) -> pa.Array:
    """Returns an array whose cast does no harm; all but slices of one type stay as they are.

    The cast of a slice of bytes of a fixed length ends the process (pyarrow 10).
    """
    if pa.types.is_fixed_size_binary(array.type) and array.offset:
        return array.take(places_array(np.arange(len(array))))
    return array


def stored(array: pa.Array, dtype: npt.DTypeLike = None) -> npt.NDArray[Any]:
    """Returns plain numbers as they lie in memory, anything where they are null, shape (n,).

    Args:
        array: of a type of fixed width, but not of booleans.
        dtype: as which to read them; that of their type by default.
    """
    dtype = np.dtype(dtype or _NUMPY_NAMES.get(str(array.type), str(array.type)))
    if len(array) == 0:
        return np.empty(0, dtype)
    return np.frombuffer(array.buffers()[1], dtype)[array.offset : array.offset + len(array)]


def numbers(array: pa.Array) -> npt.NDArray[Any]:
    """Returns the values of an array of plain numbers without its nulls, if it can uncopied."""
    found = stored(array)
    return found[validity(array)] if array.null_count else found


def validity(array: pa.Array) -> npt.NDArray[np.bool_]:
    """Returns which values are not null, shape (n,)."""
    if array.null_count == 0:
        return np.ones(len(array), bool)
    if array.null_count == len(array):
        return np.zeros(len(array), bool)
    return _unpacked(array, array.buffers()[0])


def offsets(array: pa.Array) -> npt.NDArray[Any]:
    """Returns where the lists or texts of an array begin in what it holds, and where the last ends.

    Returns:
        Shape (n + 1,): int64 for the large types, else int32. Of a slice they begin above 0.
    """
    kind = array.type
    large = pa.types.is_large_list(kind) or pa.types.is_large_binary(kind)
    dtype = np.dtype(np.int64 if large or pa.types.is_large_string(kind) else np.int32)
    buffer = array.buffers()[1] or bytes(dtype.itemsize)
    return np.frombuffer(buffer, dtype)[array.offset :][: len(array) + 1]


def list_lengths(array: pa.Array) -> npt.NDArray[np.int64]:
    """Returns how many values each list has that is not null, nulls in it included."""
    if pa.types.is_fixed_size_list(array.type):
        return np.full(len(array) - array.null_count, array.type.list_size, np.int64)
    found: npt.NDArray[np.int64] = numbers(pc.list_value_length(array)).astype(np.int64, copy=False)
    return found


def places_array(
    places: npt.NDArray[np.int64], known: npt.NDArray[np.bool_] | None = None
) -> pa.Array:
    """Returns whole numbers as Arrow has them, as `take` wants row numbers; null if not `known`."""
    return from_stored(np.ascontiguousarray(places, np.int64), pa.int64(), known)


def from_stored(
    numbers: npt.NDArray[Any], kind: pa.DataType, known: npt.NDArray[np.bool_] | None = None
) -> pa.Array:
    """Returns plain numbers as an array of a type that stores them so; null where not `known`."""
    bits = None if known is None or known.all() else _packed(known)
    return pa.Array.from_buffers(kind, len(numbers), [bits, pa.py_buffer(numbers)])


def mask_array(mask: npt.NDArray[np.bool_]) -> pa.Array:
    """Returns a mask as Arrow has it."""
    return pa.Array.from_buffers(pa.bool_(), len(mask), [None, _packed(mask)])


def from_mask_array(array: pa.Array) -> npt.NDArray[np.bool_]:
    """Returns Arrow's mask as an array of numpy; null is false."""
    if not len(array):
        return np.zeros(0, bool)
    found = _unpacked(array, array.buffers()[1])
    return found & validity(array) if array.null_count else found


def _packed(mask: npt.NDArray[np.bool_]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(mask, bitorder="little"))


def _unpacked(array: pa.Array, buffer: pa.Buffer) -> npt.NDArray[np.bool_]:
    bits = np.unpackbits(np.frombuffer(buffer, np.uint8), bitorder="little")
    return bits[array.offset : array.offset + len(array)].view(bool)
