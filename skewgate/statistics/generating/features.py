"""Statistics of one feature, whatever its type."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.data.tf_example.columns import INT, STRING
from skewgate.statistics.generating import counts, histograms, moments
from skewgate.statistics.generating.columns import Column, MixedTypesError


@dataclasses.dataclass(frozen=True)
class StatisticsOptions:
    """What to compute: the options of TFDV that are known here, by its names and defaults.

    Attributes:
        num_top_values: most frequent values listed of a text.
        num_rank_histogram_buckets: values in its rank histogram.
        frequency_threshold: least count of a value that is named.
        num_values_histogram_buckets: buckets of how many values a row has.
        num_histogram_buckets: buckets of equal width of a number.
        num_quantiles_histogram_buckets: those of equal weight.
        epsilon: rank error of quantiles, as a share of the values.
        categories: features whose integers are categories.
        allowlist: features to describe; None for all.
        slices: lists of features whose values make slices; None if there is no slicing.
    """

    num_top_values: int = 20
    num_rank_histogram_buckets: int = 1000
    frequency_threshold: float = 1
    num_values_histogram_buckets: int = 10
    num_histogram_buckets: int = 10
    num_quantiles_histogram_buckets: int = 10
    epsilon: float = 0.01
    categories: frozenset[str] = frozenset()
    allowlist: frozenset[str] | None = None
    slices: tuple[tuple[str, ...], ...] | None = None


class FeaturePart(NamedTuple):
    """What a feature is in a part of the data.

    Attributes:
        kind: as in Column.
        n_values: number of values.
        lengths: the distinct numbers of values per row, ascending, of rows that have the feature.
        n_rows: how many rows have each of them.
        moments: of a number.
        counts: of a text or an integer that is a category.
    """

    kind: int | None
    n_values: int
    lengths: npt.NDArray[np.int64]
    n_rows: npt.NDArray[np.int64]
    moments: moments.MomentsPart | None
    counts: counts.CountsPart | None


def describe(column: Column, *, categorical: bool) -> FeaturePart:
    """Describes a column; `categorical` says that integers are categories."""
    present = column.lengths[column.lengths >= 0]
    if len(present) and present.min() == present.max():
        lengths, n_rows = present[:1], np.array([len(present)])
    else:
        lengths, n_rows = np.unique(present, return_counts=True)
    counted = column.kind == STRING or (column.kind == INT and categorical)
    numeric = column.kind is not None and not counted
    return FeaturePart(
        column.kind,
        len(column.values),
        lengths,
        n_rows,
        moments.describe(column.values) if numeric else None,
        counts.count(column) if counted else None,
    )


class Feature:
    """The statistics of one feature in all parts so far.

    Attributes:
        kind: as in Column.
    """

    def __init__(self, name: str, options: StatisticsOptions) -> None:
        """Makes statistics of no rows."""
        self.kind: int | None = None
        self._name, self._options = name, options
        self._n_present = self._n_values = 0
        self._least, self._most = np.iinfo(np.int64).max, 0
        self._lengths = moments.new_sketch(options.epsilon)
        self._moments = moments.Moments(options.epsilon)
        self._counts = counts.CountsMerger()

    def add(self, part: FeaturePart) -> None:
        """Takes a part.

        Raises:
            MixedTypesError: the parts before had another type.
        """
        if None not in (part.kind, self.kind) and part.kind != self.kind:
            raise MixedTypesError(self._name)
        self.kind = self.kind if part.kind is None else part.kind
        if len(part.lengths):
            self._n_present += int(part.n_rows.sum())
            self._n_values += part.n_values
            self._least = min(self._least, int(part.lengths[0]))
            self._most = max(self._most, int(part.lengths[-1]))
            self._lengths.AddValues(pa.array(part.lengths), pa.array(part.n_rows))
        if part.moments is not None:
            self._moments.add(part.moments)
        if part.counts is not None:
            self._counts.add(part.counts)

    def write(
        self, feature: statistics_pb2.FeatureNameStatistics, n_rows: int, kind: int | None
    ) -> None:
        """Fills TFDV's message.

        Args:
            feature: the message.
            n_rows: rows in all; those that lack the feature are missing.
            kind: of the feature in the whole data, of which these may be a slice.
        """
        options = self._options
        feature.path.step.append(self._name)
        feature.type = STRING if kind is None else kind
        if kind in (None, STRING) or (kind == INT and self._name in options.categories):
            common = feature.string_stats.common_stats
            self._counts.write(
                feature.string_stats,
                self._n_values,
                top_values=options.num_top_values,
                ranks=options.num_rank_histogram_buckets,
                least_count=options.frequency_threshold,
            )
        else:
            common = feature.num_stats.common_stats
            self._moments.write(
                feature.num_stats,
                options.num_quantiles_histogram_buckets,
                options.num_histogram_buckets,
            )
        self._write_common(common, n_rows)

    def _write_common(self, common: statistics_pb2.CommonStatistics, n_rows: int) -> None:
        common.SetInParent()
        common.num_missing = n_rows - self._n_present
        if not self._n_present:
            return
        common.num_non_missing = self._n_present
        common.tot_num_values = self._n_values
        common.min_num_values, common.max_num_values = self._least, self._most
        common.avg_num_values = self._n_values / self._n_present
        edges, weights = histograms.quantiles_of(
            self._lengths, self._options.num_values_histogram_buckets
        )
        common.num_values_histogram.CopyFrom(
            histograms.to_proto(histograms.between(edges, weights), histograms.QUANTILES)
        )
