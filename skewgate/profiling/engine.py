"""Profiles files in this process: reads each once, on all cores, in bounded memory."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.core.distributions import CategoricalDistribution, NumericDistribution, types_of
from skewgate.core.errors import ColumnError, InputError
from skewgate.core.profile import Profile, counted_feature
from skewgate.data import sources
from skewgate.data.arrow import kinds
from skewgate.data.sources.base import Source, WiderTypes
from skewgate.profiling.accumulators.options import DEFAULT, ProfileOptions
from skewgate.profiling.accumulators.profile import ProfileAccumulator
from skewgate.profiling.merging import merge_profiles
from skewgate.profiling.unreadable import at_fault
from skewgate.schema.reading import categorical_features, ignored_features
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


NUMERIC, CATEGORICAL = NumericDistribution.kind, CategoricalDistribution.kind
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

    A column that is text on one side, and on another was only taken for whole numbers or times
    because its text looks so, is read again there as text.

    Args:
        sides: what to read.
        reading: how.
        options: what to keep; integers that the schema makes categories are categorical too, and
            features that it takes out of validation are ignored.

    Raises:
        InputError: a file is broken, or a side has no rows.
    """
    if reading.schema is not None:
        categorical = categorical_features(reading.schema).union(options.categorical)
        options = dataclasses.replace(options, categorical=categorical)
        options = options.without(ignored_features(reading.schema))
    with ThreadPoolExecutor(reading.workers) as pool, ThreadPoolExecutor(len(sides)) as outer:

        def profiles(chosen: Sequence[int], options: ProfileOptions) -> list[Profile]:
            jobs = [outer.submit(_profile_side, sides[at], reading, options, pool) for at in chosen]
            return [job.result() for job in jobs]

        found = profiles(range(len(sides)), options)
        narrow = _digits_only(found)
        again = [at for at, names in enumerate(narrow) if names and _read_as_text(sides[at], names)]
        for at in again:
            reading.progress(sides[at].place, -found[at].rows.get("", 0))
        for at, profile in zip(again, profiles(again, options), strict=True):
            found[at] = dataclasses.replace(profile, as_text=profile.as_text | narrow[at])
        return found


def _digits_only(profiles: Sequence[Profile]) -> list[frozenset[str]]:
    """Returns for each side what may be text there, and is text on another side."""
    text = {
        name
        for profile in profiles
        for name, feature in profile.slices.get("", {}).items()
        if feature.kind == CATEGORICAL
    }
    return [
        frozenset(
            name
            for name, feature in profile.slices.get("", {}).items()
            if name in text and _may_be_text(feature.kind, types_of(feature))
        )
        for profile in profiles
    ]


def _may_be_text(kind: str, types: Collection[str]) -> bool:
    """Says whether numbers may be codes, such as 02134, or times that stand as text.

    Numbers with fractions are measures: one that meets text is a fault to be told.
    """
    return kind == NUMERIC and "double" not in types


def _read_as_text(side: FileSide, names: Collection[str]) -> bool:
    """Reads columns of all files as text that may be text; says whether there are any."""
    changed = [source.read_as_text(names) for source in side.tables]
    return any(changed)


def _profile_side(
    side: FileSide,
    reading: ReadOptions,
    options: ProfileOptions,
    pool: ThreadPoolExecutor,
) -> Profile:
    profiles, names = [], []
    for path in side.statistics:
        with _PARSING:
            profiles.append(_without(read_profile(path), options))
        names.append(path)
    if side.tables:
        try:
            profiles.append(_profile_tables(side, reading, options, pool))
        except InputError as error:
            raise _in_file(error, side.place) from error
        names.append(side.place)
    merged = merge_profiles(profiles, names) if len(profiles) > 1 else profiles[0]
    if not any(merged.rows.values()):
        raise InputError(side.place, "has no rows", "give data with rows")
    return merged


