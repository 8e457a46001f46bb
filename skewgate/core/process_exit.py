"""Ends a process with its own exit code, whatever libraries do on their way out."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from skewgate.core import streams, unexpected
from skewgate.core.errors import EXIT_USAGE, InputError
from skewgate.core.hidden import visible_lines


def called(main: Callable[[], int]) -> int:
    """Calls a program and returns its exit code; any error is one sentence on standard error.

    Raises:
        SystemExit: the program raised it.
    """
    try:
        return main()
    except KeyboardInterrupt:
        told, code = "interrupted", EXIT_USAGE
    except Exception as error:  # noqa: BLE001 (a fault of this package must not look like a verdict)
        meant = unexpected.deliberate(error)
        told, code = str(meant), meant.exit_code
    sys.stderr.write(f"skewgate: {visible_lines(told)}\n")
    return code


def run_and_exit(main: Callable[[], int]) -> NoReturn:
    """Runs a program and ends the process with the exit code that it returns.

    Any other end has the code of an error, and so has a program whose output was lost: 1 stands for
    a check that failed, and for nothing else.
    """
    exit_codes: list[int] = []
    # Registered first, so that it runs after all other functions of atexit.
    atexit.register(_exit_without_destructors, exit_codes)
    streams.protect()
    try:
        exit_codes.append(called(main))
    except SystemExit as error:  # help, or arguments that do not fit
        exit_codes.append(error.code if isinstance(error.code, int) else EXIT_USAGE)
    lost = streams.lost()
    if lost is not None:
        exit_codes.append(EXIT_USAGE)
        # Whoever read the output, such as `head`, has seen enough, and need not be told.
        if not isinstance(lost, BrokenPipeError):
            told = InputError(
                "standard output",
                f"could not be written to its end: {lost.strerror}",
                "make room, or send it elsewhere",
            )
            sys.stderr.write(f"skewgate: {told}\n")
    sys.exit(exit_codes[-1])


def _exit_without_destructors(exit_codes: list[int]) -> None:
    """Ends the process without the destructors of libraries.

    Arrow's threads may still be starting when a command ends early, and its destructors then abort
    the process (exit code 134 instead of the command's own, about every tenth time).
    """
    if exit_codes:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_codes[-1])
