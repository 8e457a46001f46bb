"""Runs TabularExampleGen as TFX does: its driver, then its executor."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils, standard_artifacts

from skewgate.components.tabular_example_gen import driver, executor
from skewgate.components.tabular_example_gen.component import TabularExampleGen
from skewgate.pipeline.settings import LOCAL_BEAM


@pytest.fixture
def put(tmp_path: pathlib.Path) -> Callable[..., str]:
    """Writes files of a name and a content below a folder, and returns it."""

    def run(files: dict[str, str | bytes]) -> str:
        folder = tmp_path / "data"
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(folder)

    return run


@pytest.fixture
def ingest(
    tmp_path: pathlib.Path,
    output: Callable[..., Any],
    schema_artifact: Callable[..., Any],
    put: Callable[..., str],
) -> Callable[..., Any]:
    """Writes files, and returns the Examples that the component makes of them."""

    def run(
        files: dict[str, str | bytes],
        splits: dict[str, Any] | None = None,
        pattern: str = "*.csv",
        schema: str | None = None,
        beam: tuple[str, ...] = LOCAL_BEAM,
        out: str = "examples",
        **parameters: Any,
    ) -> Any:
        component = TabularExampleGen(put(files), pattern, splits, **parameters)
        properties = driver.FileDriver(None).resolve_exec_properties(
            dict(component.exec_properties), None, None
        )
        examples = output(standard_artifacts.Examples, out)
        context = base_beam_executor.BaseBeamExecutor.Context(
            beam_pipeline_args=[*beam], tmp_dir=str(tmp_path / "tmp"), unique_id="1"
        )
        executor.Executor(context).Do(
            {"schema": [schema_artifact(schema)]} if schema else {},
            {"examples": [examples]},
            properties,
        )
        return examples

    return run


@pytest.fixture
def shards() -> Callable[..., list[str]]:
    """Returns the paths of a split's files in order."""

    def paths(examples: Any, split: str = "all") -> list[str]:
        folder = pathlib.Path(artifact_utils.get_split_uri([examples], split))
        return sorted(str(path) for path in folder.iterdir())

    return paths


@pytest.fixture
def records(shards: Callable[..., list[str]]) -> Callable[..., list[Any]]:
    """Reads a split by tf.data, as Trainer does."""

    def read(examples: Any, split: str = "all") -> list[Any]:
        found = tf.data.TFRecordDataset(shards(examples, split), compression_type="GZIP")
        return [tf.train.Example.FromString(record.numpy()) for record in found]

    return read


@pytest.fixture
def report() -> Callable[..., dict[str, Any]]:
    """Reads ingest_report.json."""

    def read(examples: Any) -> dict[str, Any]:
        return json.loads(pathlib.Path(examples.uri, "ingest_report.json").read_text())

    return read
