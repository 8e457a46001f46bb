"""`skewgate profile` and `skewgate merge`: statistics that TFDV, TFX and skewgate read."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from skewgate.cli import console, reading_args
from skewgate.core.errors import EXIT_PASS, InputError
from skewgate.core.hidden import visible
from skewgate.core.profile import Profile
from skewgate.profiling import engine
from skewgate.profiling.accumulators.numeric import RESOLUTION
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.profiling.merging import merge_profiles
from skewgate.schema import reading as schema_lib
from skewgate.statistics import messages, writing
from skewgate.statistics import reading as statistics_lib
from skewgate.storage import atomic


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
    profile_options = ProfileOptions(
        slice_by=[columns.split(",") for columns in options.slices],
        resolution=max(RESOLUTION, 2 * options.resolution),
    )
    side = engine.open_side(options.data, read_options, options.dataset)
    reading.expect({side.place: side.rows})
    [found] = engine.profile_sides([side], read_options, profile_options)
    reading.done()
    _refuse_faulty(found, options.data)
    console.tell(side.notes(), quiet=options.quiet)
    _write(found, options.out, options.resolution)
    return EXIT_PASS


def merge(options: argparse.Namespace) -> int:
    """Joins statistics of different rows and writes those of all; returns the exit code.

    Args:
        options: statistics (paths), dataset, out.

    Raises:
        InputError: a file is no statistics file, their resolutions differ, or a feature is of
            different kinds in them.
    """
    read = [(messages.read_content(path), path) for path in options.statistics]
    resolutions = [messages.resolution(content, path) for content, path in read]
    _check_resolutions(options.statistics, resolutions)
    profiles = [
        statistics_lib.parse_profile(content, path, dataset=options.dataset)
        for content, path in read
    ]
    merged = merge_profiles(profiles, options.statistics)
    _refuse_faulty(merged, "statistics")
    _write(merged, options.out, max(max(resolutions), 2))
    return EXIT_PASS


def _refuse_faulty(profile: Profile, place: str) -> None:
    """Refuses what no statistics can say: a feature of several kinds, or with unreadable values."""
    for name, side in profile.opaque().items():
        if side.faulty:
            raise InputError(
                f"{place}: {name}",
                side.problem,
                "write it with one type, or give a schema that says which",
            )


def _check_resolutions(paths: Sequence[str], resolutions: Sequence[int]) -> None:
    """Refuses to join what is known finely with what is known coarsely."""
    known = [(path, count) for path, count in zip(paths, resolutions, strict=True) if count]
    for path, count in known[1:]:
        first_path, first = known[0]
        if count != first:
            raise InputError(
                path,
                f"has {count} quantile buckets, and {first_path} has {first}: joined, they would "
                "be no better than the coarser",
                "profile both with the same --resolution",
            )


def _write(profile: Profile, path: str, resolution: int) -> None:
    content = writing.to_statistics(profile, resolution).SerializeToString()
    try:
        atomic.write_atomically(path, content)
    except OSError as error:
        raise InputError(path, f"cannot be written: {error.strerror}", "change --out") from error
    features = profile.slices.get("", {})
    print(f"{visible(path)}: {profile.rows.get('', 0):,} rows, {len(features)} features", end="")
    print(f", {len(profile.slices) - 1} slices" if len(profile.slices) > 1 else "")
    for name, side in profile.opaque().items():
        print(visible(f"Note: {name} {side.problem}; the statistics have no values of it"))
