"""`skewgate simulate`: windows of real rows with planted drift, and the truth beside them."""

from __future__ import annotations

import argparse
import sys

from skewgate.cli import console, reading_args
from skewgate.core import yaml_model
from skewgate.core.errors import EXIT_PASS
from skewgate.data.arrow import kinds
from skewgate.schema import reading as schema_lib
from skewgate.simulation import simulate
from skewgate.simulation import spec as spec_lib


def run(options: argparse.Namespace) -> int:
    """Runs the command and returns its exit code.

    Args:
        options: data, spec, out, schema, force, quiet, and those of CSV.

    Raises:
        InputError: data, spec or schema cannot be used, or the folder cannot be written.
    """
    text = yaml_model.read_text(options.spec)
    spec = spec_lib.parse(text, options.spec)
    types = kinds.column_types(schema_lib.load_schema(options.schema)) if options.schema else None
    reading = console.Reading(sys.stderr, quiet=options.quiet)
    reading.expect({options.data: None})

    notes: dict[str, list[str]] = {}

    def between() -> None:
        reading.done()
        reading.expect({options.data: None})

    truth = simulate.run(
        options.data,
        spec,
        text,
        options.out,
        types,
        force=options.force,
        progress=reading,
        between=between,
        csv=reading_args.parse(options),
        tell=notes.update,
    )
    reading.done()
    console.tell(notes, quiet=options.quiet)
    windows = truth["windows"]
    console.say(
        f"{options.out}: {sum(window['rows'] for window in windows):,} of {truth['rows']:,} rows "
        f"in {len(windows)} windows, seed {truth['seed']}"
    )
    for plant in truth["plants"]:
        acts = [act["window"] for act in plant["windows"]]
        dropped = f", {plant['rows_dropped']:,} dropped" if plant["rows_dropped"] else ""
        console.say(
            f"  {plant['name']}, {plant['size']}: {plant['rows_changed']:,} rows changed{dropped}, "
            f"in {_span(acts)}"
        )
    return EXIT_PASS


def _span(windows: list[int]) -> str:
    """Names windows, runs as first to last.

    >>> _span([3, 4, 5, 9])
    'windows 3 to 5, 9'
    """
    if not windows:
        return "no window"
    runs = [[windows[0], windows[0]]]
    for window in windows[1:]:
        if window == runs[-1][1] + 1:
            runs[-1][1] = window
        else:
            runs.append([window, window])
    texts = [f"{first}" if first == last else f"{first} to {last}" for first, last in runs]
    return f"window{'s' if len(windows) > 1 else ''} {', '.join(texts)}"
