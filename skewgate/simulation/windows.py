"""Cuts rows into windows: by their number, into so many, or by a column of times."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pydantic

from skewgate.core.errors import InputError
from skewgate.core.yaml_model import StrictModel
from skewgate.data.arrow import cells
from skewgate.data.arrow.values import validity

IntArray = npt.NDArray[np.int64]
MOST_WINDOWS = 500
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_TICKS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_MONTHS = {"month": 1, "quarter": 3}
_EVERY = re.compile(r"([1-9]\d*)\s*(s|min|h|d)")


class WindowRule(StrictModel):
    """How rows are cut into windows; exactly one of rows, number and time.

    Attributes:
        rows: rows of a window, in the order of the data; the last window may have fewer.
        number: of windows, of equal size up to one row, in the order of the data.
        time: a column of dates, time stamps or seconds since 1970.
        every: length of a window by time: such as 30min, 6h, 7d (counted from 1970-01-01 00:00
            UTC), month or quarter.
    """

    rows: int | None = pydantic.Field(default=None, ge=1)
    number: int | None = pydantic.Field(default=None, ge=1, le=MOST_WINDOWS)
    time: str | None = pydantic.Field(default=None, min_length=1)
    every: str | None = None

    @pydantic.model_validator(mode="after")
    def _check(self) -> WindowRule:
        given = [key for key in ("rows", "number", "time") if getattr(self, key) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ValueError(f"needs exactly one of rows, number and time, got {found}")
        if (self.time is None) != (self.every is None):
            raise ValueError("time and every go together: a column, and the length of a window")
        named = self.every is None or self.every in _MONTHS
        if not named and not _EVERY.fullmatch(self.every or ""):
            raise ValueError(
                f"every must be such as 30min, 6h, 7d, month or quarter, got {self.every!r}"
            )
        return self

    def keys(self, column: pa.Array) -> IntArray:
        """Returns the number of the window of each time, counted from 1970, shape (n,).

        Raises:
            InputError: a time is missing, or the column holds no times.
        """
        seconds = _seconds(column, self.time or "")
        if self.every in _MONTHS:
            months = seconds.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
            return np.floor_divide(months, _MONTHS[self.every])
        found = _EVERY.fullmatch(self.every or "")
        assert found is not None
        return np.floor_divide(seconds, int(found.group(1)) * _SECONDS[found.group(2)])

    def start(self, key: int) -> str:
        """Returns when a window by time begins, in UTC."""
        if self.every in _MONTHS:
            return f"{np.datetime64(key * _MONTHS[self.every], 'M')}-01T00:00:00Z"
        found = _EVERY.fullmatch(self.every or "")
        assert found is not None
        return f"{np.datetime64(key * int(found.group(1)) * _SECONDS[found.group(2)], 's')}Z"


def _seconds(array: pa.Array, name: str) -> IntArray:
    """Returns whole seconds since 1970, rounded down, shape (n,)."""
    kind = array.type
    missing = array.null_count
    if pa.types.is_date32(kind):
        seconds = cells.values(array.cast(pa.int32())).astype(np.int64) * 86_400
    elif pa.types.is_date64(kind) or pa.types.is_timestamp(kind):
        ticks = 1000 if pa.types.is_date64(kind) else _TICKS[kind.unit]
        seconds = np.floor_divide(cells.values(array.cast(pa.int64())), ticks)
    elif cells.is_number(kind):
        numbers = cells.values(array).astype(np.float64)
        bad = ~np.isfinite(numbers) & validity(array)
        missing += int(np.count_nonzero(bad))
        seconds = np.floor(np.where(bad | ~validity(array), 0, numbers)).astype(np.int64)
    elif pa.types.is_null(kind):
        seconds = np.zeros(len(array), np.int64)
    else:
        raise InputError(
            f"windows.time: column {name}",
            f"is of type {kind}, and windows need dates, time stamps or seconds since 1970",
            "convert the column, give its type by a schema, or make windows by rows",
        )
    if missing:
        raise InputError(
            f"windows.time: column {name}",
            f"has rows without a time, {missing:,} at once, which belong to no window",
            "fill or drop these rows, or make windows by rows",
        )
    return seconds


@dataclasses.dataclass(frozen=True)
class Windows:
    """The windows that rows of some data make.

    Attributes:
        rule: how they were cut.
        sizes: rows of each, shape (k,); 0 for a window by time that holds none.
        first_key: number of the first window by time, counted from 1970.
    """

    rule: WindowRule
    sizes: IntArray
    first_key: int = 0

    def of(self, batch: pa.RecordBatch, first: int) -> IntArray:
        """Returns the window of each row, from 0, shape (n,); `first` is the number of row 0."""
        if self.rule.time is not None:
            column = batch.column(batch.schema.get_field_index(self.rule.time))
            return self.rule.keys(column) - self.first_key
        places = np.arange(first, first + batch.num_rows)
        found: IntArray = np.searchsorted(np.cumsum(self.sizes), places, side="right")
        return found

    def start(self, window: int) -> str | None:
        """Returns when a window by time begins, counted from 0; None for other windows."""
        return None if self.rule.time is None else self.rule.start(self.first_key + window)


def plan(rule: WindowRule, rows: int, keys: Mapping[int, int], where: str) -> Windows:
    """Returns the windows that data make.

    Args:
        rule: how to cut.
        rows: of the data, above 0.
        keys: rows of each window by time.
        where: name of the spec, for messages.

    Raises:
        InputError: there are too many windows, or more than rows.
    """
    if rule.time is not None:
        first, last = min(keys), max(keys)
        count = last - first + 1
        if count <= MOST_WINDOWS:
            sizes = np.array([keys.get(first + index, 0) for index in range(count)], np.int64)
            return Windows(rule, sizes, first)
    elif rule.rows is not None:
        count = -(-rows // rule.rows)
        if count <= MOST_WINDOWS:
            sizes = np.full(count, rule.rows, np.int64)
            sizes[-1] = rows - (count - 1) * rule.rows
            return Windows(rule, sizes)
    else:
        count = rule.number or 1
        if count <= rows:
            return Windows(rule, np.diff(np.arange(count + 1, dtype=np.int64) * rows // count))
        raise InputError(
            where,
            f"windows.number is {count}, and the data have {rows:,} rows",
            "make fewer windows",
        )
    raise InputError(
        where,
        f"windows would be {count:,} in number, and at most {MOST_WINDOWS} are made",
        "make longer windows",
    )
