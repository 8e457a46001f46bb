"""Removes the rows of runs from ML Metadata, whose API cannot: all of them at once, or none."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Collection

from skewgate.pipeline.retention import database

_PREPARE = """
CREATE TEMP TABLE gone_run (name TEXT PRIMARY KEY);
CREATE TEMP TABLE gone_execution (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE gone_artifact (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE gone_context (id INTEGER PRIMARY KEY);
"""
_ARTIFACTS = """
INSERT INTO gone_artifact
SELECT DISTINCT artifact_id FROM Event WHERE execution_id IN gone_execution
EXCEPT SELECT artifact_id FROM Event WHERE execution_id NOT IN gone_execution
"""
"""Those that nothing which stays has read or made."""
_CONTEXTS = """
INSERT INTO gone_context
SELECT Context.id FROM Context JOIN Type ON Type.id = Context.type_id
WHERE Type.type_kind = 2 AND (
    (Type.name = 'pipeline_run' AND Context.name IN gone_run)
    OR (Type.name = 'execution_cache' AND Context.id NOT IN (
        SELECT context_id FROM Association WHERE execution_id NOT IN gone_execution
    ))
)
"""
"""Those of the runs, and keys of the cache under which nothing is left."""
_GONE = {
    "EventPath": "event_id IN (SELECT id FROM Event WHERE execution_id IN gone_execution)",
    "Event": "execution_id IN gone_execution",
    "ExecutionProperty": "execution_id IN gone_execution",
    "ArtifactProperty": "artifact_id IN gone_artifact",
    "ContextProperty": "context_id IN gone_context",
    "Association": "execution_id IN gone_execution OR context_id IN gone_context",
    "Attribution": "artifact_id IN gone_artifact OR context_id IN gone_context",
    "ParentContext": "context_id IN gone_context OR parent_context_id IN gone_context",
    "Execution": "id IN gone_execution",
    "Artifact": "id IN gone_artifact",
    "Context": "id IN gone_context",
}
"""Which rows go, table by table."""
_SLACK = 4
"""A file is written anew when more than one of so many pages is empty."""


@dataclasses.dataclass(frozen=True)
class Rows:
    """Numbers of rows, and bytes of their file.

    Attributes:
        removed: rows that went, or would.
        kept: rows that stay.
        bytes: of the file when all is done.
        freed: by how many bytes the file has become smaller.
    """

    removed: int
    kept: int
    bytes: int
    freed: int = 0


def remove(
    path: str, run_ids: Collection[str], executions: Collection[int], *, dry_run: bool = False
) -> Rows:
    """Removes what belongs to runs and to nothing that stays, in one transaction.

    Ids are never given again: what was removed can be told from what never was.

    Args:
        path: of the database.
        run_ids: of the runs.
        executions: of these, and of no run that stays.
        dry_run: only counts.

    Raises:
        InputError: see `database.opened`.
    """
    with database.opened(path) as connection:
        before = _bytes(connection)
        connection.executescript(_PREPARE)
        connection.execute("BEGIN" if dry_run else "BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO gone_run VALUES (?)", ((each,) for each in run_ids))
        connection.executemany(
            "INSERT INTO gone_execution VALUES (?)", ((each,) for each in executions)
        )
        connection.execute(_ARTIFACTS)
        connection.execute(_CONTEXTS)
        removed = sum(
            _count(connection, table, f"WHERE {condition}") for table, condition in _GONE.items()
        )
        total = sum(_count(connection, table) for table in _GONE)
        if dry_run:
            connection.execute("ROLLBACK")
            return Rows(removed, total - removed, before)
        for table, condition in _GONE.items():
            connection.execute(f"DELETE FROM {table} WHERE {condition}")
        connection.execute("COMMIT")
        _shrink(connection)  # also what a run that was killed after its commit has left to do
        after = _bytes(connection)
        return Rows(removed, total - removed, after, max(before - after, 0))


def _count(connection: sqlite3.Connection, table: str, condition: str = "") -> int:
    (number,) = connection.execute(f"SELECT count(*) FROM {table} {condition}").fetchone()
    return int(number)


def _shrink(connection: sqlite3.Connection) -> None:
    """Gives empty pages back to the disk if there are many; a few are filled by the next runs."""
    if _pragma(connection, "freelist_count") * _SLACK > _pragma(connection, "page_count"):
        connection.execute("VACUUM")


def _bytes(connection: sqlite3.Connection) -> int:
    return _pragma(connection, "page_count") * _pragma(connection, "page_size")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (number,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(number)
