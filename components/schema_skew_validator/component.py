"""SchemaSkewValidator: is the data what the schema says, and the same in training and serving?"""

from __future__ import annotations

import json

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.orchestration import data_types
from tfx.types import component_spec, standard_artifacts

from skewgate.checks.skew.config import SkewConfig
from skewgate.components import artifact_types
from skewgate.components.schema_skew_validator import executor
from skewgate.components.support import cache_key, wiring
from skewgate.core import yaml_model
from skewgate.core.errors import InputError


class SchemaSkewValidatorSpec(wiring.WiredSpec):
    """Parameters and channels of SchemaSkewValidator."""

    PARAMETERS = {
        "config": component_spec.ExecutionParameter(type=str),
        "environment": component_spec.ExecutionParameter(type=str, optional=True),
        "baseline_split": component_spec.ExecutionParameter(type=str, optional=True),
        "exclude_splits": component_spec.ExecutionParameter(type=str),
        "late_labels": component_spec.ExecutionParameter(type=str),
        "compares_previous": component_spec.ExecutionParameter(type=int),
    }
    INPUTS = {
        "statistics": component_spec.ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
        "baseline_statistics": component_spec.ChannelParameter(
            type=standard_artifacts.ExampleStatistics, optional=True
        ),
        "previous_statistics": component_spec.ChannelParameter(
            type=standard_artifacts.ExampleStatistics, optional=True
        ),
        "examples": component_spec.ChannelParameter(
            type=standard_artifacts.Examples, optional=True
        ),
        "baseline_examples": component_spec.ChannelParameter(
            type=standard_artifacts.Examples, optional=True
        ),
    }
    OUTPUTS = {
        "anomalies": component_spec.ChannelParameter(type=standard_artifacts.ExampleAnomalies),
        "skew_report": component_spec.ChannelParameter(type=artifact_types.SkewReport),
    }


class SchemaSkewValidator(base_beam_component.BaseBeamComponent):
    """Validates data against a schema, and compares it with training and with earlier data.

    It answers four questions, for all data and for each slice of the statistics:

    - Do the data agree with the schema, in this environment?
    - With `baseline_statistics` (training): what do the schema's skew comparators say?
    - With `previous_statistics`: what do its drift comparators say?
    - With `examples`, `baseline_examples` and a section `rows` in skew.yaml: do the values of the
      same row differ between training and serving?

    Every value is reported, even below its threshold. What cannot be computed is inconclusive, and
    so is a side that is connected but missing or empty. It never stops a pipeline; QualityGate
    does.

    ## Example

    ```python
    validator = SchemaSkewValidator(
        statistics=serving_statistics.outputs["statistics"],
        baseline_statistics=training_statistics,
        schema=schema.outputs["schema"],
        config=open("skew.yaml").read(),
        environment="SERVING",
    )
    ```

    Component `outputs` contains:

      - `anomalies`: Channel of type `standard_artifacts.ExampleAnomalies`, per-split files.
      - `skew_report`: Channel of type `skewgate.SkewReport`; custom property `blessed`; files
        report.json, report.html, metrics.prom.
    """

    SPEC_CLASS = SchemaSkewValidatorSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)
    DRIVER_CLASS = cache_key.CodeDriver

    def __init__(
        self,
        statistics: types.BaseChannel,
        schema: types.BaseChannel,
        baseline_statistics: types.BaseChannel | None = None,
        previous_statistics: types.BaseChannel | None = None,
        examples: types.BaseChannel | None = None,
        baseline_examples: types.BaseChannel | None = None,
        config: str | data_types.RuntimeParameter = "{}",
        environment: str | None = None,
        baseline_split: str | None = None,
        exclude_splits: list[str] | None = None,
        late_labels: list[str] | None = None,
        compares_previous: bool = False,
    ) -> None:
        """Makes the component.

        Args:
            statistics: of the new or serving data.
            schema: what the data must be.
            baseline_statistics: of the training data, for the schema's skew comparators.
            previous_statistics: of earlier data of the same kind and with splits of the same
                names, for the schema's drift comparators.
            examples: what `statistics` were computed from, to compare rows.
            baseline_examples: the training rows.
            config: the text of skew.yaml, not its path: a changed file must be a changed
                parameter, or a stale verdict would come from the cache.
            environment: the schema environment to validate in, such as "SERVING".
            baseline_split: split of the baseline; needed if it has several.
            exclude_splits: splits of `statistics` to leave out.
            late_labels: features that may be missing in any share of the rows, in whatever
                environment, because they arrive late; their type and domain still count.
            compares_previous: expect previous statistics even where the channel is not given, as
                in a first run: the drift comparators are inconclusive then.

        Raises:
            InputError: the configuration is malformed, or compares rows and the examples of a
                side are not connected.
        """
        rows = None
        if isinstance(config, str):
            rows = yaml_model.parse(SkewConfig, config, "skew.yaml").rows
        sides = {
            "baseline_statistics": baseline_statistics,
            "previous_statistics": previous_statistics,
            "examples": examples,
            "baseline_examples": baseline_examples,
        }
        connected = {name for name, channel in sides.items() if channel is not None}
        if rows is not None and not {"examples", "baseline_examples"} <= connected:
            raise InputError(
                "skew.yaml",
                "compares rows, but SchemaSkewValidator is not given the rows of both sides",
                "connect examples and baseline_examples, or remove the section rows",
            )
        spec = SchemaSkewValidatorSpec(
            statistics=statistics,
            schema=schema,
            **sides,
            config=config,
            environment=environment,
            baseline_split=baseline_split,
            exclude_splits=json.dumps(exclude_splits or []),
            late_labels=json.dumps(late_labels or []),
            compares_previous=int(compares_previous),
            anomalies=types.Channel(type=standard_artifacts.ExampleAnomalies),
            skew_report=types.Channel(type=artifact_types.SkewReport),
        )
        super().__init__(spec=spec)
