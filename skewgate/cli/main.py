"""The command line: parses, calls, prints. Each command imports what it needs when it runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

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
    _add_drift(commands)
    _add_statistics(commands)
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


def _add_drift(commands: Any) -> None:
    drift = commands.add_parser(
        "drift",
        help="compare two data sets and say what drifted",
        description="Compares two data sets and decides: pass, fail or inconclusive. Each is a "
        "file, a folder or a quoted pattern of Parquet, CSV, JSON Lines, TFRecord of tf.Example, "
        "or TFDV statistics.",
        epilog=_EPILOG,
    )
    drift.add_argument("baseline", metavar="BASELINE", help="what to compare with")
    drift.add_argument("current", metavar="CURRENT", help="the data in question")
    drift.add_argument("--config", metavar="FILE", help="drift.yaml (default: KS 0.1, PSI 0.2)")
    drift.add_argument("--schema", metavar="FILE", help="schema.pbtxt that gives the types")
    drift.add_argument("--out", metavar="DIR", help="write report.json, report.html, metrics.prom")
    drift.add_argument("--json", action="store_true", help="print the report as JSON")
    drift.add_argument(
        "--exact", action="store_true", help="keep 16 times as many points of each number"
    )
    drift.add_argument("--quiet", action="store_true", help="no progress")


def _add_statistics(commands: Any) -> None:
    profile = commands.add_parser(
        "profile",
        help="write the statistics of a data set",
        description="Reads data once and writes TFDV statistics that TFX and skewgate read.",
        epilog="exit codes: 0 written, 2 usage or bad input",
    )
    profile.add_argument("data", metavar="DATA", help="file, folder or quoted pattern")
    profile.add_argument("--out", metavar="STATS", required=True, help="file to write (.pb)")
    profile.add_argument("--schema", metavar="FILE", help="schema.pbtxt that gives the types")
    profile.add_argument(
        "--slices",
        metavar="COLUMN[,COLUMN]",
        action="append",
        default=[],
        help="make slices by the values of columns; may be repeated",
    )
    profile.add_argument(
        "--resolution",
        metavar="N",
        type=_resolution,
        default=1000,
        help="points kept of each number (default: 1000)",
    )
    profile.add_argument("--quiet", action="store_true", help="no progress")
    merge = commands.add_parser(
        "merge",
        help="join statistics of windows or shards",
        description="Joins statistics of different rows; the bounds of the result hold.",
        epilog="exit codes: 0 written, 2 usage or bad input",
    )
    merge.add_argument("statistics", metavar="STATS", nargs="+", help="TFDV statistics files")
    merge.add_argument("--out", metavar="STATS", required=True, help="file to write (.pb)")


def _resolution(text: str) -> int:
    if not text.isdigit() or not 10 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"must be a number from 10 to 100000, got {text!r}")
    return int(text)


def _call(options: argparse.Namespace) -> int:
    """Calls a command; each is imported only when it is called."""
    if options.command == "drift":
        from skewgate.cli import drift

        return drift.run(options)
    if options.command in ("profile", "merge"):
        from skewgate.cli import profile

        return profile.profile(options) if options.command == "profile" else profile.merge(options)
    from skewgate.cli import run

    return run.run(options.pipeline, options.config)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; errors are one sentence on stderr."""
    options = build_parser().parse_args(arguments)
    try:
        return _call(options)
    except SkewgateError as error:
        print(f"skewgate: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("skewgate: interrupted", file=sys.stderr)
        return EXIT_USAGE


def entry() -> None:
    """Entry point of the `skewgate` command."""
    sys.exit(main())
