"""Streams whose object appears when they are closed on purpose, and not when their writer failed.

Arrow completes an upload when its stream is closed, by whatever closes it: the end of a `with`
whose body has raised, or the destructor of a stream that nobody holds any more. Python cannot tell
it to abort. So a stream whose writer failed is left as a killed process would leave it: it is never
closed, and what was uploaded stays parts of an upload that nobody completes.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import io
import weakref
from types import TracebackType
from typing import IO, Any

from skewgate.storage.object_reading import Asked

_BUFFER = 1 << 20
_UNDERWAY: weakref.WeakSet[_Upload] = weakref.WeakSet()
"""Uploads that have not ended."""


class _Upload(io.RawIOBase):
    """Bytes on their way into an object."""

    def __init__(self, stream: Any, asked: Asked) -> None:
        """Takes a stream of Arrow that nobody else writes to, and the store that it writes to."""
        super().__init__()
        self._stream: Any = stream
        self._asked = asked
        _UNDERWAY.add(self)
        _tidy_up_at_exit()

    def writable(self) -> bool:
        """Says that this is written."""
        return True

    def write(self, data: Any) -> int:
        """Hands bytes on; what comes after the upload was abandoned goes nowhere.

        Arrow sends them later, and what stands above this gives memory that is used again: so they
        are copied, a piece at a time.

        Raises:
            InputError: the store does not answer, or refuses.
        """
        view = memoryview(data).cast("B")
        if self._stream is not None:
            with self._asked():
                for start in range(0, view.nbytes, _BUFFER):
                    self._stream.write(_copied(view[start : start + _BUFFER]))
        return view.nbytes

    def close(self) -> None:
        """Completes the upload; what cannot be completed is left.

        Raises:
            InputError: the store does not answer, or refuses.
        """
        try:
            if self._stream is not None:
                with self._asked():
                    self._stream.close()
                self._stream = None
        finally:
            self.abandon()
            super().close()

    def abandon(self) -> None:
        """Leaves the upload as it is, for good."""
        stream, self._stream = self._stream, None
        _UNDERWAY.discard(self)
        if stream is not None:  # one reference too many, so that its destructor never completes it
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(stream))
            with contextlib.suppress(OSError, ValueError):  # nobody asks for these parts
                stream.flush()  # waits for them: Arrow's threads must not outlive its client


@functools.cache
def _tidy_up_at_exit() -> None:
    """Lets the end of the process abandon what is underway, before Arrow closes its client."""
    atexit.register(_abandon_all)


def _abandon_all() -> None:
    for upload in list(_UNDERWAY):
        upload.abandon()


def _copied(data: memoryview) -> Any:
    """Returns bytes in memory of Arrow's, which its threads may give back when Python has ended."""
    import pyarrow as pa

    buffer = pa.allocate_buffer(data.nbytes)
    memoryview(buffer).cast("B")[:] = data
    return buffer


class _Whole:
    """What both streams below do: they are closed by their writer, or not at all."""

    _upload: _Upload

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._upload.abandon()
        super().__exit__(kind, error, trace)  # type: ignore[misc]

    def __del__(self) -> None:
        self._upload.abandon()


class _WholeBytes(_Whole, io.BufferedWriter):
    """Bytes of an object."""

    def __init__(self, upload: _Upload) -> None:
        super().__init__(upload, _BUFFER)
        self._upload = upload


class _WholeText(_Whole, io.TextIOWrapper):
    """Text of an object, in UTF-8."""

    def __init__(self, upload: _Upload) -> None:
        super().__init__(io.BufferedWriter(upload, _BUFFER), encoding="utf-8")
        self._upload = upload


def writer(stream: Any, asked: Asked, *, text: bool) -> IO[Any]:
    """Returns what writes an object through a stream of Arrow.

    Args:
        stream: open for writing, at its beginning.
        asked: yields the store; errors within are errors for the user.
        text: takes text and writes it as UTF-8, instead of bytes.
    """
    upload = _Upload(stream, asked)
    return _WholeText(upload) if text else _WholeBytes(upload)