def _without(profile: Profile, options: ProfileOptions) -> Profile:
    """Returns a profile without the features that are to be ignored."""
    unread = options.ignored & profile.slices.get("", {}).keys()
    slices = {
        key: {
            name: feature
            for name, feature in features.items()
            if name not in options.ignored and counted_feature(name) not in options.ignored
        }
        for key, features in profile.slices.items()
    }
    return dataclasses.replace(profile, slices=slices, unread=frozenset(unread))


def _profile_tables(
    side: FileSide, reading: ReadOptions, options: ProfileOptions, pool: ThreadPoolExecutor
) -> Profile:
    """Reads the files of rows, and those again whose text has to be told from numbers first."""
    read = [_read(source, side, reading, options, pool) for source in side.tables]
    kinds = [accumulator.kinds() for accumulator in read]
    text = {name for found in kinds for name, (kind, _) in found.items() if kind == CATEGORICAL}
    as_text: set[str] = set()
    for at, source in enumerate(side.tables):
        narrow = [name for name in text if name in kinds[at] and _may_be_text(*kinds[at][name])]
        if narrow and source.read_as_text(narrow):
            as_text.update(narrow)
            reading.progress(side.place, -read[at].rows)
            read[at] = _read(source, side, reading, options, pool)
            kinds[at] = read[at].kinds()
    whole = ProfileAccumulator(options)
    problems = _conflicts(side, kinds)
    for accumulator in read:
        for name, problem in problems.items():
            accumulator.give_up(name, problem, faulty=True)
        whole.merge(accumulator)
    columns = [getattr(source, "columns", None) for source in side.tables]
    unread = [
        name for name in options.ignored if any(each is None or name in each for each in columns)
    ]
    return dataclasses.replace(
        whole.profile(), unread=frozenset(unread), as_text=frozenset(as_text)
    )


def _conflicts(
    side: FileSide, kinds: Sequence[Mapping[str, tuple[str, frozenset[str]]]]
) -> dict[str, str]:
    """Returns what is wrong with the columns that are numbers in one file and text in another."""
    problems = {}
    for name in sorted({name for found in kinds for name in found}):
        files: dict[str, str] = {}
        for source, found in zip(side.tables, kinds, strict=True):
            kind, types = found.get(name, ("", frozenset()))
            if kind in (NUMERIC, CATEGORICAL):
                files.setdefault(kind, f"{' or '.join(sorted(types))} in {source.path}")
        if len(files) > 1:
            problems[name] = f"is {' and '.join(files.values())}"
    return problems


def _read(
    source: Source,
    side: FileSide,
    reading: ReadOptions,
    options: ProfileOptions,
    pool: ThreadPoolExecutor,
) -> ProfileAccumulator:
    """Reads one file, again if a column turns out to be wider than it began.

    A column that cannot be read is left out, and kept as one that cannot be compared.
    """
    unreadable: dict[str, InputError] = {}
    while True:
        accumulator = ProfileAccumulator(options)
        columns = options.without(unreadable).columns
        try:
            for batch in source.batches(columns):
                accumulator.add(batch, pool.map)
                reading.progress(side.place, batch.num_rows)
        except WiderTypes:
            reading.progress(side.place, -accumulator.rows)
            continue
        except InputError as error:
            found = at_fault(source, error, columns, options.slice_by)
            if not found or found.keys() <= unreadable.keys():
                raise _in_file(error, source.path) from error
            unreadable.update(found)
            reading.progress(side.place, -accumulator.rows)
            continue
        for name, cause in unreadable.items():
            problem = f"cannot be read ({cause.where}: {cause.problem})"
            accumulator.give_up(name, problem, faulty=isinstance(cause, ColumnError))
        return accumulator


def _in_file(error: InputError, path: str) -> InputError:
    """Names the file in an error of an accumulator, which knows the column only."""
    if error.where.startswith(path):
        return error
    return InputError(f"{path}: {error.where}", error.problem, error.fix)
