"""The monitoring pipeline: is what the pushed model sees still what it was trained on?"""

from __future__ import annotations

from typing import Any

from skewgate.checks.performance import eval_configs
from skewgate.checks.skew.config import SkewConfig
from skewgate.components.drift_evaluator.component import DriftEvaluator
from skewgate.components.label_joiner.component import LabelJoiner
from skewgate.components.performance_gate.component import PerformanceGate
from skewgate.components.quality_gate.component import QualityGate
from skewgate.components.schema_skew_validator.component import SchemaSkewValidator
from skewgate.components.state_recorder.component import StateRecorder
from skewgate.components.tabular_example_gen.component import TabularExampleGen
from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.pipeline import deployments
from skewgate.pipeline.common import (
    MONITORING,
    assemble,
    ingest,
    lookup,
    model_name,
    wants_previous,
)
from skewgate.pipeline.deployments import Deployment
from skewgate.pipeline.settings import Labels, Monitoring, Settings, input_pattern


def create_pipeline(settings: Settings, deployment: Deployment | None = None) -> Any:
    """Returns the TFX pipeline: ingest, statistics, validation, drift, performance, gate.

    Args:
        settings: with a monitoring section.
        deployment: where it runs; this machine by default.

    Raises:
        InputError: the settings have no monitoring section, or a contract file is malformed.
    """
    from skewgate.components.performance_gate import configuration

    monitoring = settings.monitoring
    if monitoring is None:
        raise InputError("settings", "have no monitoring section", "add it")
    deployment = deployment or deployments.local(settings, MONITORING)
    schema, examples, statistics = ingest(settings, monitoring, deployment)
    eval_config = yaml_model.read_text(monitoring.eval_config)
    parsed_config = configuration.parse_eval_config(eval_config)
    logged = eval_configs.has_logged_predictions(parsed_config)
    required = ["training_statistics", *([] if logged else ["model"])]
    state = lookup(settings, MONITORING, deployment, examples, required)
    baseline = state.outputs["training_statistics"]
    earlier = state.outputs["previous_statistics"] if wants_previous(settings, deployment) else None
    label_examples = joiner = None
    if monitoring.labels is not None:
        label_examples, joiner = _join(monitoring.labels, monitoring.split, examples, deployment)
    validator = SchemaSkewValidator(
        statistics=statistics.outputs["statistics"],
        baseline_statistics=baseline,
        baseline_split=monitoring.baseline_split,
        previous_statistics=earlier,
        compares_previous=True,
        **_rows(monitoring, examples, state),
        schema=schema.outputs["schema"],
        environment=monitoring.schema_environment,
        late_labels=monitoring.late_labels,
        config=deployment.text("skew", monitoring.skew_text()),
    )
    drift = DriftEvaluator(
        statistics=statistics.outputs["statistics"],
        split=monitoring.split,
        baseline_statistics=baseline,
        baseline_split=monitoring.baseline_split,
        config=deployment.text("drift", yaml_model.read_text(monitoring.drift)),
        examples=examples.outputs["examples"],
        baseline_examples=state.outputs["training_examples"],
        schema=schema.outputs["schema"],
    )
    performance = PerformanceGate(
        examples=(joiner or examples).outputs["examples"],
        model=None if logged else state.outputs["model"],
        baseline_evaluation=state.outputs["evaluation"]
        if configuration.has_change(parsed_config)
        else None,
        label_report=joiner.outputs["label_report"] if joiner else None,
        schema=schema.outputs["schema"],
        eval_config=deployment.text("eval-config", eval_config),
        example_splits=[monitoring.split],
        config=deployment.text("performance", monitoring.performance_text()),
    )
    gate = QualityGate(
        [
            validator.outputs["skew_report"],
            drift.outputs["drift_report"],
            *([joiner.outputs["label_report"]] if joiner else []),
            performance.outputs["performance_report"],
        ]
    )
    recorder = StateRecorder(
        state_root=deployment.state_root,
        pipeline=MONITORING,
        model_name=model_name(settings, deployment),
        statistics=statistics.outputs["statistics"],
        examples=examples.outputs["examples"],
    )
    recorder.add_upstream_node(gate)
    nodes = [
        schema,
        examples,
        statistics,
        state,
        validator,
        drift,
        label_examples,
        joiner,
        performance,
        gate,
        recorder,
    ]
    return assemble(settings, MONITORING, deployment, [node for node in nodes if node is not None])


def _join(labels: Labels, split: str, examples: Any, deployment: Deployment) -> tuple[Any, Any]:
    """Returns the nodes that read the labels and join them to the rows.

    Raises:
        InputError: labels.yaml is missing or malformed.
    """
    base, pattern = input_pattern(labels.data)
    label_examples = TabularExampleGen(
        input_base=deployment.text("labels-data", base),
        pattern=deployment.text("labels-pattern", pattern),
        reading=labels.reading.given(),
    ).with_id("LabelExampleGen")
    joiner = LabelJoiner(
        predictions=examples.outputs["examples"],
        labels=label_examples.outputs["examples"],
        config=deployment.text("labels", yaml_model.read_text(labels.config)),
        split=split,
    )
    return label_examples, joiner


def _rows(monitoring: Monitoring, examples: Any, state: Any) -> dict[str, Any]:
    """Returns the channels of the rows to compare; none if skew.yaml compares no rows."""
    config = yaml_model.parse(SkewConfig, monitoring.skew_text(), "skew.yaml")
    if config.rows is None:
        return {}
    return {
        "examples": examples.outputs["examples"],
        "baseline_examples": state.outputs["training_examples"],
    }
