"""The command line: parses, calls, prints. Each command imports what it needs when it runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import skewgate
from skewgate.errors import EXIT_USAGE, SkewgateError

_EPILOG = "exit codes: 0 pass, 1 fail, 2 usage or bad input, 3 inconclusive"


def build_parser() -> argparse.ArgumentParser:
    """Returns the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="skewgate",
        description="Gates between data, model and production for TFX pipelines.",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"skewgate {skewgate.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    run = commands.add_parser(
        "run",
        help="run a pipeline on local Beam and print its verdicts",
        description="Runs a pipeline on local Beam and prints its verdicts and report paths.",
        epilog=_EPILOG,
    )
    run.add_argument("pipeline", choices=("training", "monitoring"))
    run.add_argument(
        "--config",
        metavar="FILE",
        help="settings of the pipelines (default: the Chicago taxi example)",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; errors are one sentence on stderr."""
    options = build_parser().parse_args(arguments)
    try:
        from skewgate.cli import run

        return run.run(options.pipeline, options.config)
    except SkewgateError as error:
        print(f"skewgate: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("skewgate: interrupted", file=sys.stderr)
        return EXIT_USAGE


def entry() -> None:
    """Entry point of the `skewgate` command."""
    sys.exit(main())
