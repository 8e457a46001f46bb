"""What the collector counts, as Prometheus reads it."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from skewgate.serving.collector.events import Event
from skewgate.serving.event_types import PARTS

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_PREFIX = "skewgate_collect_"


@dataclasses.dataclass(frozen=True)
class Gauges:
    """What is true at the moment.

    Attributes:
        held_bytes: of requests that are not answered.
        open_bytes: of the file that is written.
        free_bytes: of the disk; None if it cannot be asked.
        storing: whether the last group was stored.
        published: files since the start.
        recovered: files of dead collectors that were published at the start.
    """

    held_bytes: int
    open_bytes: int
    free_bytes: int | None
    storing: bool
    published: int
    recovered: int


class Metrics:
    """Counts since the start."""

    def __init__(self) -> None:
        self._events: Counter[str] = Counter()
        self._responses: Counter[int] = Counter()
        self._buckets = [0] * len(_BUCKETS)
        self._bytes = self._commits = 0
        self._seconds = self._last = 0.0

    def committed(self, events: Sequence[Event], seconds: float) -> None:
        """Counts a group of events that was stored, and how long that took."""
        for event in events:  # senders could make up any number of other types
            self._events[event.type if event.type in PARTS else "other"] += 1
            self._bytes += len(event.line)
        self._commits += 1
        self._seconds += seconds
        self._last = time.time()
        for place, bound in enumerate(_BUCKETS):
            if seconds <= bound:
                self._buckets[place] += 1

    def responded(self, status: int) -> None:
        """Counts a response."""
        self._responses[status] += 1

    def text(self, gauges: Gauges) -> str:
        """Returns all of it in Prometheus' text format."""
        return "".join(f"{line}\n" for line in self._lines(gauges))

    def _lines(self, gauges: Gauges) -> Iterator[str]:
        yield from _header("events_total", "counter", "Events stored, by type.")
        for kind in sorted(self._events):
            yield f'{_PREFIX}events_total{{type="{kind}"}} {self._events[kind]}'
        yield from _header("responses_total", "counter", "Responses, by status.")
        for status in sorted(self._responses):
            yield f'{_PREFIX}responses_total{{code="{status}"}} {self._responses[status]}'
        yield from _one("stored_bytes_total", "counter", "Bytes stored.", self._bytes)
        yield from _header("commit_seconds", "histogram", "Time to force a group to the disk.")
        for bound, count in zip(_BUCKETS, self._buckets, strict=True):
            yield f'{_PREFIX}commit_seconds_bucket{{le="{bound}"}} {count}'
        yield f'{_PREFIX}commit_seconds_bucket{{le="+Inf"}} {self._commits}'
        yield f"{_PREFIX}commit_seconds_sum {self._seconds:.6f}"
        yield f"{_PREFIX}commit_seconds_count {self._commits}"
        yield from _one(
            "last_stored_timestamp_seconds",
            "gauge",
            "When events were last stored; 0 if never.",
            round(self._last, 3),
        )
        yield from _one("held_bytes", "gauge", "Requests not answered yet.", gauges.held_bytes)
        yield from _one("open_file_bytes", "gauge", "The file being written.", gauges.open_bytes)
        yield from _one("storing", "gauge", "1 if the last group was stored.", int(gauges.storing))
        yield from _one("published_files_total", "counter", "Files published.", gauges.published)
        yield from _one(
            "recovered_files",
            "gauge",
            "Files of collectors that were killed, published at the start.",
            gauges.recovered,
        )
        if gauges.free_bytes is not None:
            yield from _one("free_bytes", "gauge", "Free space on the disk.", gauges.free_bytes)


def _header(name: str, kind: str, meaning: str) -> Iterator[str]:
    yield f"# HELP {_PREFIX}{name} {meaning}"
    yield f"# TYPE {_PREFIX}{name} {kind}"


def _one(name: str, kind: str, meaning: str, value: float) -> Iterator[str]:
    yield from _header(name, kind, meaning)
    yield f"{_PREFIX}{name} {value}"
