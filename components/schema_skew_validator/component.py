"""SchemaSkewValidator: is the data what the schema says, here and in serving?"""

from __future__ import annotations

import json
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from skewgate import validation
from skewgate.components import artifact_types
from skewgate.components.schema_skew_validator import executor
from skewgate.config import BasicPolicy


class SchemaSkewValidatorSpec(component_spec.ComponentSpec):
    """Parameters and channels of SchemaSkewValidator."""

    PARAMETERS = {
        "environment": component_spec.ExecutionParameter(type=str, optional=True),
        "baseline_split": component_spec.ExecutionParameter(type=str, optional=True),
        "exclude_splits": component_spec.ExecutionParameter(type=str),
        "compares": component_spec.ExecutionParameter(type=int),
        "late_labels": component_spec.ExecutionParameter(type=str),
        "policy": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {
        "statistics": component_spec.ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "baseline_statistics": component_spec.ChannelParameter(
            type=standard_artifacts.ExampleStatistics, optional=True
        ),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
    }
    OUTPUTS = {
        "anomalies": component_spec.ChannelParameter(type=standard_artifacts.ExampleAnomalies),
        "skew_report": component_spec.ChannelParameter(type=artifact_types.SkewReport),
    }


class SchemaSkewValidator(base_component.BaseComponent):
    """Validates statistics against a schema, per environment, and against training statistics.

    Every anomaly fails. With `baseline_statistics` (training), the schema's skew comparators are
    evaluated too, and every value is reported, also those below their threshold; a baseline that
    is connected and then missing or empty is inconclusive. It never stops a pipeline: QualityGate
    does.

    ## Example
    ```
    validator = SchemaSkewValidator(
        statistics=serving_statistics.outputs["statistics"],
        baseline_statistics=training_statistics,
        schema=schema.outputs["schema"],
        environment="SERVING",
    )
    ```

    Component `outputs` contains:
      - `anomalies`: Channel of type `standard_artifacts.ExampleAnomalies`, per-split files.
      - `skew_report`: Channel of type `skewgate.SkewReport`; custom property `blessed`; files
        report.json, report.html, metrics.prom.
    """

    SPEC_CLASS = SchemaSkewValidatorSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        statistics: types.BaseChannel,
        schema: types.BaseChannel,
        baseline_statistics: types.BaseChannel | None = None,
        environment: str | None = None,
        baseline_split: str | None = None,
        exclude_splits: list[str] | None = None,
        late_labels: list[str] | None = None,
        policy: dict[str, Any] | None = None,
    ) -> None:
        """Makes the component.

        Args:
            statistics: of the new or serving data.
            schema: what the data must be.
            baseline_statistics: of the training data.
            environment: the schema environment to validate in, such as "SERVING".
            baseline_split: split of the baseline; needed if it has several.
            exclude_splits: splits of `statistics` to leave out.
            late_labels: features that may be missing in any share of the rows, in whatever
                environment, because they arrive late; their type and domain still count.
            policy: `on_inconclusive` and `on_missing_baseline`, as in drift.yaml.
        """
        policy_text = json.dumps(policy or {})
        validation.parse(BasicPolicy, policy_text, "policy")
        spec = SchemaSkewValidatorSpec(
            statistics=statistics,
            baseline_statistics=baseline_statistics,
            schema=schema,
            environment=environment,
            baseline_split=baseline_split,
            exclude_splits=json.dumps(exclude_splits or []),
            compares=int(baseline_statistics is not None),
            late_labels=json.dumps(late_labels or []),
            policy=policy_text,
            anomalies=types.Channel(type=standard_artifacts.ExampleAnomalies),
            skew_report=types.Channel(type=artifact_types.SkewReport),
        )
        super().__init__(spec=spec)
