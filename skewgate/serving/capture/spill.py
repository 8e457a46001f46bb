"""Keeps rows until all are there, in memory or, beyond a budget, in files by hash of the id.

Request and response of an id have the same hash, so that each part of the hashes can be joined for
itself: a log may be many times the memory.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from skewgate.data.arrow import row_hash
from skewgate.serving.capture.chunks import Chunk, Ints, concatenated, widened
from skewgate.serving.capture.log.events import FEEDBACK, REQUEST, RESPONSE, Part

BUDGET = 1 << 28
"""Bytes of rows that are held before they are written."""
PART_BYTES = 1 << 26
"""Bytes of a log that are joined at once, about."""
MOST_PARTS = 1_024
_PARTS: Sequence[Part] = (REQUEST, RESPONSE, FEEDBACK)


@dataclasses.dataclass(frozen=True)
class Held:
    """All rows of some ids.

    Attributes:
        request, response, feedback: the rows of each part.
    """

    request: Chunk
    response: Chunk
    feedback: Chunk


class Spill:
    """Takes rows, and gives them back by parts of the hashes of their ids.

    Args:
        folder: where files may be written.
        parts: number of parts.
        budget: bytes of rows that are held.
        where: names the log in messages.

    Attributes:
        types: the columns of each part of events, with types that hold for all rows.
    """

    def __init__(self, folder: pathlib.Path, parts: int, where: str, budget: int = BUDGET) -> None:
        self._folder, self._parts, self._budget, self._where = folder, parts, budget, where
        self._held: list[Chunk] = []
        self._bytes = 0
        self._written: set[pathlib.Path] = set()
        self.types: dict[Part, dict[str, pa.DataType]] = {part: {} for part in _PARTS}

    def add(self, chunk: Chunk) -> None:
        """Takes rows.

        Raises:
            InputError: a column has values that do not go together.
            OSError: the folder cannot be written.
        """
        self.types[chunk.part] = widened(
            self.types[chunk.part], chunk.columns, self._where, chunk.part
        )
        self._held.append(chunk)
        self._bytes += chunk.bytes
        if self._bytes > self._budget and self._parts > 1:
            self._write()

    def _write(self) -> None:
        for part in _PARTS:
            chunks = [chunk for chunk in self._held if chunk.part == part]
            if not chunks:
                continue
            rows = concatenated(part, chunks, _types(chunks, self._where))
            places = _hashes(rows.ids) % self._parts
            order = np.argsort(places, kind="stable")
            bounds = np.searchsorted(places[order], np.arange(self._parts + 1))
            for number in range(self._parts):
                chosen = order[bounds[number] : bounds[number + 1]]
                if len(chosen):
                    self._append(part, number, rows.take(chosen))
        self._held, self._bytes = [], 0

    def _append(self, part: Part, number: int, chunk: Chunk) -> None:
        path = self._path(part, number)
        batch = chunk.to_batch()
        with path.open("ab") as file, pa.ipc.new_stream(file, batch.schema) as writer:
            writer.write_batch(batch)
        self._written.add(path)

    def _path(self, part: Part, number: int) -> pathlib.Path:
        return self._folder / f"{part}-{number}.arrows"

    def parts(self) -> Iterator[Held]:
        """Yields the rows of each part, all with the same columns, and removes its files.

        Raises:
            OSError: the folder cannot be written or read.
        """
        if not self._written:
            held, self._held = self._held, []
            yield self._gathered(held)
            return
        self._write()
        for number in range(self._parts):
            chunks: list[Chunk] = []
            for part in _PARTS:
                if (path := self._path(part, number)) in self._written:
                    chunks += _read(part, path)
                    path.unlink()
            if chunks:
                yield self._gathered(chunks)

    def _gathered(self, chunks: Sequence[Chunk]) -> Held:
        found = [
            concatenated(part, [each for each in chunks if each.part == part], self.types[part])
            for part in _PARTS
        ]
        return Held(*found)


def parts_of(size: int) -> int:
    """Returns into how many parts the rows of a log go.

    Args:
        size: of its files, in bytes.

    >>> parts_of(1_000), parts_of(10 << 30), parts_of(10 << 40)
    (1, 160, 1024)
    """
    return 1 if size < 2 * PART_BYTES else min(size // PART_BYTES, MOST_PARTS)


def chosen(ids: pa.Array, share: float) -> Ints:
    """Returns for each id whether it is in a share of all, the same each time; shape (n,)."""
    # Other bits than those that say the part.
    found = (_hashes(ids) >> 16) < int(share * (1 << 47))
    return np.asarray(found)


def _hashes(ids: pa.Array) -> Ints:
    words = row_hash.words(ids.cast(pa.large_binary()), "ids")
    return (words >> np.uint64(1)).astype(np.int64)


def _types(chunks: Sequence[Chunk], where: str) -> dict[str, pa.DataType]:
    types: dict[str, pa.DataType] = {}
    for chunk in chunks:
        types = widened(types, chunk.columns, where, chunk.part)
    return types


def _read(part: Part, path: pathlib.Path) -> Iterator[Chunk]:
    with pa.OSFile(str(path), "rb") as file:
        while file.tell() < file.size():
            with pa.ipc.open_stream(file) as reader:
                for batch in reader:
                    yield Chunk.from_batch(part, batch)
