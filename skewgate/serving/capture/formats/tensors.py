"""TensorProto as lists, read without the code that TensorFlow generated for it.

Source: tensorflow/core/framework/tensor.proto, tensor_shape.proto and types.proto.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skewgate.serving.capture.log.events import NOT_UNDERSTOOD, LostError

MESSAGES: Mapping[str, Sequence[str]] = {
    "Dimension": ["int64 size"],
    "Shape": ["", "repeated Dimension dim"],
    "TensorProto": [
        *("int64 dtype", "Shape tensor_shape", "", "bytes tensor_content"),
        *("repeated float float_val", "repeated double double_val", "repeated int64 int_val"),
        *("repeated bytes string_val", "", "repeated int64 int64_val", "repeated int64 bool_val"),
        *("", "repeated int64 half_val", "", "", "repeated int64 uint32_val"),
        "repeated uint64 uint64_val",
    ],
}
"""As `protobuf.declared` takes them; whole numbers of fewer bits look the same on the wire."""
_STRING, _BOOL, _HALF = 7, 10, 19
_TYPES = {
    1: ("<f4", "float_val"),
    2: ("<f8", "double_val"),
    3: ("<i4", "int_val"),
    4: ("u1", "int_val"),
    5: ("<i2", "int_val"),
    6: ("i1", "int_val"),
    _STRING: ("", "string_val"),
    9: ("<i8", "int64_val"),
    _BOOL: ("?", "bool_val"),
    17: ("<u2", "int_val"),
    _HALF: ("<f2", "half_val"),
    22: ("<u4", "uint32_val"),
    23: ("<u8", "uint64_val"),
}
"""By the number of `DataType`: how the bytes of a tensor are read, and which field holds values."""
LARGEST_TENSOR = 1 << 22
"""Values of a tensor that one value stands for."""


def rows(tensor: Any) -> list[Any]:
    """Returns the rows of a tensor: its first dimension; text stays bytes.

    Args:
        tensor: a TensorProto of `MESSAGES`.

    Raises:
        LostError: it has a type that is not read here, or other values than its shape says.
    """
    values = _values(tensor)
    shape = [dimension.size for dimension in tensor.tensor_shape.dim] or [len(values)]
    size = math.prod(shape)
    if values and len(values) < size <= LARGEST_TENSOR:  # the last one stands for those after it
        values += [values[-1]] * (size - len(values))
    if len(values) != size or min(shape) < 0:
        raise LostError(NOT_UNDERSTOOD, "the values of a tensor do not fit its shape")
    width = math.prod(shape[1:])
    if width == 1 or not values:
        return values
    return [values[row * width : (row + 1) * width] for row in range(shape[0])]


def _values(tensor: Any) -> list[Any]:
    form, field = _TYPES.get(tensor.dtype, ("", ""))
    content = tensor.tensor_content
    if not field or (content and (not form or len(content) % np.dtype(form).itemsize)):
        raise LostError(NOT_UNDERSTOOD, "a tensor has a type that cannot be read")
    if content:
        return list(np.frombuffer(content, form).tolist())
    values = list(getattr(tensor, field))
    if tensor.dtype == _BOOL:
        return [bool(value) for value in values]
    if tensor.dtype == _HALF:
        bits = np.array(values, np.int64).astype(np.uint16)
        return list(bits.view(np.float16).astype(float).tolist())
    return values
