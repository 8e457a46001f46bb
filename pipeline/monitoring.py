"""The monitoring pipeline: is what the pushed model sees still what it was trained on?"""

from __future__ import annotations

from typing import Any

from skewgate import validation
from skewgate.components.drift_evaluator.component import DriftEvaluator
from skewgate.components.label_joiner.component import LabelJoiner
from skewgate.components.performance_gate.component import PerformanceGate
from skewgate.components.quality_gate.component import QualityGate
from skewgate.components.schema_skew_validator.component import SchemaSkewValidator
from skewgate.components.tabular_example_gen.component import TabularExampleGen
from skewgate.errors import InputError
from skewgate.pipeline.common import assemble, import_statistics, ingest, previous_statistics
from skewgate.pipeline.records import Pushed, Statistics
from skewgate.pipeline.settings import Labels, Monitoring, Settings, input_pattern
from skewgate.skew_config import SkewConfig


def create_pipeline(settings: Settings, pushed: Pushed, previous: Statistics | None = None) -> Any:
    """Returns the TFX pipeline: ingest, statistics, validation, drift, performance, gate.

    Args:
        settings: with a monitoring section.
        pushed: the model in production, with statistics and examples of its training data.
        previous: the statistics of an earlier run, for the schema's drift comparators; without
            them these are inconclusive.

    Raises:
        InputError: the settings have no monitoring section, a contract file is malformed, or
            skew.yaml compares rows and the training rows are gone.
    """
    from tfx.dsl.components.common import importer
    from tfx.types import standard_artifacts

    from skewgate.components.performance_gate import configuration

    monitoring = settings.monitoring
    if monitoring is None:
        raise InputError("settings", "have no monitoring section", "add it")
    schema, examples, statistics = ingest(settings, monitoring)
    baseline = import_statistics(pushed.statistics, "TrainingStatistics")
    earlier = previous_statistics(settings, previous)
    training_examples = None
    if pushed.examples is not None:
        training_examples = importer.Importer(
            source_uri=pushed.examples.uri,
            artifact_type=standard_artifacts.Examples,
            properties={"split_names": pushed.examples.split_names},
            custom_properties=pushed.examples.custom_properties,
        ).with_id("TrainingExamples")
    eval_config = validation.read_text(monitoring.eval_config)
    model = evaluation = None
    wanted = configuration.parse_eval_config(eval_config)
    if not configuration.has_logged_predictions(wanted):
        model = importer.Importer(
            source_uri=pushed.model_uri, artifact_type=standard_artifacts.Model
        ).with_id("PushedModel")
    if pushed.evaluation is not None and configuration.has_change(wanted):
        evaluation = importer.Importer(
            source_uri=pushed.evaluation, artifact_type=standard_artifacts.ModelEvaluation
        ).with_id("PushedEvaluation")
    label_examples = joiner = None
    if monitoring.labels is not None:
        label_examples, joiner = _join(monitoring.labels, monitoring.split, examples)
    validator = SchemaSkewValidator(
        statistics=statistics.outputs["statistics"],
        baseline_statistics=baseline.outputs["result"],
        baseline_split=monitoring.baseline_split,
        previous_statistics=earlier.outputs["result"] if earlier else None,
        compares_previous=True,
        **_rows(monitoring, examples, training_examples),
        schema=schema.outputs["result"],
        environment=monitoring.schema_environment,
        late_labels=monitoring.late_labels,
        config=monitoring.skew_text(),
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
        examples=(joiner or examples).outputs["examples"],
        model=model.outputs["result"] if model else None,
        baseline_evaluation=evaluation.outputs["result"] if evaluation else None,
        label_report=joiner.outputs["label_report"] if joiner else None,
        schema=schema.outputs["result"],
        eval_config=eval_config,
        example_splits=[monitoring.split],
        config=monitoring.performance_text(),
    )
    gate = QualityGate(
        [
            validator.outputs["skew_report"],
            drift.outputs["drift_report"],
            *([joiner.outputs["label_report"]] if joiner else []),
            performance.outputs["performance_report"],
        ]
    )
    nodes = [
        schema,
        baseline,
        earlier,
        training_examples,
        model,
        evaluation,
        examples,
        statistics,
        validator,
        drift,
        label_examples,
        joiner,
        performance,
        gate,
    ]
    return assemble(settings, "monitoring", [node for node in nodes if node is not None])


def _join(labels: Labels, split: str, examples: Any) -> tuple[Any, Any]:
    """Returns the nodes that read the labels and join them to the rows.

    Raises:
        InputError: labels.yaml is missing or malformed.
    """
    base, pattern = input_pattern(labels.data)
    label_examples = TabularExampleGen(input_base=base, pattern=pattern).with_id("LabelExampleGen")
    joiner = LabelJoiner(
        predictions=examples.outputs["examples"],
        labels=label_examples.outputs["examples"],
        config=validation.read_text(labels.config),
        split=split,
    )
    return label_examples, joiner


def _rows(monitoring: Monitoring, examples: Any, training_examples: Any) -> dict[str, Any]:
    """Returns the channels of the rows to compare; none if skew.yaml compares no rows.

    Raises:
        InputError: it does, and the training rows are gone.
    """
    config = validation.parse(SkewConfig, monitoring.skew_text(), "skew.yaml")
    if config.rows is None:
        return {}
    if training_examples is None:
        raise InputError(
            "skew.yaml",
            "compares rows, and the examples of the training run are gone",
            "run `skewgate run training` again, or remove the section rows",
        )
    return {
        "examples": examples.outputs["examples"],
        "baseline_examples": training_examples.outputs["result"],
    }
