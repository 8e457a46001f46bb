"""`skewgate drift`: compares two data sets, prints the verdict and why, writes the report."""

from __future__ import annotations

import argparse
import pathlib
import sys
from collections.abc import Sequence

from skewgate.api import comparing, reports
from skewgate.checks.drift import config as config_lib
from skewgate.checks.drift.suggesting import Suggestion, snippet
from skewgate.cli import console, reading_args, table
from skewgate.core import yaml_model
from skewgate.core.errors import EXIT_FAIL, EXIT_INCONCLUSIVE, EXIT_PASS, InputError
from skewgate.core.hidden import visible
from skewgate.core.results import Status
from skewgate.core.wording import listed
from skewgate.profiling import engine
from skewgate.report import failures, markdown, rendering
from skewgate.report import report as report_lib
from skewgate.schema import reading as schema_lib

_MOST_NAMES = 10  # of features, in a note
_MOST_SUGGESTIONS = 10


def run(options: argparse.Namespace) -> int:
    """Runs the command and returns its exit code.

    Args:
        options: baseline, current, config, schema, dataset, out, format, json, exact, quiet, and
            those of CSV.

    Raises:
        InputError: data, configuration or schema cannot be used.
    """
    shown_as = _format(options)
    config = (
        yaml_model.load(config_lib.DriftConfig, options.config)
        if options.config
        else config_lib.DriftConfig()
    )
    reading = console.Reading(sys.stderr, quiet=options.quiet)
    read_options = engine.ReadOptions(
        schema=schema_lib.load_schema(options.schema) if options.schema else None,
        progress=reading,
        csv=reading_args.parse(options),
    )
    places = (options.baseline, options.current)
    datasets = _datasets(options.dataset)
    baseline, current = (
        engine.open_side(place, read_options, dataset)
        for place, dataset in zip(places, datasets, strict=True)
    )
    sides = (baseline, current)
    _check_datasets(datasets, sides)
    report = comparing.compare_sides(
        sides,
        config,
        read_options,
        exact=options.exact,
        where=options.config or "drift.yaml",
        progress=reading,
    )
    notes = {path: texts for side in sides for path, texts in side.notes().items()}
    console.tell(notes, quiet=options.quiet)
    written = reports.write(report, options.out, "change --out") if options.out else None
    if shown_as == "json":
        console.print_json(rendering.render_json(report))
    elif shown_as == "markdown":
        print(markdown.render(report), end="")
    else:
        _show(report, written)
    if report.decision.blessed:
        return EXIT_PASS
    return EXIT_FAIL if report.decision.status is Status.FAIL else EXIT_INCONCLUSIVE


def _format(options: argparse.Namespace) -> str:
    """Returns how to print the report.

    Raises:
        InputError: two ways are asked for.
    """
    chosen: str | None = options.format
    if options.json and chosen not in (None, "json"):
        raise InputError("--json", f"contradicts --format {chosen}", "give only one of them")
    return "json" if options.json else chosen or "table"


def _datasets(names: Sequence[str]) -> tuple[str, str]:
    """Returns the data set to take of each side, "" for all examples.

    Raises:
        InputError: more are named than there are sides.
    """
    if len(names) > 2:
        raise InputError(
            "--dataset", f"is given {len(names)} times", "give it once for both sides, or for each"
        )
    baseline, current = (*names, *names, "", "")[:2] if len(names) < 2 else names
    return baseline, current


def _check_datasets(names: Sequence[str], sides: Sequence[engine.Side]) -> None:
    """Makes sure that the data set that is named is one of statistics."""
    if any(names) and not any(side.statistics for side in sides):
        raise InputError(
            "--dataset", "chooses among statistics, but both sides are rows", "leave it out"
        )


def _show(report: report_lib.Report, written: pathlib.Path | None) -> None:
    out = sys.stdout
    print(
        table.render(
            report.decision.results,
            colour=console.has_colours(out),
            encoding=out.encoding,
        )
    )
    print()
    found = report.decision
    rows = [f"{side['rows']:,}" for side in (report.baseline, report.current)]
    print(
        f"{found.status.value.upper()}: {found.count(Status.FAIL)} failed, "
        f"{found.count(Status.INCONCLUSIVE)} inconclusive of {len(found.results)} checks "
        f"({rows[0]} baseline and {rows[1]} current rows)"
    )
    if found.failures:
        print(failures.explain(found.failures))
    notes: dict[str, list[str]] = {}
    for feature, note in report.details.get("notes", {}).items():
        notes.setdefault(note, []).append(feature)
    for note, features in notes.items():
        print(visible(f"Note: {listed(features, _MOST_NAMES)}: {note}"))
    suggestions = report.details.get("suggestions", ())
    if suggestions:
        _show_suggestions([Suggestion(**each) for each in suggestions])
    if written is not None:
        console.say(f"Report: {written}")


def _show_suggestions(suggestions: Sequence[Suggestion]) -> None:
    """Prints which columns the configuration might ignore."""
    print("Columns you may want to ignore (they count until drift.yaml says so):")
    for each in suggestions[:_MOST_SUGGESTIONS]:
        print(visible(f"  {each.feature} {each.reason}"))
    if len(suggestions) > _MOST_SUGGESTIONS:
        print(f"  ... and {len(suggestions) - _MOST_SUGGESTIONS:,} more, see report.json")
    print(visible(f"  in drift.yaml: {snippet(suggestions[:_MOST_SUGGESTIONS])}"))
