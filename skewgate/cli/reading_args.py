"""The options of every command that reads tables: how CSV is written."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from skewgate.core import json_text
from skewgate.core.errors import InputError

if TYPE_CHECKING:
    from skewgate.data.sources.reading_options import ReadingOptions

_WHERE = "options"


def add(parser: Any) -> None:
    """Adds the options to the parser of a command."""
    group = parser.add_argument_group(
        "CSV files",
        "detected and reported if not given; these options apply to all CSV files of a command",
    )
    group.add_argument(
        "--delimiter", metavar="CHARACTER", help="what separates cells, such as ';' or tab"
    )
    group.add_argument("--decimal", metavar="MARK", help="decimal mark of numbers: . or ,")
    group.add_argument("--encoding", metavar="NAME", help="such as cp1252, latin-1 or utf-16")
    group.add_argument(
        "--header",
        metavar="NAME[,NAME]",
        help="names of the columns of files without a header line; or false for column_1 and so "
        "on, or true where the header holds numbers",
    )
    group.add_argument(
        "--null-values",
        metavar="TEXT[,TEXT]",
        help="what means a missing value besides an empty cell, also in text columns; '' for "
        "nothing else (default: NA, NULL, -, ? and the like, except in text columns)",
    )


def parse(options: argparse.Namespace) -> ReadingOptions:
    """Returns how CSV is to be read.

    Raises:
        InputError: an option has a wrong value.
    """
    # Pyarrow and pydantic come with them, which help does not need.
    from skewgate.core import yaml_model
    from skewgate.data.sources.reading_options import ReadingOptions

    found: dict[str, Any] = {
        name: getattr(options, name)
        for name in ("delimiter", "decimal", "encoding")
        if getattr(options, name) is not None
    }
    if options.header is not None:
        words = {"true": True, "false": False}
        found["header"] = words.get(options.header.lower(), _texts(options.header, "header"))
    if options.null_values is not None:
        found["null_values"] = _texts(options.null_values, "null_values")
    return yaml_model.check(ReadingOptions, found, _WHERE)


def _texts(text: str, name: str) -> Any:
    """Returns texts with commas between, or what a JSON list holds."""
    if not text.startswith("["):
        return text.split(",") if text else []
    try:
        return json_text.load(text)
    except ValueError as error:
        raise InputError(
            _WHERE, f"{name}: is not a JSON list: {text!r}", 'write it as ["a", "b"]'
        ) from error
