"""The table of verdicts that a run of a pipeline ends with, and the exit code they give."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from skewgate.cli import console
from skewgate.core.errors import EXIT_FAIL, EXIT_INCONCLUSIVE, EXIT_PASS
from skewgate.report.rendering import HTML_NAME

if TYPE_CHECKING:
    from skewgate.pipeline.records import ReportRecord


def show(reports: Iterable[tuple[str, ReportRecord]]) -> None:
    """Prints each report: its node, its verdict and where it is."""
    for node, record in reports:
        allowed = " (allowed)" if record.blessed and record.status != "pass" else ""
        print(
            f"  {node:<20} {record.status + allowed:<23} "
            f"{record.failed:>3} failed {record.inconclusive:>3} inconclusive"
        )
        console.say(f"    {shorten(os.path.join(record.uri, HTML_NAME))}")


def exit_code(reports: Iterable[ReportRecord]) -> int:
    """Returns the exit code that reports give: what is not blessed failed or is inconclusive."""
    unblessed = [record.status for record in reports if not record.blessed]
    if not unblessed:
        return EXIT_PASS
    return EXIT_FAIL if "fail" in unblessed else EXIT_INCONCLUSIVE


def shorten(path: str) -> str:
    """Returns a path relative to the working directory if it is below."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
