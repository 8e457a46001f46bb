"""Times that a schema calls whole numbers: read so that it is known when they were.

A schema says INT of dates and time stamps, as tf.Example holds them as seconds. A source that is
told INT gives seconds, of which nobody can say any more whether clocks showed them or they are
moments. So the column by whose time rows are split is read as it stands, and becomes seconds here.
In UTC both are the same, and nothing is done.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.data.arrow import times
from skewgate.data.arrow.kinds import is_text, name_of
from skewgate.data.arrow.values import mask_array, places_array, validity, values_of
from skewgate.data.ingest.splits import InWindow, ReadySplits, TimeRanges
from skewgate.data.sources.base import lines_of, with_lines
from skewgate.data.sources.rejected import Rejected, Rejections, reject, shortened
from skewgate.data.windows import zones
from skewgate.data.windows.contract import Seconds

_INTEGER = re.compile(r"[+-]?\d{1,18}")
_INT = pa.int64()


def open_time(splits: ReadySplits, types: Mapping[str, pa.DataType]) -> str | None:
    """Returns the column of a time that is to be read without its declared type, if there is one.

    Args:
        splits: how rows are split.
        types: types that are given to columns.
    """
    if not isinstance(splits, TimeRanges | InWindow) or splits.zone == zones.UTC:
        return None
    return splits.column if types.get(splits.column) == _INT else None


def types_to_read(splits: ReadySplits, types: Mapping[str, pa.DataType]) -> dict[str, pa.DataType]:
    """Returns the types in which rows are to be read: without that of an `open_time`."""
    column = open_time(splits, types)
    return {name: kind for name, kind in types.items() if name != column}


class TimedRows(NamedTuple):
    """Rows whose time can be told.

    Attributes:
        rows: what is to be written.
        moments: the same rows, from which their splits are to be read.
        first_row: where `rows` begin in what knows their lines.
    """

    rows: pa.RecordBatch
    moments: pa.RecordBatch
    first_row: int


def timed(
    batch: pa.RecordBatch,
    first_row: int,
    splits: ReadySplits,
    types: Mapping[str, pa.DataType],
    where: str,
    rejections: Rejections,
) -> TimedRows:
    """Gives the time of rows its declared type, if they were read by `types_to_read`.

    Args:
        batch: rows.
        first_row: where they begin in the batch that the source gave.
        splits: how they are split.
        types: the types that were given to columns.
        where: the file.
        rejections: takes the rows whose time is neither a whole number nor a time.

    Raises:
        InputError: more rows are rejected than may be.
    """
    column = open_time(splits, types)
    place = -1 if column is None else batch.schema.get_field_index(column)
    if column is None or place < 0 or not isinstance(splits, TimeRanges | InWindow):
        return TimedRows(batch, batch, first_row)
    read = read_times(batch.column(place), splits.zone, splits.seconds)
    if read is None:
        return TimedRows(batch, batch, first_row)
    rows, moments = (_replaced(batch, place, array) for array in (read.seconds, read.moments))
    if not read.bad.any():
        return TimedRows(rows, moments, first_row)
    lines = np.array(lines_of(batch, range(first_row, first_row + len(batch))), np.int64)
    for row in np.flatnonzero(read.bad).tolist():
        found = shortened(str(batch.column(place)[row].as_py()))
        reject(rejections, Rejected(where, int(lines[row]), column, found, name_of(_INT)))
    good = mask_array(~read.bad)
    return TimedRows(with_lines(rows.filter(good), lines[~read.bad]), moments.filter(good), 0)


class ReadTimes(NamedTuple):
    """A column of times.

    Attributes:
        seconds: what is to be written, int64; what clocks showed as if they showed UTC.
        moments: when the rows are, int64; both are null where there is no value or a bad one.
        bad: rows whose value is neither a whole number nor a time, shape (n,).
    """

    seconds: pa.Array
    moments: pa.Array
    bad: npt.NDArray[np.bool_]


def read_times(array: pa.Array, zone: str, seconds: Seconds = "utc") -> ReadTimes | None:
    """Reads times that came as text or floats, because not all of a column are of one form.

    Args:
        array: a column as it was read.
        zone: IANA name of the time zone whose clocks showed what names no other.
        seconds: what numbers count.

    Returns:
        None if the type says what each value is: times, whole numbers, or what is no time.

    >>> found = read_times(pa.array(["2026-11-25", "1795564800", "noon"]), "America/Chicago")
    >>> found.seconds.to_pylist(), found.moments.to_pylist(), found.bad.tolist()
    ([1795564800, 1795564800, None], [1795586400, 1795564800, None], [False, False, True])
    """
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    known = validity(array)
    if pa.types.is_floating(array.type):
        numbers = times.moments(array)
        good = known & (np.abs(numbers) < 2.0**63) & (numbers == np.floor(numbers))
        clocks = np.full(len(array), seconds == "clock")
        return _read(np.where(good, numbers, 0).astype(np.int64), clocks, good, known, zone)
    if not is_text(array.type):
        return None
    encoded = array.dictionary_encode()
    different = [_seconds(value) for value in values_of(encoded.dictionary)]
    codes = np.asarray(encoded.indices.fill_null(len(different)))
    table = np.array([*different, _NO_TIME], np.int64)[codes]
    clocks = (table[:, 1] == _CLOCK) | ((table[:, 1] == _NUMBER) & (seconds == "clock"))
    return _read(table[:, 0].copy(), clocks, table[:, 1] != _NOTHING, known, zone)


def _read(
    numbers: npt.NDArray[np.int64],
    clocks: npt.NDArray[np.bool_],
    good: npt.NDArray[np.bool_],
    known: npt.NDArray[np.bool_],
    zone: str,
) -> ReadTimes:
    moments = numbers.copy()
    moments[clocks] = zones.instants(numbers[clocks], zone)
    return ReadTimes(places_array(numbers, good), places_array(moments, good), known & ~good)


_NOTHING, _NUMBER, _CLOCK, _MOMENT = range(4)
_NO_TIME = (0, _NOTHING)


def _seconds(value: str | bytes) -> tuple[int, int]:
    """Returns the seconds of a value, and what they are."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    text = text.strip()
    if _INTEGER.fullmatch(text):
        return int(text), _NUMBER
    for kind, what in ((pa.timestamp("us"), _CLOCK), (pa.timestamp("us", "UTC"), _MOMENT)):
        try:
            [seconds] = times.whole_seconds(pa.array([text]).cast(kind)).to_pylist()
        except pa.ArrowInvalid:
            continue
        return seconds, what
    return _NO_TIME


def _replaced(batch: pa.RecordBatch, place: int, array: pa.Array) -> pa.RecordBatch:
    """Returns a batch with another column at a place."""
    columns = list(batch.columns)
    columns[place] = array
    fields = list(batch.schema)
    fields[place] = pa.field(batch.schema.names[place], array.type)
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields, batch.schema.metadata))
