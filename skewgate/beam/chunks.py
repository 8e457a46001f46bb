"""Rows on their way through files, cut by fingerprint: Beam groups only what names the pieces."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam.io import filesystem, filesystems
from apache_beam.transforms import window
from apache_beam.utils import windowed_value

from skewgate.data.arrow import extension_types  # noqa: F401 (before streams are read)
from skewgate.data.arrow.row_parts import RowPart, split

BUFFERED_ROWS, BUFFERED_BYTES = 131_072, 64 << 20
"""What a worker holds of a side before it writes."""
PARTITION_ROWS = 131_072
"""Rows of the larger side that a partition is meant to have."""
UNKNOWN_PARTITIONS = 64
"""Partitions where nobody knows the number of rows."""
RAW = filesystem.CompressionTypes.UNCOMPRESSED


@dataclasses.dataclass(frozen=True)
class Chunk:
    """Where the rows of one partition lie in one file.

    Attributes:
        side: whose rows they are.
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


def write(part: RowPart, side: str, folder: str, number: int) -> list[tuple[int, Chunk]]:
    """Writes rows to a new file, cut into so many ranges; names the pieces by their range."""
    path = filesystems.FileSystems.join(folder, f"{side}-{uuid.uuid4().hex}")
    chunks = []
    with filesystems.FileSystems.create(path, compression_type=RAW) as stream:
        offset = 0
        for index, piece in split(part, number):
            content = serialize(piece)
            stream.write(content)
            chunks.append((index, Chunk(side, path, offset, len(content))))
            offset += len(content)
    return chunks


def load(chunk: Chunk) -> RowPart:
    """Reads the rows of a piece.

    Raises:
        OSError: the file is shorter than it was written.
    """
    with filesystems.FileSystems.open(chunk.path, compression_type=RAW) as stream:
        stream.seek(chunk.offset)
        content = stream.read(chunk.size)
    if len(content) != chunk.size:
        raise OSError(f"{chunk.path} ends after {len(content)} of {chunk.size} bytes of a chunk")
    return parse(content)


def between(part: RowPart, number: int, parts: int) -> RowPart:
    """Returns one of so many ranges as a copy: a bare slice would keep the whole part in memory."""
    return parse(serialize(part.between(number, parts)))


def serialize(part: RowPart) -> memoryview:
    """Returns rows as an Arrow stream."""
    batch = part.to_batch()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return memoryview(sink.getvalue())


def parse(content: bytes | memoryview) -> RowPart:
    """Reads what `serialize` returned."""
    with pa.ipc.open_stream(pa.py_buffer(content)) as reader:
        return RowPart.from_batch(reader.read_next_batch())


def for_finish_bundle(elements: Iterable[Any]) -> Iterator[Any]:
    """Makes of what `process` would yield what `finish_bundle` has to."""
    windows = [window.GlobalWindow()]
    for element in elements:
        tagged = isinstance(element, beam.pvalue.TaggedOutput)
        value = windowed_value.WindowedValue(
            element.value if tagged else element, windows[0].max_timestamp(), windows
        )
        yield beam.pvalue.TaggedOutput(element.tag, value) if tagged else value
