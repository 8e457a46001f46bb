"""Which files a run reads: a pattern below a folder and the number of a span, as texts."""

from __future__ import annotations

from skewgate.core.errors import InputError

_MOST_DIGITS = 9
"""TFX keeps a span in 32 bits."""


def check_pattern(pattern: str) -> None:
    """Checks that a pattern names files and stays below its folder.

    Raises:
        InputError: it does not.
    """
    found = None
    if not pattern.strip():
        found = "must name files, and is empty"
    elif pattern.startswith("/") or "://" in pattern:
        found = f"must be relative to the data folder, got {pattern!r}"
    elif ".." in pattern.split("/"):
        found = f"must not leave the data folder, got {pattern!r}"
    if found:
        raise InputError("pattern", found, "give one such as *.csv or day-{SPAN}/*.csv")


def parse_span(text: str) -> int | None:
    """Returns the span that a text asks for; None for the newest.

    Raises:
        InputError: the text is neither a whole number nor empty.
    """
    digits = text.strip()
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits.lstrip("0")) <= _MOST_DIGITS):
        raise InputError(
            "span",
            f"must be a whole number such as 12, got {text!r}",
            "leave it out for the newest",
        )
    return int(digits)
