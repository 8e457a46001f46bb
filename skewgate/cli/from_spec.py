"""`skewgate run --from-spec`: runs a compiled pipeline without a cluster."""

from __future__ import annotations

import argparse
import os
import pathlib
import shlex
import sys

from skewgate.cli import console, verdicts
from skewgate.core.errors import EXIT_FAIL, EXIT_INCONCLUSIVE, EXIT_PASS, EXIT_USAGE, InputError
from skewgate.core.hidden import visible_lines
from skewgate.kubeflow import parameters
from skewgate.kubeflow.local import artifacts, launcher
from skewgate.kubeflow.local import spec as spec_lib
from skewgate.kubeflow.local.results import FAILED, SHUT
from skewgate.kubeflow.local.stopping import StoppedError

DEFAULT_ROOT = ".skewgate/from-spec"


def run(arguments: argparse.Namespace) -> int:
    """Runs the pipeline and returns the exit code.

    A task that broke counts most, then a shut gate, then a report that is not blessed.

    Args:
        arguments: from_spec, root, parameter, command_prefix, object_store, cache.

    Raises:
        InputError: the file, a parameter or the folder cannot be used.
        StoppedError: a signal came.
    """
    spec = spec_lib.load(arguments.from_spec)
    run_of = launcher.Launcher(
        spec,
        pathlib.Path(arguments.root or DEFAULT_ROOT),
        parameters.parse_assignments(arguments.parameter),
        command_prefix=_prefix(arguments.command_prefix),
        object_store=arguments.object_store,
        use_cache=arguments.cache,
        progress=console.Progress(sys.stdout, len(spec.tasks)),
    )
    console.say(f"{spec.name}: running in {verdicts.shorten(str(run_of.run_folder))}")
    sys.stdout.flush()
    try:
        results = run_of.run()
    except StoppedError as error:
        raise StoppedError(f"{spec.name}: {error}") from error
    reports = [
        (name, record)
        for name, result in results.items()
        for record in artifacts.reports(result.outputs, run_of.mounts(name))
    ]
    verdicts.show(reports)
    sys.stdout.flush()
    for name, result in results.items():
        if result.state in (FAILED, SHUT):
            message = run_of.located(result.message).replace(f"{os.getcwd()}{os.sep}", "")
            print(f"skewgate: {spec.name}: {name}: {visible_lines(message)}", file=sys.stderr)
    states = {result.state for result in results.values()}
    if FAILED in states:
        return EXIT_USAGE
    shut = [result.exit_code for result in results.values() if result.state == SHUT]
    if shut:
        return EXIT_FAIL if EXIT_FAIL in shut else EXIT_INCONCLUSIVE
    code = verdicts.exit_code([record for _, record in reports])
    if code == EXIT_PASS:
        print(f"{spec.name}: passed")
    return code


def _prefix(text: str | None) -> tuple[str, ...]:
    """Returns the words of a command.

    Raises:
        InputError: a quote is not closed.
    """
    try:
        return tuple(shlex.split(text or ""))
    except ValueError as error:
        raise InputError("--command-prefix", f"is not a command ({error}): {text!r}") from error
