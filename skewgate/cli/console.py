"""What the user sees while libraries are kept quiet."""

from __future__ import annotations

import contextlib
import logging
import os
import pathlib
import sys
import threading
import time
import unicodedata
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TextIO

from skewgate.core.errors import InputError
from skewgate.core.hidden import visible
from skewgate.core.streams import json_shown, log_stream, user_stream


def has_colours(out: TextIO) -> bool:
    """Says whether a stream is a terminal whose user wants colours (see no-color.org)."""
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns(text: str) -> int:
    """Returns how many columns of a terminal a text takes.

    >>> columns("fare"), columns("\u6771\u4eac"), columns("e\u0301")
    (4, 4, 1)
    """
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(bool(unicodedata.combining(letter)) for letter in text)


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Fills a text up to some columns of a terminal, at its end or, to the right, before it.

    >>> padded("fare", 6), padded("\u6771", 4, right=True)
    ('fare  ', '  \u6771')
    """
    room = " " * (width - columns(text))
    return room + text if right else text + room


def say(line: str) -> None:
    """Prints one line, in which names from data may stand."""
    print(visible(line))


def print_json(text: str) -> None:
    """Prints JSON, which is JSON in the encoding of any terminal."""
    print(json_shown(text.rstrip("\n"), sys.stdout.encoding))


class Progress:
    """Prints one line per node: on a terminal also the node at work."""

    def __init__(self, out: TextIO, total: int) -> None:
        self._out, self._total, self._count = out, total, 0

    def __call__(self, node: str, event: str, seconds: float) -> None:
        """Takes what `local_runner.Progress` describes."""
        if event == "started":
            self._count += 1
            if self._out.isatty():
                self._out.write(f"\r  [{self._count}/{self._total}] {node} ...")
        else:
            start = "\r" if self._out.isatty() else ""
            took = f"{seconds:.1f} s" if event == "COMPLETE" else event.lower()
            self._out.write(f"{start}  [{self._count}/{self._total}] {node:<22} {took}    \n")
        self._out.flush()


class Reading:
    """Tells how far the reading of files is: one line that grows on a terminal, else one a file."""

    def __init__(self, out: TextIO, *, quiet: bool = False) -> None:
        self._out, self._quiet = out, quiet
        self._live = out.isatty() and not quiet
        self._expected: dict[str, int | None] = {}
        self._read: dict[str, int] = {}
        self._started = self._told = time.monotonic()
        self._lock = threading.Lock()

    def expect(self, rows: Mapping[str, int | None]) -> None:
        """Takes the files to be read next, and how many rows each has if that is known."""
        self._expected = dict(rows)
        self._read = dict.fromkeys(rows, 0)
        self._started = time.monotonic()

    def again(self, features: Collection[str], rows: Mapping[str, int | None]) -> None:
        """Tells that features are read a second time, and why."""
        self.done()
        if not self._quiet:
            names = visible(
                ", ".join(sorted(features)[:5]) + (", ..." if len(features) > 5 else "")
            )
            print(
                f"reading {names} again: one pass could not settle a threshold",
                file=self._out,
                flush=True,
            )
        self.expect(rows)

    def __call__(self, place: str, rows: int) -> None:
        """Takes what `engine.ReadOptions.progress` describes."""
        with self._lock:
            self._read[place] += rows
            now = time.monotonic()
            if self._live and now - self._told > 0.1:
                self._told = now
                self._out.write("\r" + ", ".join(map(self._state, self._read)) + "\x1b[K")
                self._out.flush()

    def _state(self, place: str) -> str:
        total = self._expected[place]
        if total:
            return f"{visible(place)} {self._read[place] / total:.0%}"
        return f"{visible(place)} {self._read[place]:,} rows"

    def done(self) -> None:
        """Ends the reading of the expected files."""
        if self._live:
            self._out.write("\r\x1b[K")
        rows = sum(self._read.values())
        if rows and not self._quiet:
            seconds = time.monotonic() - self._started
            what = " and ".join(
                f"{visible(place)} ({count:,} rows)" for place, count in self._read.items()
            )
            print(f"read {what} in {seconds:.1f} s", file=self._out, flush=True)
        self._read = {}


def tell(notes: Mapping[str, Sequence[str]], *, quiet: bool) -> None:
    """Prints what was read otherwise than it stands in the files, by path."""
    for path, texts in notes.items() if not quiet else ():
        for text in texts:
            print(visible(f"{path}: {text}"), file=sys.stderr, flush=True)


@contextlib.contextmanager
def redirected(log: pathlib.Path) -> Iterator[TextIO]:
    """Sends all output of libraries, native code included, to a log file.

    Yields:
        A stream to the user's own standard output.

    Raises:
        InputError: the log cannot be written.
    """
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    except OSError as error:
        raise InputError(
            str(log), f"cannot be written: {error.strerror}", "change `root`"
        ) from error
    sys.stdout.flush()
    sys.stderr.flush()
    saved = [os.dup(1), os.dup(2)]
    user = user_stream(os.dup(1))
    streams = (sys.stdout, sys.stderr)
    root = logging.getLogger()
    handlers = root.handlers[:]
    with log_stream(opened) as stream:
        handler = logging.StreamHandler(stream)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
        sys.stdout = sys.stderr = stream
        root.handlers = [handler]
        warned = warnings.showwarning
        logging.captureWarnings(True)
        try:
            yield user
        except BaseException:
            root.exception("stopped")
            raise
        finally:
            logging.captureWarnings(False)
            warnings.showwarning = warned
            stream.flush()
            sys.stdout, sys.stderr = streams
            root.handlers = handlers
            for number, descriptor in zip((1, 2), saved, strict=True):
                os.dup2(descriptor, number)
                os.close(descriptor)
            user.close()
