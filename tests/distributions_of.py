"""What the statistics of one data set tell, for tests that make such statistics."""

from __future__ import annotations

from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.core.profile import Features
from skewgate.statistics import messages, reading


def distributions(
    dataset: statistics_pb2.DatasetFeatureStatistics,
    rank_error: float = reading.STOCK_RANK_ERROR,
) -> Features:
    """Returns the distribution of every feature of one data set (slice).

    Args:
        dataset: statistics of a slice.
        rank_error: as for `parse_profile`.
    """
    statistics = statistics_pb2.DatasetFeatureStatisticsList(datasets=[dataset])
    return reading.profile_of(statistics, rank_error).slices[messages.slice_name(dataset)]
