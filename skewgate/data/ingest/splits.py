"""Assigns rows to splits: by hash, by a column's value or by time.

Every kind of splits has `names()`, and `codes(batch, where)`, which gives each row the place of its
split in `names()`, or -1 if no split takes it. A row's split depends on the row alone: it is the
same in every batch, in every file, at every run and on every machine.
"""

from __future__ import annotations

import datetime
import itertools
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pydantic

from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.core.yaml_model import StrictModel
from skewgate.data.arrow import row_hash, times
from skewgate.data.arrow.kinds import feature_type, is_list
from skewgate.data.arrow.values import validity
from skewgate.data.ingest.moments import moments
from skewgate.data.windows import scheduled, zones
from skewgate.data.windows.contract import Seconds, WindowKeys, Zone
from skewgate.data.windows.durations import DAY

Codes = npt.NDArray[np.int64]
COUNTS = ("read", "rejected", "unassigned")
"""What `rows_...` counts beside the rows of each split."""
_SOME = pydantic.Field(min_length=1)
_EPOCH = datetime.date(1970, 1, 1)


class AllRows(StrictModel):
    """One split that holds every row.

    Attributes:
        name: of the split.
    """

    by: Literal["all"] = "all"
    name: str = "all"

    def names(self) -> list[str]:
        """Returns the names of the splits."""
        return [self.name]

    def codes(self, batch: pa.RecordBatch, where: str) -> Codes:
        """Returns the place of each row's split, shape (rows,)."""
        return np.zeros(batch.num_rows, np.int64)


class TimeRanges(StrictModel):
    """Splits by time: each holds the rows of a half-open range of dates.

    Attributes:
        column: dates, time stamps, or seconds since 1970.
        zone: IANA name of the time zone in which the days begin, and which dates and time stamps
            without a zone are of.
        seconds: what whole numbers count, see `data.windows.contract.WindowKeys`.
        ranges: split name to (first day, day after the last).
    """

    by: Literal["time"]
    column: str
    zone: Zone = zones.UTC
    seconds: Seconds = "utc"
    ranges: dict[str, tuple[datetime.date, datetime.date]] = _SOME

    @pydantic.field_validator("ranges")
    @classmethod
    def _check(cls, value: dict[str, tuple[datetime.date, datetime.date]]) -> Any:
        for name, (start, end) in value.items():
            if start >= end:
                raise ValueError(f"{name} must start before it ends, {start} is not before {end}")
        ordered = sorted(value.items(), key=lambda item: item[1])
        for (first, (_, end)), (second, (start, _)) in itertools.pairwise(ordered):
            if start < end:
                raise ValueError(f"{first} and {second} overlap")
        return value

    def names(self) -> list[str]:
        """Returns the names of the splits."""
        return list(self.ranges)

    def codes(self, batch: pa.RecordBatch, where: str) -> Codes:
        """Returns the place of each row's split; a row without a time has none."""
        seconds = _moments(batch, self, where)
        codes = np.full(batch.num_rows, -1)
        for place, days in enumerate(self.ranges.values()):
            midnights = np.array([(day - _EPOCH).days * DAY for day in days])
            start, end = zones.instants(midnights, self.zone)
            codes[(seconds >= start) & (seconds < end)] = place
        return codes


class TimeWindow(WindowKeys):
    """One split that holds the last whole window of time before a run was scheduled for.

    A run that starts late or is repeated was scheduled for the same time and so takes the same
    rows. Those of other windows are assigned to no split.

    Attributes:
        name: of the split.
        column: dates, time stamps, or seconds since 1970.
    """

    by: Literal["window"]
    name: str = "serving"
    column: str

    def names(self) -> list[str]:
        """Returns the names of the splits."""
        return [self.name]

    def window(self, scheduled_time: str) -> scheduled.Window:
        """Returns the window of a run.

        Args:
            scheduled_time: what the run was scheduled for, see `scheduled.scheduled_time`.

        Raises:
            InputError: it is no time.
        """
        return scheduled.window(scheduled_time, self.grid)

    def at(self, scheduled_time: str) -> InWindow:
        """Returns the split with the window of a run, see `window`."""
        window = self.window(scheduled_time)
        start, end = (int(moment.timestamp()) for moment in (window.start, window.end))
        return InWindow(
            name=self.name,
            column=self.column,
            zone=self.zone,
            seconds=self.seconds,
            window=window.name,
            start=start,
            end=end,
        )


class InWindow(StrictModel):
    """One split that holds the rows of a window.

    Attributes:
        name: of the split.
        column: dates, time stamps, or seconds since 1970.
        zone: IANA name of the time zone that dates and time stamps without one are of.
        seconds: what whole numbers count.
        window: the name of the window.
        start, end: seconds since 1970; the end is not part of the window.
    """

    name: str
    column: str
    zone: str
    seconds: Seconds
    window: str
    start: int
    end: int

    @property
    def text(self) -> str:
        """The window as an interval of ISO 8601, in UTC.

        >>> TimeWindow(by="window", column="when").at("2026-11-25T06:00:00Z").text
        '2026-11-24T00:00:00Z/2026-11-25T00:00:00Z'
        """
        moments = (
            datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
            for seconds in (self.start, self.end)
        )
        return "/".join(map(scheduled.write, moments))

    def names(self) -> list[str]:
        """Returns the names of the splits."""
        return [self.name]

    def codes(self, batch: pa.RecordBatch, where: str) -> Codes:
        """Returns the place of each row's split; a row without a time has none."""
        seconds = _moments(batch, self, where)
        return np.where((seconds >= self.start) & (seconds < self.end), 0, -1)


