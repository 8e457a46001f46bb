"""`skewgate schedule`: makes a compiled pipeline run by a schedule, and says a run's window."""

from __future__ import annotations

import argparse
import json
from typing import Any

from skewgate.core.errors import EXIT_PASS
from skewgate.data.windows import durations, scheduled
from skewgate.data.windows.grids import Grid

_EPILOG = "exit codes: 0 done, 2 usage or bad input"


def add_parser(commands: Any) -> None:
    """Adds the command to those of the command line."""
    schedule = commands.add_parser(
        "schedule",
        help="run a compiled pipeline on a schedule",
        description="Runs a compiled pipeline on a schedule. Each run gets the time it was "
        "scheduled for, so a late or repeated run evaluates the same window.",
    )
    targets = schedule.add_subparsers(dest="schedule_command", metavar="COMMAND", required=True)
    kubeflow = targets.add_parser(
        "kubeflow",
        help="make a recurring run of Kubeflow Pipelines",
        description="Makes a recurring run of Kubeflow Pipelines from a pipeline that `skewgate "
        "compile --target kubeflow` wrote.",
        epilog=_EPILOG,
    )
    kubeflow.add_argument("spec", metavar="SPEC", help="compiled pipeline (.yaml)")
    kubeflow.add_argument("--host", required=True, help="address of Kubeflow Pipelines")
    kubeflow.add_argument("--experiment", default="skewgate", help="group of its runs (skewgate)")
    kubeflow.add_argument("--namespace", help="of the experiment, where there are several users")
    kubeflow.add_argument("--no-catch-up", action="store_true", help="skip runs that were missed")
    vertex = targets.add_parser(
        "vertex",
        help="make a schedule of Vertex AI",
        description="Makes a schedule of Vertex AI from a pipeline that `skewgate compile "
        "--target vertex` wrote.",
        epilog=_EPILOG,
    )
    vertex.add_argument("spec", metavar="SPEC", help="compiled pipeline (.json)")
    vertex.add_argument("--project", required=True, help="project of Google Cloud")
    vertex.add_argument("--location", required=True, help="such as europe-west4")
    vertex.add_argument("--time-zone", default="UTC", help="time zone of --cron (UTC)")
    for target in (kubeflow, vertex):
        _add_common(target)
    window = targets.add_parser(
        "window",
        help="print the end of the window of a scheduled run",
        description="Prints the end of the window that a run evaluates, from the time that the "
        "run was scheduled for.",
        epilog=_EPILOG,
    )
    window.add_argument(
        "scheduled",
        metavar="TIME",
        help="2026-11-25T06:00:00Z, 20261125060000 as Kubeflow writes it, or the name of a Job "
        "that a CronJob made",
    )
    window.add_argument(
        "--every", required=True, metavar="LENGTH", help="length of windows: 15m, 6h, 1d, 1w, 1mo"
    )
    window.add_argument(
        "--offset", default="0h", metavar="LENGTH", help="moves all windows, such as 6h (0h)"
    )
    window.add_argument("--time-zone", default="UTC", help="where days begin (UTC)")
    window.add_argument("--start", action="store_true", help="print its start before its end")
    window.add_argument("--name", action="store_true", help="print its name first")


def _add_common(target: argparse.ArgumentParser) -> None:
    target.add_argument("--name", required=True, help="name of the schedule")
    target.add_argument("--cron", required=True, help="five fields, such as '0 6 * * *'")
    target.add_argument(
        "--time-parameter",
        metavar="NAME",
        default="scheduled-time",
        help="parameter that gets the scheduled time (scheduled-time)",
    )
    target.add_argument(
        "--parameter",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="another parameter of its runs; may be repeated",
    )
    target.add_argument("--service-account", help="that its runs use")
    target.add_argument(
        "--most-at-once", metavar="N", type=_count, default=1, help="runs at the same time (1)"
    )
    target.add_argument(
        "--dry-run", action="store_true", help="print the request as JSON and send nothing"
    )


def run(options: argparse.Namespace) -> int:
    """Runs one of the commands and returns the exit code.

    Raises:
        InputError: the pipeline, the schedule or a time cannot be used.
        SkewgateError: the scheduler could not be reached, or refused.
    """
    if options.schedule_command == "window":
        return _window(options)
    from skewgate.kubeflow import parameters
    from skewgate.kubeflow.schedule import schedules

    target = options.schedule_command
    compiled = schedules.load(options.spec, target)
    schedule = schedules.Schedule(
        name=options.name,
        cron=options.cron,
        time_parameter=options.time_parameter,
        values=parameters.parse_assignments(options.parameter),
        most_at_once=options.most_at_once,
    )
    if target == schedules.KUBEFLOW:
        request = schedules.kubeflow_request(
            compiled,
            schedule,
            host=options.host,
            experiment=options.experiment,
            namespace=options.namespace,
            service_account=options.service_account,
            catch_up=not options.no_catch_up,
        )
    else:
        request = schedules.vertex_request(
            compiled,
            schedule,
            project=options.project,
            location=options.location,
            zone=options.time_zone,
            service_account=options.service_account,
        )
    if options.dry_run:
        print(json.dumps(request, indent=2, sort_keys=True))
        return EXIT_PASS
    from skewgate.kubeflow.schedule import schedule_clients

    if target == schedules.KUBEFLOW:
        print(f"recurring run {schedule_clients.create_on_kubeflow(request)}")
    else:
        print(f"schedule {schedule_clients.create_on_vertex(request)}")
    return EXIT_PASS


def _window(options: argparse.Namespace) -> int:
    every, offset = (
        durations.parse(getattr(options, name), f"--{name}") for name in ("every", "offset")
    )
    found = scheduled.window(options.scheduled, Grid(every, offset, options.time_zone))
    moments = (found.start, found.end) if options.start else (found.end,)
    names = [found.name] if options.name else []
    print(*names, *map(scheduled.write, moments))
    return EXIT_PASS


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10:
        raise argparse.ArgumentTypeError(f"must be a number from 1 to 10, got {text!r}")
    return int(text)
