"""What an ingest read, wrote and rejected, and the report of it."""

from __future__ import annotations

import collections
import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from skewgate.core import json_text, sealing
from skewgate.core.errors import InputError
from skewgate.core.hidden import visible_json
from skewgate.core.sealing import DamagedError
from skewgate.data.ingest.shards import Shard
from skewgate.data.sources.rejected import Rejections

REPORT_NAME = "ingest_report.json"
VERSION = 1
_FIX = "delete the folder that it is in and run again: the data are then read again"


@dataclasses.dataclass(frozen=True)
class TypeChange:
    """A column that has another type than in the run before.

    Attributes:
        column: its name.
        before, now: Arrow's names of the types.
    """

    column: str
    before: str
    now: str

    def __str__(self) -> str:
        return f"{self.column} is {self.now}, and was {self.before}"


@dataclasses.dataclass
class IngestCounts:
    """Counts of one run over some files; those of several runs can be added up.

    Attributes:
        splits: their names.
        read: rows by path, rejected ones included, in the order of reading.
        rejections: the rows that could not be read.
        unassigned: rows that no split took.
        shards: the files written, those of a split in the order of its rows.
        types: Arrow's name for the type of each column.
        changed: the columns whose type is another one than in the run before, if one is known.
        notes: what was read otherwise than it stands in a file, by path.
    """

    splits: Sequence[str]
    rejections: Rejections
    read: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    unassigned: int = 0
    shards: list[Shard] = dataclasses.field(default_factory=list)
    types: dict[str, str] = dataclasses.field(default_factory=dict)
    changed: list[TypeChange] = dataclasses.field(default_factory=list)
    notes: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    @property
    def rows_read(self) -> int:
        """Rows of all files, rejected ones included."""
        return sum(self.read.values())

    def written(self, split: str) -> int:
        """Returns the rows of a split."""
        return sum(shard.rows for shard in self.shards_of(split))

    def shards_of(self, split: str) -> list[Shard]:
        """Returns the files of a split."""
        return [shard for shard in self.shards if shard.split == split]

    def merge(self, other: IngestCounts) -> None:
        """Adds what was counted over further files.

        Raises:
            InputError: more rows are rejected than may be.
        """
        self.read.update(other.read)
        self.rejections.merge(other.rejections)
        self.unassigned += other.unassigned
        self.shards += other.shards
        self.notes |= other.notes
        for name, kind in other.types.items():
            if self.types.get(name, "null") == "null":
                self.types[name] = kind

    def compare_types(self, before: Mapping[str, str]) -> None:
        """Notes which columns have another type than in the run before.

        Args:
            before: the types of the columns in that run, as its report has them.
        """
        self.changed = [
            TypeChange(name, before[name], now)
            for name, now in self.types.items()
            if name in before and before[name] != now and "null" not in (before[name], now)
        ]

    def check(self, where: str) -> None:
        """Makes sure that no row was lost, and that every split has one.

        Args:
            where: what was read, for messages.

        Raises:
            InputError: it is not so.
        """
        written = {split: self.written(split) for split in self.splits}
        accounted = sum(written.values()) + self.unassigned + self.rejections.count
        if accounted != self.rows_read:
            raise InputError(
                where,
                f"has {self.rows_read} rows, but {sum(written.values())} were written, "
                f"{self.unassigned} are in no split and {self.rejections.count} were rejected",
                "run again; if it stays so, report it, because rows were lost or duplicated",
            )
        empty = [split for split, rows in written.items() if not rows]
        if empty:
            rejected = (
                f", {self.rejections.count} of them rejected," if self.rejections.count else ""
            )
            raise InputError(
                where,
                f"has {self.rows_read} rows{rejected} and none for the split {empty[0]!r}",
                "correct the splits, or give data that cover them",
            )

    def report(self) -> dict[str, Any]:
        """Returns the content of the report."""
        rejected = self.rejections.by_file
        return {
            "version": VERSION,
            "files": [
                {"file": path, "read": rows, "rejected": rejected.get(path, 0)}
                for path, rows in self.read.items()
            ],
            "splits": {
                split: {
                    "rows": self.written(split),
                    "shards": [shard.rows for shard in self.shards_of(split)],
                }
                for split in self.splits
            },
            "unassigned": self.unassigned,
            "rejected": [
                {
                    "file": row.path,
                    "line": row.line,
                    "column": row.column,
                    "found": row.found,
                    "expected": row.expected,
                }
                for row in self.rejections.samples
            ],
            "types": self.types,
            "changed_types": [dataclasses.asdict(change) for change in self.changed],
            "notes": self.notes,
        }

    def to_json(self) -> str:
        """Returns the report as text, with its seal (see `core.sealing`)."""
        sealed = sealing.seal_json(self.report())
        return visible_json(json.dumps(sealed, indent=2, ensure_ascii=False)) + "\n"


def parse_report(text: bytes, where: str) -> dict[str, Any]:
    """Reads a report that `IngestCounts.to_json` returned.

    Args:
        text: of the report.
        where: names the file in messages.

    Raises:
        InputError: it is no such report, or its seal does not fit.
    """
    try:
        content = json_text.load(text)
    except ValueError as error:
        raise DamagedError(where, _FIX, f"is not JSON ({error})") from error
    if not isinstance(content, dict):
        raise InputError(where, "is not a JSON object", _FIX)
    report = sealing.unseal_json(content, where, _FIX)
    types = report.get("types")
    if not isinstance(types, dict) or not all(isinstance(kind, str) for kind in types.values()):
        raise InputError(where, "does not say the types of the columns", _FIX)
    return report
