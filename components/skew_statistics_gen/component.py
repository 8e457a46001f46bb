"""SkewStatisticsGen: TFDV statistics fine enough to decide on."""

from __future__ import annotations

import json

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from skewgate.components.skew_statistics_gen import executor
from skewgate.components.support import cache_key, wiring


class SkewStatisticsGenSpec(wiring.WiredSpec):
    """Parameters and channels of SkewStatisticsGen; those of StatisticsGen keep their names."""

    PARAMETERS = {
        "stats_options_json": component_spec.ExecutionParameter(type=str, optional=True),
        "exclude_splits": component_spec.ExecutionParameter(type=str),
        "slices": component_spec.ExecutionParameter(type=str),
        "resolution": component_spec.ExecutionParameter(type=int),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema, optional=True),
    }
    OUTPUTS = {
        "statistics": component_spec.ChannelParameter(type=standard_artifacts.ExampleStatistics)
    }


class SkewStatisticsGen(base_beam_component.BaseBeamComponent):
    """Computes TFDV statistics with the resolution that drift verdicts need, and by slice.

    A drop-in for StatisticsGen: the same inputs, outputs and file format.

    ## Example

    ```python
    statistics_gen = SkewStatisticsGen(
        examples=example_gen.outputs["examples"], slices=[["payment_type"]]
    )
    ```

    Component `outputs` contains:

      - `statistics`: Channel of type `standard_artifacts.ExampleStatistics`; the custom property
        `rank_error` says how exact the quantiles are, `rows_<split>` and `shards_<split>` how many
        rows and files were profiled.
    """

    SPEC_CLASS = SkewStatisticsGenSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)
    DRIVER_CLASS = cache_key.CodeDriver

    def __init__(
        self,
        examples: types.BaseChannel,
        schema: types.BaseChannel | None = None,
        stats_options_json: str | None = None,
        exclude_splits: list[str] | None = None,
        slices: list[list[str]] | None = None,
        resolution: int = 500,
    ) -> None:
        """Makes the component.

        Args:
            examples: what to profile.
            schema: says, for one, which integers are categories.
            stats_options_json: `tfdv.StatsOptions.to_json()`; taken as it is, so that its own
                buckets and slices count and `resolution` and `slices` must be left out.
            exclude_splits: splits to leave out.
            slices: lists of features whose values make slices.
            resolution: number of quantile buckets per numeric feature, at least 10.

        Raises:
            ValueError: `resolution` is too small, or options were given twice.
        """
        if resolution < 10:
            raise ValueError(f"resolution must be at least 10, got {resolution}")
        if stats_options_json and (slices or resolution != 500):
            raise ValueError("give either stats_options_json or slices and resolution, not both")
        spec = SkewStatisticsGenSpec(
            examples=examples,
            schema=schema,
            stats_options_json=stats_options_json,
            exclude_splits=json.dumps(exclude_splits or []),
            slices=json.dumps(slices or []),
            resolution=resolution,
            statistics=types.Channel(type=standard_artifacts.ExampleStatistics),
        )
        super().__init__(spec=spec)
