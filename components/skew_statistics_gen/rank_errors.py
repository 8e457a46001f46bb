"""Makes statistics say how exact their quantiles are."""

from __future__ import annotations

from collections.abc import Mapping

from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.statistics.reading import LOGICAL_STAT, SKETCH_ERROR_STAT


def note_rank_error(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    error: float,
    times: Mapping[str, str] | None = None,
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Returns statistics that say of every feature with a quantile sketch how exact it is.

    Where all examples have the same number of values, TFDV repeats one bucket that says so as
    often as there are buckets; one of them is kept.

    Args:
        statistics: what TFDV computed; not changed.
        error: the rank error of TFDV's sketches, as a share of the values.
        times: the features that are times by the schema, with their logical types, which the
            statistics say too.
    """
    noted = statistics_pb2.DatasetFeatureStatisticsList()
    noted.CopyFrom(statistics)
    for dataset in noted.datasets:
        for feature in dataset.features:
            kind = feature.WhichOneof("stats")
            if kind is None:
                continue
            logical = (times or {}).get(feature.path.step[0] if feature.path.step else "")
            if logical and kind == "num_stats":
                feature.custom_stats.add(name=LOGICAL_STAT, str=logical)
            common = getattr(feature, kind).common_stats
            if kind == "num_stats" or common.max_num_values > 1:
                feature.custom_stats.add(name=SKETCH_ERROR_STAT, num=error)
            if common.min_num_values == common.max_num_values:
                buckets = common.num_values_histogram.buckets
                if len(buckets) > 1:
                    buckets[0].sample_count = sum(bucket.sample_count for bucket in buckets)
                    del buckets[1:]
    return noted
