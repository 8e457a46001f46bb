"""The monitoring pipeline: is what the pushed model sees still what it was trained on?"""

from __future__ import annotations

from typing import Any

from skewgate import validation
from skewgate.components.drift_evaluator.component import DriftEvaluator
from skewgate.components.performance_gate.component import PerformanceGate
from skewgate.components.quality_gate.component import QualityGate
from skewgate.components.schema_skew_validator.component import SchemaSkewValidator
from skewgate.errors import InputError
from skewgate.pipeline.common import assemble, ingest
from skewgate.pipeline.records import Pushed
from skewgate.pipeline.settings import Settings


def create_pipeline(settings: Settings, pushed: Pushed) -> Any:
    """Returns the TFX pipeline: ingest, statistics, validation, drift, performance, gate.

    Args:
        settings: with a monitoring section.
        pushed: the model in production, with statistics and examples of its training data.

    Raises:
        InputError: the settings have no monitoring section, or a contract file is malformed.
    """
    from tfx.dsl.components.common import importer
    from tfx.types import standard_artifacts

    monitoring = settings.monitoring
    if monitoring is None:
        raise InputError("settings", "have no monitoring section", "add it")
    schema, examples, statistics = ingest(settings, monitoring)
    baseline = importer.Importer(
        source_uri=pushed.statistics_uri,
        artifact_type=standard_artifacts.ExampleStatistics,
        properties={"split_names": pushed.split_names},
        custom_properties={"rank_error": pushed.rank_error} if pushed.rank_error else None,
    ).with_id("TrainingStatistics")
    training_examples = None
    if pushed.examples is not None:
        training_examples = importer.Importer(
            source_uri=pushed.examples.uri,
            artifact_type=standard_artifacts.Examples,
            properties={"split_names": pushed.examples.split_names},
            custom_properties=pushed.examples.custom_properties,
        ).with_id("TrainingExamples")
    model = importer.Importer(
        source_uri=pushed.model_uri, artifact_type=standard_artifacts.Model
    ).with_id("PushedModel")
    validator = SchemaSkewValidator(
        statistics=statistics.outputs["statistics"],
        baseline_statistics=baseline.outputs["result"],
        baseline_split=monitoring.baseline_split,
        schema=schema.outputs["result"],
        environment=monitoring.schema_environment,
        late_labels=monitoring.late_labels,
        policy=monitoring.schema_policy.model_dump(mode="json"),
    )
    drift = DriftEvaluator(
        statistics=statistics.outputs["statistics"],
        split=monitoring.split,
        baseline_statistics=baseline.outputs["result"],
        baseline_split=monitoring.baseline_split,
        config=validation.read_text(monitoring.drift),
        examples=examples.outputs["examples"],
        baseline_examples=training_examples.outputs["result"] if training_examples else None,
        schema=schema.outputs["result"],
    )
    performance = PerformanceGate(
        examples=examples.outputs["examples"],
        model=model.outputs["result"],
        schema=schema.outputs["result"],
        eval_config=validation.read_text(monitoring.eval_config),
        example_splits=[monitoring.split],
        policy=monitoring.performance_policy.model_dump(mode="json"),
    )
    gate = QualityGate(
        [
            validator.outputs["skew_report"],
            drift.outputs["drift_report"],
            performance.outputs["performance_report"],
        ]
    )
    nodes = [
        schema,
        baseline,
        *([training_examples] if training_examples else []),
        model,
        examples,
        statistics,
        validator,
        drift,
        performance,
        gate,
    ]
    return assemble(settings, "monitoring", nodes)
