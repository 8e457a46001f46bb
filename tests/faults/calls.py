"""Runs a command line of skewgate in a forked process, within limits, and tells how it ended."""

from __future__ import annotations

import atexit
import dataclasses
import os
import pathlib
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

NOBODY = 65534
ROOM = 3 << 30
"""Bytes of addresses that a command may take beyond what the libraries have."""


@dataclasses.dataclass(frozen=True)
class Call:
    """A command to run.

    Attributes:
        words: the arguments of `skewgate`.
        folder: the working directory; relative names in `words` are below it.
        variables: of the environment; nothing else is in it.
        before: called in the new process before the command, to spoil its environment.
        literally: starts `python -m skewgate` anew instead of going on in the forked process.
        closed: the standard streams that are closed.
        mute: nothing that it writes can be seen, so that no message is asked for.
        cpu: seconds of computing after which it hangs.
        wall: seconds after which it hangs.
        addresses: limits its addresses; TensorFlow takes too many for that.
        nobody: runs it as a user without rights; needs root.
        program: stands for the command line, so that instruments can be tried on planted faults.
    """

    words: tuple[str, ...]
    folder: pathlib.Path
    variables: Mapping[str, str]
    before: Callable[[], None] | None = None
    literally: bool = False
    closed: tuple[int, ...] = ()
    mute: bool = False
    cpu: int = 20
    wall: float = 120.0
    addresses: bool = True
    nobody: bool = False
    program: Callable[[], Any] | None = None


@dataclasses.dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        call: what was run.
        code: its exit code; the negative number of a signal that ended it.
        out, err: what it wrote.
        seconds: that it took.
        memory: the most bytes that it held at once, libraries included.
        timed_out: it had to be ended.
        strays: it left processes behind.
    """

    call: Call
    code: int
    out: str
    err: str
    seconds: float
    memory: int
    timed_out: bool = False
    strays: bool = False

    @property
    def killed(self) -> bool:
        """Whether a signal ended it."""
        return self.code < 0


class Running:
    """A command at work."""

    def __init__(self, call: Call, log: pathlib.Path) -> None:
        """Starts it; what it says goes to two files beside `log`."""
        self._call = call
        self._out, self._err = log.with_suffix(".out"), log.with_suffix(".err")
        self._started = time.monotonic()
        self.pid = os.fork()
        if not self.pid:
            _become(call, self._out, self._err)
        self._descriptor = os.pidfd_open(self.pid)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Sends a signal to the command and all that it has started."""
        for send in (os.killpg, os.kill):
            try:
                send(self.pid, number)
            except ProcessLookupError:
                continue
            return

    def ended(self, after: float | None = None) -> bool:
        """Waits for its end, some seconds at most; says whether it has come."""
        return bool(select.select([self._descriptor], [], [], after)[0])

    def wait(self) -> Ended:
        """Waits until it has ended, or ends it when its time is over."""
        left = self._started + self._call.wall - time.monotonic()
        timed_out = not self.ended(max(left, 0.0))
        if timed_out:
            self.kill()
        _, status, usage = os.wait4(self.pid, 0)
        seconds = time.monotonic() - self._started
        os.close(self._descriptor)
        code = os.waitstatus_to_exitcode(status)
        return Ended(
            self._call,
            code,
            _said(self._out),
            _said(self._err),
            seconds,
            usage.ru_maxrss * 1024,
            timed_out or code == -signal.SIGXCPU,
            _end_strays(self.pid),
        )


def run(call: Call, log: pathlib.Path) -> Ended:
    """Runs a command to its end."""
    return Running(call, log).wait()


def _end_strays(group: int) -> bool:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _become(call: Call, out: pathlib.Path, err: pathlib.Path) -> NoReturn:
    """Runs the command in this process as if it had been started so."""
    code = 70
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        streams = [os.open(os.devnull, os.O_RDONLY)]
        streams += [os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) for path in (out, err)]
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(call.folder)
        os.environ.clear()
        os.environ.update(call.variables)
        tempfile.tempdir = None  # which the server may have found for itself
        _limit(call)
        if call.nobody:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        if call.before is not None:
            call.before()
        for number in call.closed:
            os.close(number)
        if call.literally:
            os.execv(sys.executable, [sys.executable, "-m", "skewgate", *call.words])
        encoding = call.variables.get("PYTHONIOENCODING", "utf-8")
        sys.stdout, sys.stderr = (
            open(  # noqa: SIM115 (as long as the process)
                number, "w", encoding=encoding, errors="backslashreplace", closefd=False
            )
            if number not in call.closed
            else None  # as Python has it
            for number in (1, 2)
        )
        sys.argv = ["skewgate", *call.words]
        if call.program is not None:
            atexit._clear()  # what others want done at the end of their process, such as pytest
        code = _code(call.program or _skewgate)
    except BaseException:  # noqa: BLE001 (whatever it is, this process ends here)
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)


def _skewgate() -> None:
    from skewgate.cli.main import entry

    entry()


def _code(program: Callable[[], Any]) -> int:
    """Runs a program and all that is due at its exit; returns the code that Python would give."""
    code = 0
    try:
        program()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # noqa: BLE001 (as the interpreter does)
        traceback.print_exc()
        code = 1
    # Has os._exit called with the code of the command, where the command asked for that.
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    return code


def _limit(call: Call) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    used = time.process_time()  # a forked process begins at nought
    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + call.cpu, int(used) + call.cpu + 5))
    if call.addresses:
        pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + ROOM
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _said(path: pathlib.Path) -> str:
    """Returns what a call wrote; nothing if it was killed before it had a file to write to."""
    if not path.exists():
        return ""
    return path.read_bytes().decode("utf-8", "backslashreplace")
