"""The command line: parses, calls, prints. Each command imports what it needs when it runs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

from skewgate.core import process_exit, threads
from skewgate.core.errors import InputError

_READS = ("drift", "profile", "schema", "simulate", "rehearse", "init")
"""Commands that read data."""
_FILES = (
    *("baseline", "current", "data", "other", "statistics", "runs", "spec", "schema", "config"),
    *("options", "out", "root", "from_spec", "serving"),
)
"""Arguments that name files and folders."""


def _call(options: argparse.Namespace) -> int:
    """Calls a command; each is imported only when it is called."""
    if options.command in _READS:
        threads.check()
    if options.command == "drift":
        from skewgate.cli import drift

        return drift.run(options)
    if options.command == "report":
        from skewgate.cli import report

        return report.run(options)
    if options.command in ("profile", "merge"):
        from skewgate.cli import profile

        return profile.profile(options) if options.command == "profile" else profile.merge(options)
    if options.command == "schema":
        from skewgate.cli import schema

        return schema.run(options)
    if options.command == "simulate":
        from skewgate.cli import simulate

        return simulate.run(options)
    if options.command == "rehearse":
        from skewgate.cli import rehearse

        return rehearse.run(options)
    if options.command == "init":
        from skewgate.cli import init

        return init.run(options)
    if options.command == "schedule":
        from skewgate.cli import schedule

        return schedule.run(options)
    if options.command == "clean":
        from skewgate.cli import clean

        return clean.run(options)
    if options.command == "compile":
        from skewgate.cli import compile as compiling

        return compiling.run(options)
    _check_run(options)
    if options.from_spec:
        from skewgate.cli import from_spec

        return from_spec.run(options)
    from skewgate.cli import run

    return run.run(options.pipeline, options.config, options.scheduled_time, wait=options.wait)


def _check_named(options: argparse.Namespace) -> None:
    """Raises InputError if the name of a file is empty, as a variable of a shell may be.

    An option that is empty would be one that is not given: another check than was asked for.
    """
    for name in _FILES:
        given = getattr(options, name, None)
        if given == "" or (isinstance(given, list) and "" in given):
            raise InputError(
                name.replace("_", "-"), "is empty", "name a file or folder, or leave the option out"
            )


def _check_run(options: argparse.Namespace) -> None:
    """Raises InputError if an option of `skewgate run` would not be looked at."""
    if options.from_spec and options.config:
        raise InputError("--config", "says nothing to a compiled pipeline", "leave it out")
    if options.from_spec and options.scheduled_time:
        raise InputError(
            "--scheduled-time",
            "says nothing to a compiled pipeline",
            "give --parameter scheduled-time=TIME",
        )
    if options.from_spec and options.wait:
        raise InputError("--wait", "says nothing to a compiled pipeline", "leave it out")
    for name in ("root", "parameter", "command-prefix", "object-store", "cache"):
        if getattr(options, name.replace("-", "_")) and not options.from_spec:
            raise InputError(f"--{name}", "goes with --from-spec only", "leave it out")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; errors are one sentence on stderr.

    Raises:
        SystemExit: the arguments do not fit, or help was asked for.
    """

    def parse_and_call() -> int:
        from skewgate.cli.parser import build_parser

        options = build_parser().parse_args(arguments)
        _check_named(options)
        return _call(options)

    return process_exit.called(parse_and_call)


def entry() -> NoReturn:
    """Entry point of the `skewgate` command."""
    process_exit.run_and_exit(main)
