"""Accumulates one column of Arrow batches, whatever its type."""

from __future__ import annotations

import copy
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
from skewgate.data.arrow.values import list_lengths, name_of, numbers, validity, values_of
from skewgate.profiling.accumulators.categorical import CategoricalAccumulator
from skewgate.profiling.accumulators.numeric import RESOLUTION, NumericAccumulator

_TOLD, _OF_TYPE, _OF_VALUES = range(3)
"""Ranks of problems: told from outside, of a type that nobody compares, of single values."""


class ColumnAccumulator:
    """What is kept of one column: a number's CDF or a text's categories, and who lacks it.

    Numbers, booleans, dates, times and decimals are numeric; text and bytes are categories. Dates
    and time stamps become seconds since 1970. Lists are flattened, and how many values each has
    is accumulated beside them. A column whose values cannot be compared is no error: it becomes
    an OpaqueDistribution, and keeps no values.

    What is kept does not depend on how the rows are cut into batches, nor on the order of these: a
    batch without a value says nothing of the type, and text among numbers is found at the end.

    Attributes:
        name: the column's name, for messages.
        rows: number of rows seen.
        n_present: how many of them have the column, an empty list included.
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
        self.n_present = 0
        self._opaque_types: set[pa.DataType] = set()
        self._problems: set[tuple[int, str]] = set()  # by rank, the first is told
        self._faulty = False
        self._logical: str | None = None
        self._resolution = resolution
        self._lengths = NumericAccumulator(resolution)  # of the lists that are there
        self._longest = 1

    @property
    def kind(self) -> str:
        """What the values are, as distributions call it; "" without a value."""
        if self._problems or self._mixed:
            return OpaqueDistribution.kind
        if self._values is None:
            return ""
        textual = isinstance(self._values, CategoricalAccumulator)
        return CategoricalDistribution.kind if textual else NumericDistribution.kind

    @property
    def _mixed(self) -> bool:
        """Whether there is text among numbers."""
        return not self._categorical and len(set(map(is_text, self.types))) > 1

    def note_logical(self, logical: str) -> None:
        """Takes the logical type of the values that come next, see `time_values`."""
        known = logical if self._logical is None else self._logical
        self._logical = time_values.joined(known, logical)

    def give_up(self, problem: str, *, faulty: bool) -> None:
        """Keeps no values, those of rows to come neither; the arguments as in OpaqueDistribution.

        It is told before what the values themselves show.
        """
        self._give_up(_TOLD, problem, faulty=faulty)

    def _give_up(self, rank: int, problem: str, *, faulty: bool) -> None:
        self._problems.add((rank, problem))
        self._faulty = self._faulty or faulty
        self._values = None

    def add(self, array: pa.Array) -> None:
        """Takes the rows of a batch."""
        self.rows += len(array)
        array = _with_nulls_told(array)
        if pa.types.is_null(array.type) or array.null_count == len(array):
            return
        self.n_present += len(array) - array.null_count
        whole = array.type
        if is_list(array.type):
            lengths, array = list_lengths(array), _with_nulls_told(array.flatten())
            if array.null_count:  # a null in a list is no value
                lists = np.repeat(np.arange(len(lengths)), lengths)[validity(array)]
                lengths = np.bincount(lists, minlength=len(lengths))
            self._longest = max(self._longest, int(np.max(lengths, initial=0)))
            self._lengths.add(lengths.astype(np.float64))
            if pa.types.is_null(array.type) or array.null_count == len(array):
                return
        if pa.types.is_nested(array.type):
            self._opaque_types.add(whole)
            problem = f"has the type {whole}, which cannot be compared"
            self._give_up(_OF_TYPE, problem, faulty=False)
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
                self._give_up(_OF_VALUES, error.problem, faulty=False)

    def _take(self, kind: pa.DataType) -> None:
        """Opens the accumulator that fits a type, or drops the one in use if it does not fit."""
        self.types.add(kind)
        if self._problems or self._mixed:
            self._values = None
        elif self._values is None:
            textual = is_text(kind) or self._categorical
            self._values = (
                CategoricalAccumulator() if textual else NumericAccumulator(self._resolution)
            )

    def merge(self, other: ColumnAccumulator) -> None:
        """Takes what another accumulator has seen; the other must not be used any more."""
        self.rows += other.rows
        self.n_present += other.n_present
        self.types |= other.types
        self._opaque_types |= other._opaque_types
        self._problems |= other._problems
        self._faulty = self._faulty or other._faulty
        self._longest = max(self._longest, other._longest)
        self._lengths.merge(other._lengths)
        if other._logical is not None:
            self.note_logical(other._logical)
        mine, theirs = self._values, other._values
        if self._problems or self._mixed:
            self._values = None
        elif mine is None or theirs is None:
            self._values = mine or theirs
        elif isinstance(mine, NumericAccumulator):
            assert isinstance(theirs, NumericAccumulator)
            mine.merge(theirs)
        else:
            assert isinstance(theirs, CategoricalAccumulator)
            mine.merge(theirs)

    def distribution(self, rows: int) -> Distribution:
        """Returns what is known of the values.

        Args:
            rows: number of rows in all; those that never showed this column lack it.
        """
        n_missing = rows - self.n_present
        types = frozenset(map(str, self.types))
        if self.kind == OpaqueDistribution.kind:
            return OpaqueDistribution(
                n_missing,
                self.n_present,
                self._problem(),
                types | frozenset(map(str, self._opaque_types)),
                self._faulty if self._problems else True,  # text among numbers
            )
        n_present = self.n_present if self._longest > 1 else None
        found = (self._values or NumericAccumulator()).distribution(n_missing, n_present)
        if n_present is None:  # an empty list is a missing value, where others have one
            empty = self.n_present - found.n - found.n_nan
            found = dataclasses.replace(found, n_missing=n_missing + empty, n_empty=empty)
        if isinstance(found, NumericDistribution):
            integer = bool(self.types) and all(map(_is_whole, self.types))
            logical = self._logical or ""
            return dataclasses.replace(found, integer=integer, types=types, logical=logical)
        if isinstance(found, CategoricalDistribution):
            return dataclasses.replace(found, types=types)
        return found

    def _problem(self) -> str:
        if self._problems:
            return min(self._problems)[1]
        kinds = [
            " or ".join(sorted(str(kind) for kind in self.types if is_text(kind) == textual))
            for textual in (False, True)
        ]
        return f"is {kinds[0]} in one part of the data and {kinds[1]} in another"

    def value_count(self) -> NumericDistribution | None:
        """Returns how many values the rows have, or None if none has more than one."""
        if self._longest <= 1 or self.kind == OpaqueDistribution.kind:
            return None
        lengths = self._lengths
        if lengths.n < self.n_present:  # rows that are no lists have one value each
            lengths = copy.deepcopy(lengths)
            lengths.add(np.ones(self.n_present - lengths.n))
        counts = lengths.distribution()
        return counts if isinstance(counts, NumericDistribution) else None


def _is_whole(kind: pa.DataType) -> bool:
    """Says whether tf.Example holds values of a type as integers: times in whole seconds too."""
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_date(kind)
        or pa.types.is_timestamp(kind)
    )


def _with_nulls_told(array: pa.Array) -> pa.Array:
    """Returns an array of which no value is null but by its index."""
    if pa.types.is_dictionary(array.type) and array.dictionary.null_count:
        return pc.dictionary_encode(array.dictionary_decode())
    return array


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
