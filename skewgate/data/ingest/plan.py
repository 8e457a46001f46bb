"""How files are to be read and written."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import BinaryIO

import pyarrow as pa

from skewgate.data.ingest.declared_times import types_to_read
from skewgate.data.ingest.shards import Create, create_local
from skewgate.data.ingest.splits import ReadySplits
from skewgate.data.sources.partitions import Partitions
from skewgate.data.sources.reading_options import RECOGNISED, ReadingOptions


@dataclasses.dataclass(frozen=True)
class Plan:
    """What an ingest is asked for.

    Attributes:
        splits: how rows are split.
        create: opens a path to be written; by default on this machine.
        opener: opens a path to be read, as `sources.open_file` takes it; None for local files.
        types: the types that a schema or the user gives to columns.
        shards: files per split at most; without it a rule by the number of rows.
        max_rejected: rows that may be rejected.
        partitions: the columns that the folders of the files say; None if they say none.
        reading: how CSV is to be read.
    """

    splits: ReadySplits
    create: Create = create_local
    opener: Callable[[str], BinaryIO] | None = None
    types: Mapping[str, pa.DataType] = dataclasses.field(default_factory=dict)
    shards: int | None = None
    max_rejected: int = 0
    partitions: Partitions | None = None
    reading: ReadingOptions = RECOGNISED

    @property
    def types_to_read(self) -> dict[str, pa.DataType]:
        """The types that are given, without that of a time which must be read as it stands."""
        return types_to_read(self.splits, self.types)
