"""Runs a pipeline with LocalDagRunner and tells how it goes."""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from skewgate.core import run_ids
from skewgate.core.errors import SkewgateError
from skewgate.pipeline import records

DONE = ("COMPLETE", "CACHED")
Progress = Callable[[str, str, float], None]
"""Called with a node's id, "started" or the state it ended in, and the seconds it took."""


@contextlib.contextmanager
def _telling(progress: Progress, metadata_path: str) -> Iterator[None]:
    """Lets LocalDagRunner tell when it launches a node: it has no hook of its own for that."""
    from tfx.orchestration.local import local_dag_runner
    from tfx.orchestration.portable import launcher

    class TellingLauncher(launcher.Launcher):
        """A launcher that reports before and after its node."""

        def launch(self) -> Any:
            node = self._pipeline_node.node_info.id
            progress(node, "started", 0.0)
            started = time.monotonic()
            info = super().launch()
            state = "COMPLETE"
            if info is not None and info.execution_id:
                state = records.state(metadata_path, info.execution_id)
            progress(node, state, time.monotonic() - started)
            return info

    original = local_dag_runner.launcher.Launcher
    local_dag_runner.launcher.Launcher = TellingLauncher
    try:
        yield
    finally:
        local_dag_runner.launcher.Launcher = original


def run(pipeline: Any, metadata_path: str, progress: Progress, run_id: str | None = None) -> str:
    """Runs a pipeline in this process, node after node.

    Args:
        pipeline: a tfx Pipeline.
        metadata_path: its SQLite file.
        progress: told of each node.
        run_id: by which ML Metadata knows this run; one of its own by default.

    Returns:
        The id of the run.

    Raises:
        SkewgateError: a gate is shut, an input is bad, or a node did not run although nothing
            raised (LocalDagRunner goes on past a node whose inputs are missing).
    """
    run_id = run_id or run_ids.new()
    with _telling(progress, metadata_path):
        _runner(run_id).run(pipeline)
    name = pipeline.pipeline_info.pipeline_name
    states = {record.node: record.state for record in records.of_run(metadata_path, run_id)}
    stuck = [node.id for node in pipeline.components if states.get(node.id) not in DONE]
    if stuck:
        raise SkewgateError(
            f"{name}: {stuck[0]} did not run ({states.get(stuck[0], 'no record')}): "
            "one of its inputs is missing"
        )
    return run_id


def _runner(run_id: str) -> Any:
    """Returns a LocalDagRunner whose run has an id that is known before it starts."""
    from tfx.dsl.compiler import constants
    from tfx.orchestration.local import local_dag_runner
    from tfx.orchestration.portable import runtime_parameter_utils

    class NamedRunner(local_dag_runner.LocalDagRunner):
        """Fills in the id of the run before the runner would fill in the time."""

        def run_with_ir(self, pipeline: Any, *arguments: Any, **options: Any) -> None:
            """Runs a compiled pipeline."""
            with warnings.catch_warnings():  # TFX asks new protobuf for a field in an old way
                warnings.simplefilter("ignore", DeprecationWarning)
                runtime_parameter_utils.substitute_runtime_parameter(
                    pipeline, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: run_id}
                )
            super().run_with_ir(pipeline, *arguments, **options)

    return NamedRunner()
