r"""Seals: checksums in files of ours, so that damage is told when a file is read.

Disks, copies and object stores now and then change a bit without a word, and a statistics file or a
record of which a bit is wrong mostly still parses. A seal is the SHA-256 of what a file says. It
guards against damage, not against people: whoever can write a file can seal it.

Two forms, for the two that our files have:

- Before a protobuf message, the seal is one field more, of 32 bytes, whose number no message of
  TensorFlow uses. Every protobuf reader passes over it. No change of one bit turns its first byte
  into that of field 1, which is what the messages of TFDV begin with.
- In a JSON object it is the key `checksum`, of the other keys and their values: a file that was
  laid out anew still fits.

A file without a seal is what others, or earlier versions, wrote.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from skewgate.core.errors import InputError

FIELD_NUMBER = 387_600
HEAD = b"\x82\xa1\xbd\x01\x20"
"""What a seal in a protobuf message begins with: its field, and its length of 32 bytes."""
SIZE = len(HEAD) + hashlib.sha256().digest_size
CHECKSUM_KEY = "checksum"
_PROBLEM = "its checksum does not match: it was changed or damaged after it was written"


class DamagedError(InputError):
    """A file is not what was written.

    Args:
        where: the file.
        fix: what the user can do.
        problem: how it was seen.
    """

    def __init__(self, where: str, fix: str, problem: str = _PROBLEM) -> None:
        super().__init__(where, problem, fix)

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        """Lets Beam's worker processes hand the error over."""
        return type(self), (self.where, self.fix, self.problem)


def seal(message: bytes) -> bytes:
    r"""Returns a serialized protobuf message with its seal before it.

    >>> seal(b"\x0a\x00")[:8].hex()
    '82a1bd0120102b51'
    """
    return HEAD + digest([message]) + message


def is_sealed(message: bytes) -> bool:
    """Says whether a serialized message begins with a seal, which need not fit."""
    return message.startswith(HEAD)


def digest(parts: Iterable[bytes | memoryview]) -> bytes:
    """Returns what the seal of a message says, which is given in one or several parts."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part)
    return found.digest()


def seal_json(content: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a JSON object with its seal as the last key.

    Args:
        content: plain values, as JSON gives them: its keys are texts.

    >>> seal_json({"a": 1})["checksum"][:15]
    'sha256:015abd7f'
    """
    return {**content, CHECKSUM_KEY: checksum(content)}


def unseal_json(content: Mapping[str, Any], where: str, fix: str) -> dict[str, Any]:
    """Returns a JSON object without its seal, if it has one, once that fits.

    Args:
        content: what a file holds.
        where: names the file in messages.
        fix: what to do about a file that is damaged.

    Raises:
        DamagedError: the seal does not fit.
    """
    rest = {name: value for name, value in content.items() if name != CHECKSUM_KEY}
    if CHECKSUM_KEY in content and content[CHECKSUM_KEY] != checksum(rest):
        raise DamagedError(where, fix)
    return rest


def checksum(content: Mapping[str, Any]) -> str:
    """Returns the seal of a JSON object: the same in whatever order and layout its keys are."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode('ascii')).hexdigest()}"
