"""Who may send events: whoever knows one of the tokens, if there are any."""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Mapping, Sequence

from skewgate.core.errors import InputError
from skewgate.serving.collector import credentials
from skewgate.serving.collector.refusals import RefusedError

VARIABLE = "SKEWGATE_COLLECT_TOKEN"
_SHORTEST = 16
_SCHEME = b"bearer "


def tokens(file: str | None, environment: Mapping[str, str] = os.environ) -> list[bytes]:
    """Returns the tokens that are accepted; none if everybody may send.

    Args:
        file: with one a line, so that a new one can be added before the old one goes.
        environment: where `VARIABLE` may hold one.

    Raises:
        InputError: a file or variable is given and holds no usable token.
    """
    if file is None:
        text = environment.get(VARIABLE)
        if text is None:
            return []
        where, found = VARIABLE, [text.strip()]
    else:
        where = file
        try:
            found = credentials.content(file).decode("ascii").split()
        except UnicodeDecodeError:
            raise InputError(where, "must be ASCII text, one token per line") from None
    if not found or any(len(token) < _SHORTEST or not token.isascii() for token in found):
        raise InputError(
            where,
            f"must hold tokens of at least {_SHORTEST} ASCII characters",
            "make one with `openssl rand -hex 32`",
        )
    return [token.encode() for token in found]


def check(headers: Iterable[tuple[bytes, bytes]], accepted: Sequence[bytes]) -> None:
    """Checks the header `Authorization`, in a time that tells nothing of the tokens.

    Raises:
        RefusedError: it does not hold one of them.
    """
    if not accepted:
        return
    given = b""
    for name, value in headers:
        if name == b"authorization" and value[: len(_SCHEME)].lower() == _SCHEME:
            given = value[len(_SCHEME) :].strip()
    matches = [hmac.compare_digest(given, token) for token in accepted]
    if not any(matches):
        raise RefusedError(401, "send Authorization: Bearer TOKEN", unread=True)
