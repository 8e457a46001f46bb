"""Reads JSON that somebody else may have written."""

from __future__ import annotations

import json
from typing import Any

from skewgate.core import nesting
from skewgate.core.errors import InputError


def load(text: str | bytes, **options: Any) -> Any:
    """Reads JSON as `json.loads` does, unless it nests deeper than any file of ours.

    Args:
        text: of the file.
        options: what `json.loads` takes.

    Raises:
        ValueError: it is not JSON, nests too deep, or has a whole number of thousands of digits.
    """
    if isinstance(text, bytes | bytearray):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    try:
        content = json.loads(text, **options)
    except RecursionError:
        content, deep = None, True
    else:
        deep = nesting.is_deep(text)
    if deep:
        raise ValueError(f"more than {nesting.DEEPEST} nested lists and objects")
    return content


def parse(text: str | bytes, where: str, fix: str) -> Any:
    """Reads JSON as `load` does.

    Args:
        text: of the file.
        where: the file's name, for messages.
        fix: what to do if it is not JSON.

    Raises:
        InputError: it is not.
    """
    try:
        return load(text)
    except ValueError as error:
        raise InputError(where, f"is not JSON ({error})", fix) from error
