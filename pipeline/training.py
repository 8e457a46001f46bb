"""The training pipeline: nothing is trained on bad data, nothing is pushed that is worse."""

from __future__ import annotations

from typing import Any

from skewgate.components.model_pusher.component import ModelPusher
from skewgate.components.performance_gate.component import PerformanceGate
from skewgate.components.quality_gate.component import QualityGate
from skewgate.components.schema_skew_validator.component import SchemaSkewValidator
from skewgate.components.state_recorder.component import StateRecorder
from skewgate.components.support import cache_key
from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.pipeline import deployments
from skewgate.pipeline.common import (
    TRAINING,
    assemble,
    ingest,
    lookup,
    model_name,
    wants_previous,
)
from skewgate.pipeline.deployments import Deployment
from skewgate.pipeline.settings import Settings


def create_pipeline(settings: Settings, deployment: Deployment | None = None) -> Any:
    """Returns the TFX pipeline: ingest, statistics, validation, gate, train, evaluate, gate, push.

    Args:
        settings: with a training section.
        deployment: where it runs; this machine by default.

    Raises:
        InputError: the settings have no training section, or a contract file is malformed.
    """
    from tfx.components.trainer.component import Trainer
    from tfx.proto import trainer_pb2

    training = settings.training
    if training is None:
        raise InputError("settings", "have no training section", "add it")
    deployment = deployment or deployments.local(settings, TRAINING)
    schema, examples, statistics = ingest(settings, training, deployment)
    state = lookup(settings, TRAINING, deployment, examples)
    earlier = state.outputs["previous_statistics"] if wants_previous(settings, deployment) else None
    validator = SchemaSkewValidator(
        statistics=statistics.outputs["statistics"],
        schema=schema.outputs["schema"],
        previous_statistics=earlier,
        compares_previous=True,
        environment=training.schema_environment,
        config=deployment.text("skew", training.skew_text()),
    )
    data_gate = QualityGate([validator.outputs["skew_report"]]).with_id("DataGate")
    trainer = Trainer(
        run_fn=training.run_fn,
        examples=examples.outputs["examples"],
        schema=schema.outputs["schema"],
        train_args=trainer_pb2.TrainArgs(
            splits=[training.train_split], num_steps=training.train_steps
        ),
        eval_args=trainer_pb2.EvalArgs(splits=[training.eval_split], num_steps=training.eval_steps),
        custom_config=training.custom_config,
    )
    trainer.driver_class = cache_key.CodeDriver  # else a changed run_fn would not be trained
    trainer.add_upstream_node(data_gate)
    performance = PerformanceGate(
        examples=examples.outputs["examples"],
        model=trainer.outputs["model"],
        baseline_model=state.outputs["model"],
        schema=schema.outputs["schema"],
        eval_config=deployment.text("eval-config", yaml_model.read_text(training.eval_config)),
        example_splits=[training.eval_split],
        config=deployment.text("performance", training.performance_text()),
    )
    model_gate = QualityGate([performance.outputs["performance_report"]]).with_id("ModelGate")
    name = model_name(settings, deployment)
    pusher = ModelPusher(
        model=trainer.outputs["model"],
        model_blessing=performance.outputs["blessing"],
        serving_root=deployment.serving_root,
        model_name=name,
    ).with_id("Pusher")
    pusher.add_upstream_node(model_gate)
    recorder = StateRecorder(
        state_root=deployment.state_root,
        pipeline=TRAINING,
        model_name=name,
        statistics=statistics.outputs["statistics"],
        examples=examples.outputs["examples"],
        model=trainer.outputs["model"],
        evaluation=performance.outputs["evaluation"],
        pushed_model=pusher.outputs["pushed_model"],
    )
    nodes = [
        schema,
        examples,
        statistics,
        state,
        validator,
        data_gate,
        trainer,
        performance,
        model_gate,
        pusher,
        recorder,
    ]
    return assemble(settings, TRAINING, deployment, nodes)
