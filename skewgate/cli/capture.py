"""`skewgate capture`: the log of a model server to rows by window."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from skewgate.core.errors import EXIT_PASS


def add_parser(commands: Any) -> None:
    """Adds the command to those of the command line."""
    capture = commands.add_parser(
        "capture",
        help="turn the log of a model server into rows by window",
        description="Reads what a model server logged, as capture.yaml describes it, joins each "
        "request with its response, and writes a Parquet file for each window, with "
        "capture_report.json beside them: what was read, and what was lost and why.",
        epilog="exit codes: 0 written, 2 usage or bad input",
    )
    capture.add_argument("source", metavar="SOURCE", help="log: file, folder or quoted pattern")
    capture.add_argument("--config", metavar="FILE", required=True, help="capture.yaml")
    capture.add_argument("--out", metavar="DIR", required=True, help="folder to write")
    capture.add_argument("--force", action="store_true", help="replace an earlier capture")
    capture.add_argument("--json", action="store_true", help="print the report as JSON")
    capture.add_argument("--quiet", action="store_true", help="no progress")


def run(options: argparse.Namespace) -> int:
    """Runs the command and returns its exit code.

    Args:
        options: source, config, out, force, json and quiet.

    Raises:
        InputError: the log or capture.yaml cannot be used, more events are lost than
            max_rejected allows, or the folder cannot be written.
    """
    from skewgate.cli import console
    from skewgate.core import yaml_model
    from skewgate.serving.capture import running
    from skewgate.serving.capture.log.config import CaptureConfig

    config = yaml_model.load(CaptureConfig, options.config)
    reading = console.Reading(sys.stderr, quiet=options.quiet)
    reading.expect({options.source: None})
    report = running.run(
        options.source,
        config,
        options.out,
        where=options.config,
        force=options.force,
        progress=lambda path, events: reading(options.source, events),
    )
    reading.done()
    if options.json:
        import json

        console.print_json(json.dumps(report, indent=1))
        return EXIT_PASS
    _tell(report, options.out)
    return EXIT_PASS


def _tell(report: dict[str, Any], out: str) -> None:
    """Prints what was captured and what was lost."""
    from skewgate.cli import console

    windows = report["windows"]
    span = windows[0]["window"]
    if len(windows) > 1:
        span = f"{span} to {windows[-1]['window']}"
    console.say(
        f"{out}: {report['rows']:,} rows of {report['events']:,} events in {len(windows)} "
        f"window{'s' if len(windows) > 1 else ''}, {span}"
    )
    told = {**report["lost"], **{name: report[name] for name in _TOLD}}
    for name, count in told.items():
        if count:
            console.say(f"  {name.replace('_', ' ')}: {count:,}")


_TOLD = (
    "duplicates",
    "open",
    "kept_without_response",
    "other_models",
    "sampled_out",
    "out_of_order",
    "response_before_request",
)
"""Counts that are no losses."""
