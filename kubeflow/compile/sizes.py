"""How much text a task may be given: all of its parameters travel in one argument of a command."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from skewgate.core.errors import InputError

LONGEST_ARGUMENT = 128 * 1024
"""Bytes that Linux takes in one argument of a command (MAX_ARG_STRLEN)."""
RESERVED = 24 * 1024
"""Bytes of it that are left for artifacts, names and folders."""


def check(tasks: Iterable[tuple[str, dict[str, Any]]], values: Mapping[str, Any]) -> None:
    """Checks that the parameters of each task can be handed to it.

    Args:
        tasks: those of a pipeline spec that run a container, by name.
        values: of its runtime parameters, as far as they are known.

    Raises:
        InputError: a container could not be started.
    """
    for name, task in tasks:
        given = task.get("inputs", {}).get("parameters", {})
        lengths = {key: _length(source, values) for key, source in given.items()}
        total = sum(lengths.values())
        if total > LONGEST_ARGUMENT - RESERVED:
            longest = max(sorted(lengths), key=lengths.__getitem__)
            raise InputError(
                f"{name}: parameter {given[longest].get('componentInputParameter', longest)}",
                f"is {lengths[longest]:,} bytes long as JSON; a task takes at most "
                f"{LONGEST_ARGUMENT - RESERVED:,} bytes of parameters, this one has {total:,}",
                "shorten it: leave out comments, and features that nothing uses",
            )


def _length(source: dict[str, Any], values: Mapping[str, Any]) -> int:
    """Returns the bytes of a parameter in an executor input, its name aside."""
    name = source.get("componentInputParameter")
    value = values.get(name) if name else source.get("runtimeValue", {}).get("constant")
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8"))
