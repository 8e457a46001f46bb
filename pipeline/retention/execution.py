"""Carries a plan out, in an order in which a kill at any moment leaves nothing that misleads.

First go logs: one whose run is not known any more would be that of a run that never began. Then go
the rows, all at once: a cached result whose artifact is half gone would still be taken,
as TFX only looks whether its folder is there. Then go records, before the artifacts that they
name, and of each record first what makes it one. A folder gets a hidden name before it is emptied,
so that nobody reads half of it. What is left is what nothing refers to, and the next time finds it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

from skewgate.components.support.state_folder import RECORD_NAME
from skewgate.core.errors import InputError
from skewgate.pipeline.retention import folders, rows, state
from skewgate.pipeline.retention.facts import (
    Artifact,
    Item,
    Leftover,
    Log,
    Scratch,
    StateRecord,
    Version,
)
from skewgate.pipeline.retention.plan import Plan
from skewgate.pipeline.retention.rows import Rows
from skewgate.storage import s3, uris

LAST: tuple[type[Item], ...] = (Artifact, Scratch, Version, Leftover)
"""What goes after the rows and the records."""


def execute(
    plan: Plan,
    database: str | None,
    state_root: str,
    pipeline: str,
    removing: Callable[[str], None] = lambda place: None,
) -> Rows | None:
    """Removes what a plan says; whoever calls it has the turn of the pipeline.

    Args:
        plan: what goes.
        database: the SQLite file of ML Metadata; None if there is none.
        state_root: of the state.
        pipeline: its name.
        removing: told each place before it is removed.

    Returns:
        What became of the rows; None without a database.

    Raises:
        InputError: something cannot be removed; what went before stays removed.
    """

    def go(item: Item) -> None:
        removing(item.path)
        remove(item.path, whole=not isinstance(item, Leftover))

    for log in plan.removed(Log):
        go(log)
    done = None
    if database is not None:
        removing(database)
        done = rows.remove(database, plan.removed_runs, plan.executions)
    records = plan.removed(StateRecord)
    if records:
        removing(state_root)
        state.note(state_root, pipeline, plan.removal)
    for record in sorted(records, key=lambda each: each.name):
        remove(os.path.join(record.path, RECORD_NAME))
        go(record)
    for kind in LAST:
        for item in plan.removed(kind):
            go(item)
    return done


def remove(path: str, *, whole: bool = True) -> None:
    """Removes a file or folder; it need not be there any more.

    Args:
        path: path or URI.
        whole: somebody may look at it, and must not see half of it.

    Raises:
        InputError: it cannot be removed.
    """
    try:
        if s3.is_remote(path):
            _remove_objects(path)
        elif os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(_hidden(path) if whole else path)
        else:
            os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise InputError(
            error.filename or path, f"cannot be removed: {error.strerror}", "check its owner"
        ) from error


def _remove_objects(uri: str) -> None:
    """Removes an object, or all that are below it; S3 takes a thousand at a time."""
    if not uri.startswith(uris.OF_GOOGLE) and s3.is_folder(uri):
        s3.remove_folder(uri)
        return
    for below in s3.below_folder(uri):
        s3.remove(f"{uri}/{below}")
    if s3.exists(uri):
        s3.remove(uri)


def _hidden(folder: str) -> str:
    """Gives a folder a name that nobody looks at, and returns its path."""
    above, name = os.path.split(folder)
    hidden = os.path.join(above, f".{name}{folders.REMOVED}")
    if os.path.isdir(hidden):  # of a removal that was killed, and then somebody put it back
        shutil.rmtree(hidden)
    os.rename(folder, hidden)
    return hidden
