"""What tells one run from all others."""

from __future__ import annotations

import datetime
import secrets

_WRITTEN = "%Y-%m-%dT%H:%M:%SZ"


def new() -> str:
    """Returns an id that no other run has: when it started in UTC, and 32 random bits.

    Ids sort by their second; they are plain names of files.

    >>> import re
    >>> re.fullmatch(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}", new()) is not None
    True
    """
    return f"{_now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def written_now() -> str:
    """Returns the time in UTC, to the second, such as "2026-11-25T15:22:37Z"."""
    return f"{_now():{_WRITTEN}}"


def seconds(written: str) -> int:
    """Returns the seconds since 1970 of a time that `written_now` gave.

    Raises:
        ValueError: the text is no such time.

    >>> seconds("2026-11-25T15:22:37Z")
    1795620157
    """
    time = datetime.datetime.strptime(written, _WRITTEN)
    return int(time.replace(tzinfo=datetime.timezone.utc).timestamp())


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
