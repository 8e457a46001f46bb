"""What ML Metadata says of past runs: their nodes, their reports, the model they pushed."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

from skewgate.errors import InputError

_REPORT_PREFIX = "skewgate."
STATISTICS_NODE = "SkewStatisticsGen"
"""Id of the node that computes the statistics of a run."""


@dataclasses.dataclass(frozen=True)
class NodeRecord:
    """One node of a run: its id, its state ("COMPLETE", "CACHED", "FAILED", ...), its reports."""

    node: str
    state: str
    reports: tuple[ReportRecord, ...] = ()


@dataclasses.dataclass(frozen=True)
class ReportRecord:
    """One report artifact: its type without prefix, and what its custom properties say."""

    kind: str
    uri: str
    status: str
    blessed: bool
    failed: int
    inconclusive: int


@dataclasses.dataclass(frozen=True)
class Rows:
    """The examples of a training run: where they are, their splits, their custom properties."""

    uri: str
    split_names: str
    custom_properties: dict[str, str | int]


@dataclasses.dataclass(frozen=True)
class Statistics:
    """The statistics that a run computed: where they are, their splits, their rank error."""

    uri: str
    split_names: str
    rank_error: str


@dataclasses.dataclass(frozen=True)
class Pushed:
    """The model in production and the statistics of the data it was trained on.

    `examples` are what the statistics were computed from, or None if they are gone; `evaluation` is
    where PerformanceGate evaluated the model before it was pushed, or None if that is gone.
    """

    model_uri: str
    statistics: Statistics
    examples: Rows | None = None
    evaluation: str | None = None


def _store(path: str) -> Any:
    from ml_metadata.metadata_store import metadata_store
    from ml_metadata.proto import metadata_store_pb2

    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = path
    return metadata_store.MetadataStore(config)


def _artifacts(store: Any, execution_ids: list[int], kinds: tuple[str, ...]) -> list[Any]:
    """Returns the artifacts that events of some kinds link to executions."""
    from ml_metadata.proto import metadata_store_pb2

    wanted = {metadata_store_pb2.Event.Type.Value(kind) for kind in kinds}
    events = store.get_events_by_execution_ids(execution_ids) if execution_ids else []
    ids = sorted({event.artifact_id for event in events if event.type in wanted})
    return list(store.get_artifacts_by_id(ids)) if ids else []


def state(metadata_path: str, execution_id: int) -> str:
    """Returns the state of an execution, such as "COMPLETE", "CACHED" or "FAILED"."""
    (execution,) = _store(metadata_path).get_executions_by_id([execution_id])
    return _state_name(execution)


def _runs(store: Any, pipeline_name: str) -> list[Any]:
    """Returns the contexts of a pipeline's runs, the newest first."""
    parent = store.get_context_by_type_and_name("pipeline", pipeline_name)
    runs = store.get_children_contexts_by_context(parent.id) if parent else []
    runs = [context for context in runs if context.type == "pipeline_run"]
    return sorted(runs, key=lambda run: (run.create_time_since_epoch, run.id), reverse=True)


def _state_name(execution: Any) -> str:
    return str(type(execution).State.Name(execution.last_known_state))


def last_run(metadata_path: str, pipeline_name: str) -> list[NodeRecord]:
    """Returns the nodes of a pipeline's latest run, in the order in which they started."""
    store = _store(metadata_path)
    runs = _runs(store, pipeline_name)
    if not runs:
        return []
    records = []
    for execution in sorted(store.get_executions_by_context(runs[0].id), key=lambda e: e.id):
        state_name = _state_name(execution)
        outputs = _artifacts(store, [execution.id], ("OUTPUT",))
        reports = tuple(
            _report(artifact) for artifact in outputs if artifact.type.startswith(_REPORT_PREFIX)
        )
        records.append(NodeRecord(_node(store, execution), state_name, reports))
    return records


def _node(store: Any, execution: Any) -> str:
    for context in store.get_contexts_by_execution(execution.id):
        if context.type == "node":
            return str(context.name).rpartition(".")[2]
    return str(execution.type).rpartition(".")[2]


def _report(artifact: Any) -> ReportRecord:
    values = artifact.custom_properties
    return ReportRecord(
        kind=artifact.type.removeprefix(_REPORT_PREFIX),
        uri=artifact.uri,
        status=values["status"].string_value,
        blessed=values["blessed"].int_value == 1,
        failed=values["failed"].int_value,
        inconclusive=values["inconclusive"].int_value,
    )


