"""Files that a dead collector left open: cut to whole lines, counted and published."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import BinaryIO

from skewgate.serving.collector import places
from skewgate.serving.collector.events import Event
from skewgate.serving.collector.segment import Segment, lock
from skewgate.serving.collector.tally import Tally
from skewgate.serving.event_types import COLLECTED

_CHUNK = 1 << 20
_LONGEST = 1 << 28
"""Bytes of what is taken for one line; a hole that a power cut left may be as long as the file."""


def recover(folder: str) -> list[str]:
    """Publishes every open file that no living process holds, whoever wrote it.

    A half-written last line was never acknowledged, and is cut off. Any other line that is no event
    stays, and is counted.

    Args:
        folder: of the collector.

    Returns:
        The files that were published.

    Raises:
        OSError: a file cannot be read or published.
    """
    published = []
    for path in sorted(_open_files(folder)):
        segment = _adopted(folder, path)
        if segment is not None and (target := segment.publish()):
            published.append(target)
    return published


def _open_files(folder: str) -> Iterator[str]:
    with os.scandir(os.path.join(folder, places.OPEN)) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False) and places.of_open(entry.name):
                yield entry.path


def _adopted(folder: str, path: str) -> Segment | None:
    """Returns a file of the dead, locked and whole; None if it has an owner or is gone."""
    window, name = places.of_open(path) or ("", "")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if not lock(descriptor, path):
            os.close(descriptor)
            return None
        with open(descriptor, "rb", closefd=False) as file:
            whole = _whole_length(file)
            cut = os.fstat(descriptor).st_size - whole
            if cut:
                os.ftruncate(descriptor, whole)
                os.fsync(descriptor)
        os.lseek(descriptor, 0, os.SEEK_SET)
        with open(descriptor, "rb", closefd=False) as file:  # what the first has read is cut now
            tally = _counted(file)
    except BaseException:
        os.close(descriptor)
        raise
    tally.cut = cut
    return Segment(folder, window, name, descriptor, tally)


def _whole_length(file: BinaryIO) -> int:
    """Returns the bytes up to the end of the last whole line."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(end - _CHUNK, 0)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _counted(file: BinaryIO) -> Tally:
    """Counts the lines of a file from where it stands."""
    tally = Tally()
    while line := file.readline(_LONGEST):
        event = _event(line)
        if event is None:
            tally.add_unreadable(line)
        else:
            tally.add(line, [event])
    return tally


def _event(line: bytes) -> Event | None:
    try:
        found = json.loads(line)
        return Event(line, str(found["type"]), str(found[COLLECTED]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
