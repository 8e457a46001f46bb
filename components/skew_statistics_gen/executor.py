"""Executor of SkewStatisticsGen."""

from __future__ import annotations

import json
import os
from typing import Any

from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from skewgate.components import artifact_io, tfrecords
from skewgate.errors import InputError
from skewgate.statistics import SKETCH_ERROR_STAT

RANKS = 10_000
"""Categories kept per feature; the mass of the others only bounds a metric."""


class Executor(base_beam_executor.BaseBeamExecutor):
    """Runs TFDV on every split in one Beam pipeline."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Computes statistics; see the component for the parameters.

        Raises:
            InputError: a file of the examples cannot be read, there is no split to profile, or
                the number of rows profiled is not the number that was written.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        examples = artifact_utils.get_single_instance(input_dict["examples"])
        excluded = artifact_io.json_list(exec_properties["exclude_splits"])
        names = artifact_utils.decode_split_names(examples.split_names)
        splits = [name for name in names if name not in excluded]
        if not splits:
            raise InputError(
                f"examples at {examples.uri}",
                f"have the splits {', '.join(names)}, of which none is left to profile",
                "exclude fewer",
            )
        options = make_options(exec_properties, input_dict.get("schema"))
        statistics = artifact_utils.get_single_instance(output_dict["statistics"])
        statistics.split_names = artifact_utils.encode_split_names(splits)
        statistics.span = examples.span
        statistics.set_string_custom_property(
            artifact_io.RANK_ERROR_PROPERTY, repr(float(options.epsilon))
        )
        with tfrecords.naming_broken_files(examples, splits):
            self._profile(examples, statistics, splits, options)
            for split in splits:
                path = statistics_path(statistics, split)
                fileio.rename(f"{path}.tmp", path, overwrite=True)
            for split in splits if options.sample_rate is None else []:
                datasets = artifact_io.read_statistics(statistics, split).datasets
                profiled = max(int(dataset.num_examples) for dataset in datasets)
                tfrecords.check_rows(examples, split, profiled)

    def _profile(
        self, examples: types.Artifact, statistics: types.Artifact, splits: list[str], options: Any
    ) -> None:
        """Writes the statistics of every split under a temporary name."""
        import apache_beam as beam
        import tensorflow_data_validation as tfdv
        from tfx.components.util import tfxio_utils

        with self._make_beam_pipeline() as pipeline:
            for split in splits:
                source = tfxio_utils.get_split_tfxio(
                    examples=[examples], split=split, telemetry_descriptors=["SkewStatisticsGen"]
                )
                path = statistics_path(statistics, split)
                _ = (
                    pipeline
                    | f"Read[{split}]" >> source.BeamSource()
                    | f"Profile[{split}]" >> tfdv.GenerateStatistics(options)
                    | f"Tell[{split}]" >> beam.Map(tell_error, error=options.epsilon)
                    | f"Write[{split}]" >> tfdv.WriteStatisticsToBinaryFile(f"{path}.tmp")
                )


def statistics_path(statistics: types.Artifact, split: str) -> str:
    """Returns the path of the statistics of a split."""
    return os.path.join(
        artifact_utils.get_split_uri([statistics], split), artifact_io.STATISTICS_NAME
    )


def tell_error(
    statistics: statistics_pb2.DatasetFeatureStatisticsList, error: float
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Returns statistics that say of every feature with a quantile sketch how exact it is.

    Where all examples have the same number of values, TFDV repeats one bucket that says so as
    often as there are buckets; one of them is kept.

    Args:
        statistics: what TFDV computed; not changed.
        error: the rank error of TFDV's sketches, as a share of the values.
    """
    told = statistics_pb2.DatasetFeatureStatisticsList()
    told.CopyFrom(statistics)
    for dataset in told.datasets:
        for feature in dataset.features:
            kind = feature.WhichOneof("stats")
            if kind is None:
                continue
            common = getattr(feature, kind).common_stats
            if kind == "num_stats" or common.max_num_values > 1:
                feature.custom_stats.add(name=SKETCH_ERROR_STAT, num=error)
            if common.min_num_values == common.max_num_values:
                buckets = common.num_values_histogram.buckets
                if len(buckets) > 1:
                    buckets[0].sample_count = sum(bucket.sample_count for bucket in buckets)
                    del buckets[1:]
    return told


def make_options(exec_properties: dict[str, Any], schema: list[types.Artifact] | None) -> Any:
    """Returns the tfdv.StatsOptions that the parameters ask for."""
    import tensorflow_data_validation as tfdv
    from tfx_bsl.public.proto import slicing_spec_pb2

    if exec_properties.get("stats_options_json"):
        options = tfdv.StatsOptions.from_json(exec_properties["stats_options_json"])
    else:
        resolution = int(exec_properties["resolution"])
        slices = [
            slicing_spec_pb2.SlicingSpec(feature_keys=features)
            for features in json.loads(exec_properties["slices"])
        ]
        options = tfdv.StatsOptions(
            num_quantiles_histogram_buckets=resolution,
            num_values_histogram_buckets=resolution,
            epsilon=0.25 / resolution,
            num_rank_histogram_buckets=RANKS,
            slicing_config=slicing_spec_pb2.SlicingConfig(slicing_specs=slices) if slices else None,
        )
    if schema:
        options.schema = artifact_io.read_schema(schema)
    return options
