"""Profiles splits with TFDV on Beam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfx import types

from skewgate.components.skew_statistics_gen import rank_errors
from skewgate.schema.reading import time_features


def profile_splits(
    pipeline: Any, examples: types.Artifact, paths: Mapping[str, str], options: Any
) -> None:
    """Writes the statistics of every split when the pipeline runs.

    Args:
        pipeline: the Beam pipeline to add to.
        examples: of any format that TFX reads.
        paths: where to write, by split.
        options: tfdv.StatsOptions.
    """
    import apache_beam as beam
    import tensorflow_data_validation as tfdv
    from tfx.components.util import tfxio_utils

    for split, path in paths.items():
        source = tfxio_utils.get_split_tfxio(
            examples=[examples], split=split, telemetry_descriptors=["SkewStatisticsGen"]
        )
        _ = (
            pipeline
            | f"Read[{split}]" >> source.BeamSource()
            | f"Profile[{split}]" >> tfdv.GenerateStatistics(options)
            | f"Tell[{split}]"
            >> beam.Map(
                rank_errors.note_rank_error,
                error=options.epsilon,
                times=time_features(options.schema) if options.schema else None,
            )
            | f"Write[{split}]" >> tfdv.WriteStatisticsToBinaryFile(path)
        )
