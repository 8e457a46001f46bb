"""Events of many requests go to the disk together, and each waits until its own are there.

While one group is forced to the disk, the next gathers: the slower the disk, the larger the groups.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from skewgate.core import system_errors
from skewgate.core.errors import InputError
from skewgate.core.unexpected import in_short
from skewgate.serving.collector.events import Event
from skewgate.serving.collector.refusals import RefusedError

MOST_OF_A_GROUP = 8 << 20
"""Bytes of a group, or one request if that is larger."""
TICK = 1.0
"""Seconds after which files are looked at that nobody writes to."""
RETRY_AFTER_ERROR = 5


class EventStore(Protocol):
    """What stores events: see `skewgate.serving.collector.store.Store`."""

    def commit(self, events: Sequence[Event]) -> None:
        """Stores events, all or none."""

    def rotate(self) -> None:
        """Publishes what is over."""

    def probe(self) -> None:
        """Tries to write, after an error."""

    def close(self) -> None:
        """Publishes what is there."""


class Committer:
    """Stores events in groups, in a thread of its own.

    Args:
        store: called by that thread alone.
        on_commit: told of each group: its events and the seconds that it took.
        on_error: told in words why the store refuses, and None when it stores again.

    Attributes:
        error: why the store refuses, until it took some bytes again; None if it does not.
    """

    def __init__(
        self,
        store: EventStore,
        *,
        on_commit: Callable[[Sequence[Event], float], None] = lambda events, seconds: None,
        on_error: Callable[[str | None], None] = lambda error: None,
    ) -> None:
        self._store, self._on_commit, self._on_error = store, on_commit, on_error
        self._waiting: deque[tuple[Sequence[Event], asyncio.Future[None]]] = deque()
        self._wake = asyncio.Event()
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "skewgate-store")
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._probe_at = 0.0
        self.error: str | None = None

    @property
    def is_alive(self) -> bool:
        """Whether it still stores what it is given."""
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Begins to store; called in the event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stored(self, events: Sequence[Event]) -> None:
        """Returns when events survive a kill.

        Raises:
            RefusedError: they are not stored.
        """
        if self._stopping or not self.is_alive:
            raise RefusedError(503, "the collector is stopping", retry_after=1)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((events, done))
        self._wake.set()
        await done

    async def stop(self) -> None:
        """Stores what waits and publishes all.

        Raises:
            OSError: it could not be published; the next collector does it.
        """
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._store.close)
        finally:
            self._thread.shutdown()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            if self.error and loop.time() >= self._probe_at:
                await self._call(self._store.probe, clears=True)
            if self._waiting:
                await self._commit(self._group())
            elif self._stopping:
                return
            else:
                self._wake.clear()
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), TICK)
                    continue
                if not self.error:
                    await self._call(self._store.rotate)

    def _group(self) -> list[tuple[Sequence[Event], asyncio.Future[None]]]:
        group, size = [], 0
        while self._waiting and size < MOST_OF_A_GROUP:
            group.append(self._waiting.popleft())
            size += sum(len(event.line) for event in group[-1][0])
        return group

    async def _commit(self, group: list[tuple[Sequence[Event], asyncio.Future[None]]]) -> None:
        events = [event for some, _ in group for event in some]
        loop = asyncio.get_running_loop()
        began = loop.time()
        refused = await self._call(lambda: self._store.commit(events))
        if refused is None:
            self._on_commit(events, loop.time() - began)
        for _, done in group:
            if done.done():  # whoever waited for it was ended
                continue
            if refused is None:
                done.set_result(None)
            else:
                done.set_exception(RefusedError(503, refused, retry_after=RETRY_AFTER_ERROR))

    async def _call(self, work: Callable[[], None], *, clears: bool = False) -> str | None:
        """Calls the store.

        Args:
            work: what to call.
            clears: whether its success means that the store is well again. That of a group does
                not: on a disk that is nearly full, small ones fit and large ones do not.

        Returns:
            Why it refused; None if it did not.
        """
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, work)
        except Exception as error:  # noqa: BLE001 (nobody else would answer those who wait)
            refused: str | None = f"not stored: {_why(error)}"
            self._probe_at = loop.time() + TICK
        else:
            refused = None
        if (refused or clears) and refused != self.error:
            self.error = refused
            self._on_error(refused)
        return refused


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno and error.filename is None:
        error = OSError(error.errno, error.strerror, "events")  # which of the files says nothing
    known = system_errors.refusal(error)
    return known.problem if isinstance(known, InputError) else in_short(error)
