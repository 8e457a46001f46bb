"""Joins and compares the rows of two sides with Beam, in memory that does not grow with them.

Beam's own join holds all rows of a key, and on one machine all rows there are. Here rows are cut
into ranges of their fingerprints and written to files; only what names them is grouped.

Example:
    counted = (training, serving) | CompareRows(rules, folder, expected_rows=1_000_000)
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam.io import filesystem, filesystems
from apache_beam.transforms import window
from apache_beam.utils import windowed_value

from skewgate.errors import InputError
from skewgate.rows.accumulator import RowAccumulator
from skewgate.rows.parts import Part, make_part, split
from skewgate.skew_config import RowRules

BUFFERED_ROWS, BUFFERED_BYTES = 131_072, 64 << 20
"""What a worker holds of a side before it writes."""
PARTITION_ROWS = 131_072
"""Rows of the larger side that a partition is meant to have."""
PARTITION_BYTES = 128 << 20
"""Bytes of both sides that are joined at once; a larger partition is joined in several passes."""
UNKNOWN_PARTITIONS = 64
"""Partitions where nobody knows the number of rows."""

_TRAINING, _SERVING, _COUNTED = "training", "serving", "counted"
_RAW = filesystem.CompressionTypes.UNCOMPRESSED


@dataclasses.dataclass(frozen=True)
class Chunk:
    """Where the rows of one partition lie in one file.

    Attributes:
        side: "training" or "serving".
        path: the file.
        offset, size: of the Arrow stream in it, in bytes.
    """

    side: str
    path: str
    offset: int
    size: int


def partitions(expected_rows: int | None) -> int:
    """Returns into how many ranges of fingerprints the rows of the larger side are cut.

    >>> partitions(1_000_000), partitions(10), partitions(None)
    (8, 1, 64)
    """
    if expected_rows is None:
        return UNKNOWN_PARTITIONS
    return max(1, -(-expected_rows // PARTITION_ROWS))


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
        self._batches.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= BUFFERED_ROWS or self._bytes >= BUFFERED_BYTES:
            yield from self._flush()

    def finish_bundle(self) -> Iterator[Any]:
        everywhere = [window.GlobalWindow()]
        for found in self._flush() if self._batches else ():
            tagged = isinstance(found, beam.pvalue.TaggedOutput)
            value = windowed_value.WindowedValue(
                found.value if tagged else found, everywhere[0].max_timestamp(), everywhere
            )
            yield beam.pvalue.TaggedOutput(found.tag, value) if tagged else value

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
        path = filesystems.FileSystems.join(self._folder, f"{self._side}-{uuid.uuid4().hex}")
        chunks = []
        with filesystems.FileSystems.create(path, compression_type=_RAW) as stream:
            offset = 0
            for number, piece in split(part, self._partitions):
                content = _serialize(piece)
                stream.write(content)
                chunks.append((number, Chunk(self._side, path, offset, len(content))))
                offset += len(content)
        yield beam.pvalue.TaggedOutput(_COUNTED, counted)
        yield from chunks


class _Join(beam.DoFn):  # type: ignore[misc, unused-ignore]
    """Compares the rows of one partition."""

    def __init__(self, rules: RowRules, number: int, most_bytes: int) -> None:
        super().__init__()
        self._rules, self._partitions, self._most_bytes = rules, number, most_bytes

    def process(self, element: tuple[int, Iterable[Chunk]]) -> Iterator[RowAccumulator]:
        number, named = element
        chunks = sorted(named, key=lambda chunk: (chunk.path, chunk.offset))
        passes = max(1, -(-sum(chunk.size for chunk in chunks) // self._most_bytes))
        counted = RowAccumulator(self._rules.samples)
        try:
            self._compare(number, chunks, passes, counted)
        except InputError as error:  # Beam would turn it into another one
            counted.error = error
        yield counted

    def _compare(
        self, number: int, chunks: list[Chunk], passes: int, counted: RowAccumulator
    ) -> None:
        for step in range(passes):
            sides: dict[str, list[Part]] = {_TRAINING: [], _SERVING: []}
            for chunk in chunks:
                part = _load(chunk)
                if passes > 1:  # the bare slice would keep the whole chunk in memory
                    part = part.between(number * passes + step, self._partitions * passes)
                    part = _parse(_serialize(part))
                sides[chunk.side].append(part)
            training, serving = (Part.join(sides.pop(side)) for side in (_TRAINING, _SERVING))
            counted.compare(training, serving, self._rules)


@beam.typehints.with_input_types(RowAccumulator)
@beam.typehints.with_output_types(RowAccumulator)
class MergeFn(beam.CombineFn):  # type: ignore[misc, unused-ignore]
    """Joins accumulators of different rows."""

    def __init__(self, samples: int) -> None:
        """Keeps so many samples of each feature."""
        super().__init__()
        self._samples = samples

    def create_accumulator(self) -> RowAccumulator:
        """Returns an accumulator that has seen nothing."""
        return RowAccumulator(self._samples)

    def add_input(self, accumulator: RowAccumulator, element: RowAccumulator) -> RowAccumulator:
        """Takes what another one counted."""
        accumulator.merge(element)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[RowAccumulator]) -> RowAccumulator:
        """Joins accumulators to a new one."""
        merged = self.create_accumulator()
        for accumulator in accumulators:
            merged.merge(accumulator)
        return merged

    def extract_output(self, accumulator: RowAccumulator) -> RowAccumulator:
        """Returns the accumulator."""
        return accumulator


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
            | "Merge" >> beam.CombineGlobally(MergeFn(self._rules.samples))
        )


def _serialize(part: Part) -> memoryview:
    batch = part.to_batch()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return memoryview(sink.getvalue())


def _load(chunk: Chunk) -> Part:
    with filesystems.FileSystems.open(chunk.path, compression_type=_RAW) as stream:
        stream.seek(chunk.offset)
        content = stream.read(chunk.size)
    if len(content) != chunk.size:
        raise OSError(f"{chunk.path} ends after {len(content)} of {chunk.size} bytes of a chunk")
    return _parse(content)


def _parse(content: bytes | memoryview) -> Part:
    with pa.ipc.open_stream(pa.py_buffer(content)) as reader:
        return Part.from_batch(reader.read_next_batch())
