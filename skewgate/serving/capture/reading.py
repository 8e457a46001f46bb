"""Reads the files of a log: blocks of lines at once where that can be, else event by event."""

from __future__ import annotations

import collections
import dataclasses
import os
from collections.abc import Iterator, Sequence
from concurrent import futures

from skewgate.data import sources
from skewgate.data.sources.streams import count_lines
from skewgate.serving.capture.chunks import Chunk
from skewgate.serving.capture.columnar import Found, Reader
from skewgate.serving.capture.decoding import Decoder, Place
from skewgate.serving.capture.formats import FORMATS, lines
from skewgate.serving.capture.formats.base import Block, Format
from skewgate.serving.capture.log.config import CaptureConfig
from skewgate.serving.capture.log.events import LostError
from skewgate.serving.capture.tally import Lost, Tally

_FEWEST = 64
"""Lines that are read one by one rather than halved again."""
_MOST_THREADS = 8


@dataclasses.dataclass(frozen=True)
class _Piece:
    """Some of the records of a file.

    Attributes:
        path: the file.
        file: its number.
        block: the records.
    """

    path: str
    file: int
    block: Block


def read(
    paths: Sequence[str], config: CaptureConfig, tally: Tally
) -> Iterator[tuple[str, list[Chunk]]]:
    """Yields the rows of files, with the file that they are of, in the order of the files.

    Args:
        paths: the files.
        config: the contract.
        tally: counts events and what is lost.

    Raises:
        InputError: a file cannot be read, or more events are lost than may be.
    """
    log = FORMATS[config.format](config)
    decoder = Decoder(config, tally)
    pieces = _pieces(log, paths)
    if log.envelope is None:
        for piece in pieces:
            yield piece.path, _one_by_one(log, decoder, piece, tally)
        return
    reader = Reader(config, log.envelope)
    workers = min(os.cpu_count() or 1, _MOST_THREADS)
    waiting: collections.deque[tuple[_Piece, futures.Future[Found | None]]] = collections.deque()
    with futures.ThreadPoolExecutor(workers) as pool:

        def next_rows() -> tuple[str, list[Chunk]]:
            piece, future = waiting.popleft()
            return piece.path, _settled(future.result(), piece, log, decoder, reader, tally)

        try:
            for piece in pieces:
                block = piece.block
                future = pool.submit(reader.read, block.data, block.line, piece.file)
                waiting.append((piece, future))
                if len(waiting) > workers + 1:
                    yield next_rows()
            while waiting:
                yield next_rows()
        finally:
            for _, future in waiting:
                future.cancel()


def _pieces(log: Format, paths: Sequence[str]) -> Iterator[_Piece]:
    for number, path in enumerate(paths):
        for block in log.blocks(path, sources.opener_of(path)):
            yield _Piece(path, number, block)


def _settled(
    found: Found | None,
    piece: _Piece,
    log: Format,
    decoder: Decoder,
    reader: Reader,
    tally: Tally,
) -> list[Chunk]:
    """Returns the rows of a piece, by halves of it where it could not be read as a whole."""
    if found is not None:
        tally.events += found.events
        tally.other_models += found.other_models
        if decoder.config.model is None:
            for name in found.models:
                tally.note_model(name, piece.path)
        decoder.note_times(found.times, piece.file)
        return found.chunks
    halves = [] if reader.is_hopeless else _halves(piece)
    if len(halves) < 2:
        return _one_by_one(log, decoder, piece, tally)
    chunks = []
    for half in halves:
        read_half = reader.read(half.block.data, half.block.line, half.file)
        chunks += _settled(read_half, half, log, decoder, reader, tally)
    return chunks


def _halves(piece: _Piece) -> list[_Piece]:
    """Returns the two halves of a piece; one piece if it is short, or one half of it never fits."""
    data = piece.block.data
    if count_lines(data) < _FEWEST:
        return [piece]
    middle = data.find(b"\n", len(data) // 2) + 1
    if middle in (0, len(data)):
        return [piece]
    first, second = data[:middle], data[middle:]
    line = piece.block.line
    blocks = [Block([], first, line), Block([], second, line + count_lines(first))]
    return [_Piece(piece.path, piece.file, block) for block in blocks]


def _one_by_one(log: Format, decoder: Decoder, piece: _Piece, tally: Tally) -> list[Chunk]:
    for line, record in lines.records(piece.block):
        try:
            events = log.events(record, piece.path, line)
        except LostError as error:
            tally.events += 1
            tally.lose(Lost(piece.path, line, error.cause, error.reason))
            continue
        for event in events:
            decoder.take(event, Place(piece.path, piece.file, line))
    return decoder.chunks()
