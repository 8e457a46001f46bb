"""Gives prediction rows their labels with Beam, in memory that does not grow with the rows.

Files of both sides are read as they are, rows are cut into ranges of the fingerprints of their
keys, and each range is joined on its own. What a prediction row holds is carried as bytes.

Example:
    counted = (predictions, labels) | JoinLabels(config, folder, shards, expected_rows=1_000_000)
"""

from __future__ import annotations

import gzip
import uuid
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam.io import filesystems

from skewgate.beam import chunks
from skewgate.beam.chunks import BUFFERED_BYTES, BUFFERED_ROWS, RAW, Chunk
from skewgate.beam.merging import MergeFn
from skewgate.checks.labels.config import LabelConfig
from skewgate.checks.labels.counts import LABELS, PREDICTIONS, JoinedShard, LabelCounts
from skewgate.checks.labels.joining import Joiner
from skewgate.checks.labels.rows import arrange, label_part, last_of_each, prediction_part
from skewgate.core.errors import InputError
from skewgate.data.arrow.row_parts import RowPart
from skewgate.data.tf_example.coder import decode_batch
from skewgate.data.tf_example.fields import UndecodableError
from skewgate.data.tf_example.tfrecord import CheckSumError, frame, read_stream

File = tuple[int, str]
"""The place of a file among those of its side, and its path: a gzip TFRecord of tf.Example."""

LABEL_BYTES = 64 << 20
"""Bytes of labels that are joined at once; a range with more is joined in several passes."""
JOINED_ROWS, JOINED_BYTES = 131_072, 32 << 20
"""Predictions that get their labels at once."""

_DECODED_ROWS, _DECODED_BYTES = 20_000, 16 << 20
_ROW_BITS = 40  # bits for the place of a row in its file
_COUNTED = "counted"


class _Spill(beam.DoFn):  # type: ignore[misc, unused-ignore]
    """Reads files of one side, counts their rows and writes them again, cut by fingerprint.

    What a bundle wrote that failed stays unnamed, and is read by nobody.
    """

    def __init__(self, side: str, config: LabelConfig, folder: str, number: int) -> None:
        super().__init__()
        self._side, self._config, self._folder, self._number = side, config, folder, number

    def start_bundle(self) -> None:
        self._parts: list[RowPart] = []
        self._rows = self._bytes = 0

    def process(self, file: File) -> Iterator[Any]:
        number, path = file
        counted = LabelCounts()
        try:
            for first, records in read(path):
                first_place = (number << _ROW_BITS) + first
                part, counted_part = self._take(records, first_place, f"{self._side}: {path}")
                counted.merge(counted_part)
                self._parts.append(part)
                self._rows += len(part.keys)
                self._bytes += sum(array.nbytes for array in part.columns.values())
                if self._rows >= BUFFERED_ROWS or self._bytes >= BUFFERED_BYTES:
                    yield from self._flush()
        except InputError as error:  # Beam would turn it into another one
            counted.error = error
        yield beam.pvalue.TaggedOutput(_COUNTED, counted)

    def finish_bundle(self) -> Iterator[Any]:
        return chunks.for_finish_bundle(self._flush_rest())

    def _take(
        self, records: list[bytes], first_place: int, where: str
    ) -> tuple[RowPart, LabelCounts]:
        batch = _decode(records, where)
        if self._side == PREDICTIONS:
            return prediction_part(records, batch, first_place, self._config, where)
        return label_part(batch, first_place, self._config, where)

    def _flush_rest(self) -> Iterator[Any]:
        try:
            yield from self._flush()
        except InputError as error:
            yield beam.pvalue.TaggedOutput(_COUNTED, LabelCounts(error=error))

    def _flush(self) -> Iterator[Any]:
        parts = self._parts
        self.start_bundle()
        part = RowPart.join(parts)
        part = arrange(part) if self._side == PREDICTIONS else last_of_each(part)
        if len(part.keys):
            yield from chunks.write(part, self._side, self._folder, self._number)


