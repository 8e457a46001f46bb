"""`skewgate drift`: compares two data sets, prints the verdict and why, writes the report."""

from __future__ import annotations

import argparse
import pathlib
import sys
from typing import Any

from skewgate.checks.drift import config as config_lib
from skewgate.checks.drift import evaluate
from skewgate.cli import console, table
from skewgate.core import yaml_model
from skewgate.core.errors import EXIT_FAIL, EXIT_INCONCLUSIVE, EXIT_PASS, InputError
from skewgate.core.profile import Profile
from skewgate.core.results import Status
from skewgate.profiling import engine
from skewgate.profiling.accumulators.numeric import FINE_RESOLUTION, RESOLUTION
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.report import rendering
from skewgate.report import report as report_lib
from skewgate.schema import reading as schema_lib
from skewgate.storage import atomic


def run(options: argparse.Namespace) -> int:
    """Runs the command and returns its exit code.

    Args:
        options: baseline, current, config, schema, out, json, exact, quiet.

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
    )
    profile_options = ProfileOptions(
        slice_by=config.slices, resolution=FINE_RESOLUTION if options.exact else RESOLUTION
    )
    places = (options.baseline, options.current)
    sides = [engine.open_side(place, read_options) for place in places]
    reading.expect({side.place: side.rows for side in sides})
    baseline, current = engine.profile_sides(sides, read_options, profile_options)
    for place, profile in zip(places, (baseline, current), strict=True):
        _check_values(place, profile)
    _check_kinds(places, baseline, current, config)

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
        sys.stdout.write(rendering.render_json(report))
    else:
        _show(report, written)
    if report.decision.blessed:
        return EXIT_PASS
    return EXIT_FAIL if report.decision.status is Status.FAIL else EXIT_INCONCLUSIVE


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
    if not any(side.n or side.n_nan for side in features.values()):
        raise InputError(
            source,
            f"has {profile.rows.get('', 0):,} rows and not one value in its "
            f"{len(features)} columns",
            "check how it was written",
        )


def _check_kinds(
    places: tuple[str, str],
    baseline: Profile,
    current: Profile,
    config: config_lib.DriftConfig,
) -> None:
    """Makes sure that no column is numeric on one side and text on the other."""
    before, now = baseline.slices.get("", {}), current.slices.get("", {})
    for feature in sorted((before.keys() & now.keys()) - config.ignored):
        kinds = before[feature].kind, now[feature].kind
        if "empty" not in kinds and kinds[0] != kinds[1]:
            raise InputError(
                f"{places[1]}: column {feature}",
                f"is {kinds[1]}, and {kinds[0]} in {places[0]}",
                "write it with one type, give a --schema, or ignore it in drift.yaml",
            )


def _write(report: report_lib.Report, folder: str) -> pathlib.Path:
    """Writes the files of a report and returns the path of its page."""
    try:
        for name, content in rendering.render(report).items():
            atomic.write_atomically(pathlib.Path(folder) / name, content)
    except OSError as error:
        raise InputError(folder, f"cannot be written: {error.strerror}", "change --out") from error
    return pathlib.Path(folder) / rendering.HTML_NAME


def _show(report: report_lib.Report, written: pathlib.Path | None) -> None:
    out = sys.stdout
    print(
        table.render(
            report.decision.results,
            colour=console.has_colours(out),
            signs=console.has_signs(out),
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
    if written is not None:
        print(f"Report: {written}")
