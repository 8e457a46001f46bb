"""`skewgate doctor`: says what is installed, what works, and what to type for the rest."""

from __future__ import annotations

import argparse
import json
from typing import Any

from skewgate.cli import console
from skewgate.core.errors import EXIT_PASS, SkewgateError


def add_parser(parsers: Any) -> None:
    """Adds the command to those of the command line."""
    doctor = parsers.add_parser(
        "doctor",
        help="say what is installed, what works, and what to type for the rest",
        description="Says which packages are installed, whether they fit together, which "
        "commands work, what to type for those that do not, and what the machine has. It says "
        "where credentials come from, never what they are.",
        epilog="exit codes: 0 all that is installed works, 2 something of it is broken",
    )
    doctor.add_argument(
        "--deep", action="store_true", help="import all that commands need, TensorFlow too"
    )
    doctor.add_argument("--json", action="store_true", help="print what was found as JSON")


def run(options: argparse.Namespace) -> int:
    """Runs the command and returns its exit code.

    Args:
        options: deep, json.

    Raises:
        SkewgateError: something that is installed is broken.
    """
    from skewgate.cli.health import findings, showing  # which help does without

    found = findings.examine(deep=options.deep)
    if options.json:
        console.print_json(json.dumps(found.to_json(), indent=2, ensure_ascii=False))
    else:
        for line in showing.lines(found):
            console.say(line)
    if found.problems:
        others = len(found.problems) - 1
        more = f" And {others} more." if others else ""
        raise SkewgateError(f"{found.problems[0]}{more}")
    return EXIT_PASS