class _Join(beam.DoFn):  # type: ignore[misc, unused-ignore]
    """Joins the rows of one range and writes them to one file."""

    def __init__(self, config: LabelConfig, folder: str, number: int, label_bytes: int) -> None:
        super().__init__()
        self._config, self._folder = config, folder
        self._number, self._label_bytes = number, label_bytes

    def process(self, element: tuple[int, Iterable[Chunk]]) -> Iterator[LabelCounts]:
        number, named = element
        pieces = sorted(named, key=lambda chunk: (chunk.path, chunk.offset))
        predictions = [piece for piece in pieces if piece.side == PREDICTIONS]
        labels = [piece for piece in pieces if piece.side == LABELS]
        counted = LabelCounts()
        try:
            if predictions:
                path = filesystems.FileSystems.join(self._folder, f"{number}-{uuid.uuid4().hex}")
                with (
                    filesystems.FileSystems.create(path, compression_type=RAW) as raw,
                    gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1, mtime=0) as stream,
                ):
                    rows = 0
                    for records in self._join(number, predictions, labels, counted):
                        stream.write(frame(records))
                        rows += len(records)
                counted.shards.append(JoinedShard(number, path, rows))
            else:  # all of them orphans
                for _ in self._join(number, predictions, labels, counted):
                    pass
        except InputError as error:  # Beam would turn it into another one
            counted.error = error
        yield counted

    def _join(
        self, number: int, predictions: list[Chunk], labels: list[Chunk], counted: LabelCounts
    ) -> Iterator[list[bytes]]:
        """Yields the joined rows, some at a time."""
        passes = max(1, -(-sum(piece.size for piece in labels) // self._label_bytes))
        for step in range(passes):
            bounds = (number * passes + step, self._number * passes) if passes > 1 else None
            joiner = Joiner(RowPart.join([_load(piece, bounds) for piece in labels]), self._config)
            for part in _in_batches(predictions, bounds):
                yield joiner.join(part)
            counted.merge(joiner.close())


class JoinLabels(beam.PTransform):  # type: ignore[misc, unused-ignore]
    """Turns PCollections of prediction and label files into one LabelCounts.

    Its `shards` name the files that hold the joined rows, each row of the predictions once; its
    `error` says so if rows cannot be read or joined, and then the files are worth nothing. A worker
    holds one buffer of a side, or the labels of one range beside some of its predictions, as the
    constants here and in `chunks` say; of the labels of one key it holds all with different times.
    """

    def __init__(
        self,
        config: LabelConfig,
        folder: str,
        shard_folder: str,
        expected_rows: int | None = None,
        label_bytes: int = LABEL_BYTES,
    ) -> None:
        """Makes the transform.

        Args:
            config: how rows are joined.
            folder: for the rows on their way, on a file system that all workers share; it must
                exist, and whoever made it deletes it after the run.
            shard_folder: for the joined rows, as `folder`; files in it that `shards` does not name
                come from work that was done twice.
            expected_rows: of the larger side, as far as that is known; more are no error.
            label_bytes: of labels that are joined at once.
        """
        super().__init__()
        self._config, self._folder, self._shard_folder = config, folder, shard_folder
        self._number = chunks.partitions(expected_rows)
        self._label_bytes = label_bytes

    def expand(
        self, sides: tuple[beam.PCollection[File], beam.PCollection[File]]
    ) -> beam.PCollection[LabelCounts]:
        """Adds the steps to the pipeline."""
        written = []
        for side, files in zip((PREDICTIONS, LABELS), sides, strict=True):
            spill = _Spill(side, self._config, self._folder, self._number)
            written.append(
                files
                | f"Spread[{side}]" >> beam.Reshuffle()
                | f"Read[{side}]" >> beam.ParDo(spill).with_outputs(_COUNTED, main="chunks")
            )
        join = _Join(self._config, self._shard_folder, self._number, self._label_bytes)
        joined = (
            [outputs.chunks for outputs in written]
            | "Chunks" >> beam.Flatten()
            | "Partition" >> beam.GroupByKey()
            | "Join" >> beam.ParDo(join)
        )
        return (
            [joined, *(outputs[_COUNTED] for outputs in written)]
            | "Counted" >> beam.Flatten()
            | "Merge" >> beam.CombineGlobally(MergeFn(LabelCounts))
        )


def read(path: str) -> Iterator[tuple[int, list[bytes]]]:
    """Yields the number of a record and the records from there, some at a time.

    Raises:
        InputError: the file is broken or cut off.
    """
    first, size, records = 0, 0, []
    try:
        with (
            filesystems.FileSystems.open(path, compression_type=RAW) as raw,
            gzip.GzipFile(fileobj=raw) as stream,
        ):
            for record in read_stream(stream):
                records.append(record)
                size += len(record)
                if len(records) >= _DECODED_ROWS or size >= _DECODED_BYTES:
                    yield first, records
                    first, size, records = first + len(records), 0, []
    except (EOFError, CheckSumError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            path,
            "is not a readable gzip TFRecord of tf.Example: broken after record "
            f"{first + len(records)} ({error})",
            "write it again",
        ) from error
    if records:
        yield first, records


def _decode(records: list[bytes], where: str) -> pa.RecordBatch:
    try:
        return decode_batch(records)
    except UndecodableError as error:
        raise InputError(
            where,
            f"is not tf.Example, or has a feature of two types ({error})",
            "write it again, each feature with one type",
        ) from error


def _load(piece: Chunk, bounds: tuple[int, int] | None) -> RowPart:
    part = chunks.load(piece)
    return part if bounds is None else chunks.between(part, *bounds)


def _in_batches(pieces: list[Chunk], bounds: tuple[int, int] | None) -> Iterator[RowPart]:
    """Yields the rows of a range, some at a time."""
    parts: list[RowPart] = []
    rows = size = 0
    for piece in pieces:
        part = _load(piece, bounds)
        parts.append(part)
        rows += len(part.keys)
        size += sum(array.nbytes for array in part.columns.values())
        if rows >= JOINED_ROWS or size >= JOINED_BYTES:
            yield RowPart.join(parts)
            parts, rows, size = [], 0, 0
    if parts:
        yield RowPart.join(parts)
