"""Assigns the rows of a table to splits: by hash, by a column's value or by time."""

from __future__ import annotations

import datetime
import hashlib
import itertools
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute
import pydantic

from skewgate import validation
from skewgate.errors import InputError
from skewgate.validation import StrictModel

BoolArray = npt.NDArray[np.bool_]
_SOME = pydantic.Field(min_length=1)
_EPOCH = datetime.date(1970, 1, 1)


class AllRows(StrictModel):
    """One split that holds every row."""

    by: Literal["all"] = "all"
    name: str = "all"

    def masks(self, table: pa.Table, where: str) -> dict[str, BoolArray]:
        """Returns split name to a mask of its rows, shape (rows,)."""
        return {self.name: np.ones(table.num_rows, dtype=bool)}


class TimeRanges(StrictModel):
    """Splits by time: each holds the rows of a half-open range of dates (UTC).

    Attributes:
        column: dates, time stamps, or seconds since 1970.
        ranges: split name to (first day, day after the last).
    """

    by: Literal["time"]
    column: str
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

    def masks(self, table: pa.Table, where: str) -> dict[str, BoolArray]:
        """Returns split name to a mask of its rows; a row without a time is in none."""
        column = _column(table, self.column, where)
        if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("s"), safe=False).cast(pa.int64())
        if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
            raise InputError(
                f"{where}: column {self.column}",
                f"must hold time stamps or seconds since 1970 to split by, found {column.type}",
                "correct the column or the splits",
            )
        seconds = np.asarray(column.cast(pa.float64(), safe=False))

        def start_of(day: datetime.date) -> int:
            return (day - _EPOCH).days * 86_400

        return {
            name: (seconds >= start_of(start)) & (seconds < start_of(end))
            for name, (start, end) in self.ranges.items()
        }


class ColumnValues(StrictModel):
    """Splits by the value of a column.

    Attributes:
        column: compared as text.
        values: split name to the values whose rows it holds.
    """

    by: Literal["column"]
    column: str
    values: dict[str, list[str | int | float | bool]] = _SOME

    @pydantic.field_validator("values")
    @classmethod
    def _check(cls, value: dict[str, list[str | int | float | bool]]) -> Any:
        for (first, ours), (second, theirs) in itertools.combinations(value.items(), 2):
            shared = sorted(set(_as_text(ours)) & set(_as_text(theirs)))
            if shared:
                raise ValueError(f"{first} and {second} both hold {shared[0]!r}")
        return value

    def masks(self, table: pa.Table, where: str) -> dict[str, BoolArray]:
        """Returns split name to a mask of its rows."""
        text = _column(table, self.column, where).cast(pa.string())

        def mask(values: list[str | int | float | bool]) -> BoolArray:
            found = pa.compute.is_in(text, value_set=pa.array(_as_text(values), pa.string()))
            return np.asarray(found, dtype=bool)

        return {name: mask(values) for name, values in self.values.items()}


class HashBuckets(StrictModel):
    """Splits by a hash of the row: equal rows fall into the same split at every run.

    Attributes:
        buckets: split name to its number of buckets.
        columns: what to hash; by default every column.
    """

    by: Literal["hash"]
    buckets: dict[str, pydantic.PositiveInt] = _SOME
    columns: list[str] | None = pydantic.Field(default=None, min_length=1)

    def masks(self, table: pa.Table, where: str) -> dict[str, BoolArray]:
        """Returns split name to a mask of its rows."""
        names = self.columns if self.columns is not None else sorted(table.column_names)
        columns = [_column(table, name, where).to_pylist() for name in names]
        total = sum(self.buckets.values())
        digests = [
            hashlib.blake2b(repr(row).encode("utf-8"), digest_size=8).digest()
            for row in zip(*columns, strict=True)
        ]
        bucket = np.array([int.from_bytes(digest, "big") % total for digest in digests])
        masks, start = {}, 0
        for name, count in self.buckets.items():
            masks[name] = (bucket >= start) & (bucket < start + count)
            start += count
        return masks


Splits = Annotated[
    AllRows | TimeRanges | ColumnValues | HashBuckets, pydantic.Field(discriminator="by")
]


class _Holder(StrictModel):
    splits: Splits


def parse_splits(text: str, where: str) -> AllRows | TimeRanges | ColumnValues | HashBuckets:
    """Parses the JSON text of one of the four kinds of splits.

    Raises:
        InputError: it is none of them.
    """
    return validation.parse(_Holder, f'{{"splits": {text}}}', where).splits


def _as_text(values: list[str | int | float | bool]) -> list[str]:
    """Returns the values as Arrow writes them: `true`, and 1 for 1.0."""
    return [pa.array([value]).cast(pa.string())[0].as_py() for value in values]


def _column(table: pa.Table, name: str, where: str) -> pa.ChunkedArray:
    if name not in table.column_names:
        raise InputError(
            where,
            f"has no column {name}, which the splits need; its columns are "
            f"{', '.join(table.column_names)}",
            "add the column or correct the splits",
        )
    return table[name]
