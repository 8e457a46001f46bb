"""`skewgate run`: a pipeline on local Beam, with progress, a table of verdicts and an exit code."""

from __future__ import annotations

import os
import pathlib
import sys
import time
from typing import TYPE_CHECKING, TextIO

from skewgate.cli import console, verdicts
from skewgate.core.errors import EXIT_PASS, GateShutError, InputError, SkewgateError

if TYPE_CHECKING:
    from skewgate.pipeline.settings import Settings


def run(name: str, config: str | None, scheduled_time: str | None = None) -> int:
    """Runs the pipeline `name` and returns the exit code.

    Args:
        name: "training" or "monitoring".
        config: path of the settings; the taxi example without it.
        scheduled_time: what the run was scheduled for; now by default.

    Raises:
        InputError: settings, contracts or data cannot be used.
        SkewgateError: something else went wrong; the message names the log.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from skewgate.pipeline import settings as settings_lib

    settings = settings_lib.load(config or settings_lib.DEFAULT)
    root = pathlib.Path(settings.root)
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(str(root), f"cannot be made: {error.strerror}", "change `root`") from error
    settings.prepare_data()
    log = root / "logs" / f"{name}-{time.strftime('%Y%m%dT%H%M%S')}.log"
    with console.redirected(log) as out:
        shut = _execute(name, settings, scheduled_time or "", out, log)
        from skewgate.pipeline import records

        nodes = records.last_run(settings.metadata_path, f"{settings.name}-{name}")
        reports = [(node.node, report) for node in nodes for report in node.reports]
    verdicts.show(reports)
    if shut is not None:
        sys.stdout.flush()
        print(f"skewgate: {name}: {shut}".replace(f"{os.getcwd()}{os.sep}", ""), file=sys.stderr)
        return shut.exit_code
    code = verdicts.exit_code([record for _, record in reports])
    if code != EXIT_PASS:
        return code
    print(f"{name}: passed")
    return EXIT_PASS


def _execute(
    name: str, settings: Settings, scheduled_time: str, out: TextIO, log: pathlib.Path
) -> GateShutError | None:
    """Builds and runs the pipeline; returns the gate that shut, if one did."""
    print(f"{name}: loading TFX (log: {verdicts.shorten(str(log))})", file=out, flush=True)
    from skewgate.pipeline import deployments, factories, local_runner

    try:
        place = deployments.local(settings, name, scheduled_time)
        pipeline = factories.create(name, settings, place)
        total = len(pipeline.components)
        progress = console.Progress(out, total)
        local_runner.run(pipeline, settings.metadata_path, progress)
    except GateShutError as error:
        return error
    except SkewgateError:
        raise
    except Exception as error:
        cause = (
            f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"
        )
        raise SkewgateError(f"{name} stopped: {cause}. The log has the details: {log}") from error
    return None
