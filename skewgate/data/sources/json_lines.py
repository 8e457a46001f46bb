"""Reads lines of JSON one by one, where a block of them cannot be read at once."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Collection, Mapping
from typing import Any

import pyarrow as pa

from skewgate.data.arrow import spellings
from skewgate.data.arrow.kinds import is_list, name_of, value_type
from skewgate.data.arrow.values import is_utf8
from skewgate.data.sources import json_types
from skewgate.data.sources.json_blocks import DEEPEST
from skewgate.data.sources.rejected import shortened

_LINE = re.compile(rb"[^\r\n]*[^\s][^\r\n]*")
_LARGEST_EXPONENT = 308
_SHALLOW = f"at most {DEEPEST} lists and objects in each other"
Problem = tuple[str, str, str]
"""Column, what was found, what was expected."""
_TWICE: Problem = ("", "a key twice", "each key once")


class _InvalidValue(Exception):  # noqa: N818  a signal, not an error
    """A value cannot be read as what it should be."""


class _Number:
    """A number as it is spelled."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class _Object(dict[str, Any]):
    """An object, which knows whether a key of it stood twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeats = len(self) < len(pairs)


def lines(data: bytes) -> list[tuple[int, bytes]]:
    """Returns where each line begins that is not blank, and the line."""
    return [(found.start(), found.group()) for found in _LINE.finditer(data)]


@dataclasses.dataclass
class Line:
    """A line that can be read.

    Attributes:
        text: as it stands there.
        values: by key.
        changed: whether values were converted to what was declared.
    """

    text: bytes
    values: dict[str, Any]
    changed: bool

    def write(self, many: set[str]) -> bytes:
        """Returns the line with its values as they are to be read.

        Args:
            many: the columns whose values are lists.
        """
        values, changed = self.values, self.changed
        for name in many & values.keys():
            if values[name] is not None and not isinstance(values[name], list):
                values, changed = {**values, name: [values[name]]}, True
        return _written(values).encode() if changed else self.text


@dataclasses.dataclass
class Judge:
    """Says which lines can be read together.

    Attributes:
        declared: types that are given to columns.
        kinds: what the values of columns are, as far as it is known; of declared ones, whether
            they are lists.
        columns: the columns to read, of which alone values are judged and kept; all without it.
    """

    declared: Mapping[str, pa.DataType]
    kinds: dict[str, pa.DataType]
    columns: Collection[str] | None = None

    def judge(self, text: bytes) -> Line | Problem:
        """Returns the line, or what is wrong with it."""
        if not is_utf8(text):
            return ("", "bytes that are not UTF-8", "UTF-8")
        try:
            values = json.loads(
                text.decode(),
                object_pairs_hook=_Object,
                parse_int=_Number,
                parse_float=_Number,
                parse_constant=_Number,
            )
        except RecursionError:
            return ("", shortened(text.decode()), _SHALLOW)
        except ValueError:
            values = None
        if not isinstance(values, _Object):
            return ("", shortened(text.decode()), "a JSON object")
        if values.repeats:
            return _TWICE
        changed = False
        if self.columns is not None:  # what is not read may hold anything
            kept = {name: value for name, value in values.items() if name in self.columns}
            values, changed = kept, len(kept) < len(values)
        problem = _problem(values, text)
        if problem is not None:
            return problem
        new, kinds = dict(values), {}
        for name, value in values.items():
            if value is None:
                continue
            try:
                if name in self.declared:
                    new[name] = _declared(value, self.declared[name])
                    kind = json_types.general(value_type(self.declared[name]))
                    kind = pa.list_(kind) if isinstance(value, list) else kind
                else:
                    kind = json_types.of_value(value)
                    if kind is None:
                        raise _InvalidValue("a list of values of one kind")
                known = self.kinds.get(name, json_types.NULL)
                if kind is not known:
                    both = json_types.joined(known, kind)
                    if both is None:
                        raise _InvalidValue(f"{json_types.described(known)} as before")
                    kinds[name] = both
            except _InvalidValue as error:
                return (name, _shown(value), str(error))
        self.kinds.update(kinds)
        changed = changed or any(new[name] is not value for name, value in values.items())
        return Line(text, new, changed)


def _problem(values: Mapping[str, Any], text: bytes) -> Problem | None:
    """Says what keeps values from being read, of whatever kind they are."""
    if text.count(b"[") + text.count(b"{") > DEEPEST and _depth(values) > DEEPEST:
        return ("", shortened(text.decode()), _SHALLOW)
    level: list[Any] = [values]
    halves = b"\\u" in text  # of a surrogate pair, which is no letter alone
    while level:
        value = level.pop()
        if isinstance(value, dict):
            if isinstance(value, _Object) and value.repeats:
                return _TWICE
            level += value.values()
            level += value if halves else ()
        elif isinstance(value, list):
            level += value
        elif (isinstance(value, _Number) and not _is_held(value.text)) or (
            halves and isinstance(value, str) and not _is_text(value)
        ):
            return ("", shortened(text.decode()), "a JSON object")
    return None


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_held(number: str) -> bool:
    """Says whether a 64-bit float holds a number, or infinity or NaN is written."""
    if number in ("NaN", "Infinity", "-Infinity"):
        return True
    mantissa, _, exponent = number.replace("E", "e").partition("e")
    fraction = len(mantissa.partition(".")[2])
    try:
        most = not exponent or int(exponent) <= _LARGEST_EXPONENT + fraction
        return most and not math.isinf(float(number))
    except ValueError:  # an exponent of thousands of digits
        return False


def _depth(value: Any) -> int:
    deepest, level = 0, [value] if isinstance(value, dict | list) else []
    while level:
        deepest += 1
        inner: list[Any] = []
        for each in level:
            parts = each.values() if isinstance(each, dict) else each
            inner += [part for part in parts if isinstance(part, dict | list)]
        level = inner
    return deepest


def _written(value: Any) -> str:
    """Returns a value as JSON, its numbers as they were spelled."""
    if isinstance(value, _Number):
        return value.text
    if isinstance(value, dict):
        pairs = (f"{json.dumps(name)}: {_written(each)}" for name, each in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return json.dumps(value)


def _shown(value: Any) -> str:
    return shortened(value) if isinstance(value, str) else shortened(_written(value))[1:-1]


def _declared(value: Any, kind: pa.DataType) -> Any:
    """Returns a value as one of a declared type, the same one if it is written so.

    Raises:
        _InvalidValue: it is none.
    """
    if isinstance(value, list):
        item = value_type(kind)
        if any(isinstance(each, list) for each in value):
            raise _InvalidValue(name_of(kind))
        new = [None if each is None else _declared(each, item) for each in value]
        return value if all(a is b for a, b in zip(new, value, strict=True)) else new
    if isinstance(value, dict):
        raise _InvalidValue(name_of(kind))
    found = _converted(value, value_type(kind) if is_list(kind) else kind)
    if found is None:
        raise _InvalidValue(name_of(kind))
    return found


def _converted(value: bool | str | _Number, kind: pa.DataType) -> bool | str | _Number | None:
    """Returns a single value as one of a declared type, or None if it is none."""
    if kind == pa.string():
        if isinstance(value, str):
            return value
        return value.text if isinstance(value, _Number) else json.dumps(value)
    if kind == pa.int64():
        if isinstance(value, bool):
            return _Number(str(int(value)))
        text = value.text if isinstance(value, _Number) else value
        whole = _integer(text)
        if whole is None:
            return None
        return value if isinstance(value, _Number) and text == str(whole) else _Number(str(whole))
    if kind == pa.float64():
        if isinstance(value, bool):
            return _Number(f"{int(value)}.0")
        if isinstance(value, _Number):
            return value
        number = _floating(value)
        return None if number is None else _Number(json.dumps(number))
    return value if isinstance(value, bool) and pa.types.is_boolean(kind) else None


def _integer(text: str) -> int | None:
    try:
        return spellings.integer(text)
    except UnicodeEncodeError:  # half of a surrogate pair
        return None


def _floating(text: str) -> float | None:
    try:
        return spellings.floating(text)
    except UnicodeEncodeError:
        return None
