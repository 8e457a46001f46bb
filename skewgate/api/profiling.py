"""`skewgate.profile` and `skewgate.merge`."""

from __future__ import annotations

import os
from collections.abc import Sequence

from skewgate.api import sides
from skewgate.api.profiles import Profile
from skewgate.core.errors import InputError
from skewgate.profiling import engine
from skewgate.profiling.accumulators.numeric import RESOLUTION
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.profiling.merging import merge_profiles
from skewgate.statistics import messages
from skewgate.statistics import reading as statistics_lib

FEWEST, MOST = 10, 100_000
"""Points that can be kept of a number."""


def profile(
    data: sides.Data,
    *,
    schema: sides.Schema = None,
    slices: Sequence[Sequence[str]] = (),
    resolution: int = 1000,
    reading: sides.Reading = None,
) -> Profile:
    """Profiles data once, to compare or join later without their rows.

    Args:
        data: a path, folder or pattern of files; a data frame of pandas or Polars; a table, stream
            or data set of Arrow; a relation of DuckDB; anything with `__arrow_c_stream__`.
        schema: the path of a schema.pbtxt, or what `skewgate.infer_schema` returned, or a Schema of
            tensorflow_metadata: types of columns, and which integers are
            categories.
        slices: columns by whose values the rows are profiled apart, such as [["company"]].
        resolution: points that a file keeps of each number, from 10 to 100,000.
        reading: how CSV is written, such as {"delimiter": ";"}; recognised without it.

    Returns:
        A Profile, which stands for the rows in `compare` and `merge`.

    Raises:
        InputError: the data or the schema cannot be used.
    """
    if not FEWEST <= resolution <= MOST:
        raise InputError(
            "resolution", f"must be from {FEWEST} to {MOST}, found {resolution}", "leave it out"
        )
    options = sides.read_options(schema, reading)
    return profile_side(sides.opened(data, "data", options), options, slices, resolution)


def profile_side(
    side: engine.Side,
    reading: engine.ReadOptions,
    slices: Sequence[Sequence[str]],
    resolution: int,
) -> Profile:
    """Profiles a side that was opened.

    Args:
        side: the data.
        reading: how they are read.
        slices: columns by whose values the rows are profiled apart.
        resolution: points that are kept of a number.

    Raises:
        InputError: the data cannot be used.
    """
    options = ProfileOptions(
        slice_by=[list(columns) for columns in slices],
        resolution=max(RESOLUTION, 2 * resolution),
    )
    [found] = engine.profile_sides([side], reading, options)
    return Profile(found, resolution)


def merge(profiles: Sequence[Profile | str | os.PathLike[str]], *, dataset: str = "") -> Profile:
    """Joins the statistics of different rows into those of all.

    Args:
        profiles: at least one; paths of statistics files, or what `profile` returned.
        dataset: the data set to take, where files hold several.

    Returns:
        The Profile of all rows. The bounds in it hold as those of each part do.

    Raises:
        InputError: a file is no statistics file, the resolutions differ, or a feature is of
            different kinds.
    """
    if isinstance(profiles, str | os.PathLike | Profile) or not profiles:
        raise InputError("profiles", "must be a list of at least one", "give [first, second]")
    names = [
        f"profile {place + 1}" if isinstance(each, Profile) else os.fspath(each)
        for place, each in enumerate(profiles)
    ]
    read = [
        each if isinstance(each, Profile) else _of_file(name, dataset)
        for name, each in zip(names, profiles, strict=True)
    ]
    _check_resolutions(names, [each.resolution for each in read])
    merged = merge_profiles([each.distributions for each in read], names)
    return Profile(merged, max(*(each.resolution for each in read), 2))


def _of_file(path: str, dataset: str) -> Profile:
    content = messages.read_content(path)
    found = statistics_lib.parse_profile(content, path, dataset=dataset)
    return Profile(found, messages.resolution(content, path))


def _check_resolutions(names: Sequence[str], resolutions: Sequence[int]) -> None:
    """Refuses to join what is known finely with what is known coarsely.

    Args:
        names: of what is joined, for messages.
        resolutions: quantile buckets of each; 0 if it has no numbers.

    Raises:
        InputError: two differ.
    """
    known = [(name, count) for name, count in zip(names, resolutions, strict=True) if count]
    for name, count in known[1:]:
        first_name, first = known[0]
        if count != first:
            raise InputError(
                name,
                f"has {count} quantile buckets, and {first_name} has {first}: joined, they would "
                "be no better than the coarser",
                "profile both with the same resolution",
            )
