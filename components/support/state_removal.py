"""What is noted in the state of a pipeline when records are removed from it.

StateLookup may be asked for rows before those of long ago. That nothing is found then must not mean
that there never was anything: a policy for first runs would let a run pass of which the records
are gone. So `removed.json` beside the records says how early the rows of removed ones were.
"""

from __future__ import annotations

import datetime
import os

import pydantic
from tfx.dsl.io import fileio

from skewgate.components.support import artifact_io
from skewgate.components.support.data_times import DataTime
from skewgate.core import yaml_model
from skewgate.core.yaml_model import StrictModel

NAME = "removed.json"


class Removed(StrictModel):
    """How early the rows of removed records were.

    Attributes:
        version: of this format.
        window: the earliest end of a window, in UTC; None if no record had a window.
        span: the least span.
    """

    version: int = pydantic.Field(default=1, ge=1, le=1)
    window: datetime.datetime | None = None
    span: int | None = None


def read(folder: str) -> Removed:
    """Returns what is noted in the state of a pipeline.

    Raises:
        InputError: the note is damaged.
    """
    path = os.path.join(folder, NAME)
    if not fileio.exists(path):
        return Removed()
    return yaml_model.parse(Removed, artifact_io.read_bytes(path).decode("utf-8", "replace"), path)


def note(folder: str, window: datetime.datetime | None, span: int | None) -> None:
    """Adds to the note that records go.

    Args:
        folder: of the state of a pipeline.
        window: the earliest end of the windows of their rows; None if they have none.
        span: the least span of their rows.

    Raises:
        InputError: the note that is there is damaged.
    """
    known = read(folder)
    windows = [each for each in (known.window, window) if each is not None]
    spans = [each for each in (known.span, span) if each is not None]
    noted = Removed(window=min(windows, default=None), span=min(spans, default=None))
    if noted != known:
        text = noted.model_dump_json(indent=1)
        artifact_io.write_bytes(os.path.join(folder, NAME), text.encode("utf-8"))


def held_before(folder: str, rows: DataTime) -> bool:
    """Says whether a record of rows before some was removed.

    Raises:
        InputError: the note is damaged.
    """
    noted = read(folder)
    if rows.start is not None:
        return noted.window is not None and noted.window <= rows.start
    return noted.span is not None and noted.span < rows.span
