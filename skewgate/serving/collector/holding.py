"""Bounds on requests that are not answered yet: the bytes of all, and the time of each."""

from __future__ import annotations

import asyncio

from skewgate.serving.collector.refusals import RefusedError

OVERHEAD = 16 << 10
"""Bytes that a request takes beside its body, at least."""


class Room:
    """Bytes that requests may hold together.

    Args:
        most: bytes; beyond that requests are refused.

    Attributes:
        held: bytes at the moment.
    """

    def __init__(self, most: int) -> None:
        self._most, self.held = most, 0

    def take(self, count: int) -> None:
        """Takes some bytes.

        Raises:
            RefusedError: there is no room for them.
        """
        if self.held + count > self._most:
            raise RefusedError(
                503, "too many requests are waiting for the disk", retry_after=1, unread=True
            )
        self.held += count


class Hold:
    """What one request holds, and by when its body must have come.

    Args:
        room: that it takes its bytes from.
        seconds: after which the task that made this is cancelled, unless `arrived` comes first.
    """

    __slots__ = ("_bytes", "_room", "_timer", "is_late")

    def __init__(self, room: Room, seconds: float) -> None:
        room.take(OVERHEAD)
        self._room, self._bytes, self.is_late = room, OVERHEAD, False
        task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, self._cancel, task)

    def _cancel(self, task: asyncio.Task[None] | None) -> None:
        self.is_late = True
        if task is not None:
            task.cancel()

    def take(self, count: int) -> None:
        """Takes some more bytes.

        Raises:
            RefusedError: there is no room for them.
        """
        self._room.take(count)
        self._bytes += count

    def arrived(self) -> None:
        """Says that the body is whole."""
        self._timer.cancel()

    def release(self) -> None:
        """Gives everything back."""
        self._timer.cancel()
        self._room.held -= self._bytes
        self._bytes = 0
