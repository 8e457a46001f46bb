"""How text is to be read as a table: the options of every contract and command that reads CSV."""

from __future__ import annotations

import collections
import json
from typing import Any, Literal

import pydantic

from skewgate.core import yaml_model
from skewgate.core.yaml_model import RefusedError, StrictModel

DELIMITERS = (",", "\t", ";", "|")
"""The usual ones, which are recognised."""
_NAMED = {"\\t": "\t", "tab": "\t"}


class ReadingOptions(StrictModel):
    """How CSV files are to be read; what is not given is recognised, see docs/ingest.md.

    Attributes:
        delimiter: the character between cells, such as ";"; `tab` is one too.
        decimal: the decimal mark of numbers.
        encoding: of the text, such as cp1252, latin-1 or utf-16; without it UTF-8, or what a byte
            order mark says.
        header: whether the first line names the columns, or the names of the columns of a file
            without such a line. With false they are column_1, column_2 and so on.
        null_values: what stands for a missing value beside the empty cell, in columns of text too;
            an empty list for nothing. Without it the usual marks, in columns of anything but text.
    """

    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    encoding: str | None = None
    header: pydantic.StrictBool | list[str] | None = None
    null_values: list[str] | None = None

    @pydantic.field_validator("delimiter")
    @classmethod
    def _check_delimiter(cls, value: str | None) -> str | None:
        if value is None:
            return None
        value = _NAMED.get(value, value)
        if len(value) != 1 or not value.isascii() or value in '"\r\n\0' or value.isalnum():
            raise RefusedError(
                f"must be one ASCII character that is not a letter, digit, quote or line end, "
                f"got {value!r}",
                'give one such as ";" or tab',
            )
        return value

    @pydantic.field_validator("encoding")
    @classmethod
    def _check_encoding(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            "a".encode(value)
        except (LookupError, ValueError) as error:
            raise RefusedError(
                f"is not an encoding that Python knows: {value!r}",
                "give one such as utf-8, cp1252, latin-1 or utf-16",
            ) from error
        return value

    @pydantic.field_validator("header", mode="before")
    @classmethod
    def _check_header(cls, value: Any) -> Any:
        names = value if isinstance(value, list) else []
        texts = bool(names) and all(isinstance(name, str) for name in names)
        if not texts and not isinstance(value, bool | None):
            raise RefusedError(
                f"must be names of columns, or true or false, got {value!r}",
                'write names as ["a", "b"]',
            )
        twice = [name for name, count in collections.Counter(names).items() if count > 1]
        if twice:
            raise RefusedError(f"has the name {twice[0]} twice", "name every column once")
        return value

    @pydantic.field_validator("null_values", mode="before")
    @classmethod
    def _check_null_values(cls, value: Any) -> Any:
        if not isinstance(value, list | None):
            raise RefusedError(
                f"must be a list, got {value!r}", f"write [{json.dumps(str(value))}]"
            )
        for each in value if isinstance(value, list) else []:
            if not isinstance(each, str):
                raise RefusedError(
                    f"must be a list of texts, and YAML reads one of them as {each!r}",
                    'quote it, as in ["NA", "null", "-999"]',
                )
        return value

    def given(self) -> dict[str, Any]:
        """Returns the options that are given, as plain values."""
        return self.model_dump(mode="json", exclude_none=True)


RECOGNISED = ReadingOptions()
"""Nothing is given."""


def parse_options(text: str, where: str) -> ReadingOptions:
    """Reads options from JSON text.

    Raises:
        InputError: they are malformed.
    """
    return yaml_model.parse(ReadingOptions, text, where)
