"""Ends a process with its own exit code, whatever libraries do on their way out."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from skewgate.core.errors import EXIT_USAGE


def run_and_exit(main: Callable[[], int]) -> NoReturn:
    """Runs a program and ends the process with the exit code that it returns."""
    exit_codes: list[int] = []
    # Registered first, so that it runs after all other functions of atexit.
    atexit.register(_exit_without_destructors, exit_codes)
    try:
        exit_codes.append(main())
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        exit_codes.append(EXIT_USAGE)
    except SystemExit as error:  # help, or arguments that do not fit
        exit_codes.append(error.code if isinstance(error.code, int) else EXIT_USAGE)
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
