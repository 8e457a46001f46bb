"""Requests to rows of features, one payload at a time.

What a row holds is a plain value, or a list of plain values; a list of one is that value. The
columns of `columnar` are the same rows, read at once.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from skewgate.core import json_text
from skewgate.serving.capture import tensors
from skewgate.serving.capture.log.config import Request
from skewgate.serving.capture.log.events import Event
from skewgate.serving.capture.values import Row, csv_lines, misunderstood, plain

Rows = list[Row] | list[bytes]
"""Rows, or serialized tf.Example that are rows."""

_CSV = ("text/csv", "application/csv")
_LINES = ("application/jsonlines", "application/x-jsonlines", "application/x-ndjson")
MOST_ROWS = 1 << 20
"""Rows of a request."""


def value_of(event: Event) -> Any:
    """Returns the payload of an event as parsed JSON, or as text if it is CSV.

    Raises:
        LostError: it is neither.
    """
    payload = event.payload
    if not isinstance(payload, bytes | str):
        return payload
    kind = event.content_type.partition(";")[0].strip().lower()
    try:
        text = payload.decode() if isinstance(payload, bytes) else payload
    except UnicodeDecodeError as error:
        named = f"of type {kind}" if kind else "without a type"
        raise misunderstood(f"the {event.part} holds bytes {named} that are not UTF-8") from error
    if kind in _CSV:
        return text
    try:
        if kind in _LINES:
            return [json_text.load(line) for line in text.splitlines() if line.strip()]
        return json_text.load(text)
    except ValueError as error:
        if not kind and "," in text and not text.lstrip().startswith(("{", "[")):
            return text
        raise misunderstood(f"the {event.part} is not JSON") from error


def request_rows(value: Any, request: Request) -> Rows:
    """Returns the rows of a request.

    Args:
        value: parsed JSON, or text of CSV.
        request: where the features are.

    Raises:
        LostError: they are not there.
    """
    if isinstance(value, list) and value and all(isinstance(each, bytes) for each in value):
        if request.layout not in ("auto", "examples"):
            raise misunderstood(f"the request holds tf.Example, not {request.layout}")
        return value
    layout = request.layout if request.layout != "auto" else _recognised(value)
    rows = _LAYOUTS[layout](value, request.names)
    if not rows:
        raise misunderstood("the request has no rows")
    if len(rows) > MOST_ROWS:
        raise misunderstood(f"the request has more than {MOST_ROWS:,} rows")
    return rows


def _recognised(value: Any) -> str:
    """Returns the layout that a payload looks like.

    Raises:
        LostError: it looks like none.
    """
    if isinstance(value, str):
        return "csv"
    if isinstance(value, list):
        return "records"
    if isinstance(value, dict):
        if "instances" in value:
            return "instances"
        inputs = value.get("inputs")
        if isinstance(inputs, list) and inputs and isinstance(inputs[0], dict):
            return "tensors" if "datatype" in inputs[0] else "inputs"
        if "inputs" in value:
            return "inputs"
        if isinstance(data := value.get("data"), dict) and ("ndarray" in data or "tensor" in data):
            return "ndarray"
        return "records"
    raise misunderstood("the request is not an object, a list or CSV")


def _instances(value: Any, names: Sequence[str]) -> Rows:
    found = value.get("instances") if isinstance(value, dict) else None
    if not isinstance(found, list):
        raise misunderstood("the request has no list of instances")
    return rows_of(found, names)


def _inputs(value: Any, names: Sequence[str]) -> Rows:
    """Returns the rows of TF Serving's columns: a list a name, or one list."""
    found = value.get("inputs") if isinstance(value, dict) else None
    if isinstance(found, list):
        return rows_of(found, names)
    if not isinstance(found, dict) or not found:
        raise misunderstood("the request has no inputs")
    columns = {name: each if isinstance(each, list) else [each] for name, each in found.items()}
    if len(columns) == 1:
        ((name, only),) = columns.items()
        if all(map(_is_b64, only)):
            return [_bytes_of(each) for each in only]
        return [{name: plain(each, name)} for each in only]
    return by_columns(columns)


