"""Accumulates one column of Arrow batches, whatever its type."""

from __future__ import annotations

import dataclasses
import decimal
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.core import time_values
from skewgate.core.distributions import (
    CategoricalDistribution,
    Distribution,
    NumericDistribution,
    OpaqueDistribution,
)
from skewgate.core.errors import InputError
from skewgate.data.arrow.columns import to_numbers
from skewgate.data.arrow.kinds import is_list, is_text
from skewgate.data.arrow.values import list_lengths, name_of, numbers, values_of
from skewgate.profiling.accumulators.categorical import CategoricalAccumulator
from skewgate.profiling.accumulators.numeric import RESOLUTION, NumericAccumulator


class ColumnAccumulator:
    """What is kept of one column: a number's CDF or a text's categories, and who lacks it.

    Numbers, booleans, dates, times and decimals are numeric; text and bytes are categories. Dates
    and time stamps become seconds since 1970. Lists are flattened, and how many values each has
    is accumulated beside them. A column whose values cannot be compared is no error: it becomes
    an OpaqueDistribution, and keeps no values.

    Attributes:
        name: the column's name, for messages.
        rows: number of rows seen.
        types: the types of the values seen.
    """

    def __init__(
        self, name: str, *, categorical: bool = False, resolution: int = RESOLUTION
    ) -> None:
        """Makes an empty accumulator; `categorical` treats numbers as names of categories."""
        self.name, self.rows = name, 0
        self._categorical = categorical
        self._values: NumericAccumulator | CategoricalAccumulator | None = None
        self.types: set[pa.DataType] = set()
        self._problem, self._faulty = "", False
        self._logical: str | None = None
        self._resolution = resolution
        self._lengths = NumericAccumulator(resolution)  # of the lists that are there
        self._n_present = 0
        self._longest = 1

    @property
    def kind(self) -> str:
        """What the values are, as distributions call it; "" without a value."""
        if self._problem:
            return OpaqueDistribution.kind
        if self._values is None:
            return ""
        textual = isinstance(self._values, CategoricalAccumulator)
        return CategoricalDistribution.kind if textual else NumericDistribution.kind

    def note_logical(self, logical: str) -> None:
        """Takes the logical type of the values that come next, see `time_values`."""
        known = logical if self._logical is None else self._logical
        self._logical = time_values.joined(known, logical)

    def give_up(self, problem: str, *, faulty: bool) -> None:
        """Keeps no values, those of rows to come neither; the arguments as in OpaqueDistribution.

        The first problem stays.
        """
        self._problem = self._problem or problem
        self._faulty = self._faulty or faulty
        self._values = None

    def add(self, array: pa.Array) -> None:
        """Takes the rows of a batch."""
        self.rows += len(array)
        if pa.types.is_null(array.type):
            return
        self._n_present += len(array) - array.null_count
        if self._problem:
            return
        whole = array.type
        if is_list(array.type):
            lengths = list_lengths(array).astype(np.float64)
            self._longest = max(self._longest, int(np.max(lengths, initial=0)))
            self._lengths.add(lengths)
            array = array.flatten()
            if pa.types.is_null(array.type):
                return
        if pa.types.is_nested(array.type):
            self.types.add(whole)
            self.give_up(f"has the type {whole}, which cannot be compared", faulty=False)
            return
        if pa.types.is_dictionary(array.type):
            self._take(array.type.value_type)
            if isinstance(self._values, CategoricalAccumulator):
                self._values.add(_count(array))
                return
            array = array.dictionary_decode()
        else:
            self._take(array.type)
        if isinstance(self._values, CategoricalAccumulator):
            if pa.types.is_boolean(array.type):  # as tf.Example holds it
                array = array.cast(pa.int64())
            self._values.add(_count(pc.dictionary_encode(array)))
        elif self._values is not None:
            try:
                self._values.add(to_numbers(array, self.name))
            except InputError as error:
                self.give_up(error.problem, faulty=False)

    def _take(self, kind: pa.DataType) -> None:
        """Opens the accumulator that fits a type, or makes sure that it is the one in use."""
        textual = is_text(kind)
        if self._values is None:
            self._values = (
                CategoricalAccumulator()
                if textual or self._categorical
                else NumericAccumulator(self._resolution)
            )
        elif textual != (isinstance(self._values, CategoricalAccumulator)) and not (
            self._categorical
        ):
            self._give_up_mixed({kind})
        self.types.add(kind)

    def _give_up_mixed(self, others: set[pa.DataType]) -> None:
        one, other = (" or ".join(sorted(map(str, types))) for types in (self.types, others))
        self.give_up(f"is {one} in one part of the data and {other} in another", faulty=True)

    def merge(self, other: ColumnAccumulator) -> None:
        """Takes what another accumulator has seen; the other must not be used any more."""
        self.rows += other.rows
        self._n_present += other._n_present
        self._longest = max(self._longest, other._longest)
        self._lengths.merge(other._lengths)
        if other._logical is not None:
            self.note_logical(other._logical)
        mine, theirs = self._values, other._values
        if self._problem or other._problem:
            self.give_up(self._problem or other._problem, faulty=other._faulty)
        elif mine is None or theirs is None:
            self._values = mine or theirs
        elif isinstance(mine, NumericAccumulator) and isinstance(theirs, NumericAccumulator):
            mine.merge(theirs)
        elif isinstance(mine, NumericAccumulator) or isinstance(theirs, NumericAccumulator):
            self._give_up_mixed(other.types)
        else:
            mine.merge(theirs)
        self.types |= other.types

    def distribution(self, rows: int) -> Distribution:
        """Returns what is known of the values.

        Args:
            rows: number of rows in all; those that never showed this column lack it.
        """
        n_missing = rows - self._n_present
        types = frozenset(map(str, self.types))
        if self._problem:
            return OpaqueDistribution(
                n_missing, self._n_present, self._problem, types, self._faulty
            )
        n_present = self._n_present if self._longest > 1 else None
        values = self._values or NumericAccumulator()
        found = values.distribution(n_missing, n_present)
        if n_present is None:  # an empty list is a missing value, where others have one
            empty = self._n_present - found.n - found.n_nan
            found = values.distribution(n_missing + empty)
        if isinstance(found, NumericDistribution):
            integer = bool(self.types) and all(map(_is_whole, self.types))
            logical = self._logical or ""
            return dataclasses.replace(found, integer=integer, types=types, logical=logical)
        if isinstance(found, CategoricalDistribution):
            return dataclasses.replace(found, types=types)
        return found

    def value_count(self) -> NumericDistribution | None:
        """Returns how many values the lists have, or None if none has more than one."""
        if self._longest <= 1 or self._problem:
            return None
        lengths = self._lengths.distribution()
        return lengths if isinstance(lengths, NumericDistribution) else None


