"""Runs commands in processes forked from one that has imported them: `python forked.py`.

That process has imported the light commands and used nothing, so that a fork of it is what a new
process is, without the second that it takes to start one. Each line of standard input is a JSON
object, see `Server.run`; so is each answer.
"""

from __future__ import annotations

import ctypes
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any, NamedTuple

MODULES = (
    *("pyarrow.parquet", "skewgate.cli.parser", "skewgate.pipeline.settings"),
    *(f"skewgate.cli.{name}" for name in ("drift", "profile", "report", "schema", "simulate")),
    *(f"skewgate.cli.{name}" for name in ("rehearse", "schedule", "from_spec", "run", "compile")),
    *(f"skewgate.metrics.{name}" for name in ("ks", "psi", "missing_rate")),
    *("skewgate.kubeflow.schedule.schedules", "skewgate.report.rendering", "scipy.special"),
)
_CAPABILITIES = 0x20080522
"""The version of the structure that says what root may do."""


class Ended(NamedTuple):
    """How a command ended: minus the number of a signal if one killed it."""

    code: int
    out: bytes
    err: bytes


class Server:
    """The process that forks; one at a time may use it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )

    def run(self, *words: object, **more: Any) -> Ended:
        """Runs a command.

        Args:
            words: of the command.
            more: `variables` to set, or to unset if None; `folder` to work in; `limits` by name of
                the module `resource`; names of `missing` modules; whether to be `powerless` as
                anybody is who is not root; descriptors to have `closed`; seconds after which to
                be `killed`; Python `code` to run before.
        """
        with tempfile.TemporaryDirectory() as folder:
            order = {"words": [str(word) for word in words], "said": folder, **more}
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(order, default=str).encode() + b"\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            said = [pathlib.Path(folder, name).read_bytes() for name in ("out", "err")]
        return Ended(code, *said)

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


def serve() -> None:
    """Runs what is asked for, one after the other."""
    import importlib

    for name in MODULES:
        importlib.import_module(name)
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            _become(order)
        if "killed" in order:
            time.sleep(order["killed"])
            os.kill(child, signal.SIGKILL)
        answers.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        answers.flush()


def _become(order: dict[str, Any]) -> None:
    """Runs a command in this process; never returns."""
    from skewgate.cli import main as command_line
    from skewgate.core import process_exit

    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    for number, name in ((1, "out"), (2, "err")):
        opened = os.open(os.path.join(order["said"], name), os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    for name, value in order.get("variables", {}).items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    tempfile.tempdir = None
    for name in order.get("missing", ()):
        for known in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
            del sys.modules[known]
        sys.modules[name] = None  # type: ignore[assignment]
    os.chdir(order.get("folder", "."))
    exec(order.get("code", ""), {})
    if order.get("powerless") and os.geteuid() == 0:
        _drop_powers()
    for name, value in order.get("limits", {}).items():
        kind = getattr(resource, name)
        resource.setrlimit(kind, (value, resource.getrlimit(kind)[1]))
    for descriptor in order.get("closed", ()):
        os.close(descriptor)
    sys.argv = ["skewgate", *order["words"]]
    process_exit.run_and_exit(lambda: command_line.main(order["words"]))


def _drop_powers() -> None:
    """Lets modes of files bind root, too."""
    libc = ctypes.CDLL(None, use_errno=True)
    head, none = (ctypes.c_uint32 * 2)(_CAPABILITIES, 0), (ctypes.c_uint32 * 6)()
    if libc.capset(head, none):
        raise OSError(ctypes.get_errno(), "capset")


if __name__ == "__main__":
    serve()
