"""Profiles splits in this process: one thread reads and merges per split, others decode."""

from __future__ import annotations

import collections
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent import futures
from typing import NamedTuple

import numpy as np
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.components.support import tfrecords
from skewgate.core.errors import InputError
from skewgate.data.tf_example import coder, decoding
from skewgate.data.tf_example.fields import UndecodableError
from skewgate.statistics.generating import profile
from skewgate.statistics.generating.columns import MixedTypesError, columns_of, values_of
from skewgate.statistics.generating.features import StatisticsOptions

CHUNK_ROWS = 10_000
"""Rows described at a time."""
CHUNK_BYTES = 16 << 20
"""A chunk ends with the record that reaches this size."""
_DECODED_ROWS = 2_000
"""Rows decoded at a time: more of them outgrow the caches, and take tfx_bsl twice as long."""
_MOST_THREADS = 3
"""More wait for the one that reads the records of a split, and for Python's lock."""


class Profiled(NamedTuple):
    """What was found of a split.

    Attributes:
        statistics: TFDV's message.
        rows: rows read and described.
    """

    statistics: statistics_pb2.DatasetFeatureStatisticsList
    rows: int


def n_threads() -> int:
    """Returns how many threads decode: one per processor but that of the thread that reads.

    On two processors a second one makes the whole a quarter slower, as all take turns at Python's
    lock.
    """
    known = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(min((known or 1) - 1, _MOST_THREADS), 1)


def profile_splits(
    files: Mapping[str, Sequence[str]], options: StatisticsOptions, threads: int
) -> dict[str, Profiled]:
    """Profiles splits in parallel, each from its gzip TFRecord files of tf.Example.

    The result does not depend on the number of threads, nor on how a sequence of records is cut
    into files.

    Args:
        files: paths by split, in the order to read them.
        options: what to compute.
        threads: how many decode, and how many splits are read at a time.

    Raises:
        EOFError, OSError, zlib.error: a file is broken.
        InputError: a record is not a tf.Example, a feature has several types, or the number of
            rows described is not that of the rows read.
        UnsupportedError: only TFDV itself knows how to treat the data.
    """
    describe = _Describe(options)
    with (
        futures.ThreadPoolExecutor(threads) as workers,
        futures.ThreadPoolExecutor(min(threads, len(files))) as readers,
    ):
        running = {
            split: readers.submit(_profile, split, paths, describe, workers, threads + 2)
            for split, paths in files.items()
        }
        try:
            return {split: future.result() for split, future in running.items()}
        except BaseException:
            describe.stopped.set()
            raise


class _Describe:
    """Decodes and describes chunks.

    Attributes:
        options: what to compute.
        stopped: set where another split has failed.
    """

    def __init__(self, options: StatisticsOptions) -> None:
        self.options = options
        self.stopped = threading.Event()

    def __call__(self, records: list[bytes]) -> list[profile.SlicePart]:
        parts, n_rows = [], []
        for start in range(0, len(records), _DECODED_ROWS):
            some = records[start : start + _DECODED_ROWS]
            values, rows = decoding.decode(some, self.options.allowlist), len(some)
            if values is None:
                batch = coder.decode_batch(some)
                values, rows = values_of(batch, self.options.allowlist), batch.num_rows
            parts.append(values)
            n_rows.append(rows)
        return profile.describe(columns_of(parts, n_rows), sum(n_rows), self.options)


def _profile(
    split: str,
    paths: Sequence[str],
    describe: _Describe,
    workers: futures.Executor,
    ahead: int,
) -> Profiled:
    """Reads the chunks of a split, hands them out and merges what comes back, in order."""
    builder = profile.StatisticsBuilder(describe.options)
    waiting: collections.deque[futures.Future[list[profile.SlicePart]]] = collections.deque()
    rows = 0
    try:
        for records in chunks(block for path in paths for block in tfrecords.read_blocks(path)):
            rows += len(records)
            waiting.append(workers.submit(describe, records))
            if len(waiting) > ahead:
                builder.add(waiting.popleft().result())
            if describe.stopped.is_set():
                raise futures.CancelledError
        while waiting:
            builder.add(waiting.popleft().result())
    except MixedTypesError as error:
        raise InputError(
            f"feature {error.feature} of split {split}",
            "holds values of different types in different rows",
            "write it with one type",
        ) from error
    except UndecodableError as error:
        raise InputError(
            f"split {split}",
            f"holds records that cannot be decoded ({error})",
            "write it as tf.Example, each feature with one type, or give the ExampleGen the "
            "payload_format that it writes",
        ) from error
    finally:
        for future in waiting:
            future.cancel()
    if builder.n_rows != rows:
        raise InputError(
            f"split {split}",
            f"has {rows} rows, but {builder.n_rows} were profiled",
            "report this: the decoder lost or duplicated rows",
        )
    return Profiled(builder.statistics(workers.map), rows)


def chunks(blocks: Iterable[list[bytes]]) -> Iterator[list[bytes]]:
    """Yields records in chunks of CHUNK_ROWS or CHUNK_BYTES, however the blocks lie."""
    waiting: list[bytes] = []
    for block in blocks:
        waiting += block
        while True:
            size = _first_chunk(waiting)
            if not size:
                break
            yield waiting[:size]
            waiting = waiting[size:]
    if waiting:
        yield waiting


def _first_chunk(records: Sequence[bytes]) -> int:
    """Returns how many records make the first chunk; 0 if more may belong to it."""
    sizes = np.cumsum(np.fromiter(map(len, records), np.int64, len(records)))
    full = int(np.searchsorted(sizes, CHUNK_BYTES)) + 1
    size = min(full, CHUNK_ROWS)
    return size if size <= len(records) else 0
