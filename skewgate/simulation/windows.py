"""Cuts rows into windows: by their number, into so many, or by a column of times."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pydantic

from skewgate.core.distributions import FloatArray
from skewgate.core.errors import InputError
from skewgate.core.yaml_model import RefusedError, StrictModel, refusing
from skewgate.data.arrow import times
from skewgate.data.ingest.moments import moments
from skewgate.data.windows import zones
from skewgate.data.windows.contract import Every, Offset, Seconds, Zone
from skewgate.data.windows.grids import Grid

IntArray = npt.NDArray[np.int64]
MOST_WINDOWS = 500
_OLD = {"month": "1mo", "quarter": "3mo"}
_OLD_MINUTES = re.compile(r"([1-9]\d*)\s*min")


class WindowRule(StrictModel):
    """How rows are cut into windows; exactly one of rows, number and time.

    Attributes:
        rows: rows of a window, in the order of the data; the last window may have fewer.
        number: of windows, of equal size up to one row, in the order of the data.
        time: a column of dates, time stamps or seconds since 1970.
        every: length of a window by time, such as 15m, 6h, 1d, 2w or 1mo.
        offset, zone: which windows by time, see `data.windows.contract.WindowKeys`. Dates, and time
            stamps without a zone, are those of the clocks of `zone`.
        seconds: what whole numbers count, see `data.windows.contract.WindowKeys`.
    """

    rows: int | None = pydantic.Field(default=None, ge=1)
    number: int | None = pydantic.Field(default=None, ge=1, le=MOST_WINDOWS)
    time: str | None = pydantic.Field(default=None, min_length=1)
    every: Every | None = None
    offset: Offset | None = None
    zone: Zone | None = None
    seconds: Seconds | None = None

    @pydantic.field_validator("every", mode="before")
    @classmethod
    def _refuse_old(cls, value: Any) -> Any:
        text = value if isinstance(value, str) else ""
        minutes = _OLD_MINUTES.fullmatch(text)
        new = f"{minutes[1]}m" if minutes else _OLD.get(text)
        if new:
            raise RefusedError(f"{text} is now {new}", f"write `every: {new}`")
        return value

    @pydantic.model_validator(mode="after")
    def _check(self) -> WindowRule:
        given = [key for key in ("rows", "number", "time") if getattr(self, key) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ValueError(f"needs exactly one of rows, number and time, got {found}")
        if (self.time is None) != (self.every is None):
            raise ValueError("time and every go together: a column, and the length of a window")
        for key in ("offset", "zone", "seconds"):
            if self.time is None and getattr(self, key) is not None:
                raise ValueError(f"{key} is for windows by time, but there is no time")
        if self.time is not None:
            with refusing():
                _ = self.grid
        return self

    @property
    def grid(self) -> Grid:
        """The windows by time.

        Raises:
            InputError: the durations do not fit each other.
        """
        given = {key: getattr(self, key) for key in ("every", "offset", "zone")}
        return Grid(**{key: value for key, value in given.items() if value is not None})

    def keys(self, column: pa.Array) -> IntArray:
        """Returns the number of the window of each time, shape (n,).

        Raises:
            InputError: a time is missing, or the column holds no times.
        """
        return self.grid.numbers(_whole(self._moments(column), self.time or ""))

    def _moments(self, column: pa.Array) -> FloatArray:
        if not times.is_moment(column.type):
            raise InputError(
                f"windows.time: column {self.time}",
                f"is of type {column.type}, and windows need dates, time stamps or seconds since "
                "1970",
                "convert the column, give its type by a schema, or make windows by rows",
            )
        return moments(column, self.grid.zone, self.seconds or "utc")

    def types_to_read(self, types: Mapping[str, pa.DataType] | None) -> dict[str, pa.DataType]:
        """Returns types of columns without one of the time that hides whether clocks showed it.

        A schema says INT of dates and time stamps, which would be read as seconds.
        """
        hides = self.time is not None and self.grid.zone != zones.UTC
        return {
            name: kind
            for name, kind in (types or {}).items()
            if not (hides and name == self.time and kind == pa.int64())
        }


def _text(seconds: int) -> str:
    """Returns a time of ISO 8601 in UTC."""
    return f"{np.datetime64(seconds, 's')}Z"


def _whole(seconds: FloatArray, name: str) -> IntArray:
    """Returns whole seconds since 1970, rounded down, shape (n,)."""
    if missing := int(np.count_nonzero(~np.isfinite(seconds))):
        raise InputError(
            f"windows.time: column {name}",
            f"has rows without a time, {missing:,} at once, which belong to no window",
            "fill or drop these rows, or make windows by rows",
        )
    return np.floor(seconds).astype(np.int64)


@dataclasses.dataclass(frozen=True)
class Windows:
    """The windows that rows of some data make.

    Attributes:
        rule: how they were cut.
        sizes: rows of each, shape (k,); 0 for a window by time that holds none.
        keys: numbers of the windows by time, shape (k,); empty for other windows.
    """

    rule: WindowRule
    sizes: IntArray
    keys: IntArray = dataclasses.field(default_factory=lambda: np.empty(0, np.int64))

    def of(self, batch: pa.RecordBatch, first: int) -> IntArray:
        """Returns the window of each row, from 0, shape (n,); -1 if there is none.

        Args:
            batch: the rows.
            first: the number of its first row.
        """
        if self.rule.time is not None:
            column = batch.column(batch.schema.get_field_index(self.rule.time))
            keys = self.rule.keys(column)
            near = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
            return np.where(self.keys[near] == keys, near, -1)
        places = np.arange(first, first + batch.num_rows)
        found: IntArray = np.searchsorted(np.cumsum(self.sizes), places, side="right")
        return found

    def described(self, window: int) -> dict[str, str]:
        """Returns name, start and end of a window by time, counted from 0; nothing of others."""
        if self.rule.time is None:
            return {}
        grid, key = self.rule.grid, self.keys[window : window + 1]
        start, end = int(grid.starts(key)[0]), int(grid.ends(key)[0])
        return {"name": grid.name(start), "start": _text(start), "end": _text(end)}


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
            numbers = np.arange(first, last + 1)
            # A zone may skip a whole day: then a window is over when it starts.
            numbers = numbers[rule.grid.starts(numbers) < rule.grid.ends(numbers)]
            sizes = np.array([keys.get(number, 0) for number in numbers.tolist()], np.int64)
            return Windows(rule, sizes, numbers)
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
            f"windows.number is {count}, but the data have {rows:,} rows",
            "make fewer windows",
        )
    raise InputError(
        where,
        f"windows would be {count:,} in number, and at most {MOST_WINDOWS} are made",
        "make longer windows",
    )
