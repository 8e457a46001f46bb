"""Values as rows hold them, and what is said of those that none does."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping
from typing import Any

from skewgate.serving.capture.log.config import Kind
from skewgate.serving.capture.log.events import NOT_UNDERSTOOD, LostError

Row = dict[str, Any]
_LONGEST_INTEGER = 1 << 63


def misunderstood(reason: str) -> LostError:
    """Returns the error of a payload that is not what it should be."""
    return LostError(NOT_UNDERSTOOD, reason)


def csv_lines(text: str, width: int | None) -> list[list[Any]]:
    """Returns the lines of CSV without a header, as numbers and text.

    Raises:
        LostError: a line has another number of values.
    """
    try:
        lines = [line for line in csv.reader(io.StringIO(text)) if line]
    except csv.Error as error:
        raise misunderstood("a payload is not CSV") from error
    for line in lines:
        if width is not None and len(line) != width:
            raise misunderstood(f"a line of CSV has {len(line)} values, not {width}")
    return [[spelled(cell) for cell in line] for line in lines]


def spelled(cell: str) -> Any:
    """Returns what a cell of CSV says: nothing, a number or text.

    >>> spelled("1"), spelled("1e3"), spelled(""), spelled("nan"), spelled(" a")
    (1, 1000.0, None, 'nan', ' a')
    """
    text = cell.strip()
    if not text:
        return None
    try:
        if text.lstrip("+-").isdecimal() and text.isascii() and len(text) < 19:
            return int(text)
        number = float(text)
    except ValueError:
        return cell
    return number if math.isfinite(number) and "_" not in text else cell


def plain(value: Any, name: str) -> Any:
    """Returns a value as a row holds it.

    Raises:
        LostError: it is an object, or lists in lists, or a number beyond 64 bits.
    """
    if isinstance(value, list):
        if len(value) == 1:
            return plain(value[0], name)
        if any(isinstance(each, list | dict) for each in value):
            raise misunderstood(f"{name} holds lists or objects in a list")
        return [plain(each, name) for each in value]
    if isinstance(value, dict):
        raise misunderstood(f"{name} is an object")
    if isinstance(value, int) and not -_LONGEST_INTEGER <= value < _LONGEST_INTEGER:
        raise misunderstood(f"{name} is a number of more than 64 bits")
    if isinstance(value, str) and not is_text(value):
        raise misunderstood(f"{name} holds half of a character")
    return value


def is_text(value: str) -> bool:
    """Says whether a text can be written; JSON may hold half of a letter, a lone surrogate."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def chosen(row: Row, features: Mapping[str, Kind]) -> Row:
    """Returns the features of a row that capture.yaml names, as values of their types.

    Raises:
        LostError: it has none of them, or one has a value of another type.
    """
    if not features:
        return row
    if not features.keys() & row.keys():
        raise misunderstood(f"a row has none of the features, such as {next(iter(features))}")
    return {name: typed(row.get(name), kind, name) for name, kind in features.items()}


def typed(value: Any, kind: Kind, name: str) -> Any:
    """Returns a value as one of a type.

    Raises:
        LostError: it is none.

    >>> typed("1.5", "float", "fare"), typed(7, "text", "zip"), typed([1, 2], "float", "x")
    (1.5, '7', [1.0, 2.0])
    """
    if value is None or kind == "any":
        return value
    if isinstance(value, list):
        return [typed(each, kind, name) for each in value]
    if kind == "text":
        return value if isinstance(value, str) else json.dumps(value)
    number = spelled(value) if isinstance(value, str) else value
    if kind == "bool":
        if isinstance(number, bool) or number in (0, 1):
            return bool(number)
    elif isinstance(number, bool | int | float):
        if kind == "float":
            return float(number)
        if float(number).is_integer() and -_LONGEST_INTEGER <= number < _LONGEST_INTEGER:
            return int(number)
    raise misunderstood(f"{name} holds a value that is not {kind}")
