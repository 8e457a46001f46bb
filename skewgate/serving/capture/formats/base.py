"""What every format of a log offers."""

from __future__ import annotations

import abc
import base64
import binascii
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from skewgate.data.sources.streams import Opener
from skewgate.serving import gzip_bodies
from skewgate.serving.capture.log.config import CaptureConfig
from skewgate.serving.capture.log.envelope import Envelope
from skewgate.serving.capture.log.events import UNREADABLE, Event, LostError

BLOCK_RECORDS = 8_192
LARGEST_PAYLOAD = 1 << 27
"""Bytes of a payload once it is unpacked."""
_GZIP = b"\x1f\x8b"


@dataclasses.dataclass(frozen=True)
class Block:
    """Records of a file that are read at once.

    Attributes:
        records: where each stands, counted from 1, and what it is: the bytes of a line, or a value.
        data: the lines as they stand in the file; empty if they are not lines.
        line: number of the first of them.
    """

    records: list[tuple[int, Any]]
    data: bytes = b""
    line: int = 1


class Format(abc.ABC):
    """How a platform writes its log.

    Attributes:
        name: by which capture.yaml names it.
    """

    name: ClassVar[str]

    def __init__(self, config: CaptureConfig) -> None:
        """Takes the contract."""
        self.config = config

    @property
    def envelope(self) -> Envelope | None:
        """Where lines of JSON have what, if they can be read at once."""
        return None

    @abc.abstractmethod
    def blocks(self, path: str, opener: Opener | None) -> Iterator[Block]:
        """Yields the records of a file, some thousands at a time.

        Raises:
            InputError: the file cannot be read, or is not of this format.
        """

    @abc.abstractmethod
    def events(self, record: Any, path: str, line: int) -> list[Event]:
        """Returns the events of a record.

        Args:
            record: as in a block.
            path: the file.
            line: where the record stands.

        Raises:
            LostError: it is no record of this format.
        """


def text(record: Mapping[str, Any], *names: str) -> str:
    """Returns the first of some values of a record that is there, as text; "" for none.

    Servers number versions, and some number requests.
    """
    for name in names:
        value = record.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""


def unreadable(reason: str) -> LostError:
    """Returns the error of a record that is none of its format."""
    return LostError(UNREADABLE, reason)


def decoded(value: Any) -> bytes:
    """Returns the bytes of base64.

    Raises:
        LostError: it is none.
    """
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise unreadable("a record has invalid base64") from error


def unpacked(data: bytes, encoding: str) -> bytes:
    """Returns a body as it was before it was packed for the way.

    Raises:
        LostError: it is packed in another way, is cut off, or would be larger than any request.
    """
    if encoding.lower() in ("", "identity") and data[:2] != _GZIP:
        return data
    if encoding.lower() not in ("", "identity", *gzip_bodies.NAMES):
        raise unreadable("a payload has a compression that cannot be read")
    try:
        return gzip_bodies.inflated(data, LARGEST_PAYLOAD)
    except gzip_bodies.TooLargeError:
        raise unreadable(f"a payload has more than {LARGEST_PAYLOAD >> 20} MB") from None
    except ValueError as error:
        raise unreadable("a payload is not a complete gzip stream") from error
