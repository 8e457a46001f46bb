"""Finds the lines of JSON Lines that cannot be read, one by one."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

import pyarrow as pa

from skewgate.data.arrow.kinds import is_list, is_time, name_of
from skewgate.data.arrow.times import whole_seconds
from skewgate.data.arrow.values import is_utf8
from skewgate.data.sources.rejected import shortened

_LINE = re.compile(rb"[^\r\n]*[^\s][^\r\n]*")
_INT = re.compile(r"-?\d+")
_LARGEST = 2**63
Problem = tuple[str, str, str]
"""Column, what was found, what was expected."""


class _InvalidValue(Exception):  # noqa: N818  a signal, not an error
    """A value cannot be read as what it should be."""


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with its keys as often as they stand there."""


def lines(data: bytes) -> list[tuple[int, bytes]]:
    """Returns where each line begins that is not blank, and the line."""
    return [(found.start(), found.group()) for found in _LINE.finditer(data)]


def ends_well(data: bytes) -> bool:
    """Says whether the last line that is not blank is JSON and nothing more."""
    end = len(data.rstrip())
    start = max(data.rfind(b"\n", 0, end), data.rfind(b"\r", 0, end)) + 1
    try:
        json.loads(data[start:end])
    except (ValueError, RecursionError):
        return False
    return True


def kind_of_type(kind: pa.DataType) -> str:
    """Returns what JSON values are of which Arrow made a type; nothing for null."""
    if pa.types.is_null(kind):
        return ""
    if is_list(kind):
        return f"list of {kind_of_type(kind.value_type)}".removesuffix(" of ")
    if pa.types.is_nested(kind):
        return "object"
    if pa.types.is_boolean(kind):
        return "boolean"
    return "text" if pa.types.is_string(kind) or is_time(kind) else "number"


def agreed(one: str, other: str) -> str | None:
    """Returns the kind of two kinds of values, or None if they have none in common."""
    if not one or not other:
        return one or other
    if one == "list" or other == "list":
        both = one.startswith("list") and other.startswith("list")
        return max(one, other, key=len) if both else None
    return one if one == other else None


@dataclasses.dataclass
class Judge:
    """Says which lines can be read together.

    Attributes:
        declared: types that are given to columns.
        kinds: what the values of other columns are, as far as it is known.
        lists: whether columns with a given type hold lists, as far as it is known.
        columns: the columns to read, of which alone values are judged and kept; all without it.
    """

    declared: Mapping[str, pa.DataType]
    kinds: dict[str, str]
    lists: dict[str, bool]
    columns: Collection[str] | None = None

    def judge(self, line: bytes) -> tuple[bytes, Problem | None]:
        """Returns the line, with values as they were declared, and what is wrong with it."""
        if not is_utf8(line):
            return line, ("", "bytes that are not UTF-8", "UTF-8")
        try:
            pairs = json.loads(line.decode(), object_pairs_hook=_Pairs)
        except (ValueError, RecursionError):
            pairs = None
        if not isinstance(pairs, _Pairs):
            return line, ("", shortened(line.decode()), "a JSON object")
        if len(dict(pairs)) < len(pairs):
            return line, ("", "a key twice", "each key once")
        values, kinds, lists = dict(pairs), dict(self.kinds), dict(self.lists)
        if self.columns is not None:
            values = {name: value for name, value in values.items() if name in self.columns}
        for name, value in pairs:
            if name not in values:
                continue
            if value is None:
                continue
            try:
                if name in self.declared:
                    values[name] = _declared(value, self.declared[name])
                    many = isinstance(values[name], list)
                    if lists.setdefault(name, many) != many:
                        raise _InvalidValue("a list" if lists[name] else "one value")
                else:
                    kind = agreed(kinds.get(name, ""), _kind(value))
                    if kind is None:
                        raise _InvalidValue(f"a {kinds[name]} as before")
                    kinds[name] = kind
            except _InvalidValue as error:
                return line, (name, _shown(value), str(error))
        self.kinds, self.lists = kinds, lists
        if len(values) < len(pairs) or any(values[name] is not value for name, value in pairs):
            line = json.dumps(_plain(values)).encode()
        return line, None


def _plain(value: Any) -> Any:
    if isinstance(value, _Pairs):
        value = dict(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _shown(value: Any) -> str:
    return (
        shortened(value) if isinstance(value, str) else shortened(json.dumps(_plain(value)))[1:-1]
    )


def _kind(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, _Pairs):
        return "object"
    if isinstance(value, list):
        item = ""
        for each in value:
            both = agreed(item, _kind(each))
            if both is None:
                raise _InvalidValue("a list of values of one kind")
            item = both
        return f"list of {item}" if item else "list"
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number"


def _declared(value: Any, kind: pa.DataType) -> Any:
    """Returns a value as one of a declared type, as Arrow would cast it.

    Raises:
        _InvalidValue: it is none.
    """
    if isinstance(value, list) and not isinstance(value, _Pairs):
        item = kind.value_type if is_list(kind) else kind
        if any(isinstance(each, list) for each in value) and not is_list(item):
            raise _InvalidValue(name_of(kind))
        new = [None if each is None else _declared(each, item) for each in value]
        return value if all(a is b for a, b in zip(new, value, strict=True)) else new
    if is_list(kind) or isinstance(value, _Pairs):
        if isinstance(value, _Pairs) and pa.types.is_struct(kind):
            return value
        raise _InvalidValue(name_of(kind))
    try:
        return _cast(value, kind)
    except (pa.ArrowInvalid, ValueError, OverflowError) as error:
        raise _InvalidValue(name_of(kind)) from error


def _cast(value: Any, kind: pa.DataType) -> Any:
    if pa.types.is_string(kind):
        if isinstance(value, str):
            return value
        return str(value) if type(value) is int else pa.scalar(value).cast(kind).as_py()
    if kind == pa.int64():
        return _integer(value)
    if kind == pa.float64():
        fits = type(value) is float or (type(value) is int and abs(value) < _LARGEST)
        return (
            value
            if fits
            else pa.scalar(value).cast(kind).as_py()
            if isinstance(value, str)
            else float(value)
        )
    if pa.types.is_boolean(kind) and isinstance(value, bool):
        return value
    if is_time(kind) and isinstance(value, str):
        pa.scalar(value).cast(kind)
        return value
    raise ValueError(value)


def _integer(value: Any) -> int:
    if isinstance(value, str) and _INT.fullmatch(value) is None:
        return int(whole_seconds(pa.array([value]).cast(pa.timestamp("s")))[0].as_py())
    number = value if type(value) is int else int(value)
    if number != (float(value) if isinstance(value, float) else number):
        raise ValueError(value)
    if not -_LARGEST <= number < _LARGEST:
        raise OverflowError(value)
    return number
