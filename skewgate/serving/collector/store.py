"""The folder of events: which file is written, when it is full or over, what became of others."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from skewgate.core.errors import InputError
from skewgate.data.windows.durations import Duration
from skewgate.data.windows.grids import Grid
from skewgate.serving.collector import durable, places, recovery
from skewgate.serving.collector.events import Event
from skewgate.serving.collector.segment import RemovedError, Segment

HOURLY = Duration(1, "h")
LARGEST_FILE = 256 << 20
_PROBE_BYTES = 64 << 10


@dataclasses.dataclass(frozen=True)
class _Window:
    """A span of time in which a file is written; seconds since 1970."""

    name: str
    start: float
    end: float

    def holds(self, moment: float) -> bool:
        return self.start <= moment < self.end


class Store:
    """Stores events in files by window and size. One thread at a time may call it.

    Making it publishes what dead collectors left in the folder.

    Args:
        folder: made if it is not there.
        every: length of windows, in UTC.
        most_bytes: of a file; it may be longer by one group of events.
        clock: seconds since 1970.

    Attributes:
        recovered: the files of dead collectors that were published at the start.
        published: how many files were published since.

    Raises:
        InputError: the folder cannot be used.
        OSError: the system refused.
    """

    def __init__(
        self,
        folder: str,
        *,
        every: Duration = HOURLY,
        most_bytes: int = LARGEST_FILE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.folder, self._most_bytes, self._clock = os.path.abspath(folder), most_bytes, clock
        self._grid = Grid(every)
        self._process, self._number = places.process_name(), 0
        self._segment: Segment | None = None
        self._window = self._window_at(self._clock())
        if "://" in folder:
            raise InputError(
                folder,
                "is not a folder on this machine, and only there are events safe at once",
                "name one with --out, and copy what is published",
            )
        if os.path.exists(folder) and not os.path.isdir(folder):
            raise InputError(folder, "is a file, but must be a folder", "name another with --out")
        durable.make_folder(os.path.join(self.folder, places.OPEN))
        self.recovered = recovery.recover(self.folder)
        self.published = 0

    @property
    def open_bytes(self) -> int:
        """Bytes of the file that is being written."""
        segment = self._segment
        return segment.tally.bytes if segment else 0

    def commit(self, events: Sequence[Event]) -> None:
        """Stores events; when this returns, they survive a kill and a power cut.

        Raises:
            OSError: they are not stored, none of them; later ones may be.
        """
        self.rotate()
        if self._segment is None:
            self._window = self._window_at(self._clock())
            self._number += 1
            name = f"{self._process}-{self._number:06d}"
            self._segment = Segment.create(self.folder, self._window.name, name)
        with self._given_up_if_removed(self._segment):
            self._segment.append(events)

    def rotate(self) -> None:
        """Publishes the file that is written if its window is over, or it is full or spent.

        Raises:
            OSError: it could not be published; it is tried again at the next call.
        """
        segment = self._segment
        if segment is None:
            return
        is_full = segment.tally.bytes >= self._most_bytes
        if is_full or segment.spent or not self._window.holds(self._clock()):
            self._publish(segment)

    def probe(self) -> None:
        """Writes some bytes and removes them: after an error this says whether the disk is back.

        Raises:
            OSError: it is not.
        """
        self.rotate()
        path = os.path.join(self.folder, places.OPEN, f"{places.PROBE}-{self._process}")
        durable.write_file(path, bytes(_PROBE_BYTES))
        os.unlink(path)

    def close(self) -> None:
        """Publishes what is there.

        Raises:
            OSError: it could not be done; what is there is found by the next collector.
        """
        if self._segment is not None:
            self._publish(self._segment)

    def _publish(self, segment: Segment) -> None:
        with self._given_up_if_removed(segment):
            if segment.publish() is not None:
                self.published += 1
        self._segment = None

    @contextlib.contextmanager
    def _given_up_if_removed(self, segment: Segment) -> Iterator[None]:
        try:
            yield
        except RemovedError:
            self._segment = None
            segment.close()
            raise

    def _window_at(self, moment: float) -> _Window:
        numbers = self._grid.numbers(np.array([int(moment // 1)]))
        start, end = int(self._grid.starts(numbers)[0]), int(self._grid.ends(numbers)[0])
        name = self._grid.name(start).replace(":", "")  # which not all file systems take
        return _Window(name, start, end)
