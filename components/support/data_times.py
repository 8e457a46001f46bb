"""When the rows of a run are from: by their window of time or by their span, never by the run.

A run that is repeated or late leaves its record today, and its rows are of long ago. What came
before some rows is what has earlier ones.
"""

from __future__ import annotations

import dataclasses
import datetime

from tfx import types

from skewgate.components.support import artifact_io
from skewgate.core.errors import InputError

_FORM = "%Y-%m-%dT%H:%M:%SZ"


@dataclasses.dataclass(frozen=True)
class DataTime:
    """When some rows are from.

    Attributes:
        start, end: of their window, in UTC; None without a window.
        span: their span; 0 without spans.
    """

    start: datetime.datetime | None = None
    end: datetime.datetime | None = None
    span: int = 0

    @property
    def is_known(self) -> bool:
        """Says whether the rows have a window or a span."""
        return self.start is not None or self.span != 0

    def is_before(self, other: DataTime) -> bool:
        """Says whether these rows come before others: by windows if those have one, or by spans.

        Windows must not overlap, and rows without one come before no window.

        >>> [DataTime(span=span).is_before(DataTime(span=5)) for span in (3, 5, 6)]
        [True, False, False]
        """
        if other.start is not None:
            return self.end is not None and self.end <= other.start
        return self.span < other.span

    def nearness(self, other: DataTime) -> tuple[datetime.datetime, datetime.datetime] | int:
        """Returns what is larger the nearer these rows, which are before others, come to them."""
        if other.start is None or self.start is None or self.end is None:
            return self.span
        return self.end, self.start


def of(artifact: types.Artifact, where: str) -> DataTime:
    """Returns when examples, or what was made of them, are from.

    Raises:
        InputError: what they say of their window is none; `where` names them.
    """
    text = artifact.get_string_custom_property(artifact_io.WINDOW_PROPERTY)
    return parse(text, artifact_io.span_of(artifact), where)


def parse(window: str, span: int, where: str) -> DataTime:
    """Returns the time of rows of a window, "" for none, and of a span.

    >>> parse("2026-11-24T00:00:00Z/2026-11-25T00:00:00Z", 0, "the rows").start
    datetime.datetime(2026, 11, 24, 0, 0)

    Raises:
        InputError: the text is no window; `where` names what says so.
    """
    if not window:
        return DataTime(span=span)
    try:
        start, end = (datetime.datetime.strptime(each, _FORM) for each in window.split("/"))
    except ValueError:
        start = end = datetime.datetime.min
    if start >= end:
        raise InputError(
            where,
            f"must have a window such as 2026-11-24T00:00:00Z/2026-11-25T00:00:00Z, got {window!r}",
            "compute the statistics again",
        )
    return DataTime(start, end, span)
