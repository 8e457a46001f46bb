"""Work that never ends, for tests that kill it: `python killed.py WORK FOLDER`.

The work is done by a process forked from this one, which has imported what the work needs and used
nothing of it: threads that libraries began at import are idle, and hold no lock that a fork would
keep shut. Each line of standard input, a number of seconds, starts the work once, kills it after
that time, and is answered by a line that says how it ended.
"""

from __future__ import annotations

import itertools
import os
import pathlib
import signal
import sys
import time

from skewgate.components.support import serving_folder
from skewgate.storage import atomic

SIZES = {"report.json": 200_000, "report.html": 700_000, "metrics.prom": 5_000}
"""Bytes of the files of a set."""


def written(number: int) -> dict[str, bytes]:
    """Returns the files of the set that the writer of this number writes."""
    return {name: f"{number:08d} ".encode() * (size // 9) for name, size in SIZES.items()}


def same_folder(folder: pathlib.Path) -> None:
    """Writes one set over another."""
    for number in itertools.count(1):
        atomic.write_set(folder / "same", written(number))


def new_folders(folder: pathlib.Path) -> None:
    """Writes each set to a folder of its own."""
    for number in itertools.count(1):
        atomic.write_set(folder / f"new-{number}", written(number))


def push(folder: pathlib.Path) -> None:
    """Publishes a model again and again."""
    while True:
        serving_folder.publish(str(folder / "model"), str(folder / "serving"))


WORK = {work.__name__: work for work in (same_folder, new_folders, push)}

if __name__ == "__main__":
    work, folder = WORK[sys.argv[1]], pathlib.Path(sys.argv[2])
    for line in sys.stdin:
        child = os.fork()
        if not child:
            work(folder)
        time.sleep(float(line))
        os.kill(child, signal.SIGKILL)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{ended}\n")
        sys.stdout.flush()
