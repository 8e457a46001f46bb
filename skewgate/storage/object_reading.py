"""Reading objects: what goes wrong after one was opened is one sentence, as before that."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from skewgate.core.errors import InputError

if TYPE_CHECKING:
    import contextlib

    from pyarrow import fs

Asked = Callable[[], "contextlib.AbstractContextManager[tuple[fs.FileSystem, str]]"]
"""Yields the store of an object and its key; errors within are errors for the user."""
_IDENTITY = ("ETag", "Content-Length", "Last-Modified")
_LOOK = 1.0
"""Seconds after which it is looked whether an object that is being read is still the same."""


class Reading(io.RawIOBase):
    """Reads an object, which must stay the same meanwhile: Arrow pads a shorter one with zeros."""

    def __init__(self, uri: str, stream: Any, asked: Asked) -> None:
        """Takes up a stream that was just opened.

        Args:
            uri: of the object, for messages.
            stream: Arrow's, which can seek.
            asked: the store.
        """
        self._uri, self._stream, self._asked = uri, stream, asked
        self._size = int(stream.size())
        self._known, self._looked = _identity(stream), time.monotonic()

    def readable(self) -> bool:
        """Says that it can be read."""
        return True

    def seekable(self) -> bool:
        """Says that it can go to any place."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Reads into a buffer.

        Raises:
            InputError: the store does not answer, or the object is not what it was.
        """
        return int(self._read(lambda: self._stream.readinto(buffer)))

    def readall(self) -> bytes:
        """Reads the rest by one request, where the class above would ask for each few thousand.

        Raises:
            InputError: as above.
        """
        return bytes(self._read(self._stream.read))

    def _read(self, act: Callable[[], Any]) -> Any:
        """Reads, and looks now and then, and at the end, whether the object is the same."""
        start = self._stream.tell()
        try:
            with self._asked():
                result = act()
        except (InputError, FileNotFoundError):
            self._look()  # which says it better if the object has changed
            raise
        place = self._stream.tell()
        if place > start and (place >= self._size or time.monotonic() - self._looked > _LOOK):
            self._look()
        return result

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Goes to a place."""
        return int(self._stream.seek(offset, whence))

    def tell(self) -> int:
        """Returns the place."""
        return int(self._stream.tell())

    def close(self) -> None:
        """Closes the stream."""
        if not self.closed:
            self._stream.close()
        super().close()

    def _look(self) -> None:
        """Raises InputError if the object is not the one that was opened."""
        try:
            with self._asked() as (store, key), store.open_input_file(key) as now:
                found = _identity(now)
        except FileNotFoundError as error:
            raise _changed(self._uri, "was removed") from error
        if found != self._known:
            raise _changed(self._uri, "was written anew")
        self._looked = time.monotonic()


def _identity(stream: Any) -> dict[str, bytes]:
    """Returns what tells an object from another of its name; empty if the store says nothing."""
    found = stream.metadata() or {}
    return {name: found[name] for name in _IDENTITY if name in found}


def _changed(uri: str, how: str) -> InputError:
    return InputError(uri, f"{how} while it was read", "run it again when nobody writes there")
