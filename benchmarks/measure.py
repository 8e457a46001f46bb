"""Runs a command and measures it whole: wall time, CPU time and peak memory of all its processes.

Needs the standard library alone. The process that measures has to stay small: Linux counts what a
parent held at the fork into the child's peak.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence

_SAMPLE_SECONDS = 0.1
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
_PROC = pathlib.Path("/proc")


@dataclasses.dataclass(frozen=True)
class Measured:
    """One run of a command.

    Attributes:
        wall: seconds from start to exit.
        cpu: user and system seconds, children that were waited for included.
        peak: bytes. The kernel's peak of the largest process, or, if several ran at once and
            /proc can tell, the largest sum of their proportional shares, sampled ten times a
            second, if that is more.
        output: what it wrote to stdout.
        error: why there is no result; "" if there is one.
    """

    wall: float
    cpu: float
    peak: int
    output: str
    error: str


def run(
    command: Sequence[str],
    *,
    folder: pathlib.Path,
    environment: Mapping[str, str],
    good_codes: frozenset[int],
    timeout: float,
    memory_limit: int,
) -> Measured:
    """Runs a command to its end, or until it takes too long or too much memory.

    Args:
        command: the program and its arguments.
        folder: where it runs.
        environment: variables to add to those of this process.
        good_codes: exit codes that stand for a result.
        timeout: seconds.
        memory_limit: bytes.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
        guard = _Guard(process.pid, start + timeout, memory_limit)
        guard.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        guard.stop()
        process.returncode = code = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        error = guard.reason
        if not error and code not in good_codes:
            error = _describe(code, errors.read().decode(errors="replace"))
        return Measured(
            wall=wall,
            cpu=usage.ru_utime + usage.ru_stime,
            peak=max(usage.ru_maxrss * _MAXRSS_UNIT, guard.peak),
            output=output.read().decode(errors="replace"),
            error=error,
        )


def _describe(code: int, errors: str) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    return f"crashed: {lines[-1] if lines else f'exit code {code}'}"


class _Guard(threading.Thread):
    """Samples the memory of a session of processes; kills them at a limit.

    Attributes:
        peak: largest sum of proportional set sizes seen while there was more than one process.
        reason: why the processes were killed; "" if they were not.
    """

    def __init__(self, session: int, deadline: float, memory_limit: int) -> None:
        super().__init__(daemon=True)
        self.peak, self.reason = 0, ""
        self._session, self._deadline, self._limit = session, deadline, memory_limit
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(_SAMPLE_SECONDS):
            processes = _session_members(self._session)
            used = sum(map(_resident, processes))
            if len(processes) > 1:
                self.peak = max(self.peak, sum(map(_proportional, processes)))
            if time.perf_counter() > self._deadline:
                self.reason = "no result in time"
            elif used > self._limit:
                self.reason = f"stopped at {self._limit / 1e9:.1f} GB of memory"
            if self.reason:
                os.killpg(self._session, signal.SIGKILL)
                return

    def stop(self) -> None:
        """Ends the sampling and whatever the command left running."""
        self._done.set()
        self.join()
        try:
            os.killpg(self._session, signal.SIGKILL)
        except ProcessLookupError:
            return


def _session_members(session: int) -> list[pathlib.Path]:
    members = []
    for folder in _PROC.glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        if int(fields[3]) == session:
            members.append(folder)
    return members


def _resident(process: pathlib.Path) -> int:
    try:
        return int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _proportional(process: pathlib.Path) -> int:
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