class ColumnValues(StrictModel):
    """Splits by the value of a column, whatever type a reader gave it.

    7, 7.0, "7" and "007" are one value.

    Attributes:
        column: of text, numbers, booleans or times.
        values: split name to the values whose rows it holds.
    """

    by: Literal["column"]
    column: str
    values: dict[str, list[str | int | float | bool]] = _SOME

    @pydantic.field_validator("values")
    @classmethod
    def _check(cls, value: dict[str, list[str | int | float | bool]]) -> Any:
        for (first, ours), (second, theirs) in itertools.combinations(value.items(), 2):
            known = dict(zip(_words(ours), ours, strict=True))
            for word, value_ in zip(_words(theirs), theirs, strict=True):
                if word in known:
                    same = (
                        "" if str(known[word]) == str(value_) else f", which is {known[word]!r} too"
                    )
                    raise ValueError(f"{first} and {second} both hold {value_!r}{same}")
        return value

    def names(self) -> list[str]:
        """Returns the names of the splits."""
        return list(self.values)

    def codes(self, batch: pa.RecordBatch, where: str) -> Codes:
        """Returns the place of each row's split; a row without a value has none."""
        column = _column(batch, self.column, where)
        if feature_type(column.type) is None or is_list(column.type):
            raise InputError(
                f"{where}: column {self.column}",
                f"must hold text, numbers or booleans to split by, found {column.type}",
                "correct the column or the splits",
            )
        known = [(word, place) for place, words in enumerate(self._words()) for word in words]
        order = sorted(known)
        listed = np.array([word for word, _ in order], np.uint64)
        places = np.array([place for _, place in order], np.int64)
        found = row_hash.words(column, f"{where}: column {self.column}")
        at = np.minimum(np.searchsorted(listed, found), len(listed) - 1)
        fits = validity(column) & (listed[at] == found)
        codes: Codes = np.where(fits, places[at], -1)
        return codes

    def _words(self) -> list[list[int]]:
        return [_words(values) for values in self.values.values()]


class HashBuckets(StrictModel):
    """Splits by a hash of the row: equal rows land in the same split on every run.

    What a row's values say counts, not the type that a reader gave the column: see `row_hash`.

    Attributes:
        buckets: split name to its number of buckets.
        columns: what to hash; by default every column.
    """

    by: Literal["hash"]
    buckets: dict[str, pydantic.PositiveInt] = _SOME
    columns: list[str] | None = pydantic.Field(default=None, min_length=1)

    def names(self) -> list[str]:
        """Returns the names of the splits."""
        return list(self.buckets)

    def codes(self, batch: pa.RecordBatch, where: str) -> Codes:
        """Returns the place of each row's split."""
        names = self.columns if self.columns is not None else sorted(batch.schema.names)
        columns = {name: _column(batch, name, where) for name in names}
        ends = np.cumsum(list(self.buckets.values()))
        bucket = row_hash.hashes(columns, batch.num_rows, where) % np.uint64(ends[-1])
        codes: Codes = np.searchsorted(ends, bucket.astype(np.int64), side="right")
        return codes


AnySplits = AllRows | TimeRanges | TimeWindow | ColumnValues | HashBuckets
Splits = Annotated[AnySplits, pydantic.Field(discriminator="by")]
ReadySplits = AllRows | TimeRanges | InWindow | ColumnValues | HashBuckets
"""Splits that need nothing more to assign rows."""


class _Holder(StrictModel):
    splits: Splits


def parse_splits(text: str, where: str) -> AnySplits:
    """Parses the JSON text of one of the five kinds of splits.

    Raises:
        InputError: it is none of them, or a split has the name of a count.
    """
    splits = yaml_model.parse(_Holder, f'{{"splits": {text}}}', where).splits
    reserved = [name for name in splits.names() if name in COUNTS]
    if reserved:
        raise InputError(
            where,
            f"has a split {reserved[0]!r}, but rows_{reserved[0]} counts other rows",
            "give the split another name",
        )
    return splits


def ready(splits: AnySplits, scheduled_time: str | None) -> ReadySplits:
    """Returns splits that can assign rows.

    Args:
        splits: as parsed.
        scheduled_time: what the run was scheduled for; only windows need it.

    Raises:
        InputError: it is needed, and missing or no time.
    """
    if not isinstance(splits, TimeWindow):
        return splits
    if not scheduled_time:
        raise InputError(
            "scheduled_time",
            f"is missing, and the split {splits.name} holds the window before it",
            "give the time that the run was scheduled for",
        )
    return splits.at(scheduled_time)


def _moments(
    batch: pa.RecordBatch, splits: TimeRanges | InWindow, where: str
) -> npt.NDArray[np.float64]:
    """Returns when rows are, in seconds since 1970, NaN where there is no time."""
    column = _column(batch, splits.column, where)
    if not times.is_moment(column.type):
        raise InputError(
            f"{where}: column {splits.column}",
            f"must hold time stamps or seconds since 1970 to split by, found {column.type}",
            "correct the column or the splits",
        )
    return moments(column, splits.zone, splits.seconds)


def _words(values: list[str | int | float | bool]) -> list[int]:
    """Returns what stands for each value, whatever its type."""
    return [int(row_hash.words(pa.array([value]), "splits")[0]) for value in values]


def _column(batch: pa.RecordBatch, name: str, where: str) -> pa.Array:
    """Returns a column, its dictionary resolved."""
    place = batch.schema.get_field_index(name)
    if place < 0:
        raise InputError(
            where,
            f"has no column {name}, which the splits need; its columns are "
            f"{', '.join(batch.schema.names)}",
            "add the column or correct the splits",
        )
    column = batch.column(place)
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