def by_columns(columns: Mapping[str, Sequence[Any]]) -> list[Row]:
    """Returns rows of columns.

    Raises:
        LostError: they are of different lengths, or hold what no row does.
    """
    if len({len(each) for each in columns.values()}) > 1:
        raise misunderstood("the columns have different numbers of rows")
    plained = {name: [plain(value, name) for value in each] for name, each in columns.items()}
    return [dict(zip(plained, each, strict=True)) for each in zip(*plained.values(), strict=True)]


def _tensors(value: Any, names: Sequence[str]) -> Rows:
    if not isinstance(value, dict):
        raise misunderstood("the request is not an object")
    return by_columns(tensors.columns(value.get("inputs"), names))


def _examples(value: Any, names: Sequence[str]) -> Rows:
    found = value
    if isinstance(value, dict):
        found = value.get("instances", value.get("inputs"))
        if isinstance(found, dict) and len(found) == 1:
            (found,) = found.values()
    rows = [_example_in(each) for each in found] if isinstance(found, list) else []
    if not rows or not all(isinstance(row, bytes) for row in rows):
        raise misunderstood("the request has no base64 tf.Example")
    return [row for row in rows if row is not None]


def _csv(value: Any, names: Sequence[str]) -> Rows:
    if not isinstance(value, str):
        raise misunderstood("the request is not CSV")
    if not names:
        raise misunderstood("the request is CSV, whose values have no names (request.names)")
    return [dict(zip(names, line, strict=True)) for line in csv_lines(value, len(names))]


def _records(value: Any, names: Sequence[str]) -> Rows:
    return rows_of(value if isinstance(value, list) else [value], names)


def _ndarray(value: Any, names: Sequence[str]) -> Rows:
    """Returns the rows of Seldon's protocol: names beside lists, or a tensor of a shape."""
    data = value.get("data") if isinstance(value, dict) else None
    if not isinstance(data, dict):
        raise misunderstood("the request has no data")
    own = data.get("names")
    known = list(own) if isinstance(own, list) and own else list(names)
    found = data.get("ndarray")
    if found is None and isinstance(tensor := data.get("tensor"), dict):
        found = tensors.nested(tensor.get("values"), tensor.get("shape"))
    if not isinstance(found, list):
        raise misunderstood("the request has neither ndarray nor tensor")
    return rows_of(found, known)


def rows_of(items: Sequence[Any], names: Sequence[str]) -> Rows:
    """Returns a row for each item: an object, a list whose values have names, or a tf.Example.

    Raises:
        LostError: an item is none of these, or they are mixed.
    """
    examples = [_example_in(item) for item in items]
    if examples and all(example is not None for example in examples):
        return [example for example in examples if example is not None]
    return [_row(item, names) for item in items]


def _row(item: Any, names: Sequence[str]) -> Row:
    if isinstance(item, dict):
        return {name: plain(value, name) for name, value in item.items()}
    values = item if isinstance(item, list) else [item]
    if not names:
        raise misunderstood("the values of a row have no names (request.names)")
    if len(values) != len(names):
        raise misunderstood(f"a row has {len(values)} values, not {len(names)}")
    return {name: plain(value, name) for name, value in zip(names, values, strict=True)}


def _is_b64(item: Any) -> bool:
    return isinstance(item, dict) and item.keys() == {"b64"}


def _example_in(item: Any) -> bytes | None:
    """Returns the tf.Example that an instance is, alone or as its one input."""
    if isinstance(item, dict) and len(item) == 1 and not _is_b64(item):
        (item,) = item.values()
    return _bytes_of(item) if _is_b64(item) else None


def _bytes_of(item: Mapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(item["b64"], validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise misunderstood("the request has b64 that is not base64") from error


_LAYOUTS: Mapping[str, Callable[[Any, Sequence[str]], Rows]] = {
    "instances": _instances,
    "inputs": _inputs,
    "tensors": _tensors,
    "examples": _examples,
    "csv": _csv,
    "records": _records,
    "ndarray": _ndarray,
}
