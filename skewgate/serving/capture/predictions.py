"""Responses to rows of predictions, one payload at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skewgate.serving.capture import tensors
from skewgate.serving.capture.log.config import Prediction
from skewgate.serving.capture.payloads import by_columns
from skewgate.serving.capture.values import Row, csv_lines, misunderstood, plain

_LISTS = ("predictions", "outputs", "result", "results")


def response_rows(value: Any, prediction: Prediction) -> list[Row]:
    """Returns the predictions of a response, a row each.

    Args:
        value: parsed JSON, or text of CSV.
        prediction: what they are called.

    Raises:
        LostError: there are none.
    """
    rows = [_renamed(row, prediction) for row in _rows(value, prediction)]
    if not rows:
        raise misunderstood("the response has no predictions")
    return rows


def _rows(value: Any, prediction: Prediction) -> list[Row]:
    if isinstance(value, str):
        return [_row(line, prediction) for line in csv_lines(value, None)]
    if isinstance(value, dict):
        if isinstance(data := value.get("data"), dict) and ("ndarray" in data or "tensor" in data):
            return _of_seldon(data, prediction)
        key = next((name for name in _LISTS if name in value), None)
        if key is None:
            if value.keys() & {"error", "detail"}:
                raise misunderstood("the response is an error of the server")
            return [_row(value, prediction)]
        value = value[key]
        if isinstance(value, dict):
            columns = {name: e if isinstance(e, list) else [e] for name, e in value.items()}
            return by_columns(columns)
        if isinstance(value, list) and value and _is_tensor(value[0]):
            return by_columns(tensors.columns(value, ()))
    if not isinstance(value, list):
        value = [value]
    return [_row(item, prediction) for item in value]


def _is_tensor(item: Any) -> bool:
    return isinstance(item, dict) and "datatype" in item


def _of_seldon(data: dict[str, Any], prediction: Prediction) -> list[Row]:
    found = data.get("ndarray")
    if found is None and isinstance(tensor := data.get("tensor"), dict):
        found = tensors.nested(tensor.get("values"), tensor.get("shape"))
    if not isinstance(found, list):
        raise misunderstood("the response has neither ndarray nor tensor")
    names: Any = data.get("names")
    if isinstance(names, list) and names and not prediction.names:
        rows = [item if isinstance(item, list) else [item] for item in found]
        return [_named(item, names) for item in rows]
    return [_row(item, prediction) for item in found]


def _row(item: Any, prediction: Prediction) -> Row:
    if isinstance(item, dict):
        return {name: plain(value, name) for name, value in item.items()}
    if prediction.names:
        return _named(item if isinstance(item, list) else [item], prediction.names)
    return {prediction.column: plain(item, prediction.column)}


def _named(values: Sequence[Any], names: Sequence[str]) -> Row:
    if len(values) != len(names):
        raise misunderstood(f"a prediction has {len(values)} values, not {len(names)}")
    return {name: plain(value, name) for name, value in zip(names, values, strict=True)}


def _renamed(row: Row, prediction: Prediction) -> Row:
    if not prediction.rename:
        return row
    renamed = {prediction.rename.get(name, name): value for name, value in row.items()}
    if len(renamed) < len(row):
        raise misunderstood("two outputs have the same name (prediction.rename)")
    return renamed
