"""What ML Metadata says of past runs: their nodes and their reports."""

from __future__ import annotations

import dataclasses
from typing import Any

_PREFIX = "skewgate."


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


def _store(path: str) -> Any:
    from ml_metadata.metadata_store import metadata_store
    from ml_metadata.proto import metadata_store_pb2

    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = path
    return metadata_store.MetadataStore(config)


def _outputs(store: Any, execution_id: int) -> list[Any]:
    """Returns the artifacts that an execution made."""
    from ml_metadata.proto import metadata_store_pb2

    output = metadata_store_pb2.Event.Type.Value("OUTPUT")
    events = store.get_events_by_execution_ids([execution_id])
    ids = sorted({event.artifact_id for event in events if event.type == output})
    return list(store.get_artifacts_by_id(ids)) if ids else []


def state(metadata_path: str, execution_id: int) -> str:
    """Returns the state of an execution, such as "COMPLETE", "CACHED" or "FAILED"."""
    (execution,) = _store(metadata_path).get_executions_by_id([execution_id])
    return _state_name(execution)


def _state_name(execution: Any) -> str:
    return str(type(execution).State.Name(execution.last_known_state))


def of_run(metadata_path: str, run_id: str) -> list[NodeRecord]:
    """Returns the nodes of one run, in the order in which they started; none if it is unknown."""
    store = _store(metadata_path)
    run = store.get_context_by_type_and_name("pipeline_run", run_id)
    if run is None:
        return []
    records = []
    for execution in sorted(store.get_executions_by_context(run.id), key=lambda e: e.id):
        state_name = _state_name(execution)
        outputs = _outputs(store, execution.id)
        reports = tuple(_report(artifact) for artifact in outputs if _is_report(artifact))
        records.append(NodeRecord(_node(store, execution), state_name, reports))
    return records


def _node(store: Any, execution: Any) -> str:
    for context in store.get_contexts_by_execution(execution.id):
        if context.type == "node":
            return str(context.name).rpartition(".")[2]
    return str(execution.type).rpartition(".")[2]


def _is_report(artifact: Any) -> bool:
    return artifact.type.startswith(_PREFIX) and "blessed" in artifact.custom_properties


def _report(artifact: Any) -> ReportRecord:
    values = artifact.custom_properties
    return ReportRecord(
        kind=artifact.type.removeprefix(_PREFIX),
        uri=artifact.uri,
        status=values["status"].string_value,
        blessed=values["blessed"].int_value == 1,
        failed=values["failed"].int_value,
        inconclusive=values["inconclusive"].int_value,
    )
