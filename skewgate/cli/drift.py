"""`skewgate drift`: compares two data sets, prints the verdict and why, writes the report."""

from __future__ import annotations

import argparse
import pathlib
import sys
from collections.abc import Sequence
from typing import Any

from skewgate.checks.drift import config as config_lib
from skewgate.checks.drift import evaluate
from skewgate.checks.drift.suggesting import Suggestion, snippet
from skewgate.cli import console, reading_args, table
from skewgate.core import yaml_model
from skewgate.core.errors import EXIT_FAIL, EXIT_INCONCLUSIVE, EXIT_PASS, InputError
from skewgate.core.hidden import visible
from skewgate.core.profile import Profile
from skewgate.core.results import Status
from skewgate.core.wording import listed
from skewgate.profiling import engine
from skewgate.profiling.accumulators.numeric import FINE_RESOLUTION, RESOLUTION
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.report import rendering
from skewgate.report import report as report_lib
from skewgate.schema import reading as schema_lib
from skewgate.storage import atomic

_MOST_NAMES = 10  # of features, in a note
_MOST_SUGGESTIONS = 10


def run(options: argparse.Namespace) -> int:
    """Runs the command and returns its exit code.

    Args:
        options: baseline, current, config, schema, dataset, out, json, exact, quiet, and those of
            CSV.

    Raises:
        InputError: data, configuration or schema cannot be used.
    """
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
    profile_options = ProfileOptions(
        slice_by=config.slices,
        resolution=FINE_RESOLUTION if options.exact else RESOLUTION,
        ignored=config.ignored,
    )
    places = (options.baseline, options.current)
    datasets = _datasets(options.dataset)
    sides = [
        engine.open_side(place, read_options, dataset)
        for place, dataset in zip(places, datasets, strict=True)
    ]
    _check_datasets(datasets, sides)
    reading.expect({side.place: side.rows for side in sides})
    baseline, current = engine.profile_sides(sides, read_options, profile_options)
    for place, profile in zip(places, (baseline, current), strict=True):
        _check_values(place, profile)

    def reread(features: frozenset[str]) -> tuple[Profile | None, Profile | None]:
        again = [side for side in sides if _can_reread(side)]
        reading.again(features, {side.place: side.rows for side in again})
        profiles = iter(engine.profile_sides(again, read_options, profile_options.reread(features)))
        first, second = (next(profiles) if side in again else None for side in sides)
        return first, second

    evaluation = evaluate(
        baseline,
        current,
        config,
        reread if not options.exact and any(map(_can_reread, sides)) else None,
        where=options.config or "drift.yaml",
    )
    reading.done()
    notes = {path: texts for side in sides for path, texts in side.notes().items()}
    console.tell(notes, quiet=options.quiet)
    report = evaluation.report(
        _about(sides[0], baseline.rows.get("", 0)), _about(sides[1], current.rows.get("", 0))
    )
    written = _write(report, options.out) if options.out else None
    if options.json:
        console.print_json(rendering.render_json(report))
    else:
        _show(report, written)
    if report.decision.blessed:
        return EXIT_PASS
    return EXIT_FAIL if report.decision.status is Status.FAIL else EXIT_INCONCLUSIVE


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


def _check_datasets(names: Sequence[str], sides: Sequence[engine.FileSide]) -> None:
    """Makes sure that the data set that is named is one of statistics."""
    if any(names) and not any(side.statistics for side in sides):
        raise InputError(
            "--dataset", "chooses among statistics, and both sides are rows", "leave it out"
        )


def _about(side: engine.FileSide, rows: int) -> dict[str, Any]:
    """Returns what the report says of a side."""
    notes = [f"{path}: {note}" for path, texts in side.notes().items() for note in texts]
    return {"uri": side.place, "rows": rows, **({"notes": notes} if notes else {})}


def _can_reread(side: engine.FileSide) -> bool:
    """Says whether all rows of a side are at hand, and not only statistics of some."""
    return bool(side.tables) and not side.statistics


def _check_values(source: str, profile: Profile) -> None:
    """Makes sure that there is anything to compare."""
    features = profile.slices.get("", {})
    if not any(side.n or side.n_nan or side.kind == "opaque" for side in features.values()):
        raise InputError(
            source,
            f"has {profile.rows.get('', 0):,} rows and not one value in its "
            f"{len(features)} columns",
            "check how it was written",
        )


def _write(report: report_lib.Report, folder: str) -> pathlib.Path:
    """Writes the files of a report and returns the path of its page."""
    try:
        atomic.write_set(folder, rendering.render(report))
    except OSError as error:
        raise InputError(folder, f"cannot be written: {error.strerror}", "change --out") from error
    return pathlib.Path(folder) / rendering.HTML_NAME


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
        print(table.explain(found.failures))
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
    print("Columns to ignore, perhaps (they count until drift.yaml says so):")
    for each in suggestions[:_MOST_SUGGESTIONS]:
        print(visible(f"  {each.feature} {each.reason}"))
    if len(suggestions) > _MOST_SUGGESTIONS:
        print(f"  ... and {len(suggestions) - _MOST_SUGGESTIONS:,} more, see report.json")
    print(visible(f"  in drift.yaml: {snippet(suggestions[:_MOST_SUGGESTIONS])}"))
