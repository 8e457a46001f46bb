"""The part of a pipeline that validates rows, for those that are compiled and run by their spec."""

from __future__ import annotations

from typing import Any

from tfx.dsl.components.common import importer
from tfx.orchestration import data_types
from tfx.types import standard_artifacts

from skewgate.components.schema_skew_validator.component import SchemaSkewValidator
from skewgate.components.skew_statistics_gen.component import SkewStatisticsGen
from skewgate.components.tabular_example_gen.component import TabularExampleGen


def nodes(bucket: str) -> list[Any]:
    """Returns schema, examples, statistics and, last, their validator.

    Args:
        bucket: holds the schema; the rows are where the parameter `data` says.
    """
    schema = importer.Importer(f"{bucket}/schema", standard_artifacts.Schema).with_id("Schema")
    examples = TabularExampleGen(
        input_base=data_types.RuntimeParameter("data", str),
        pattern="*.csv",
        schema=schema.outputs["result"],
    )
    statistics = SkewStatisticsGen(
        examples=examples.outputs["examples"], schema=schema.outputs["result"]
    )
    validator = SchemaSkewValidator(
        statistics=statistics.outputs["statistics"],
        schema=schema.outputs["result"],
        environment="TRAINING",
        config="{}",
    )
    return [schema, examples, statistics, validator]
