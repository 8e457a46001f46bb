"""Checks plain values by a JSON Schema, as far as report.schema.json goes.

Written for reading one's own files: no package is needed, and a report of 10,000 results is checked
in a fraction of a second. A schema with a keyword that is not known here is refused when it is
compiled, so that nothing in it is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any, str], None]
"""Takes a value and its place, such as "results[3].status"; raises ValueError."""

_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: (
        isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
    ),
}
_NOTES = {"$schema", "$defs", "title", "description"}
_LONGEST = 60
"""Letters of a value that messages show."""


def compile_schema(schema: Mapping[str, Any]) -> Check:
    """Returns the check of a whole schema.

    Raises:
        ValueError: the schema has a keyword that is not known here.

    >>> check = compile_schema({"type": "object", "required": ["a"]})
    >>> check({"a": 1}, "")
    >>> check({}, "")
    Traceback (most recent call last):
    ValueError: a is required and missing
    """
    definitions: dict[str, Check] = {}

    def refer(reference: str) -> Check:
        return lambda value, at: definitions[reference](value, at)

    for name, part in schema.get("$defs", {}).items():
        definitions[f"#/$defs/{name}"] = _compile(part, refer)
    return _compile(schema, refer)


def _compile(schema: Mapping[str, Any], refer: Callable[[str], Check]) -> Check:
    """Returns the check of a part of a schema; `refer` finds the parts that it names."""

    def compiled(part: Mapping[str, Any]) -> Check:
        return _compile(part, refer)

    checks: list[Check] = []
    for keyword, wanted in schema.items():
        if keyword == "$ref":
            checks.append(refer(wanted))
        elif keyword == "if":
            checks.append(
                _either(compiled(wanted), compiled(schema["then"]), compiled(schema["else"]))
            )
        elif keyword == "properties":
            parts = {name: compiled(part) for name, part in wanted.items()}
            checks.append(_properties(parts))
        elif keyword == "additionalProperties":
            more = None if wanted is False else compiled(wanted)
            checks.append(_additional(frozenset(schema.get("properties", ())), more))
        elif keyword == "items":
            checks.append(_items(compiled(wanted)))
        elif keyword in _SIMPLE:
            checks.append(_SIMPLE[keyword](wanted))
        elif keyword not in _NOTES | {"then", "else"}:
            raise ValueError(f"the keyword {keyword} is not known")

    def check(value: Any, at: str) -> None:
        for each in checks:
            each(value, at)

    return checks[0] if len(checks) == 1 else check


def _refuse(at: str, wanted: str, value: Any) -> None:
    shown = repr(value)
    if len(shown) > _LONGEST:
        shown = f"{shown[:_LONGEST]}..."
    raise ValueError(f"{at or 'the whole'} must be {wanted}, got {shown}")


def _type(wanted: str | list[str]) -> Check:
    names = [wanted] if isinstance(wanted, str) else wanted
    tests = [_TYPES[name] for name in names]

    def check(value: Any, at: str) -> None:
        if not any(test(value) for test in tests):
            _refuse(at, f"of type {' or '.join(names)}", value)

    return check


def _equal(first: Any, second: Any) -> bool:
    """Says whether two values are equal in JSON, where 1 is not true."""
    return bool(first == second) and isinstance(first, bool) == isinstance(second, bool)


def _enum(wanted: list[Any]) -> Check:
    def check(value: Any, at: str) -> None:
        if not any(_equal(value, each) for each in wanted):
            _refuse(at, f"one of {', '.join(map(repr, wanted))}", value)

    return check


def _const(wanted: Any) -> Check:
    def check(value: Any, at: str) -> None:
        if not _equal(value, wanted):
            _refuse(at, repr(wanted), value)

    return check


def _required(wanted: list[str]) -> Check:
    def check(value: Any, at: str) -> None:
        if isinstance(value, dict):
            for name in wanted:
                if name not in value:
                    raise ValueError(f"{_below(at, name)} is required and missing")

    return check


def _bound(kind: type | tuple[type, ...], is_met: Callable[[Any], bool], wanted: str) -> Check:
    """Returns a check of values of a kind; others are for the keyword "type" to judge."""

    def check(value: Any, at: str) -> None:
        if isinstance(value, kind) and not isinstance(value, bool) and not is_met(value):
            _refuse(at, wanted, value)

    return check


_SIMPLE: dict[str, Callable[[Any], Check]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "required": _required,
    "minimum": lambda n: _bound((int, float), lambda value: value >= n, f"at least {n}"),
    "maximum": lambda n: _bound((int, float), lambda value: value <= n, f"at most {n}"),
    "minLength": lambda n: _bound(str, lambda value: len(value) >= n, f"{n} letters or more"),
    "minItems": lambda n: _bound(list, lambda value: len(value) >= n, f"a list of {n} or more"),
    "maxItems": lambda n: _bound(list, lambda value: len(value) <= n, f"a list of {n} at most"),
}
"""By keyword that says something of the value alone, what makes its check."""


def _properties(parts: Mapping[str, Check]) -> Check:
    def check(value: Any, at: str) -> None:
        if isinstance(value, dict):
            for name, part in parts.items():
                if name in value:
                    part(value[name], _below(at, name))

    return check


def _additional(known: frozenset[str], more: Check | None) -> Check:
    def check(value: Any, at: str) -> None:
        if isinstance(value, dict):
            for name in value.keys() - known:
                if more is None:
                    raise ValueError(f"{_below(at, name)} is not a known key")
                more(value[name], _below(at, name))

    return check


def _items(part: Check) -> Check:
    def check(value: Any, at: str) -> None:
        if isinstance(value, list):
            for number, each in enumerate(value):
                part(each, f"{at}[{number}]")

    return check


def _either(condition: Check, then: Check, otherwise: Check) -> Check:
    def check(value: Any, at: str) -> None:
        try:
            condition(value, at)
        except ValueError:
            otherwise(value, at)
        else:
            then(value, at)

    return check


def _below(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
