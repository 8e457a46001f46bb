"""What both pipelines begin with and how they are put together."""

from __future__ import annotations

from typing import Any

from skewgate.components.skew_statistics_gen.component import SkewStatisticsGen
from skewgate.components.tabular_example_gen.component import TabularExampleGen
from skewgate.pipeline import contracts
from skewgate.pipeline.records import STATISTICS_NODE, Statistics
from skewgate.pipeline.settings import Monitoring, Settings, Training, input_pattern
from skewgate.schema import compares_previous, load_schema


def ingest(settings: Settings, section: Training | Monitoring) -> tuple[Any, Any, Any]:
    """Returns the nodes that import the schema, read the rows and profile them.

    Raises:
        InputError: a contract file is missing or malformed.
    """
    base, pattern = input_pattern(section.data)
    schema = contracts.import_schema(settings.schema_path, settings.root)
    examples = TabularExampleGen(
        input_base=base,
        pattern=pattern,
        splits=section.splits.model_dump(mode="json"),
        schema=schema.outputs["result"],
        types=dict(section.types),
        max_rejected=section.max_rejected,
    )
    statistics = SkewStatisticsGen(
        examples=examples.outputs["examples"],
        schema=schema.outputs["result"],
        slices=settings.slice_features(),
    ).with_id(STATISTICS_NODE)
    return schema, examples, statistics


def import_statistics(statistics: Statistics, node: str) -> Any:
    """Returns a node that brings the statistics of another run into this one."""
    from tfx.dsl.components.common import importer
    from tfx.types import standard_artifacts

    return importer.Importer(
        source_uri=statistics.uri,
        artifact_type=standard_artifacts.ExampleStatistics,
        properties={"split_names": statistics.split_names},
        custom_properties={"rank_error": statistics.rank_error} if statistics.rank_error else None,
    ).with_id(node)


def previous_statistics(settings: Settings, previous: Statistics | None) -> Any:
    """Returns the node that brings the statistics of an earlier run, or None.

    There is none if there was no such run, or if the schema does not compare with it.

    Raises:
        InputError: the schema is missing or malformed.
    """
    if previous is None or not compares_previous(load_schema(settings.schema_path)):
        return None
    return import_statistics(previous, "PreviousStatistics")


def assemble(settings: Settings, name: str, nodes: list[Any]) -> Any:
    """Returns a cached TFX pipeline `{settings.name}-{name}` of nodes under the settings' root."""
    from tfx.orchestration import metadata, pipeline

    return pipeline.Pipeline(
        pipeline_name=f"{settings.name}-{name}",
        pipeline_root=settings.artifact_root(name),
        components=nodes,
        enable_cache=True,
        metadata_connection_config=metadata.sqlite_metadata_connection_config(
            settings.metadata_path
        ),
        beam_pipeline_args=settings.beam_args,
    )