def _is_whole(kind: pa.DataType) -> bool:
    """Says whether tf.Example holds values of a type as integers: times in whole seconds too."""
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_date(kind)
        or pa.types.is_timestamp(kind)
    )


def _count(array: pa.DictionaryArray) -> list[tuple[str | None, int]]:
    """Counts the values of a dictionary array; one that is not UTF-8 has no name."""
    if len(array.dictionary) == 0:
        return []
    counts = np.bincount(numbers(array.indices), minlength=len(array.dictionary))
    single = pa.types.is_float32(array.dictionary.type)
    return [
        (_category(name, single), count)
        for name, count in zip(values_of(array.dictionary), counts.tolist(), strict=True)
        if count and name is not None
    ]


def _category(value: Any, single: bool) -> str | None:
    """Names a category; a number has one name, whatever type holds it.

    Args:
        value: text, bytes, or a number.
        single: whether it was a 32-bit float, whose shortest name is meant.

    >>> [_category(value, False) for value in (2, 2.0, decimal.Decimal("2.00"), 0.5, "2.0")]
    ['2', '2', '2', '0.5', '2.0']
    """
    if isinstance(value, float | decimal.Decimal) and math.isfinite(value):
        if value == int(value):
            return str(int(value))
        return str(np.float32(value)) if single else str(float(value))
    return name_of(value)
