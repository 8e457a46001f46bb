"""Accumulates one column of Arrow batches, whatever its type."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.core import time_values
from skewgate.core.distributions import Distribution, NumericDistribution
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
    is accumulated beside them.

    Attributes:
        name: the column's name, for messages.
        rows: number of rows seen.
    """

    def __init__(
        self, name: str, *, categorical: bool = False, resolution: int = RESOLUTION
    ) -> None:
        """Makes an empty accumulator; `categorical` treats numbers as names of categories."""
        self.name, self.rows = name, 0
        self._categorical = categorical
        self._values: NumericAccumulator | CategoricalAccumulator | None = None
        self._type: pa.DataType | None = None
        self._logical: str | None = None
        self._resolution = resolution
        self._lengths = NumericAccumulator(resolution)  # of the lists that are there
        self._n_present = 0
        self._longest = 1

    def note_logical(self, logical: str) -> None:
        """Takes the logical type of the values that come next, see `time_values`."""
        known = logical if self._logical is None else self._logical
        self._logical = time_values.joined(known, logical)

    def add(self, array: pa.Array) -> None:
        """Takes the rows of a batch.

        Raises:
            InputError: the type is one that cannot be compared, or is text here and was a number
                before.
        """
        self.rows += len(array)
        if pa.types.is_null(array.type):
            return
        self._n_present += len(array) - array.null_count
        if is_list(array.type):
            lengths = list_lengths(array).astype(np.float64)
            self._longest = max(self._longest, int(np.max(lengths, initial=0)))
            self._lengths.add(lengths)
            array = array.flatten()
            if pa.types.is_null(array.type):
                return
        if is_list(array.type) or pa.types.is_nested(array.type):
            raise InputError(
                f"column {self.name}",
                f"has the type {array.type}, which cannot be compared",
                "flatten it to numbers or text, or drop it",
            )
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
            self._values.add(to_numbers(array, self.name))

    def _take(self, kind: pa.DataType) -> None:
        """Opens the accumulator that fits a type, or makes sure that it is the one in use."""
        textual = is_text(kind)
        if self._values is None:
            self._type = kind
            self._values = (
                CategoricalAccumulator()
                if textual or self._categorical
                else NumericAccumulator(self._resolution)
            )
        elif textual != (isinstance(self._values, CategoricalAccumulator)) and not (
            self._categorical
        ):
            raise self._mixed(kind)
        elif pa.types.is_floating(kind):
            self._type = kind  # whole numbers in the parts before are floats too

    def _mixed(self, kind: pa.DataType | None) -> InputError:
        return InputError(
            f"column {self.name}",
            f"is {self._type} in one part of the data and {kind} in another",
            "write it with one type, or make it BYTES in the schema",
        )

    def merge(self, other: ColumnAccumulator) -> None:
        """Takes what another accumulator has seen; the other must not be used any more.

        Raises:
            InputError: one has seen numbers and the other text.
        """
        self.rows += other.rows
        self._n_present += other._n_present
        self._longest = max(self._longest, other._longest)
        self._lengths.merge(other._lengths)
        if other._logical is not None:
            self.note_logical(other._logical)
        if self._values is None:
            self._values, self._type = other._values, other._type
        elif isinstance(self._values, NumericAccumulator) and isinstance(
            other._values, NumericAccumulator
        ):
            self._values.merge(other._values)
            self._type = other._type if pa.types.is_floating(other._type) else self._type
        elif isinstance(self._values, CategoricalAccumulator) and isinstance(
            other._values, CategoricalAccumulator
        ):
            self._values.merge(other._values)
        elif other._values is not None:
            raise self._mixed(other._type)

    def distribution(self, rows: int) -> Distribution:
        """Returns what is known of the values.

        Args:
            rows: number of rows in all; those that never showed this column lack it.
        """
        n_missing = rows - self._n_present
        n_present = self._n_present if self._longest > 1 else None
        values = self._values or NumericAccumulator()
        found = values.distribution(n_missing, n_present)
        if n_present is None:  # an empty list is a missing value, where others have one
            empty = self._n_present - found.n - found.n_nan
            found = values.distribution(n_missing + empty)
        if isinstance(found, NumericDistribution) and self._type is not None:
            return dataclasses.replace(
                found, integer=_is_whole(self._type), logical=self._logical or ""
            )
        return found

    def value_count(self) -> NumericDistribution | None:
        """Returns how many values the lists have, or None if none has more than one."""
        if self._longest <= 1:
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
    return [
        (name_of(name), count)
        for name, count in zip(values_of(array.dictionary), counts.tolist(), strict=True)
        if count and name is not None
    ]
