"""The SQLite file of ML Metadata, opened for what its API cannot do: to remove rows.

Its tables are those of one version of its schema, which both TFX stacks share; another is refused.
No other connection of this process may be within a transaction meanwhile: SQLite's locks belong to
a process, and ML Metadata has a SQLite of its own. The turn of the pipeline sees to that.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator

from skewgate.core.errors import InputError

SCHEMA_VERSION = 10
"""Of ML Metadata 1.16 to 1.21."""
_PATIENCE = 60.0
"""Seconds that a writer of another process may take."""


@contextlib.contextmanager
def opened(path: str) -> Iterator[sqlite3.Connection]:
    """Yields a connection that commits nothing by itself.

    Raises:
        InputError: the file is no database of ML Metadata, or one of a schema that is not known, or
            it cannot be read or written.
    """
    try:
        with contextlib.closing(_connect(path)) as connection:
            _check(connection, path)
            yield connection
    except sqlite3.Error as error:
        raise InputError(
            path,
            f"cannot be used as the ML Metadata of a pipeline ({error})",
            "restore it from a backup, or move it away",
        ) from error


def _connect(path: str) -> sqlite3.Connection:
    if not os.path.isfile(path):
        raise sqlite3.DatabaseError("no such file")
    return sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)


def _check(connection: sqlite3.Connection, path: str) -> None:
    """Refuses a schema that is not known.

    Raises:
        InputError: it is not.
    """
    found = [version for (version,) in connection.execute("SELECT schema_version FROM MLMDEnv")]
    if found != [SCHEMA_VERSION]:
        told = ", ".join(map(str, found)) or "none"
        raise InputError(
            path,
            f"has the ML Metadata schema {told}, but rows are only removed from "
            f"schema {SCHEMA_VERSION}",
            "remove `retention` from pipeline.yaml, or update skewgate",
        )
