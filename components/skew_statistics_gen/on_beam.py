"""Profiles splits with TFDV on Beam."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx import types

from skewgate.components.skew_statistics_gen import rank_errors
from skewgate.profiling.accumulators import slicing
from skewgate.schema.reading import time_features
from skewgate.statistics.messages import ALL_EXAMPLES, name_slices


def profile_splits(
    pipeline: Any,
    examples: types.Artifact,
    paths: Mapping[str, str],
    options: Any,
    slices: Sequence[Sequence[str]] = (),
) -> None:
    """Writes the statistics of every split when the pipeline runs.

    Args:
        pipeline: the Beam pipeline to add to.
        examples: of any format that TFX reads.
        paths: where to write, by split.
        options: tfdv.StatsOptions.
        slices: the lists of features whose values make slices. TFDV would add up slices to which
            it gives one name, such as `a_1_b_x` by a = 1 and b = x, and by a = 1_b_x; without
            them it slices as the options say.
    """
    import apache_beam as beam
    import tensorflow_data_validation as tfdv
    from tfx.components.util import tfxio_utils

    if slices:
        options = copy.copy(options)
        options.slicing_config = None
        options.experimental_slice_functions = [_slicer(features) for features in slices]
    for split, path in paths.items():
        source = tfxio_utils.get_split_tfxio(
            examples=[examples], split=split, telemetry_descriptors=["SkewStatisticsGen"]
        )
        profiled = (
            pipeline
            | f"Read[{split}]" >> source.BeamSource()
            | f"Profile[{split}]" >> tfdv.GenerateStatistics(options)
        )
        if slices:
            profiled |= f"Name[{split}]" >> beam.Map(_named)
        _ = (
            profiled
            | f"Tell[{split}]"
            >> beam.Map(
                rank_errors.note_rank_error,
                error=options.epsilon,
                times=time_features(options.schema) if options.schema else None,
            )
            | f"Write[{split}]" >> tfdv.WriteStatisticsToBinaryFile(path)
        )


def _slicer(features: Sequence[str]) -> Callable[[pa.RecordBatch], Iterable[Any]]:
    """Returns a slice function of TFDV that calls slices by their keys, see `core.slices`."""

    def slice_by_features(batch: pa.RecordBatch) -> Iterable[tuple[str, pa.RecordBatch]]:
        if set(features) <= set(batch.schema.names):  # else no row is in such a slice
            yield from slicing.slices(batch, features, fractions=True)

    return slice_by_features


def _named(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Returns statistics with names of slices in the place of their keys."""
    named = statistics_pb2.DatasetFeatureStatisticsList()
    named.CopyFrom(statistics)
    for dataset in named.datasets:
        if dataset.name == ALL_EXAMPLES:
            dataset.name = ""
    name_slices(named)
    return named
