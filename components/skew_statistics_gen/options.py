"""The options of TFDV: those that the parameters ask for, and those that are known here."""

from __future__ import annotations

import json
from typing import Any

from tfx import types

from skewgate.components.support import artifact_io
from skewgate.statistics.generating.features import StatisticsOptions

RANKS = 10_000
"""Categories kept per feature; the mass of the others only bounds a metric."""

_KNOWN = {
    "_schema",
    "_desired_batch_size",  # says how to compute, not what
    "num_top_values",
    "num_rank_histogram_buckets",
    "frequency_threshold",
    "weighted_frequency_threshold",  # needs a weight, which is not known here
    "_num_values_histogram_buckets",
    "_num_histogram_buckets",
    "_num_quantiles_histogram_buckets",
    "epsilon",
    "infer_type_from_schema",  # for CSV
    "_feature_allowlist",
    "_slicing_config",
}
_GENERATORS = {"BasicStatsGenerator", "TopKUniquesStatsGenerator"}


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
            for features in slice_features(exec_properties)
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


def slice_features(exec_properties: dict[str, Any]) -> list[list[str]]:
    """Returns the lists of features whose values make slices, each once and in order.

    None if the options are TFDV's own, which say it themselves.
    """
    if exec_properties.get("stats_options_json"):
        return []
    given = json.loads(exec_properties["slices"])
    return [list(each) for each in dict.fromkeys(tuple(sorted(set(each))) for each in given)]


def known_options(options: Any) -> StatisticsOptions | None:
    """Returns what tfdv.StatsOptions ask for, or None if it is not all known here.

    Any option that differs from TFDV's default and is not listed above is unknown, and so is what
    makes TFDV run another generator: weights, samples, semantic domains, sketches of categories.
    """
    import tensorflow_data_validation as tfdv
    from tensorflow_data_validation.statistics import stats_impl
    from tensorflow_data_validation.utils import schema_util

    defaults = vars(tfdv.StatsOptions())
    given = vars(options)
    if given.keys() - defaults.keys() or any(
        value != defaults[name] for name, value in given.items() if name not in _KNOWN
    ):
        return None
    generators = {type(generator).__name__ for generator in stats_impl.get_generators(options)}
    schema = options.schema
    if generators != _GENERATORS or (schema and schema_util.get_bytes_features(schema)):
        return None
    categories = schema_util.get_categorical_numeric_feature_types(schema) if schema else {}
    allowlist = options.feature_allowlist
    if any(len(path.steps()) != 1 for path in categories) or not all(
        isinstance(name, str) for name in allowlist or ()
    ):
        return None
    slices: tuple[tuple[str, ...], ...] | None = None
    if options.slicing_config:
        specs = options.slicing_config.slicing_specs
        slices = tuple(dict.fromkeys(tuple(sorted(set(spec.feature_keys))) for spec in specs))
        if not all(slices) or any(spec.feature_values or spec.slice_keys_sql for spec in specs):
            return None
    return StatisticsOptions(
        num_top_values=options.num_top_values,
        num_rank_histogram_buckets=options.num_rank_histogram_buckets,
        frequency_threshold=options.frequency_threshold,
        num_values_histogram_buckets=options.num_values_histogram_buckets,
        num_histogram_buckets=options.num_histogram_buckets,
        num_quantiles_histogram_buckets=options.num_quantiles_histogram_buckets,
        epsilon=options.epsilon,
        categories=frozenset(path.steps()[0] for path in categories),
        allowlist=None if allowlist is None else frozenset(allowlist),
        slices=slices,
    )
