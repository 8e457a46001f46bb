"""The training pipeline: nothing is trained on bad data, nothing is pushed that is worse."""

from __future__ import annotations

from typing import Any

from skewgate import validation
from skewgate.components.performance_gate.component import PerformanceGate
from skewgate.components.quality_gate.component import QualityGate
from skewgate.components.schema_skew_validator.component import SchemaSkewValidator
from skewgate.errors import InputError
from skewgate.pipeline.common import assemble, ingest, previous_statistics
from skewgate.pipeline.records import Statistics
from skewgate.pipeline.settings import Settings


def create_pipeline(settings: Settings, previous: Statistics | None = None) -> Any:
    """Returns the TFX pipeline: ingest, statistics, validation, gate, train, evaluate, gate, push.

    Args:
        settings: with a training section.
        previous: the statistics of an earlier run, for the schema's drift comparators; without
            them these are inconclusive.

    Raises:
        InputError: the settings have no training section, or a contract file is malformed.
    """
    from tfx.components.pusher.component import Pusher
    from tfx.components.trainer.component import Trainer
    from tfx.dsl.components.common import resolver
    from tfx.dsl.input_resolution.strategies import latest_blessed_model_strategy
    from tfx.proto import pusher_pb2, trainer_pb2
    from tfx.types import channel, standard_artifacts

    training = settings.training
    if training is None:
        raise InputError("settings", "have no training section", "add it")
    schema, examples, statistics = ingest(settings, training)
    earlier = previous_statistics(settings, previous)
    validator = SchemaSkewValidator(
        statistics=statistics.outputs["statistics"],
        schema=schema.outputs["result"],
        previous_statistics=earlier.outputs["result"] if earlier else None,
        compares_previous=True,
        environment=training.schema_environment,
        config=training.skew_text(),
    )
    data_gate = QualityGate([validator.outputs["skew_report"]]).with_id("DataGate")
    trainer = Trainer(
        run_fn=training.run_fn,
        examples=examples.outputs["examples"],
        schema=schema.outputs["result"],
        train_args=trainer_pb2.TrainArgs(
            splits=[training.train_split], num_steps=training.train_steps
        ),
        eval_args=trainer_pb2.EvalArgs(splits=[training.eval_split], num_steps=training.eval_steps),
        custom_config=training.custom_config,
    )
    trainer.add_upstream_node(data_gate)
    last_blessed = resolver.Resolver(
        strategy_class=latest_blessed_model_strategy.LatestBlessedModelStrategy,
        model=channel.Channel(type=standard_artifacts.Model),
        model_blessing=channel.Channel(type=standard_artifacts.ModelBlessing),
    ).with_id("LastBlessedModel")
    performance = PerformanceGate(
        examples=examples.outputs["examples"],
        model=trainer.outputs["model"],
        baseline_model=last_blessed.outputs["model"],
        schema=schema.outputs["result"],
        eval_config=validation.read_text(training.eval_config),
        example_splits=[training.eval_split],
        config=training.performance_text(),
    )
    model_gate = QualityGate([performance.outputs["performance_report"]]).with_id("ModelGate")
    pusher = Pusher(
        model=trainer.outputs["model"],
        model_blessing=performance.outputs["blessing"],
        push_destination=pusher_pb2.PushDestination(
            filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=settings.serving_path)
        ),
    )
    pusher.add_upstream_node(model_gate)
    nodes = [
        schema,
        examples,
        statistics,
        *([earlier] if earlier else []),
        validator,
        data_gate,
        trainer,
        last_blessed,
        performance,
        model_gate,
        pusher,
    ]
    return assemble(settings, "training", nodes)
