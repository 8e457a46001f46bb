"""Statistics of sparse and weighted features, which a schema makes of other features.

TFDV validates them by whether their parts are in the same rows and have equally many values; what
it wants to know of that are custom statistics under the name of the composite.

Source: tensorflow_data_validation/statistics/generators/sparse_feature_stats_generator.py and
weighted_feature_stats_generator.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from skewgate.data.arrow.kinds import is_list
from skewgate.data.arrow.values import list_lengths, validity

_ABSENT = -1  # length of a row without the feature


class Composites:
    """What is known of the sparse and weighted features of a schema, but those within structs."""

    def __init__(self, schema: schema_pb2.Schema) -> None:
        """Counts nothing yet."""
        self._sparse = [
            _Composite(
                sparse.name,
                sparse.value_feature.name,
                sorted({index.name for index in sparse.index_feature}),
            )
            for sparse in schema.sparse_feature
        ]
        self._weighted = [
            _Composite(weighted.name, weighted.feature.step[0], [weighted.weight_feature.step[0]])
            for weighted in schema.weighted_feature
            if len(weighted.feature.step) == len(weighted.weight_feature.step) == 1
        ]

    @property
    def columns(self) -> frozenset[str]:
        """The features that others are made of."""
        return frozenset(name for each in (*self._sparse, *self._weighted) for name in each.columns)

    def add(self, batch: pa.RecordBatch) -> None:
        """Takes rows; a column that they lack is missing in them."""
        lengths = {name: _lengths(batch, name) for name in self.columns}
        for composite in (*self._sparse, *self._weighted):
            composite.add(lengths)

    def statistics(self) -> Iterator[statistics_pb2.FeatureNameStatistics]:
        """Yields TFDV's message of each composite."""
        for composite in self._sparse:
            message = composite.message()
            message.custom_stats.add(name="missing_value", num=composite.missing_value)
            for name, told in (
                ("missing_index", composite.missing),
                ("max_length_diff", composite.most),
                ("min_length_diff", composite.least),
            ):
                histogram = message.custom_stats.add(name=name).rank_histogram
                histogram.SetInParent()
                for label, count in zip(composite.others, told, strict=True):
                    histogram.buckets.add(label=label, sample_count=count)
            yield message
        for composite in self._weighted:
            message = composite.message()
            for name, number in (
                ("missing_weight", composite.missing[0]),
                ("missing_value", composite.missing_value),
                ("min_weight_length_diff", composite.least[0]),
                ("max_weight_length_diff", composite.most[0]),
            ):
                message.custom_stats.add(name=name, num=number)
            yield message


class _Composite:
    """A feature of values and of what goes with them: indices, or weights.

    Attributes:
        others: names of what goes with the values.
        missing_value: rows that have some of these and no values.
        missing: rows that have some part and not this one, of each of `others`.
        least, most: by how much a row has more of each of `others` than values, 0 without rows.
    """

    def __init__(self, name: str, value: str, others: Sequence[str]) -> None:
        self._name, self._value, self.others = name, value, others
        self.missing_value = 0
        self.missing = [0] * len(others)
        self._differences: list[tuple[int, int] | None] = [None] * len(others)

    @property
    def columns(self) -> list[str]:
        return [self._value, *self.others]

    @property
    def least(self) -> list[int]:
        return [0 if ends is None else ends[0] for ends in self._differences]

    @property
    def most(self) -> list[int]:
        return [0 if ends is None else ends[1] for ends in self._differences]

    def message(self) -> statistics_pb2.FeatureNameStatistics:
        message = statistics_pb2.FeatureNameStatistics()
        message.path.step.append(self._name)
        return message

    def add(self, lengths: dict[str, npt.NDArray[np.int64]]) -> None:
        own: Any = np.stack([lengths[name] for name in self.columns])
        own = own[:, (own != _ABSENT).any(axis=0)]
        if not own.shape[1]:
            return
        absent = np.count_nonzero(own == _ABSENT, axis=1).tolist()
        differences = np.maximum(own[1:], 0) - np.maximum(own[0], 0)
        self.missing_value += absent[0]
        for at, (least, most) in enumerate(
            zip(differences.min(axis=1).tolist(), differences.max(axis=1).tolist(), strict=True)
        ):
            self.missing[at] += absent[1 + at]
            known = self._differences[at] or (least, most)
            self._differences[at] = (min(known[0], least), max(known[1], most))


def _lengths(batch: pa.RecordBatch, name: str) -> npt.NDArray[np.int64]:
    """Returns how many values each row has, `_ABSENT` where the feature is missing."""
    lengths = np.full(batch.num_rows, _ABSENT, np.int64)
    at = batch.schema.get_field_index(name)
    if at < 0 or pa.types.is_null(batch.column(at).type):
        return lengths
    array = batch.column(at)
    lengths[validity(array)] = list_lengths(array) if is_list(array.type) else 1
    return lengths
