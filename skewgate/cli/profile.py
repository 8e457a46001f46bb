"""`skewgate profile` and `skewgate merge`: statistics that TFDV, TFX and skewgate read."""

from __future__ import annotations

import argparse
import sys

from skewgate.api import profiles, profiling
from skewgate.api.profiles import Profile
from skewgate.cli import console, reading_args
from skewgate.core.errors import EXIT_PASS
from skewgate.core.hidden import visible
from skewgate.profiling import engine
from skewgate.schema import reading as schema_lib


def profile(options: argparse.Namespace) -> int:
    """Profiles data and writes the statistics; returns the exit code.

    Args:
        options: data, out, schema, dataset, slices, resolution, quiet, and those of CSV.

    Raises:
        InputError: the data cannot be used, or the file cannot be written.
    """
    reading = console.Reading(sys.stderr, quiet=options.quiet)
    read_options = engine.ReadOptions(
        schema=schema_lib.load_schema(options.schema) if options.schema else None,
        progress=reading,
        csv=reading_args.parse(options),
    )
    side = engine.open_side(options.data, read_options, options.dataset)
    reading.expect({side.place: side.rows})
    slices = [columns.split(",") for columns in options.slices]
    found = profiling.profile_side(side, read_options, slices, options.resolution)
    reading.done()
    profiles.check_writable(found.distributions, options.data)
    console.tell(side.notes(), quiet=options.quiet)
    _write(found, options.out)
    return EXIT_PASS


def merge(options: argparse.Namespace) -> int:
    """Joins statistics of different rows and writes those of all; returns the exit code.

    Args:
        options: statistics (paths), dataset, out.

    Raises:
        InputError: a file is no statistics file, their resolutions differ, or a feature is of
            different kinds in them.
    """
    merged = profiling.merge(options.statistics, dataset=options.dataset)
    profiles.check_writable(merged.distributions, "statistics")
    _write(merged, options.out)
    return EXIT_PASS


def _write(profile: Profile, path: str) -> None:
    """Writes statistics, and prints what is in them and what is not."""
    profiles.write(profile, path, "change --out")
    found = profile.distributions
    print(f"{visible(path)}: {profile.rows:,} rows, {len(profile.features)} features", end="")
    print(f", {len(found.slices) - 1} slices" if len(found.slices) > 1 else "")
    for name, side in found.opaque().items():
        print(visible(f"Note: {name} {side.problem}; the statistics have no values of it"))
