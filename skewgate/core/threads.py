"""Whether the system still starts threads.

Arrow's thread pools end the process by a signal if it does not, for nobody can catch what they
throw: under a limit of processes of a user (`ulimit -u`) or of a container.
"""

from __future__ import annotations

import errno
import os
import threading

_OF_ARROW = 12
"""Threads that Arrow starts beside one for each processor."""


def check() -> None:
    """Makes sure that as many threads can be started as reading takes.

    Raises:
        OSError: they cannot.
    """
    go = threading.Event()
    started: list[threading.Thread] = []
    try:
        for _ in range((os.cpu_count() or 1) + _OF_ARROW):
            thread = threading.Thread(target=go.wait, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError as error:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from error
    finally:
        go.set()
        for thread in started:
            thread.join()
