"""Writes YAML in which every character can be seen."""

from __future__ import annotations

from typing import Any

import yaml

from skewgate.core.hidden import visible_lines


def visible_yaml(value: Any, **options: Any) -> str:
    r"""Returns the YAML of a value, letters of all languages as they are.

    If there is a character that nobody would see, what is not ASCII is escaped.

    Args:
        value: plain values.
        options: of PyYAML.

    >>> print(visible_yaml({"name": "größe"}), visible_yaml({"name": "fare\u202e"}), sep="", end="")
    name: größe
    name: "fare\u202E"
    """
    text: str = yaml.safe_dump(value, allow_unicode=True, **options)
    if visible_lines(text) != text:
        text = yaml.safe_dump(value, allow_unicode=False, **options)
    return text
