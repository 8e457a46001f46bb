"""Stopping a run: a signal ends the task that is running, and nothing new begins."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from types import FrameType

from skewgate.core.errors import SkewgateError

GRACE = 30.0
"""Seconds that a task has between SIGTERM and SIGKILL, as in Kubernetes."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_LOOK = 0.2
"""Seconds until a signal is seen while a task runs."""


class StoppedError(SkewgateError):
    """A signal stopped the run."""


class Stop:
    """Whether a signal has asked the run to stop; it is noted, so that nothing is cut in two."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self._asked = threading.Event()
        self._signal = 0
        self._count = 0

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Notes signals as long as the context lasts, in the main thread alone."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        heeded = [each for each in _SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
        before = {each: signal.signal(each, self._note) for each in heeded}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        self._signal, self._count = number, self._count + 1
        self._asked.set()

    def check(self) -> None:
        """Raises StoppedError if a signal came."""
        if self._asked.is_set():
            raise StoppedError(f"stopped by {signal.Signals(self._signal).name}")

    def sleep(self, seconds: float) -> None:
        """Waits so long.

        Raises:
            StoppedError: a signal came.
        """
        self._asked.wait(seconds)
        self.check()

    def wait(self, process: subprocess.Popen[bytes]) -> int:
        """Waits for the leader of a group of processes, and ends the others, as a pod does.

        At a signal all are told to end by SIGTERM. Those that are still there after the time of
        grace, or at a second signal, are killed.

        Returns:
            Its exit code, 128 and the number of the signal if one killed it.

        Raises:
            StoppedError: a signal came.
        """
        try:
            with _guarded(process):
                while process.poll() is None and not self._asked.is_set():
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(_LOOK)
                if self._asked.is_set():
                    self._end(process)
        finally:
            _signal_group(process, signal.SIGKILL)
            process.wait()
        self.check()
        code = process.returncode
        return code if code >= 0 else 128 - code

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        _signal_group(process, signal.SIGTERM)
        seen = self._count
        deadline = GRACE
        while deadline > 0 and self._count == seen:
            try:
                process.wait(min(_LOOK, deadline))
            except subprocess.TimeoutExpired:
                deadline -= _LOOK
            else:
                return


@contextlib.contextmanager
def _guarded(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Has a group of processes killed if this process ends without a word, as by SIGKILL."""
    guard = subprocess.Popen(
        ["sh", "-c", 'read _; kill -s KILL -- "-$0"', str(process.pid)],
        stdin=subprocess.PIPE,  # which is closed when this process is no more
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        guard.kill()
        guard.communicate()


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
