"""Profiles files in this process: reads each once, on all cores, in bounded memory."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.core.errors import InputError
from skewgate.core.profile import Profile
from skewgate.data import sources
from skewgate.data.arrow import kinds
from skewgate.data.sources.base import Source, WiderTypes
from skewgate.profiling.accumulators.numeric import RESOLUTION
from skewgate.profiling.accumulators.profile import ProfileAccumulator
from skewgate.profiling.merging import merge_profiles
from skewgate.schema.reading import categorical_features
from skewgate.statistics.reading import read_profile


@dataclasses.dataclass(frozen=True)
class FileSide:
    """The files of one side of a comparison.

    Attributes:
        place: what the user named.
        tables: files of rows.
        statistics: paths of statistics files.
    """

    place: str
    tables: tuple[Source, ...]
    statistics: tuple[str, ...]

    @property
    def rows(self) -> int | None:
        """Number of rows to read, or None if a file does not say it."""
        counts = [source.rows for source in self.tables]
        return None if None in counts else sum(count or 0 for count in counts)


@dataclasses.dataclass(frozen=True)
class Options:
    """How to profile.

    Attributes:
        schema: types of columns and which integers are categories; inferred without it.
        slice_by: lists of columns whose values make slices.
        workers: threads that do the work of the columns.
        progress: told the place and the rows of every batch, from several threads; rows below 0
            are to be read again.
    """

    schema: schema_pb2.Schema | None = None
    slice_by: Sequence[Sequence[str]] = ()
    workers: int = dataclasses.field(default_factory=lambda: os.cpu_count() or 1)
    progress: Callable[[str, int], None] = lambda place, rows: None


_PARSING = threading.Lock()
"""Statistics are read by Python code, of which two threads at once take longer than in turn."""


def open_side(place: str, options: Options) -> FileSide:
    """Finds and opens the files that a path, folder or pattern stands for.

    Raises:
        InputError: there is no file, or one has no known format.
    """
    paths = sources.files(place)
    statistics = tuple(path for path in paths if sources.is_statistics(path))
    types: dict[str, pa.DataType] = (
        kinds.column_types(options.schema) if options.schema is not None else {}
    )
    rest = (path for path in paths if path not in statistics)
    return FileSide(place, tuple(sources.open_file(path, types) for path in rest), statistics)


def profile_sides(
    sides: Sequence[FileSide],
    options: Options,
    resolution: int = RESOLUTION,
    features: Collection[str] | None = None,
) -> list[Profile]:
    """Profiles several sides at the same time.

    Args:
        sides: what to read.
        options: how.
        resolution: points kept of every numeric feature.
        features: the columns to read; all without it.

    Raises:
        InputError: a file is broken, a side has no rows, or a column changes its kind.
    """
    with ThreadPoolExecutor(options.workers) as pool, ThreadPoolExecutor(len(sides)) as outer:
        jobs = [
            outer.submit(_profile_side, side, options, resolution, features, pool) for side in sides
        ]
        return [job.result() for job in jobs]


def _profile_side(
    side: FileSide,
    options: Options,
    resolution: int,
    features: Collection[str] | None,
    pool: ThreadPoolExecutor,
) -> Profile:
    profiles, names = [], []
    for path in side.statistics:
        with _PARSING:
            profiles.append(read_profile(path))
        names.append(path)
    if side.tables:
        accumulator = _accumulator(options, resolution, features)
        for source in side.tables:
            accumulator.merge(_read(source, side, options, resolution, features, pool))
        try:
            profiles.append(accumulator.profile())
        except InputError as error:
            raise _in_file(error, side.place) from error
        names.append(side.place)
    merged = merge_profiles(profiles, names) if len(profiles) > 1 else profiles[0]
    if not any(merged.rows.values()):
        raise InputError(side.place, "has no rows", "give data with rows")
    return merged


def _accumulator(
    options: Options, resolution: int, features: Collection[str] | None
) -> ProfileAccumulator:
    categorical = categorical_features(options.schema) if options.schema is not None else ()
    return ProfileAccumulator(categorical, options.slice_by, resolution, features)


def _read(
    source: Source,
    side: FileSide,
    options: Options,
    resolution: int,
    features: Collection[str] | None,
    pool: ThreadPoolExecutor,
) -> ProfileAccumulator:
    """Reads one file, again if a column turns out to be wider than it began."""
    wanted = None
    if features is not None:
        wanted = {*features, *(column for columns in options.slice_by for column in columns)}
    while True:
        accumulator = _accumulator(options, resolution, features)
        try:
            for batch in source.batches(wanted):
                accumulator.add(batch, pool.map)
                options.progress(side.place, batch.num_rows)
        except WiderTypes:
            options.progress(side.place, -accumulator.rows)
            continue
        except InputError as error:
            raise _in_file(error, source.path) from error
        return accumulator


def _in_file(error: InputError, path: str) -> InputError:
    """Names the file in an error of an accumulator, which knows the column only."""
    if error.where.startswith(path):
        return error
    return InputError(f"{path}: {error.where}", error.problem, error.fix)
