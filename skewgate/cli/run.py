"""`skewgate run`: a pipeline on local Beam, with progress, a table of verdicts and an exit code."""

from __future__ import annotations

import argparse
import dataclasses
import os
import pathlib
import sys
from typing import TYPE_CHECKING, TextIO

from skewgate.cli import clean, console, verdicts
from skewgate.core import run_ids, system_errors, temporary, unexpected
from skewgate.core.errors import EXIT_PASS, GateShutError, InputError, SkewgateError
from skewgate.core.hidden import visible, visible_lines

if TYPE_CHECKING:
    from skewgate.pipeline.records import ReportRecord
    from skewgate.pipeline.settings import Settings


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What one run came to.

    Attributes:
        run_id: the run that it is about.
        reports: its reports, each with the node that published it.
        shut: the gate that shut, if one did.
    """

    run_id: str
    reports: list[tuple[str, ReportRecord]]
    shut: GateShutError | None

    @property
    def exit_code(self) -> int:
        """The exit code that it gives."""
        if self.shut is not None:
            return self.shut.exit_code
        return verdicts.exit_code([record for _, record in self.reports])


def run(options: argparse.Namespace) -> int:
    """Runs a pipeline, or one that was compiled, and returns the exit code.

    Args:
        options: pipeline, config, scheduled_time, wait, and those of a compiled pipeline.

    Raises:
        InputError: an option does not apply, or the pipeline cannot run.
    """
    _check(options)
    if options.from_spec:
        from skewgate.cli import from_spec

        return from_spec.run(options)
    return execute(
        options.pipeline, options.config, options.scheduled_time, wait=options.wait
    ).exit_code


def _check(options: argparse.Namespace) -> None:
    """Raises InputError if an option of `skewgate run` would not be looked at."""
    if options.from_spec and options.config:
        raise InputError("--config", "does not apply to a compiled pipeline", "leave it out")
    if options.from_spec and options.scheduled_time:
        raise InputError(
            "--scheduled-time",
            "does not apply to a compiled pipeline",
            "give --parameter scheduled-time=TIME",
        )
    if options.from_spec and options.wait:
        raise InputError("--wait", "does not apply to a compiled pipeline", "leave it out")
    for name in ("root", "parameter", "command-prefix", "object-store", "cache"):
        if getattr(options, name.replace("-", "_")) and not options.from_spec:
            raise InputError(f"--{name}", "only works with --from-spec", "leave it out")


def execute(
    name: str, config: str | None, scheduled_time: str | None = None, *, wait: bool = False
) -> Outcome:
    """Runs the pipeline `name` when it has its turn, and prints what came of it.

    Args:
        name: "training" or "monitoring".
        config: path of the settings; the pipeline.yaml of the working directory without it.
        scheduled_time: what the run was scheduled for; now by default.
        wait: waits for another run of this pipeline in the same root instead of refusing.

    Raises:
        InputError: settings, contracts or data cannot be used, or another run is at work.
        SkewgateError: something else went wrong; the message names the log.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from skewgate.pipeline import settings as settings_lib
    from skewgate.pipeline import user_modules
    from skewgate.pipeline.checking import checks

    path = settings_lib.chosen(config)
    with user_modules.beside(path):
        settings = checks.of_run(path, name, scheduled_time or "")
        temporary.use_own_folder()
        return _in_turn(name, path, settings, scheduled_time or "", wait=wait)


def _in_turn(
    name: str, path: str, settings: Settings, scheduled_time: str, *, wait: bool
) -> Outcome:
    """Runs the pipeline when it has its turn; see `execute`."""
    from skewgate.pipeline import turns
    from skewgate.pipeline.checking import checks

    root = pathlib.Path(settings.root)
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(str(root), f"cannot be made: {error.strerror}", "change `root`") from error

    def waiting(owner: str) -> None:
        print(f"{name}: waiting for {owner}", flush=True)

    run_id = run_ids.new()
    pipeline = settings.pipeline_name(name)
    with turns.turn(settings.root, pipeline, run_id, waiting if wait else None):
        try:
            with turns.turn(settings.root, "prepare", run_id, waiting):
                settings.prepare_data()
            if settings.prepare:
                checks.of_data(path, settings, name)
            outcome = _run(name, settings, scheduled_time, run_id)
        except SkewgateError:
            clean.after_run(settings, name, run_id)
            raise
        _show(name, outcome)
        clean.after_run(settings, name, run_id)
    return outcome


def _show(name: str, outcome: Outcome) -> None:
    """Prints what a run came to."""
    verdicts.show(outcome.reports)
    if outcome.shut is not None:
        sys.stdout.flush()
        told = f"skewgate: {name}: {outcome.shut}".replace(f"{os.getcwd()}{os.sep}", "")
        print(visible_lines(told), file=sys.stderr)
    elif outcome.exit_code == EXIT_PASS:
        print(f"{name}: passed")


def _run(name: str, settings: Settings, scheduled_time: str, run_id: str) -> Outcome:
    """Runs the pipeline with all that libraries say in a log."""
    log = settings.log_path(name, run_id)
    with console.redirected(log) as out:
        shut = _execute(name, settings, scheduled_time, run_id, out)
        from skewgate.pipeline import records

        nodes = records.of_run(settings.metadata_path(name), run_id)
    return Outcome(run_id, [(node.node, each) for node in nodes for each in node.reports], shut)


def _execute(
    name: str, settings: Settings, scheduled_time: str, run_id: str, out: TextIO
) -> GateShutError | None:
    """Builds and runs the pipeline; returns the gate that shut, if one did."""
    log = settings.log_path(name, run_id)
    print(f"{name}: loading TFX (log: {visible(verdicts.shorten(str(log)))})", file=out, flush=True)
    from skewgate.pipeline import deployments, factories, local_runner

    try:
        place = deployments.local(settings, name, scheduled_time)
        pipeline = factories.create(name, settings, place)
        total = len(pipeline.components)
        progress = console.Progress(out, total)
        local_runner.run(pipeline, settings.metadata_path(name), progress, run_id)
    except GateShutError as error:
        return error
    except SkewgateError:
        raise
    except Exception as error:
        cause = str(system_errors.refusal(error) or unexpected.in_short(error)).rstrip(".")
        raise SkewgateError(f"{name} stopped: {cause}. The log has the details: {log}") from error
    return None
