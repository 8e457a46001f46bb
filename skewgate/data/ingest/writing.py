"""Turns the rows of files into shards: reads in one thread, converts and compresses in others."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.data import sources
from skewgate.data.arrow.values import mask_array, numbers, places_array
from skewgate.data.ingest import threads
from skewgate.data.ingest.counts import IngestCounts
from skewgate.data.ingest.declared_times import timed
from skewgate.data.ingest.plan import Plan
from skewgate.data.ingest.reading import Chunk, Reader
from skewgate.data.ingest.shards import Piece, SplitShards
from skewgate.data.ingest.to_features import to_features
from skewgate.data.sources.base import WiderTypes
from skewgate.data.sources.rejected import Rejections
from skewgate.data.tf_example.encoding import encode

AHEAD = 8
"""Chunks that are read ahead, beside two for each thread: about one block of a CSV file."""


@dataclasses.dataclass(frozen=True)
class _Done:
    """What a chunk became.

    Attributes:
        chunk: where it comes from.
        pieces: its rows in each split.
        unassigned: rows in no split.
        rejected: rows that tf.Example cannot hold.
    """

    chunk: Chunk
    pieces: list[Piece]
    unassigned: int
    rejected: Rejections


def write(
    paths: Sequence[str], plan: Plan, folder: str, workers: int | None = None
) -> IngestCounts:
    """Reads files and writes their rows as gzip TFRecord files.

    Types that are not known are those of the first rows; only if these do not hold, everything is
    read once more to find types that do, and written anew. The bytes written depend on the data
    and the plan, not on the number of threads.

    Args:
        paths: in the order in which rows are written.
        plan: how to read and write.
        folder: what the paths of the files written begin with, with its slash. They need other
            names, once all is well; if this raises, they are worth nothing.
        workers: threads beside this one; as many as there are cores without it.

    Raises:
        InputError: the files cannot be read or used as the plan says.
    """
    try:
        return write_typed(paths, plan, plan.types_to_read, folder, workers, final=False)
    except WiderTypes:
        types = sources.infer(
            list(paths), plan.types_to_read, plan.opener, plan.partitions, plan.reading
        )
        return write_typed(paths, plan, types, folder, workers, final=True)


def write_typed(
    paths: Sequence[str],
    plan: Plan,
    types: Mapping[str, pa.DataType],
    folder: str,
    workers: int | None = None,
    *,
    final: bool,
) -> IngestCounts:
    """Does what `write` does with types that are given.

    Args:
        paths, plan, folder, workers: see `write`.
        types: of columns.
        final: whether they hold for all rows.

    Raises:
        InputError: see `write`.
        WiderTypes: the types do not hold, and `final` did not say so.
    """
    workers = workers or threads.cores()
    counts = IngestCounts(plan.splits.names(), Rejections(plan.max_rejected))
    reader = Reader(plan, types, final=final)
    with contextlib.ExitStack() as stack:
        shards = []
        for number, split in enumerate(counts.splits):
            shards.append(SplitShards(split, f"{folder}{number}", plan.shards, plan.create))
            stack.callback(shards[-1].close)
        converted = threads.in_order(
            lambda chunk: _convert(chunk, plan), reader.chunks(paths), workers, 2 * workers + AHEAD
        )
        stack.enter_context(contextlib.closing(converted))
        for done in converted:
            counts.read[done.chunk.path] += done.chunk.rows
            counts.unassigned += done.unassigned
            counts.rejections.merge(done.chunk.rejected)
            counts.rejections.merge(done.rejected)
            for files, piece in zip(shards, done.pieces, strict=True):
                files.append(piece, done.chunk.place)
        counts.shards = [shard for files in shards for shard in files.finish()]
    counts.types = {name: str(kind) for name, kind in reader.types.items()}
    counts.notes = reader.notes
    return counts


def _convert(chunk: Chunk, plan: Plan) -> _Done:
    """Splits, encodes and compresses the rows of a chunk."""
    splits = range(len(plan.splits.names()))
    rejected = Rejections(plan.max_rejected)
    if chunk.batch is None:
        return _Done(chunk, [Piece.of([]) for _ in splits], 0, rejected)
    found = timed(chunk.batch, chunk.first_row, plan.splits, plan.types, chunk.path, rejected)
    codes = plan.splits.codes(found.moments, chunk.path)
    features, codes = _features(found.rows, codes, chunk.path, found.first_row, rejected)
    taken = codes >= 0
    unassigned = len(codes) - int(np.count_nonzero(taken))
    if unassigned:
        features, codes = features.filter(mask_array(taken)), codes[taken]
    records = encode(features)
    pieces = [Piece.of(list(itertools.compress(records, (codes == n).tolist()))) for n in splits]
    return _Done(chunk, pieces, unassigned, rejected)


def _features(
    batch: pa.RecordBatch,
    codes: npt.NDArray[np.int64],
    where: str,
    first_row: int,
    rejected: Rejections,
) -> tuple[pa.RecordBatch, npt.NDArray[np.int64]]:
    """Returns the rows that tf.Example can hold as features, and their codes."""
    features = to_features(
        # The codes go along as a column, because rows may be rejected.
        _with_column(batch, places_array(codes)),
        where,
        rejected,
        first_row=first_row,
    )
    last = batch.num_columns
    kept = pa.RecordBatch.from_arrays(features.columns[:last], batch.schema.names)
    return kept, numbers(features.column(last).flatten())


def _with_column(batch: pa.RecordBatch, column: pa.Array) -> pa.RecordBatch:
    """Adds a column whose name no other has."""
    name = "split" + "_" * max(map(len, batch.schema.names), default=0)
    schema = batch.schema.append(pa.field(name, column.type))
    return pa.RecordBatch.from_arrays([*batch.columns, column], schema=schema)
