"""Turns files into shards with Beam: one file is one element, read by the code of `ingest`.

Example:
    parts = files | WriteFiles(plan, folder)  # then `collect` adds them up
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence

import apache_beam as beam
import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data import sources
from skewgate.data.ingest import writing
from skewgate.data.ingest.counts import IngestCounts
from skewgate.data.ingest.plan import Plan
from skewgate.data.sources.rejected import Rejections

File = tuple[int, str]
"""The place of a file among all files, and its path."""

Types = dict[str, pa.DataType]


@dataclasses.dataclass(frozen=True)
class FilePart:
    """What one file has.

    Attributes:
        index: of the file among all files.
        path: of the file.
        result: the types of its columns, or what was counted; an error if it cannot be read, which
            Beam would turn into another one.
    """

    index: int
    path: str
    result: Types | IngestCounts | InputError


class WriteFiles(beam.PTransform):  # type: ignore[misc, unused-ignore]
    """Turns a PCollection of files into one list of Parts, whose shards hold every row once.

    Every file is read twice: for the types that hold for all rows, then to be written. Each has
    shards of its own.
    """

    def __init__(self, plan: Plan, folder: str) -> None:
        """Makes the transform.

        Args:
            plan: how to read and write.
            folder: what the paths of shards begin with, on a file system that all workers share;
                files that no Part names come from work that was done twice.
        """
        super().__init__()
        self._plan, self._folder = plan, folder

    def expand(self, files: beam.PCollection[File]) -> beam.PCollection[list[FilePart]]:
        """Adds the steps to the pipeline."""
        spread = files | "Spread" >> beam.Reshuffle()
        types = (
            spread
            | "Types" >> beam.Map(_infer, plan=self._plan)
            | "TypesOfAll" >> beam.combiners.ToList()
            | "Join" >> beam.Map(_joined, plan=self._plan)
        )
        known = beam.pvalue.AsSingleton(types)
        return (
            spread
            | "Write" >> beam.Map(_write, plan=self._plan, folder=self._folder, types=known)
            | "Written" >> beam.combiners.ToList()
        )


def collect(parts: Sequence[FilePart], paths: Sequence[str], plan: Plan) -> IngestCounts:
    """Adds up what was counted in the files.

    Args:
        parts: in any order.
        paths: of all files.
        plan: as in `WriteFiles`.

    Raises:
        InputError: a file cannot be read or used, is missing or came twice, or more rows are
            rejected than may be. The first such file is named.
    """
    counts = IngestCounts(plan.splits.names(), Rejections(plan.max_rejected))
    ordered = sorted(parts, key=lambda part: part.index)
    for part in ordered:
        if isinstance(part.result, InputError):
            raise part.result
        assert isinstance(part.result, IngestCounts)
        counts.merge(part.result)
    if [part.path for part in ordered] != list(paths):
        raise InputError(
            paths[0],
            f"and what follows are {len(paths)} files, but Beam gave {len(parts)} back",
            "check the Beam runner: files were lost or doubled",
        )
    return counts


def _infer(file: File, plan: Plan) -> FilePart:
    index, path = file
    try:
        return FilePart(
            index,
            path,
            sources.infer([path], plan.types_to_read, plan.opener, plan.partitions, plan.reading),
        )
    except InputError as error:
        return FilePart(index, path, error)


def _joined(parts: list[FilePart], plan: Plan) -> Types | InputError:
    """Returns the types that hold for all files, or what is wrong with the first bad one."""
    ordered = sorted(parts, key=lambda part: part.index)
    types: Types = {}
    alike = True
    for part in ordered:
        if isinstance(part.result, InputError):
            return part.result
        assert isinstance(part.result, dict)
        types = types or dict(part.result)
        alike = alike and set(types) == set(part.result)
        for name, kind in part.result.items():
            if pa.types.is_null(types.get(name, kind)):
                types[name] = kind
            alike = alike and (pa.types.is_null(kind) or types.get(name) == kind)
    try:
        paths = [part.path for part in ordered]
        return (
            types
            if alike
            else sources.infer(
                paths, plan.types_to_read, plan.opener, plan.partitions, plan.reading
            )
        )
    except InputError as error:
        return error


def _write(file: File, plan: Plan, folder: str, types: Types | InputError) -> FilePart:
    index, path = file
    if isinstance(types, InputError):
        return FilePart(index, path, types)
    unique = f"{folder}{index}-{uuid.uuid4().hex}-"
    try:
        counts = writing.write_typed([path], plan, types, unique, workers=1, final=True)
    except InputError as error:
        return FilePart(index, path, error)
    return FilePart(index, path, counts)
