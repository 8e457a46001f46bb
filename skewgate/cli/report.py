"""`skewgate report`: the page of a report again, or many reports over time."""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import sys
from collections.abc import Sequence

from skewgate.cli import console, table
from skewgate.core import streams, system_errors
from skewgate.core.errors import EXIT_PASS, InputError
from skewgate.core.hidden import visible
from skewgate.core.results import Status
from skewgate.core.wording import rounded, shortened
from skewgate.report import page, rendering
from skewgate.report import report as report_lib
from skewgate.report import timeline as timeline_lib
from skewgate.report.timeline import Series, Timeline
from skewgate.storage import atomic

_MOST_WINDOWS = 60
_MOST_QUIET = 20
"""Rows without an alarm that are listed; the rest are only counted."""
_LONGEST = 40
_LETTERS = {Status.FAIL: "F", Status.INCONCLUSIVE: "?", Status.PASS: "."}


def run(options: argparse.Namespace) -> int:
    """Runs the command and returns its exit code.

    Args:
        options: runs, out, json.

    Raises:
        InputError: there is no report, one cannot be read, or they are of different kinds.
    """
    found = [(str(path), report_lib.read(path)) for path in _folders(options.runs)]
    if len(found) == 1:
        _one(*found[0], options)
    else:
        _many(timeline_lib.build(timeline_lib.in_order(found)), options)
    return EXIT_PASS


def _folders(places: Sequence[str]) -> list[pathlib.Path]:
    """Returns the folders with a report: those named, or those right below them; each once."""
    found: dict[str, pathlib.Path] = {}
    for place in places:
        path = pathlib.Path(place)
        if not os.path.isdir(path):
            refused = system_errors.unreachable(path)
            if refused is not None:
                raise refused
            problem = "is a file, not a folder" if os.path.exists(path) else "no such folder"
            raise InputError(place, problem, "give the folder that holds report.json")
        try:
            below = [path] if _holds_report(path) else sorted(filter(_holds_report, path.iterdir()))
        except OSError as error:
            raise InputError(
                place, f"cannot be read: {error.strerror}", "check who may read it"
            ) from error
        if not below:
            raise InputError(
                place,
                f"holds no {report_lib.JSON_NAME}, and none of the folders in it does",
                "give the folder of a report, such as --out of `skewgate drift`",
            )
        for each in below:
            found.setdefault(os.path.realpath(each), each)
    return list(found.values())


def _holds_report(path: pathlib.Path) -> bool:
    """Says whether a report was published in a folder; a hidden one is of a killed writer."""
    return not path.name.startswith(".") and os.path.isfile(path / report_lib.JSON_NAME)


def _one(folder: str, report: report_lib.Report, options: argparse.Namespace) -> None:
    """Renders one report again: beside its report.json, unless another file is named."""
    out = options.out or str(pathlib.Path(folder) / rendering.HTML_NAME)
    if options.out or not options.json:
        _write(out, rendering.render_html(report))
    if options.json:
        console.print_json(rendering.render_json(report))
        return
    colour = console.has_colours(sys.stdout)
    print(table.render(report.decision.results, colour=colour, encoding=sys.stdout.encoding))
    print(f"\n{report.decision.status.value.upper()}: {report.headline()}")
    console.say(f"Report: {out}")


def _many(timeline: Timeline, options: argparse.Namespace) -> None:
    if options.out:
        _write(options.out, page.render_timeline(timeline))
    if options.json:
        content = timeline_lib.to_json(timeline)
        console.print_json(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False))
        return
    out = sys.stdout
    print(render(timeline, colour=console.has_colours(out), encoding=out.encoding))
    print(f"\n{visible(timeline_lib.sentence(timeline))}")
    if options.out:
        console.say(f"Report: {options.out}")


def _write(path: str, content: str) -> None:
    try:
        atomic.write_atomically(path, content)
    except OSError as error:
        raise InputError(
            path, f"cannot be written: {error.strerror}", "name a file, with --out"
        ) from error


def render(timeline: Timeline, *, colour: bool, encoding: str | None = None) -> str:
    """Returns a letter for each feature and window, those with alarms first.

    Args:
        timeline: what to show.
        colour: whether the output is a terminal that shows colours.
        encoding: of the output.
    """
    start = max(len(timeline.windows) - _MOST_WINDOWS, 0)
    alarms = [row for row in timeline.rows if row.first_alarm is not None]
    quiet = [row for row in timeline.rows if row.first_alarm is None]
    shown = [*alarms, *quiet[:_MOST_QUIET]]
    labels = [streams.shown(shortened(visible(row.label), _LONGEST), encoding) for row in shown]
    width = max(map(console.columns, [*labels, "feature"]))
    count = len(timeline.windows) - start
    first, last = (visible(timeline.windows[i].name) for i in (start, -1))
    lines = [
        f"{timeline.kind} in {len(timeline.windows)} windows"
        + (f", the last {count} of them" if start else "")
        + f": {first} to {last}",
        "",
        f"{'feature':<{width}}  {'windows':<{max(count, 7)}}  first alarm",
    ]
    for row, label in zip(shown, labels, strict=True):
        letters = "".join(_letter(row, i, colour) for i in range(start, len(timeline.windows)))
        room = " " * max(7 - count, 0)
        lines.append(
            f"{console.padded(label, width)}  {letters}{room}  {_alarm(timeline, row)}".rstrip()
        )
    if len(quiet) > _MOST_QUIET:
        lines.append(f"... and {len(quiet) - _MOST_QUIET:,} more without an alarm")
    lines.append("F fail, ? inconclusive, . pass, blank: not checked")
    return "\n".join(lines)


def _letter(row: Series, index: int, colour: bool) -> str:
    result = row.results[index]
    if result is None:
        return " "
    letter = _LETTERS[result.status]
    return table.coloured(letter, result.status) if colour else letter


def _alarm(timeline: Timeline, row: Series) -> str:
    if row.first_alarm is None:
        return ""
    result = row.results[row.first_alarm]
    assert result is not None
    value = "" if result.value is None else f" {rounded(result.value, 3, result.limit)}"
    bound = "" if result.limit is None else f", limit {rounded(result.limit, 3, result.value)}"
    name = visible(timeline.windows[row.first_alarm].name)
    return f"{name}: {visible(result.metric)}{value}{bound}"
