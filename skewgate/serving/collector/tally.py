"""What a file holds, counted while it is written and counted again if its writer died."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import Any

from skewgate.serving.collector.events import Event

MOST_TYPES = 50
OTHER = "other"


class Tally:
    """Counts of the lines of a file; only what is safely on disk is added.

    Attributes:
        events: lines.
        bytes: of them.
        types: events by type, the first `MOST_TYPES` types; what comes then is `other`.
        first, last: when the first and last were collected.
        unreadable: lines that are no events, as a power cut may leave them.
        cut: bytes of a half-written last line that were cut off.
    """

    def __init__(self) -> None:
        self.events = self.bytes = self.unreadable = self.cut = 0
        self.types: Counter[str] = Counter()
        self.first: str | None = None
        self.last: str | None = None
        self._hash = hashlib.sha256()

    def add(self, data: bytes, events: Iterable[Event]) -> None:
        """Counts events that were written.

        Args:
            data: their lines.
            events: in the same order.
        """
        self.bytes += len(data)
        self._hash.update(data)
        for event in events:
            self.events += 1
            known = event.type in self.types or len(self.types) < MOST_TYPES
            self.types[event.type if known else OTHER] += 1
            self.first = self.first or event.collected
            self.last = event.collected

    def add_unreadable(self, data: bytes) -> None:
        """Counts a line that is no event."""
        self.bytes += len(data)
        self._hash.update(data)
        self.unreadable += 1

    def as_json(self) -> dict[str, Any]:
        """Returns the counts as the manifest has them."""
        return {
            "events": self.events,
            "bytes": self.bytes,
            "sha256": self._hash.hexdigest(),
            "types": dict(self.types),
            "first_collected": self.first,
            "last_collected": self.last,
            "unreadable_lines": self.unreadable,
            "cut_bytes": self.cut,
        }
