"""Rows of one part of a log as arrays, until requests and responses are joined."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data.arrow.values import mask_array
from skewgate.data.sources import json_types
from skewgate.serving.capture.log.events import REQUEST, Part

Ints = npt.NDArray[np.int64]
_OWN = ("id", "index", "time", "version", "file", "line")
NO_TIME = np.iinfo(np.int64).min
"""The time of a row whose log does not say it."""


@dataclasses.dataclass
class Chunk:
    """Rows.

    Attributes:
        part: what they are of.
        ids: text, one a row.
        index: place of the row in its event.
        times: microseconds since 1970, or `NO_TIME`.
        versions: of the model, as text.
        files: number of the file in the list of files.
        lines: of it, or numbers of records.
        columns: features, predictions or labels.
    """

    part: Part
    ids: pa.Array
    index: Ints
    times: Ints
    versions: pa.Array
    files: Ints
    lines: Ints
    columns: dict[str, pa.Array]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def bytes(self) -> int:
        """How much memory it takes, about."""
        arrays = (self.ids, self.versions, *self.columns.values())
        return int(sum(array.nbytes for array in arrays)) + 32 * len(self)

    def filter(self, mask: npt.NDArray[np.bool_]) -> Chunk:
        """Returns some of the rows."""
        if mask.all():
            return self
        chosen = mask_array(mask)
        return Chunk(
            self.part,
            self.ids.filter(chosen),
            self.index[mask],
            self.times[mask],
            self.versions.filter(chosen),
            self.files[mask],
            self.lines[mask],
            {name: column.filter(chosen) for name, column in self.columns.items()},
        )

    def take(self, places: Ints) -> Chunk:
        """Returns the rows at some places."""
        at = pa.array(places)
        return Chunk(
            self.part,
            self.ids.take(at),
            self.index[places],
            self.times[places],
            self.versions.take(at),
            self.files[places],
            self.lines[places],
            {name: column.take(at) for name, column in self.columns.items()},
        )

    def to_batch(self) -> pa.RecordBatch:
        """Returns the rows as one batch, its own columns first: others may have their names."""
        own = [self.ids, self.index, self.times, self.versions, self.files, self.lines]
        arrays = [*(each if isinstance(each, pa.Array) else pa.array(each) for each in own)]
        return pa.RecordBatch.from_arrays([*arrays, *self.columns.values()], [*_OWN, *self.columns])

    @classmethod
    def from_batch(cls, part: Part, batch: pa.RecordBatch) -> Chunk:
        """Returns the rows that `to_batch` wrote."""
        own = batch.columns[: len(_OWN)]
        ids, index, times, versions, files, lines = own
        names = batch.schema.names[len(_OWN) :]
        columns = dict(zip(names, batch.columns[len(_OWN) :], strict=True))
        numbers = [np.asarray(each) for each in (index, times, files, lines)]
        return cls(part, ids, numbers[0], numbers[1], versions, numbers[2], numbers[3], columns)


def concatenated(part: Part, chunks: Sequence[Chunk], types: dict[str, pa.DataType]) -> Chunk:
    """Returns all rows of chunks, with columns of given types in each."""

    def column(name: str) -> pa.Array:
        kind = types[name]
        parts = [
            json_types.conformed(each.columns[name], kind)
            if name in each.columns
            else pa.nulls(len(each), kind)
            for each in chunks
        ]
        return joined(parts, kind)

    def own(name: str) -> Any:
        found = [getattr(each, name) for each in chunks]
        return np.concatenate(found) if found else np.zeros(0, np.int64)

    return Chunk(
        part,
        joined([each.ids for each in chunks], pa.string()),
        own("index"),
        own("times"),
        joined([each.versions for each in chunks], pa.string()),
        own("files"),
        own("lines"),
        {name: column(name) for name in types},
    )


def joined(arrays: Sequence[pa.Array], kind: pa.DataType) -> pa.Array:
    """Returns arrays of one type as one."""
    return pa.concat_arrays(arrays) if arrays else pa.array([], kind)


def widened(
    types: dict[str, pa.DataType], columns: dict[str, pa.Array], where: str, part: Part
) -> dict[str, pa.DataType]:
    """Returns the types of columns that hold for what is known and for more rows.

    Raises:
        InputError: values of a column do not go together.
    """
    found = dict(types)
    for name, array in columns.items():
        known = found.get(name, pa.null())
        if known == array.type:
            found[name] = known
            continue
        kind = json_types.joined(known, array.type)
        if kind is None:
            both = f"{json_types.described(known)} and {json_types.described(array.type)}"
            raise mixed(where, name, both, part)
        found[name] = kind
    return found


def mixed(where: str, name: str, kinds: str, part: Part) -> InputError:
    """Returns the error of a column whose values do not fit together."""
    fix = "correct the log, or capture the files of each type apart"
    if part == REQUEST:
        fix = f"set its type with `features: {{{name}: text}}` in capture.yaml, or correct the log"
    return InputError(where, f"the column {name} of a {part} holds {kinds}", fix)
