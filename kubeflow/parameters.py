"""Runtime parameters: what a run may choose, as text from a command line or as a typed value."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from skewgate.core import json_text
from skewgate.core.errors import InputError

STRING, INTEGER, DOUBLE, BOOLEAN = "STRING", "NUMBER_INTEGER", "NUMBER_DOUBLE", "BOOLEAN"
_WORDS = {STRING: "text", INTEGER: "a whole number", DOUBLE: "a number", BOOLEAN: "true or false"}


@dataclasses.dataclass(frozen=True)
class Parameter:
    """A runtime parameter.

    Attributes:
        name: unique in its pipeline.
        kind: STRING, INTEGER, DOUBLE or BOOLEAN, as a pipeline spec writes them.
        default: what a run takes that gives nothing; None if a run must give a value.
    """

    name: str
    kind: str
    default: str | int | float | bool | None = None


def parse_assignments(texts: Sequence[str]) -> dict[str, str]:
    """Parses NAME=VALUE texts.

    Raises:
        InputError: a text has another form, or a name is given twice.
    """
    values: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise InputError("--parameter", f"must be NAME=VALUE, got {text!r}")
        if name in values:
            raise InputError("--parameter", f"{name} is given twice", "give it once")
        values[name] = value
    return values


def convert(parameter: Parameter, value: Any) -> str | int | float | bool:
    """Makes a value what its parameter takes; text from a command line is parsed.

    Raises:
        InputError: the value does not fit.
    """
    if parameter.kind not in _WORDS:
        raise InputError(f"parameter {parameter.name}", f"has the unknown type {parameter.kind}")
    if parameter.kind == STRING:
        if isinstance(value, str):
            return _encodable(parameter, value)
        found: Any = None
    else:
        found = _number_or_truth(value)
    if parameter.kind == BOOLEAN and isinstance(found, bool):
        return found
    if parameter.kind in (INTEGER, DOUBLE) and not isinstance(found, bool):
        if parameter.kind == DOUBLE and isinstance(found, int | float):
            return float(found)
        if isinstance(found, int) or (isinstance(found, float) and found.is_integer()):
            return int(found)
    raise InputError(
        f"parameter {parameter.name}",
        f"must be {_WORDS[parameter.kind]}, got {value!r}",
        "give another value",
    )


def _encodable(parameter: Parameter, text: str) -> str:
    """Returns a text that can be written as UTF-8, as the executor input of a task is.

    Raises:
        InputError: it cannot: some of its bytes were none of any letter.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"parameter {parameter.name}",
            f"must be text in UTF-8, got {text[error.start : error.end]!r} at character "
            f"{error.start + 1}",
            "write it in UTF-8",
        ) from error
    return text


def _number_or_truth(value: Any) -> Any:
    """Parses JSON text; returns None for what is no JSON, or no finite number."""
    if not isinstance(value, str):
        return value
    try:
        return json_text.load(value, parse_constant=lambda _: None)
    except ValueError:
        return None


def resolve(parameters: Sequence[Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the value of each parameter that has one, given or by default.

    Raises:
        InputError: a given name is unknown, or its value does not fit.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise InputError(
                f"parameter {name}", f"is not known; the pipeline has {listed}", "correct the name"
            )
    values = {
        name: parameter.default
        for name, parameter in known.items()
        if parameter.default is not None
    }
    return values | {name: convert(known[name], value) for name, value in given.items()}
