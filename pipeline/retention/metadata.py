"""Reads what the ML Metadata of a pipeline knows of its runs."""

from __future__ import annotations

import collections
import os
import sqlite3
from collections.abc import Iterable
from typing import TypeVar

from skewgate.pipeline.retention import database
from skewgate.pipeline.retention.facts import Metadata, Run

_T = TypeVar("_T")
_GOOD = (3, 5)
"""States of executions: COMPLETE and CACHED."""
_RECORDER = "StateRecorder"
"""The last node of a pipeline; a run that has not come to it did not go through."""
_RUN, _CONTEXT = "pipeline_run", 2
_WORKING_FOLDER = "__stateful_working_dir_index__"
_RUNS = """
SELECT Context.id, Context.name, Context.create_time_since_epoch / 1000.0
FROM Context JOIN Type ON Type.id = Context.type_id
WHERE Type.name = ? AND Type.type_kind = ?
"""
_EXECUTIONS = """
SELECT Execution.id, Type.name, Execution.last_known_state
FROM Execution JOIN Type ON Type.id = Execution.type_id
"""
_USED = """
SELECT Event.execution_id, Artifact.uri
FROM Event JOIN Artifact ON Artifact.id = Event.artifact_id
WHERE Artifact.uri IS NOT NULL
"""
_NAMED = """
SELECT Event.execution_id, ArtifactProperty.name, ArtifactProperty.string_value
FROM Event JOIN ArtifactProperty ON ArtifactProperty.artifact_id = Event.artifact_id
WHERE ArtifactProperty.name IN ('folder', 'pushed_destination')
AND ArtifactProperty.string_value IS NOT NULL
"""
_EVENTLESS = (
    "SELECT uri FROM Artifact WHERE uri IS NOT NULL AND id NOT IN (SELECT artifact_id FROM Event)"
)


def read(path: str) -> Metadata | None:
    """Returns what a database knows; None if there is none.

    Raises:
        InputError: see `database.opened`.
    """
    if not os.path.exists(path):
        return None
    with database.opened(path) as connection:
        return _read(connection)


def uris(path: str) -> set[str]:
    """Returns the URIs of all artifacts that a database knows.

    Raises:
        InputError: see `database.opened`.
    """
    with database.opened(path) as connection:
        found = connection.execute("SELECT DISTINCT uri FROM Artifact WHERE uri IS NOT NULL")
        return {uri for (uri,) in found}


def _read(connection: sqlite3.Connection) -> Metadata:
    executions = {number: (kind, state) for number, kind, state in connection.execute(_EXECUTIONS)}
    used: dict[int, set[str]] = _by_first(connection.execute(_USED))
    of_run: dict[int, set[int]] = _by_first(
        connection.execute("SELECT context_id, execution_id FROM Association")
    )
    records: dict[int, set[str]] = collections.defaultdict(set)
    for number, name, value in connection.execute(_NAMED):
        if name == "folder":
            records[number].add(value.rstrip("/").rpartition("/")[2])
        else:
            used[number].add(value)
    runs = []
    for context, run_id, began in connection.execute(_RUNS, (_RUN, _CONTEXT)).fetchall():
        numbers = frozenset(of_run.get(context, ()))
        runs.append(
            Run(
                run_id=run_id,
                started=began,
                good=_is_good(executions[number] for number in numbers if number in executions),
                executions=numbers,
                uris=frozenset(uri for number in numbers for uri in used.get(number, ())),
                records=frozenset(name for number in numbers for name in records.get(number, ())),
            )
        )
    loose = executions.keys() - {number for run in runs for number in run.executions}
    eventless = {uri for (uri,) in connection.execute(_EVENTLESS)}
    return Metadata(
        runs=tuple(runs),
        loose=frozenset(loose),
        last_execution=_last(connection),
        working_folders=_working_folders(connection),
        uris=frozenset(eventless.union(*(used.get(number, ()) for number in loose))),
    )


def _by_first(rows: Iterable[tuple[int, _T]]) -> dict[int, set[_T]]:
    found: dict[int, set[_T]] = collections.defaultdict(set)
    for key, value in rows:
        found[key].add(value)
    return found


def _is_good(executions: Iterable[tuple[str, int]]) -> bool:
    """Says whether all nodes of a run ended well, the last among them."""
    found = list(executions)
    recorded = any(kind.rpartition(".")[2] == _RECORDER for kind, _ in found)
    return recorded and all(state in _GOOD for _, state in found)


def _last(connection: sqlite3.Connection) -> int:
    """Returns the greatest id that any execution ever had, removed ones too."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'Execution'").fetchone()
    return int(row[0]) if row else 0


def _working_folders(connection: sqlite3.Connection) -> dict[str, int]:
    found = connection.execute(
        "SELECT string_value, execution_id FROM ExecutionProperty "
        "WHERE name = ? AND string_value IS NOT NULL",
        (_WORKING_FOLDER,),
    )
    return dict(found.fetchall())
