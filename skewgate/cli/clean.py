"""`skewgate clean`: removes what runs left and is beyond the limits of pipeline.yaml."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from skewgate.cli import console, verdicts
from skewgate.core import run_ids, temporary, unexpected
from skewgate.core.errors import EXIT_PASS, InputError, SkewgateError
from skewgate.core.hidden import visible
from skewgate.core.wording import listed, many

if TYPE_CHECKING:
    from skewgate.pipeline.retention.cleaning import Cleaned, Line
    from skewgate.pipeline.settings import Settings

_HEAD = ("", "removed", "bytes", "kept", "bytes", "why kept")
_RIGHT = (False, True, True, True, True, False)
_UNITS = ("B", "KB", "MB", "GB", "TB")


def run(arguments: argparse.Namespace) -> int:
    """Cleans, prints a table for each pipeline and returns the exit code.

    Args:
        arguments: config, root, dry_run, json, wait.

    Raises:
        InputError: the settings have no limits, a run is at work, or something cannot be read or
            removed.
    """
    from skewgate.pipeline import settings as settings_lib
    from skewgate.pipeline.checking import checks

    path = settings_lib.chosen(arguments.config)
    settings = checks.of_keys(path)
    if settings.retention is None:  # before TFX is loaded
        raise InputError(
            path,
            "has no `retention`, so nothing is ever removed",
            "add one, such as `retention: {keep: 90d}`",
        )
    with temporary.folder() as folder, console.redirected(folder / "log") as out:
        found = []
        for each in _cleaned(settings, arguments, out):
            found.append(each)
            if not arguments.json:
                print(table(each, dry_run=arguments.dry_run), file=out, flush=True)
    if arguments.json:
        console.print_json(_json(found, dry_run=arguments.dry_run))
    return EXIT_PASS


def _cleaned(settings: Settings, arguments: argparse.Namespace, out: TextIO) -> Iterator[Cleaned]:
    """Yields what became of each pipeline, each in its turn; first of what refers to the other."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from skewgate.pipeline import turns
    from skewgate.pipeline.common import MONITORING, TRAINING
    from skewgate.pipeline.retention import cleaning

    def waiting(owner: str) -> None:
        if not arguments.json:
            print(f"clean: waiting for {owner}", file=out, flush=True)

    for pipeline in (MONITORING, TRAINING):
        if arguments.root:
            yield cleaning.clean_root(settings, pipeline, arguments.root, dry_run=arguments.dry_run)
            continue
        name = settings.pipeline_name(pipeline)
        wait = waiting if arguments.wait else None
        with turns.turn(settings.root, name, run_ids.new(), wait):
            yield cleaning.clean(settings, pipeline, dry_run=arguments.dry_run)


def after_run(settings: Settings, pipeline: str, run_id: str) -> None:
    """Cleans up after a run that still has its turn; that this fails is told, and changes nothing.

    Args:
        settings: with or without limits.
        pipeline: "training" or "monitoring".
        run_id: of the run, whose log takes what libraries say.
    """
    if settings.retention is None:
        return
    try:
        with console.redirected(settings.log_path(pipeline, run_id)):
            from skewgate.pipeline.retention import cleaning

            cleaned = cleaning.clean(settings, pipeline)
    except SkewgateError as error:
        _not_cleaned(pipeline, str(error))
    except Exception as error:  # noqa: BLE001 (whatever it is, the verdict stands)
        _not_cleaned(pipeline, unexpected.in_short(error))
    else:
        gone = next(line.removed for line in cleaned.lines if line.what == "runs")
        if gone:
            print(
                f"{pipeline}: removed what {many(gone, 'run')} left ({size(cleaned.removed_bytes)})"
            )
        for path, problem in cleaned.unknown:
            console.say(f"{pipeline}: kept {verdicts.shorten(path)}: it {problem}")


def _not_cleaned(pipeline: str, why: str) -> None:
    sys.stdout.flush()
    print(f"skewgate: {pipeline}: nothing was cleaned up: {visible(why)}", file=sys.stderr)


def table(cleaned: Cleaned, *, dry_run: bool) -> str:
    """Returns what became of a pipeline, a kind a line."""
    head = [cleaned.pipeline, *_HEAD[1:]]
    head[1] = "to remove" if dry_run else head[1]
    rows = [head, *map(_cells, cleaned.lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            console.padded(cell, width, right=right)
            for cell, width, right in zip(row, widths, _RIGHT, strict=True)
        ).rstrip()
        for row in rows
    ]
    lines += [f"  kept {verdicts.shorten(path)}: it {why}" for path, why in cleaned.unknown]
    return "\n".join(map(visible, lines))


def _cells(line: Line) -> Sequence[str]:
    why = [f"{count:,} {reason}" for reason, count in sorted(line.why.items())]
    return (
        f"  {line.what}",
        f"{line.removed:,}",
        size(line.removed_bytes) if line.removed_bytes else "",
        f"{line.kept:,}",
        size(line.kept_bytes) if line.kept_bytes else "",
        listed(why, nothing=""),
    )


def size(count: int) -> str:
    """Returns a number of bytes in the unit that fits it.

    >>> size(0), size(999), size(1000), size(1_234_567), size(999_999)
    ('0 B', '999 B', '1.0 KB', '1.2 MB', '1.0 MB')
    """
    value, unit = float(count), 0
    while round(value, 1 if unit else 0) >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{count} B"


def _json(found: Iterable[Cleaned], *, dry_run: bool) -> str:
    content = {
        "dry_run": dry_run,
        "pipelines": [
            {
                "pipeline": each.pipeline,
                "lines": [dataclasses.asdict(line) for line in each.lines],
                "unknown": [{"path": path, "problem": problem} for path, problem in each.unknown],
            }
            for each in found
        ],
    }
    return json.dumps(content, indent=2)
