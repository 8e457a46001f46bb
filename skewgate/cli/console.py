"""What the user sees while libraries are kept quiet."""

from __future__ import annotations

import contextlib
import logging
import os
import pathlib
import sys
import warnings
from collections.abc import Iterator
from typing import TextIO


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


@contextlib.contextmanager
def redirected(log: pathlib.Path) -> Iterator[TextIO]:
    """Sends all output of libraries, native code included, to a log file.

    Yields:
        A stream to the user's own standard output.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    saved = [os.dup(1), os.dup(2)]
    user = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
    streams = (sys.stdout, sys.stderr)
    root = logging.getLogger()
    handlers = root.handlers[:]
    with open(log, "a", encoding="utf-8") as stream:
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
