"""The command line: parses, calls, prints. Each command imports what it needs when it runs."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence
from typing import NoReturn

from skewgate.core import process_exit, threads
from skewgate.core.errors import InputError

_READS = ("drift", "profile", "schema", "simulate", "rehearse", "capture", "init")
"""Commands that read data."""
_FILES = (
    *("baseline", "current", "data", "other", "statistics", "runs", "spec", "schema", "config"),
    *("options", "out", "root", "from_spec", "source", "serving"),
    *("token_file", "tls_cert", "tls_key", "tls_client_ca"),
)
"""Arguments that name files and folders."""
_ELSEWHERE = {"profile": ("profile", "profile"), "merge": ("profile", "merge")}
"""Module and function of a command, where they are not `run` in the module of its name."""


def _call(options: argparse.Namespace) -> int:
    """Calls a command; each is imported only when it is called."""
    if options.command in _READS:
        threads.check()
    module, function = _ELSEWHERE.get(options.command, (options.command, "run"))
    called = getattr(importlib.import_module(f"skewgate.cli.{module}"), function)
    code: int = called(options)
    return code


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
