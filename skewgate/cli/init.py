"""`skewgate init`: contracts, a pipeline and a trainer for one's own data."""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from skewgate.cli import reading_args
from skewgate.core.errors import EXIT_PASS, InputError

if TYPE_CHECKING:
    from skewgate.scaffold.plan import Plan, Table


def add_parser(commands: Any) -> None:
    """Adds the command to those of the command line."""
    init = commands.add_parser(
        "init",
        help="write contracts, a pipeline and a trainer for your data",
        description="Looks at data and writes what both pipelines need, with comments that say "
        "why: pipeline.yaml, schema.pbtxt, drift.yaml, skew.yaml, eval_config.pbtxt, "
        "performance.yaml and those of monitoring, and trainer.py. All of it is yours to change.",
        epilog="exit codes: 0 written, 2 usage or bad input",
    )
    init.add_argument("data", metavar="DATA", help="rows to learn from: file, folder or pattern")
    init.add_argument(
        "--serving",
        metavar="DATA",
        help="rows that the served model sees (default: hold out a part of DATA)",
    )
    init.add_argument(
        "--label",
        metavar="COLUMN",
        help="the column to predict (default: the column that --serving lacks, or that is called "
        "label, target, y, class, outcome or response)",
    )
    init.add_argument("--out", metavar="DIR", default=".", help="folder to write (default: .)")
    init.add_argument("--force", action="store_true", help="replace existing files")
    init.add_argument("--quiet", action="store_true", help="no progress")
    reading_args.add(init)
    init.set_defaults(dataset="")


def run(options: argparse.Namespace) -> int:
    """Runs the command and returns its exit code.

    Args:
        options: data, serving, label, out, force, quiet, and those of CSV.

    Raises:
        InputError: the data cannot be used, or files are there already.
    """
    from skewgate.cli import console
    from skewgate.scaffold import files
    from skewgate.scaffold import plan as plan_lib
    from skewgate.storage import atomic

    _check_free(options.out, files.NAMES, force=options.force)
    csv = reading_args.parse(options)
    training = look(options, options.data)
    serving = look(options, options.serving) if options.serving else None
    plan = plan_lib.make(training, serving, options.label, csv, step=_steps(options))
    texts = files.render(plan, options.out)
    try:
        atomic.write_set(options.out, texts)
    except OSError as error:
        raise InputError(
            options.out, f"cannot be written: {error.strerror}", "change --out"
        ) from error
    for line in _told(plan, options.out):
        console.say(line)
    return EXIT_PASS


def _check_free(folder: str, names: tuple[str, ...], *, force: bool) -> None:
    """Raises InputError if a file would be replaced that nobody said may be."""
    there = [name for name in names if os.path.lexists(os.path.join(folder, name))]
    if there and not force:
        raise InputError(
            folder,
            f"already has {', '.join(there)}",
            "give another --out, or --force to replace them",
        )


def look(options: argparse.Namespace, place: str) -> Table:
    """Reads data once and returns what was found.

    Raises:
        InputError: the data cannot be read.
    """
    from skewgate.api import inferring
    from skewgate.cli import schema_data
    from skewgate.scaffold.plan import Table
    from skewgate.statistics.reading import parse_profile

    statistics = schema_data.read(options, place)
    schema = inferring.of_statistics(statistics, place)
    profile = parse_profile(statistics.SerializeToString(), place)
    return Table(place, schema.proto, profile, int(schema.rows))


def _steps(options: argparse.Namespace) -> Callable[[], None]:
    """Returns what tells, on a terminal, that a rehearsal is at work."""
    if options.quiet or not sys.stderr.isatty():
        return lambda: None
    count = itertools.count(1)

    def step() -> None:
        sys.stderr.write(f"\rrehearsing thresholds: {next(count)} comparisons\x1b[K\r")
        sys.stderr.flush()

    return step


def _told(plan: Plan, folder: str) -> Iterator[str]:
    """Yields what the user has to know of what was written."""
    from skewgate.core.results import Status
    from skewgate.core.wording import listed
    from skewgate.scaffold import files
    from skewgate.scaffold.labels import Kind

    label, training = plan.label, plan.training
    kind = "a number" if label.kind is Kind.NUMBER else f"of {len(label.classes)} classes"
    yield f"{training.place}: {training.rows:,} rows, {len(plan.columns)} columns"
    yield f"predicts {label.name} ({kind}) from {len(plan.features)} columns"
    left = [name for name in plan.columns if name not in plan.features and name != label.name]
    for name in left:
        why = plan.drifting.ignored.get(name, "is not in the serving data")
        yield f"  leaves out {name}, which {why}"
    if plan.serving is None:
        yield "  holds out a part of the rows for monitoring, because no --serving data were given"
    else:
        extra = [name for name in plan.serving.names if name not in plan.columns]
        if extra:
            lacking = listed(extra)
            yield f"  {plan.serving.place} has columns that the training data lack: {lacking}"
        failed = plan.drifting.of(Status.FAIL)
        if failed:
            names = listed(sorted({each.label for each in failed}))
            yield (
                f"  {plan.serving.place} already differs from the training data, so monitoring "
                f"will stop until that is fixed or drift.yaml allows it: {names}"
            )
    config = os.path.join(folder, files.PIPELINE)
    yield f"wrote {len(files.NAMES)} files into {folder}: {', '.join(files.NAMES)}"
    yield f"next: skewgate run training --config {config}"
    yield f"then: skewgate run monitoring --config {config}"
