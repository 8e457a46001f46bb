"""Tensors as servers write them: of the Open Inference Protocol, and of a list and a shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from skewgate.serving.capture.log.events import NOT_UNDERSTOOD, LostError


def columns(given: Any, names: Sequence[str]) -> dict[str, list[Any]]:
    """Returns the rows of tensors by name; the first dimension counts the rows.

    One tensor of two dimensions is a table, whose columns have `names`.

    Args:
        given: objects of name, shape, datatype and data.
        names: of the columns of the table.

    Raises:
        LostError: a tensor has no data, such as one that is sent in binary, or not as many as its
            shape says.
    """
    if not isinstance(given, list) or not given or not all(isinstance(t, dict) for t in given):
        raise LostError(NOT_UNDERSTOOD, "a payload has no tensors")
    found: dict[str, list[Any]] = {}
    for tensor in given:
        name = tensor.get("name")
        if not isinstance(name, str) or name in found:
            raise LostError(NOT_UNDERSTOOD, "a tensor has no name of its own")
        if "data" not in tensor:
            raise LostError(NOT_UNDERSTOOD, f"the tensor {name} has no data in the JSON")
        found[name] = nested(tensor["data"], tensor.get("shape"))
    if len(found) == 1 and names:
        (table,) = found.values()
        rows = [row if isinstance(row, list) else [row] for row in table]
        if any(len(row) != len(names) for row in rows):
            raise LostError(NOT_UNDERSTOOD, f"a row of a tensor does not have {len(names)} values")
        return {name: [row[place] for row in rows] for place, name in enumerate(names)}
    return found


def nested(data: Any, shape: Any) -> list[Any]:
    """Returns the items of the first dimension, each a value or a list of all that is in it.

    Args:
        data: in a row, or nested as the shape says.
        shape: the dimensions.

    Raises:
        LostError: data and shape do not fit each other.

    >>> nested([1, 2, 3, 4], [2, 2]), nested([[1], [2]], [2, 1]), nested(["a"], [1])
    ([[1, 2], [3, 4]], [1, 2], ['a'])
    """
    whole = isinstance(shape, list) and all(
        isinstance(size, int) and not isinstance(size, bool) and size >= 0 for size in shape
    )
    flat = list(_flat(data)) if isinstance(data, list) else [data]
    if not whole or not shape or math.prod(shape) != len(flat):
        raise LostError(NOT_UNDERSTOOD, "the values of a tensor do not fit its shape")
    width = math.prod(shape[1:])
    if width == 1 or not flat:
        return flat
    return [flat[row * width : (row + 1) * width] for row in range(shape[0])]


def _flat(data: Sequence[Any]) -> Sequence[Any]:
    while any(isinstance(each, list) for each in data):
        data = [part for each in data for part in (each if isinstance(each, list) else [each])]
    return data
