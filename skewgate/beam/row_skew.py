"""Joins and compares the rows of two sides with Beam, in memory that does not grow with them.

Beam's own join holds all rows of a key, and on one machine all rows there are. Here rows are cut
into ranges of their fingerprints and written to files; only what names them is grouped.

Example:
    counted = (training, serving) | CompareRows(rules, folder, expected_rows=1_000_000)
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import apache_beam as beam
import pyarrow as pa

from skewgate.beam import chunks
from skewgate.beam.chunks import BUFFERED_BYTES, BUFFERED_ROWS, Chunk, partitions
from skewgate.beam.merging import MergeFn
from skewgate.checks.skew.config import RowRules
from skewgate.checks.skew.rows.accumulator import RowAccumulator
from skewgate.checks.skew.rows.parts import make_part
from skewgate.core.errors import InputError
from skewgate.data.arrow.row_parts import RowPart
from skewgate.data.tf_example.sequences import flatten

PARTITION_BYTES = 128 << 20
"""Bytes of both sides that are joined at once; a larger partition is joined in several passes."""

_TRAINING, _SERVING, _COUNTED = "training", "serving", "counted"


class _Spill(beam.DoFn):  # type: ignore[misc, unused-ignore]
    """Writes the rows of one side to files, cut by fingerprint, and counts them.

    What a bundle wrote that failed stays unnamed, and is read by nobody.
    """

    def __init__(
        self,
        side: str,
        rules: RowRules,
        folder: str,
        number: int,
        features: frozenset[str] | None,
    ) -> None:
        super().__init__()
        self._side, self._rules, self._folder = side, rules, folder
        self._partitions, self._features = number, features

    def start_bundle(self) -> None:
        self._batches: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def process(self, batch: pa.RecordBatch) -> Iterator[Any]:
        batch = flatten(batch)
        self._batches.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= BUFFERED_ROWS or self._bytes >= BUFFERED_BYTES:
            yield from self._flush()

    def finish_bundle(self) -> Iterator[Any]:
        return chunks.for_finish_bundle(self._flush() if self._batches else ())

    def _flush(self) -> Iterator[Any]:
        counted = RowAccumulator()
        batches = self._batches
        self.start_bundle()
        try:
            part, seen = make_part(batches, self._rules, self._features)
        except InputError as error:  # Beam would turn it into another one
            counted.error = error
            yield beam.pvalue.TaggedOutput(_COUNTED, counted)
            return
        (counted.training if self._side == _TRAINING else counted.serving).merge(seen)
        named = chunks.write(part, self._side, self._folder, self._partitions)
        yield beam.pvalue.TaggedOutput(_COUNTED, counted)
        yield from named


class _Join(beam.DoFn):  # type: ignore[misc, unused-ignore]
    """Compares the rows of one partition."""

    def __init__(self, rules: RowRules, number: int, most_bytes: int) -> None:
        super().__init__()
        self._rules, self._partitions, self._most_bytes = rules, number, most_bytes

    def process(self, element: tuple[int, Iterable[Chunk]]) -> Iterator[RowAccumulator]:
        number, named = element
        pieces = sorted(named, key=lambda chunk: (chunk.path, chunk.offset))
        passes = max(1, -(-sum(chunk.size for chunk in pieces) // self._most_bytes))
        counted = RowAccumulator(self._rules.samples)
        try:
            self._compare(number, pieces, passes, counted)
        except InputError as error:  # Beam would turn it into another one
            counted.error = error
        yield counted

    def _compare(
        self, number: int, pieces: list[Chunk], passes: int, counted: RowAccumulator
    ) -> None:
        for step in range(passes):
            sides: dict[str, list[RowPart]] = {_TRAINING: [], _SERVING: []}
            for piece in pieces:
                part = chunks.load(piece)
                if passes > 1:
                    part = chunks.between(part, number * passes + step, self._partitions * passes)
                sides[piece.side].append(part)
            training, serving = (
                RowPart.join(sides.pop(side), self._rules.needed) for side in (_TRAINING, _SERVING)
            )
            counted.compare(training, serving, self._rules)


class CompareRows(beam.PTransform):  # type: ignore[misc, unused-ignore]
    """Turns PCollections of Arrow record batches of training and serving rows into one result.

    The result is a PCollection with a single RowAccumulator, also if there is no row at all; its
    `error` says so if rows cannot be compared. A worker holds one buffer of a side or one partition
    of both, as the constants above say; of rows with one key it holds one for each buffer that had
    it.
    """

    def __init__(
        self,
        rules: RowRules,
        folder: str,
        expected_rows: int | None = None,
        features: Collection[str] | None = None,
        partition_bytes: int = PARTITION_BYTES,
    ) -> None:
        """Makes the transform.

        Args:
            rules: how rows are joined and compared.
            folder: for the rows, on a file system that all workers share; it must exist, and
                whoever made it deletes it after the run.
            expected_rows: of the larger side, as far as that is known; more are no error.
            features: the features to compare; all without it.
            partition_bytes: what is joined at once.
        """
        super().__init__()
        self._rules, self._folder = rules, folder
        self._partitions = partitions(expected_rows)
        self._features = None if features is None else frozenset(features)
        self._partition_bytes = partition_bytes

    def expand(
        self, sides: tuple[beam.PCollection[pa.RecordBatch], beam.PCollection[pa.RecordBatch]]
    ) -> beam.PCollection[RowAccumulator]:
        """Adds the steps to the pipeline."""
        written = []
        for side, batches in zip((_TRAINING, _SERVING), sides, strict=True):
            spill = _Spill(side, self._rules, self._folder, self._partitions, self._features)
            written.append(
                batches
                | f"Write[{side}]" >> beam.ParDo(spill).with_outputs(_COUNTED, main="chunks")
            )
        joined = (
            [outputs.chunks for outputs in written]
            | "Chunks" >> beam.Flatten()
            | "Partition" >> beam.GroupByKey()
            | "Compare" >> beam.ParDo(_Join(self._rules, self._partitions, self._partition_bytes))
        )
        return (
            [joined, *(outputs[_COUNTED] for outputs in written)]
            | "Counted" >> beam.Flatten()
            | "Merge"
            >> beam.CombineGlobally(MergeFn(functools.partial(RowAccumulator, self._rules.samples)))
        )
