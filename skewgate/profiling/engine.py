"""Profiles files in this process: reads each once, on all cores, in bounded memory."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.core.errors import InputError
from skewgate.core.profile import Profile
from skewgate.data import sources
from skewgate.data.arrow import kinds
from skewgate.data.sources.base import Source, WiderTypes
from skewgate.profiling.accumulators.options import DEFAULT, ProfileOptions
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

    def notes(self) -> dict[str, list[str]]:
        """Says by path what was read otherwise than it stands in a file, once it was read."""
        return {source.path: source.notes() for source in self.tables if source.notes()}


@dataclasses.dataclass(frozen=True)
class ReadOptions:
    """How to read files, whatever is kept of them.

    Attributes:
        schema: types of columns and which integers are categories; inferred without it.
        workers: threads that do the work of the columns.
        progress: told the place and the rows of every batch, from several threads; rows below 0
            are to be read again.
    """

    schema: schema_pb2.Schema | None = None
    workers: int = dataclasses.field(default_factory=lambda: os.cpu_count() or 1)
    progress: Callable[[str, int], None] = lambda place, rows: None


_PARSING = threading.Lock()
"""Statistics are read by Python code, of which two threads at once take longer than in turn."""


def open_side(place: str, reading: ReadOptions) -> FileSide:
    """Finds and opens the files that a path, folder or pattern stands for.

    Raises:
        InputError: there is no file, or one has no known format.
    """
    paths = sources.files(place)
    statistics = tuple(path for path in paths if sources.is_statistics(path))
    types: dict[str, pa.DataType] = (
        kinds.column_types(reading.schema) if reading.schema is not None else {}
    )
    rest = (path for path in paths if path not in statistics)
    return FileSide(place, tuple(sources.open_file(path, types) for path in rest), statistics)


def profile_sides(
    sides: Sequence[FileSide],
    reading: ReadOptions,
    options: ProfileOptions = DEFAULT,
) -> list[Profile]:
    """Profiles several sides at the same time.

    Args:
        sides: what to read.
        reading: how.
        options: what to keep; integers that the schema makes categories are categorical too.

    Raises:
        InputError: a file is broken, a side has no rows, or a column changes its kind.
    """
    if reading.schema is not None:
        categorical = categorical_features(reading.schema).union(options.categorical)
        options = dataclasses.replace(options, categorical=categorical)
    with ThreadPoolExecutor(reading.workers) as pool, ThreadPoolExecutor(len(sides)) as outer:
        jobs = [outer.submit(_profile_side, side, reading, options, pool) for side in sides]
        return [job.result() for job in jobs]


def _profile_side(
    side: FileSide,
    reading: ReadOptions,
    options: ProfileOptions,
    pool: ThreadPoolExecutor,
) -> Profile:
    profiles, names = [], []
    for path in side.statistics:
        with _PARSING:
            profiles.append(read_profile(path))
        names.append(path)
    if side.tables:
        accumulator = ProfileAccumulator(options)
        for source in side.tables:
            accumulator.merge(_read(source, side, reading, options, pool))
        try:
            profiles.append(accumulator.profile())
        except InputError as error:
            raise _in_file(error, side.place) from error
        names.append(side.place)
    merged = merge_profiles(profiles, names) if len(profiles) > 1 else profiles[0]
    if not any(merged.rows.values()):
        raise InputError(side.place, "has no rows", "give data with rows")
    return merged


def _read(
    source: Source,
    side: FileSide,
    reading: ReadOptions,
    options: ProfileOptions,
    pool: ThreadPoolExecutor,
) -> ProfileAccumulator:
    """Reads one file, again if a column turns out to be wider than it began."""
    while True:
        accumulator = ProfileAccumulator(options)
        try:
            for batch in source.batches(options.columns):
                accumulator.add(batch, pool.map)
                reading.progress(side.place, batch.num_rows)
        except WiderTypes:
            reading.progress(side.place, -accumulator.rows)
            continue
        except InputError as error:
            raise _in_file(error, source.path) from error
        return accumulator


def _in_file(error: InputError, path: str) -> InputError:
    """Names the file in an error of an accumulator, which knows the column only."""
    if error.where.startswith(path):
        return error
    return InputError(f"{path}: {error.where}", error.problem, error.fix)
