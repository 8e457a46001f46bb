"""Turns what a user names or holds into a side of a comparison, and options into options."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, TypeAlias

from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.api import schemas
from skewgate.api.profiles import Profile
from skewgate.checks.drift.config import DriftConfig
from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.data.arrow import kinds
from skewgate.data.sources import held
from skewgate.data.sources.memory import MemorySource
from skewgate.data.sources.reading_options import RECOGNISED, ReadingOptions
from skewgate.profiling.engine import ReadOptions, Side, open_side
from skewgate.schema import reading as schema_lib

Data: TypeAlias = Any
"""A path, folder or pattern; a data frame of pandas or Polars; a table, batch, stream or data set
of Arrow; a relation of DuckDB; anything with `__arrow_c_stream__`; a Profile."""
Config: TypeAlias = "str | os.PathLike[str] | Mapping[str, Any] | DriftConfig | None"
Schema: TypeAlias = "str | os.PathLike[str] | schema_pb2.Schema | schemas.Schema | None"
Reading: TypeAlias = "Mapping[str, Any] | ReadingOptions | None"


def opened(data: Data, name: str, reading: ReadOptions, dataset: str = "") -> Side:
    """Opens the data of one side.

    Args:
        data: see Data.
        name: stands for a path in messages where the data have none, such as "baseline".
        reading: how to read them.
        dataset: the data set to take, where files of statistics hold several.

    Raises:
        InputError: the data are of no known kind, or cannot be opened.
    """
    if isinstance(data, str | os.PathLike):
        return open_side(os.fspath(data), reading, dataset)
    if dataset:
        raise InputError("dataset", "chooses among statistics in a file", "leave it out")
    if isinstance(data, Profile):
        return Side(name, profiles=(data.distributions,))
    types = kinds.column_types(reading.schema) if reading.schema is not None else {}
    return Side(name, (MemorySource(name, held.of(data, name), types),))


def read_options(schema: Schema, reading: Reading) -> ReadOptions:
    """Returns how to read data.

    Raises:
        InputError: the schema or an option cannot be used.
    """
    if reading is None:
        csv = RECOGNISED
    elif isinstance(reading, ReadingOptions):
        csv = reading
    else:
        csv = yaml_model.check(ReadingOptions, dict(reading), "reading")
    if isinstance(schema, str | os.PathLike):
        schema = schema_lib.load_schema(os.fspath(schema))
    elif isinstance(schema, schemas.Schema):
        schema = schema.proto
    elif schema is not None and not isinstance(schema, schema_pb2.Schema):
        raise InputError(
            "schema",
            f"must be a path or a Schema of tensorflow_metadata, found {type(schema).__name__}",
            "give the path of a schema.pbtxt",
        )
    return ReadOptions(schema=schema, csv=csv)


def drift_config(config: Config) -> tuple[DriftConfig, str]:
    """Returns what is to be checked, and its name for messages.

    Raises:
        InputError: it cannot be read, or is not what drift.yaml may say.
    """
    if config is None:
        return DriftConfig(), "drift.yaml"
    if isinstance(config, DriftConfig):
        return config, "config"
    if isinstance(config, Mapping):
        return yaml_model.check(DriftConfig, dict(config), "config"), "config"
    if isinstance(config, str | os.PathLike):
        path = os.fspath(config)
        return yaml_model.load(DriftConfig, path), path
    raise InputError(
        "config",
        f"must be a path or a mapping, found {type(config).__name__}",
        "give the path of a drift.yaml, or what it says as a dict",
    )
