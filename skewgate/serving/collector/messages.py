"""What the collector says while it runs, on standard error."""

from __future__ import annotations

import contextlib
import sys


def warn(words: str) -> None:
    """Says something; whoever read it may be gone, and events come all the same."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"skewgate: {words}\n")
        sys.stderr.flush()
