"""What is noted in the state of a pipeline when records are removed from it.

StateLookup may be asked for rows before those of long ago. That nothing is found then must not mean
that there never was anything: a policy for first runs would let a run pass of which the records
are gone. Nor may an older record that happens to be left answer in the place of one that is gone.
So `removed.json` beside the records says of which rows the removed ones were.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Callable
from typing import TypeVar

import pydantic
from tfx.dsl.io import fileio

from skewgate.components.support import artifact_io
from skewgate.components.support.data_times import DataTime
from skewgate.core import json_text, sealing, yaml_model
from skewgate.core.yaml_model import StrictModel

NAME = "removed.json"
_FIX = "restore it, or delete it to treat rows before those of all records as the first"
_T = TypeVar("_T", datetime.datetime, int)


class Removed(StrictModel):
    """Of which rows removed records were; None where there are none.

    Attributes:
        version: of this format.
        first_end, last_end: the earliest and the latest end of a window, in UTC.
        first_span, last_span: the least and the greatest span.
    """

    version: int = pydantic.Field(default=1, ge=1, le=1)
    first_end: datetime.datetime | None = None
    last_end: datetime.datetime | None = None
    first_span: int | None = None
    last_span: int | None = None

    def held_before(self, rows: DataTime) -> bool:
        """Says whether a removed record was of rows before some."""
        if rows.start is not None:
            return self.first_end is not None and self.first_end <= rows.start
        return self.first_span is not None and self.first_span < rows.span

    def hides(self, found: DataTime, rows: DataTime) -> bool:
        """Says whether a removed record may have been nearer to some rows than what is found."""
        if not self.held_before(rows):
            return False
        if rows.start is not None:
            return (
                self.last_end is not None and found.end is not None and found.end <= self.last_end
            )
        return self.last_span is not None and found.span <= self.last_span

    def and_also(self, other: Removed) -> Removed:
        """Returns what holds when the records of both are removed."""
        return Removed(
            first_end=_of(min, self.first_end, other.first_end),
            last_end=_of(max, self.last_end, other.last_end),
            first_span=_of(min, self.first_span, other.first_span),
            last_span=_of(max, self.last_span, other.last_span),
        )


def read(folder: str) -> Removed:
    """Returns what is noted in the state of a pipeline.

    Raises:
        DamagedError: the note is not what was written.
        InputError: it is one of another version.
    """
    path = os.path.join(folder, NAME)
    if not fileio.exists(path):
        return Removed()
    try:
        content = json_text.load(artifact_io.read_bytes(path))
    except ValueError as error:
        raise sealing.DamagedError(path, _FIX, f"is not JSON ({error})") from error
    if not isinstance(content, dict) or sealing.CHECKSUM_KEY not in content:
        raise sealing.DamagedError(path, _FIX, "has lost its checksum")
    return yaml_model.check(Removed, sealing.unseal_json(content, path, _FIX), path)


def note(folder: str, removed: Removed) -> None:
    """Adds to the note of a pipeline's state that records go.

    Raises:
        InputError: the note that is there is damaged.
    """
    known = read(folder)
    noted = known.and_also(removed)
    if noted != known:
        text = json.dumps(sealing.seal_json(noted.model_dump(mode="json")), indent=1)
        artifact_io.write_bytes(os.path.join(folder, NAME), text.encode("utf-8"))


def _of(choose: Callable[[list[_T]], _T], *values: _T | None) -> _T | None:
    known = [value for value in values if value is not None]
    return choose(known) if known else None
