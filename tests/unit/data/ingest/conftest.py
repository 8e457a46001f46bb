"""Runs an ingest into a folder."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from skewgate.data.ingest import splits, writing
from skewgate.data.ingest.counts import IngestCounts
from skewgate.data.ingest.plan import Plan
from skewgate.data.sources import records as reading
from tests import tf_train


@dataclasses.dataclass
class Ingested:
    """What an ingest wrote.

    Attributes:
        counts: what it returned.
    """

    counts: IngestCounts

    def records(self, split: str = "all") -> list[bytes]:
        """Returns the records of a split in the order of the shards."""
        paths = [shard.path for shard in self.counts.shards_of(split)]
        return [record for path in paths for record in reading.read_file(path)]

    def rows(self, split: str = "all") -> list[dict[str, Any]]:
        """Returns the values of each row by feature; None for a feature of no kind."""
        return [_values(record) for record in self.records(split)]

    def contents(self) -> dict[str, bytes]:
        """Returns the bytes of each file by its name."""
        return {
            pathlib.Path(shard.path).name: pathlib.Path(shard.path).read_bytes()
            for shard in self.counts.shards
        }


def _values(record: bytes) -> dict[str, Any]:
    found = {}
    for name, feature in tf_train.Example.FromString(record).features.feature.items():
        kind = feature.WhichOneof("kind")
        found[name] = list(getattr(feature, kind).value) if kind else None
    return found


@pytest.fixture
def ingest(tmp_path: pathlib.Path) -> Callable[..., Ingested]:
    """Writes files of a name and a content, and ingests them."""

    def run(
        files: dict[str, str | bytes],
        by: str = '{"by": "all"}',
        workers: int = 2,
        folder: str = "out",
        scheduled: str | None = None,
        **options: Any,
    ) -> Ingested:
        paths = []
        for name, content in files.items():
            path = tmp_path / "data" / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            paths.append(str(path))
        (tmp_path / folder).mkdir()
        plan = Plan(splits.ready(splits.parse_splits(by, "splits"), scheduled), **options)
        counts = writing.write(paths, plan, str(tmp_path / folder) + "/", workers)
        counts.check("data")
        return Ingested(counts)

    return run
