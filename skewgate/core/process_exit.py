"""How a process of ours ends: with its own exit code, whatever libraries do on their way out."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from skewgate.core.errors import EXIT_USAGE


def run(main: Callable[[], int]) -> NoReturn:
    """Runs a program and ends the process with the exit code that it returns."""
    codes: list[int] = []
    # Registered first, so that it runs after all others: what ends then is the process alone.
    atexit.register(_leave, codes)
    try:
        codes.append(main())
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        codes.append(EXIT_USAGE)
    except SystemExit as error:  # help, or arguments that do not fit
        codes.append(error.code if isinstance(error.code, int) else EXIT_USAGE)
    sys.exit(codes[-1])


def _leave(codes: list[int]) -> None:
    """Ends the process without the destructors of libraries.

    Arrow's threads may still be starting when a command ends early, and its destructors then abort
    the process (exit code 134 instead of the command's own, about every tenth time).
    """
    if codes:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(codes[-1])
