"""Reads protobuf's text format that somebody else may have written."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf import message, text_format

from skewgate.core import nesting

Message = TypeVar("Message", bound=message.Message)


def parse(text: str | bytes, into: Message) -> Message:
    """Reads a message as `text_format.Parse` does, unless it nests too deep.

    Raises:
        text_format.ParseError: it is none, or is nested deeper than `nesting.DEEPEST`.
        UnicodeDecodeError: it is not UTF-8.
    """
    text = text.decode("utf-8") if isinstance(text, bytes) else text
    if nesting.is_deep_message(text):
        raise text_format.ParseError(f"more than {nesting.DEEPEST} nested messages")
    return text_format.Parse(text, into)
