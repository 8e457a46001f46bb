"""What both pipelines begin with and how they are put together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from skewgate.components.schema_contract.component import SchemaContract
from skewgate.components.skew_statistics_gen.component import SkewStatisticsGen
from skewgate.components.state_lookup.component import StateLookup
from skewgate.components.support import state_reading
from skewgate.components.tabular_example_gen.component import TabularExampleGen
from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.data.ingest.splits import TimeWindow
from skewgate.pipeline import scheduled_times
from skewgate.pipeline.deployments import Deployment
from skewgate.pipeline.settings import Monitoring, Settings, Training, input_pattern
from skewgate.schema.reading import compares_previous, parse_schema

TRAINING, MONITORING = "training", "monitoring"


def ingest(
    settings: Settings, section: Training | Monitoring, deployment: Deployment
) -> tuple[Any, Any, Any]:
    """Returns the nodes that give the schema, read the rows and profile them.

    Raises:
        InputError: a contract file is missing or malformed.
    """
    base, pattern = input_pattern(section.data)
    text = yaml_model.read_text(settings.schema_path)
    parse_schema(text, settings.schema_path)
    schema = SchemaContract(deployment.text("schema", text))
    examples = TabularExampleGen(
        input_base=deployment.text("data", base),
        pattern=deployment.text("pattern", pattern),
        span=deployment.text("span", "") if deployment.remote else None,
        splits=section.splits.model_dump(mode="json"),
        schema=schema.outputs["schema"],
        types=dict(section.types),
        max_rejected=section.max_rejected,
        reading=section.reading.given(),
        scheduled_time=_scheduled_time(section, deployment),
    )
    statistics = SkewStatisticsGen(
        examples=examples.outputs["examples"],
        schema=schema.outputs["schema"],
        slices=settings.slice_features(),
    )
    return schema, examples, statistics


def _scheduled_time(section: Training | Monitoring, deployment: Deployment) -> Any:
    """Returns what chooses the window of a run; None where rows are not split by windows.

    On this machine it is the end of the window: two runs within the next one read the same rows,
    and the second takes them from the cache.

    Raises:
        InputError: the scheduled time is not a time, or chooses nothing.
    """
    if isinstance(section.splits, TimeWindow) and deployment.remote:
        return deployment.text("scheduled-time", "")
    return scheduled_times.end_of_window(section.splits, deployment.scheduled_time)


def lookup(
    settings: Settings,
    name: str,
    deployment: Deployment,
    examples: Any,
    required: Sequence[str] = (),
) -> Any:
    """Returns the node that finds what earlier runs left.

    Args:
        settings: of the pipeline.
        name: the pipeline that wants to know, "training" or "monitoring".
        deployment: where it runs.
        examples: the node that reads its rows.
        required: outputs without which the pipeline cannot run.

    Raises:
        InputError: the pipeline runs here, and no model has been pushed yet, or no record of one
            can be believed.
    """
    training, own = settings.pipeline_name(TRAINING), settings.pipeline_name(name)
    known = None
    if not deployment.remote:
        states = {
            each: state_reading.State(deployment.state_root, each) for each in (training, own)
        }
        if required and states[training].last() is None:
            raise InputError(
                deployment.state_root,
                "no model has been pushed yet",
                "run `skewgate run training` first",
            )
        known = json.dumps({each: state.fingerprint() for each, state in states.items()})
    return StateLookup(
        state_root=deployment.state_root,
        training=TRAINING,
        pipeline=name,
        model_name=model_name(settings, deployment),
        required=required,
        examples=examples.outputs["examples"],
        known=known,
    )


def model_name(settings: Settings, deployment: Deployment) -> Any:
    """Returns whose state a pipeline looks up and leaves."""
    return deployment.text("model-name", settings.name)


def wants_previous(settings: Settings, deployment: Deployment) -> bool:
    """Says whether the schema compares with the run before, or may at runtime.

    Raises:
        InputError: the schema is missing or malformed.
    """
    text = yaml_model.read_text(settings.schema_path)
    return deployment.remote or compares_previous(parse_schema(text, settings.schema_path))


def assemble(settings: Settings, name: str, deployment: Deployment, nodes: list[Any]) -> Any:
    """Returns a cached TFX pipeline of nodes."""
    from tfx.orchestration import metadata, pipeline

    connection = None
    if deployment.metadata_path is not None:
        connection = metadata.sqlite_metadata_connection_config(deployment.metadata_path)
    return pipeline.Pipeline(
        pipeline_name=settings.pipeline_name(name),
        pipeline_root=deployment.artifact_root,
        components=nodes,
        enable_cache=True,
        metadata_connection_config=connection,
        beam_pipeline_args=settings.beam_args,
    )
