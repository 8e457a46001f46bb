"""Files of tables and of single JSON values as records: Parquet, CSV, Avro, JSON."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator
from typing import Any

from skewgate.core import installed, json_text
from skewgate.core.errors import InputError
from skewgate.data.sources.parquet import ParquetSource
from skewgate.data.sources.streams import Opener, TextFile, open_binary
from skewgate.serving.capture.formats.base import BLOCK_RECORDS, LARGEST_PAYLOAD, Block

_SLICE = 1_024
PARQUET = (".parquet", ".pq", ".parq")


def ending(path: str) -> str:
    """Returns the ending of the name of a file, that of its packing left out."""
    name = os.path.basename(path).lower().removesuffix(".gz")
    return os.path.splitext(name)[1]


def numbered(records: Iterable[Any]) -> Iterator[Block]:
    """Yields records in blocks, counted from 1."""
    held: list[tuple[int, Any]] = []
    for number, record in enumerate(records, 1):
        held.append((number, record))
        if len(held) == BLOCK_RECORDS:
            yield Block(held)
            held = []
    if held:
        yield Block(held)


def parquet(path: str, opener: Opener | None) -> Iterator[dict[str, Any]]:
    """Yields the rows of a Parquet file.

    Raises:
        InputError: it cannot be read.
    """
    for batch in ParquetSource(path, {}, opener).batches():
        for start in range(0, batch.num_rows, _SLICE):
            yield from batch.slice(start, _SLICE).to_pylist()


def csv_records(path: str, opener: Opener | None) -> Iterator[dict[str, Any]]:
    """Yields the rows of a CSV file with a header.

    Raises:
        InputError: it cannot be read.
    """
    csv.field_size_limit(LARGEST_PAYLOAD)
    try:
        text = io.StringIO(_whole(path, opener).decode("utf-8-sig"), newline="")
        yield from csv.DictReader(text, restkey="")
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(path, f"is not CSV in UTF-8 ({error})", "write it again") from error


def json_value(path: str, opener: Opener | None) -> list[Any]:
    """Returns the values of a file that is one JSON array, or one value.

    Raises:
        InputError: it cannot be read, or is too large for one value.
        ValueError: it is no JSON.
    """
    value = json_text.load(_whole(path, opener))
    return value if isinstance(value, list) else [value]


def _whole(path: str, opener: Opener | None) -> bytes:
    parts, size = [], 0
    for part in TextFile(path, opener).reads(1 << 20):
        parts.append(part)
        size += len(part)
        if size > 2 * LARGEST_PAYLOAD:
            raise InputError(
                path, f"is larger than {2 * LARGEST_PAYLOAD >> 20} MB", "write smaller files"
            )
    return b"".join(parts)


def avro(path: str, opener: Opener | None) -> Iterator[dict[str, Any]]:
    """Yields the rows of an Avro file.

    Raises:
        InputError: fastavro is not installed, or the file cannot be read.
    """
    installed.require("fastavro", f"{path}, an Avro file,")
    import fastavro

    with open_binary(path, opener) as file:
        try:
            for record in fastavro.reader(file):
                yield record if isinstance(record, dict) else {}
        except Exception as error:  # fastavro raises whatever its decoders do
            if isinstance(error, GeneratorExit):
                raise
            raise InputError(
                path, f"is not a complete Avro file ({error})", "write it again"
            ) from error
