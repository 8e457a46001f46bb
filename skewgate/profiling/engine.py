"""Profiles data in this process: reads each file once, on all cores, in bounded memory."""

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
from skewgate.core.profile import Features, Profile
from skewgate.data import sources
from skewgate.data.arrow import kinds
from skewgate.data.sources import partitions
from skewgate.data.sources.base import Source, WiderTypes
from skewgate.data.sources.reading_options import RECOGNISED, ReadingOptions
from skewgate.profiling.accumulators.options import DEFAULT, ProfileOptions
from skewgate.profiling.accumulators.profile import ProfileAccumulator
from skewgate.profiling.merging import merge_profiles
from skewgate.profiling.unreadable import at_fault
from skewgate.schema.reading import categorical_features, ignored_features, time_features
from skewgate.statistics.messages import is_statistics
from skewgate.statistics.reading import read_profile


@dataclasses.dataclass(frozen=True)
class Side:
    """The data of one side of a comparison.

    Attributes:
        place: what the user named.
        tables: files of rows, or tables in this process.
        statistics: paths of statistics files.
        dataset: the data set to take of these, where they hold several; "" to take all examples.
        profiles: what was profiled before.
    """

    place: str
    tables: tuple[Source, ...] = ()
    statistics: tuple[str, ...] = ()
    dataset: str = ""
    profiles: tuple[Profile, ...] = ()

    @property
    def has_all_rows(self) -> bool:
        """Whether all rows are at hand, and not only statistics of some."""
        return bool(self.tables) and not self.statistics and not self.profiles

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
    """How to read data, whatever is kept of them.

    Attributes:
        schema: types of columns and which integers are categories; inferred without it.
        workers: threads that do the work of the columns.
        progress: told the place and the rows of every batch, from several threads; rows below 0
            are to be read again.
        csv: how CSV files are written.
    """

    schema: schema_pb2.Schema | None = None
    workers: int = dataclasses.field(default_factory=lambda: os.cpu_count() or 1)
    progress: Callable[[str, int], None] = lambda place, rows: None
    csv: ReadingOptions = RECOGNISED


NUMERIC, CATEGORICAL = NumericDistribution.kind, CategoricalDistribution.kind
_PARSING = threading.Lock()
"""Statistics are read by Python code, of which two threads at once take longer than in turn."""


def open_side(place: str, reading: ReadOptions, dataset: str = "") -> Side:
    """Finds and opens the files that a path, folder or pattern stands for.

    Args:
        place: what the user named.
        reading: gives types by its schema.
        dataset: see Side.

    Raises:
        InputError: there is no file, or one has no known format.
    """
    paths = sources.files(place)
    statistics = tuple(path for path in paths if is_statistics(path))
    types: dict[str, pa.DataType] = (
        kinds.column_types(reading.schema) if reading.schema is not None else {}
    )
    rest = [path for path in paths if path not in statistics]
    found = partitions.find(place, rest, types)
    tables = tuple(
        sources.open_file(path, types, partitions=found, options=reading.csv) for path in rest
    )
    return Side(place, tables, statistics, dataset)


def profile_sides(
    sides: Sequence[Side],
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
        narrow = _narrow(sides, found)
        again = [at for at, names in enumerate(narrow) if names and _read_as_text(sides[at], names)]
        for at in again:
            reading.progress(sides[at].place, -found[at].rows.get("", 0))
        for at, profile in zip(again, profiles(again, options), strict=True):
            found[at] = dataclasses.replace(profile, as_text=profile.as_text | narrow[at])
        return found


def _narrow(sides: Sequence[Side], profiles: Sequence[Profile]) -> list[frozenset[str]]:
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
        ).union(*(text & source.only_missing() for source in side.tables))
        for side, profile in zip(sides, profiles, strict=True)
    ]


def _may_be_text(kind: str, types: Collection[str]) -> bool:
    """Says whether numbers may be codes, such as 02134, or times that stand as text.

    Numbers with fractions are measures: one that meets text is a fault to be told.
    """
    return kind == NUMERIC and "double" not in types


def _read_as_text(side: Side, names: Collection[str]) -> bool:
    """Reads columns of all files as text that may be text; says whether there are any."""
    changed = [source.read_as_text(names) for source in side.tables]
    return any(changed)


def _profile_side(
    side: Side,
    reading: ReadOptions,
    options: ProfileOptions,
    pool: ThreadPoolExecutor,
) -> Profile:
    profiles = [_without(profile, options) for profile in side.profiles]
    names = [side.place for _ in profiles]
    for path in side.statistics:
        with _PARSING:
            profiles.append(_without(read_profile(path, side.dataset), options))
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
    return merged if reading.schema is None else _with_times(merged, reading.schema)


def _with_times(profile: Profile, schema: schema_pb2.Schema) -> Profile:
    """Notes which numbers are times by the schema, where the data themselves do not say it."""
    times = time_features(schema)
    return dataclasses.replace(
        profile,
        slices={
            name: {
                feature: dataclasses.replace(side, logical=times[feature])
                if feature in times and isinstance(side, NumericDistribution) and not side.logical
                else side
                for feature, side in features.items()
            }
            for name, features in profile.slices.items()
        },
    )


def _without(profile: Profile, options: ProfileOptions) -> Profile:
    """Returns a profile without the features that are to be ignored."""
    unread = options.ignored & profile.slices.get("", {}).keys()

    def kept(slices: dict[str, Features]) -> dict[str, Features]:
        return {
            key: {name: each for name, each in features.items() if name not in options.ignored}
            for key, features in slices.items()
        }

    return dataclasses.replace(
        profile,
        slices=kept(profile.slices),
        value_counts=kept(profile.value_counts),
        unread=frozenset(unread),
    )


def _profile_tables(
    side: Side, reading: ReadOptions, options: ProfileOptions, pool: ThreadPoolExecutor
) -> Profile:
    """Reads the files of rows, and those again whose text has to be told from numbers first."""
    read = [_read(source, side, reading, options, pool) for source in side.tables]
    kinds = [accumulator.kinds() for accumulator in read]
    text = {name for found in kinds for name, (kind, _) in found.items() if kind == CATEGORICAL}
    as_text: set[str] = set()
    for at, source in enumerate(side.tables):
        narrow = text & source.only_missing()
        narrow |= {name for name in text if name in kinds[at] and _may_be_text(*kinds[at][name])}
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
    side: Side, kinds: Sequence[Mapping[str, tuple[str, frozenset[str]]]]
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
    side: Side,
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
