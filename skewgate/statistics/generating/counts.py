"""Exact counts of texts and of integers that are categories."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.data.arrow.values import numbers
from skewgate.statistics.generating.columns import Column

UNNAMED = "__BYTES_VALUE__"
"""What TFDV writes for a text that is not UTF-8."""

_PENDING = 100_000  # values of parts to gather before they are merged


class CountsPart(NamedTuple):
    """How often the values of a part of the data occur.

    Attributes:
        values: distinct, large binary or int64, length k.
        counts: of each, at least 1, shape (k,).
        size: bytes of all values; characters, if they are integers.
        n_invalid: how many are not UTF-8.
    """

    values: pa.Array
    counts: npt.NDArray[np.int64]
    size: int
    n_invalid: int


def count(column: Column) -> CountsPart:
    """Counts the values of a column of texts or integers."""
    if column.texts is None:
        values, counts = np.unique(column.values, return_counts=True)
        sizes = np.array([len(str(value)) for value in values.tolist()], np.int64)
        return CountsPart(pa.array(values), counts, int(np.dot(sizes, counts)), 0)
    texts = column.texts
    counts = np.bincount(column.values, minlength=len(texts.values))
    size, n_invalid = int(np.dot(counts, texts.sizes)), int(np.dot(counts, texts.invalid))
    present = np.flatnonzero(counts)
    if len(present) == len(counts):
        return CountsPart(texts.values, counts, size, n_invalid)
    return CountsPart(texts.values.take(pa.array(present)), counts[present], size, n_invalid)


class CountsMerger:
    """How often each value occurs in all parts so far.

    Every distinct value is kept, as TFDV does: memory grows with their number.
    """

    def __init__(self) -> None:
        """Makes empty counts."""
        self._parts: list[tuple[pa.Array, npt.NDArray[np.int64]]] = []
        self._pending = self._merged = 0
        self._size = self._n_invalid = 0

    def add(self, part: CountsPart) -> None:
        """Takes a part."""
        self._size += part.size
        self._n_invalid += part.n_invalid
        if not len(part.counts):
            return
        self._parts.append((part.values, part.counts))
        self._pending += len(part.counts)
        if self._pending > max(_PENDING, 2 * self._merged):
            self._merge()

    def _merge(self) -> None:
        if len(self._parts) > 1:
            encoded = pc.dictionary_encode(pa.concat_arrays([values for values, _ in self._parts]))
            counts = np.zeros(len(encoded.dictionary), np.int64)
            np.add.at(
                counts, numbers(encoded.indices), np.concatenate([own for _, own in self._parts])
            )
            self._parts = [(encoded.dictionary, counts)]
        self._merged = self._pending = len(self._parts[0][1])

    def write(
        self,
        stats: statistics_pb2.StringStatistics,
        n_values: int,
        *,
        top_values: int,
        ranks: int,
        least_count: float,
    ) -> None:
        """Fills TFDV's message.

        Of values as frequent the larger comes first, as bytes or as integers.

        Args:
            stats: the message.
            n_values: how many values there are.
            top_values, ranks: how many values to name, in these two lists.
            least_count: values that are less frequent are not named.
        """
        stats.invalid_utf8_count = self._n_invalid
        if not n_values:
            return
        stats.avg_length = self._size / n_values
        self._merge()
        ((values, counts),) = self._parts
        stats.unique = len(counts)
        named, frequencies = _most_frequent(values, counts, max(top_values, ranks))
        for rank, (value, frequency) in enumerate(zip(named, frequencies, strict=True)):
            if frequency < least_count:
                break
            label = _label(value)
            if rank < top_values:
                stats.top_values.add(value=label, frequency=frequency)
            if rank < ranks:
                stats.rank_histogram.buckets.add(
                    low_rank=rank, high_rank=rank, sample_count=frequency, label=label
                )


def _most_frequent(
    values: pa.Array, counts: npt.NDArray[np.int64], most: int
) -> tuple[list[bytes | int], list[int]]:
    """Returns the most frequent values and their counts, the larger value first among equals."""
    if 0 < most < len(counts):
        least = np.partition(counts, len(counts) - most)[len(counts) - most]
        kept = np.flatnonzero(counts >= least)
        values, counts = values.take(pa.array(kept)), counts[kept]
    table = pa.table({"count": pa.array(counts), "value": values})
    order = pc.sort_indices(table, sort_keys=[("count", "descending"), ("value", "descending")])
    taken = table.take(order.slice(0, most))
    return taken.column("value").to_pylist(), taken.column("count").to_pylist()


def _label(value: bytes | int) -> str:
    if isinstance(value, int):
        return str(value)
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return UNNAMED