def last_statistics(metadata_path: str, pipeline_name: str) -> Statistics | None:
    """Finds the statistics of the newest run that went through.

    A run whose gate was shut is passed over: what it computed is not what is normal.

    Args:
        metadata_path: the SQLite file of ML Metadata.
        pipeline_name: whose runs.

    Returns:
        What its node STATISTICS_NODE computed, or None if no run went through or they are gone.
    """
    if not os.path.exists(metadata_path):
        return None
    store = _store(metadata_path)
    for run in _runs(store, pipeline_name):
        executions = store.get_executions_by_context(run.id)
        if not executions or {_state_name(e) for e in executions} - {"COMPLETE", "CACHED"}:
            continue
        found = _own_statistics(store, run)
        if found and os.path.exists(found[-1].uri):
            return _statistics(found[-1])
    return None


def _own_statistics(store: Any, run: Any) -> list[Any]:
    """Returns the statistics that a run computed, not those that it imported."""
    executions = store.get_executions_by_context(run.id)
    ids = [each.id for each in executions if _node(store, each) == STATISTICS_NODE]
    return [a for a in _artifacts(store, ids, ("OUTPUT",)) if a.type == "ExampleStatistics"]


def _statistics(artifact: Any) -> Statistics:
    return Statistics(
        uri=artifact.uri,
        split_names=artifact.properties["split_names"].string_value,
        rank_error=artifact.custom_properties["rank_error"].string_value,
    )


def last_pushed(metadata_path: str, pipeline_name: str) -> Pushed:
    """Finds the model that a training pipeline pushed last.

    Raises:
        InputError: nothing was pushed yet, or the statistics of its run are gone.
    """
    hint = "run `skewgate run training` first"
    if not os.path.exists(metadata_path):
        raise InputError(metadata_path, "no model was pushed yet", hint)
    store = _store(metadata_path)
    parent = store.get_context_by_type_and_name("pipeline", pipeline_name)
    known = store.get_artifacts_by_context(parent.id) if parent else []
    pushed = [
        artifact
        for artifact in known
        if artifact.type == "PushedModel" and artifact.custom_properties["pushed"].int_value == 1
    ]
    if not pushed:
        raise InputError(metadata_path, f"{pipeline_name} has pushed no model yet", hint)
    newest = max(pushed, key=lambda artifact: (artifact.last_update_time_since_epoch, artifact.id))
    events = store.get_events_by_artifact_ids([newest.id])
    pushers = sorted({event.execution_id for event in events})
    models = [a for a in _artifacts(store, pushers, ("INPUT",)) if a.type == "Model"]
    runs = [
        context
        for context in store.get_contexts_by_execution(pushers[-1])
        if context.type == "pipeline_run"
    ]
    statistics = [artifact for run in runs for artifact in _own_statistics(store, run)]
    if not models or not statistics or not os.path.exists(statistics[-1].uri):
        raise InputError(newest.uri, "the run that pushed this model left no statistics", hint)
    return Pushed(
        model_uri=models[-1].uri,
        statistics=_statistics(statistics[-1]),
        examples=_examples(store, statistics[-1]),
        evaluation=_evaluation(store, runs),
    )


def _evaluation(store: Any, runs: list[Any]) -> str | None:
    """Returns where the newest evaluation of some runs is, if it is still there."""
    ids = [each.id for run in runs for each in store.get_executions_by_context(run.id)]
    found = [a.uri for a in _artifacts(store, ids, ("OUTPUT",)) if a.type == "ModelEvaluation"]
    return found[-1] if found and os.path.exists(found[-1]) else None


def _examples(store: Any, statistics: Any) -> Rows | None:
    """Returns the examples that statistics were computed from, if they are still there."""
    from ml_metadata.proto import metadata_store_pb2

    output = metadata_store_pb2.Event.Type.Value("OUTPUT")
    events = store.get_events_by_artifact_ids([statistics.id])
    makers = sorted({event.execution_id for event in events if event.type == output})
    found = [a for a in _artifacts(store, makers, ("INPUT",)) if a.type == "Examples"]
    if not found or not os.path.exists(found[-1].uri):
        return None
    properties: dict[str, str | int] = {}
    for name in sorted(found[-1].custom_properties):
        value = found[-1].custom_properties[name]
        if name in ("payload_format", "file_format") or name.startswith("rows_"):
            kind = value.WhichOneof("value")
            properties[name] = value.int_value if kind == "int_value" else value.string_value
    return Rows(found[-1].uri, found[-1].properties["split_names"].string_value, properties)
