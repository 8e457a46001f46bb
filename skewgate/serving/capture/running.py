"""Reads the log of a server and writes its rows by window."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import skewgate
from skewgate.core import temporary
from skewgate.core.errors import InputError
from skewgate.data import sources
from skewgate.data.sources.streams import PACKED
from skewgate.serving.capture import publishing, reading
from skewgate.serving.capture.chunks import NO_TIME, Chunk, concatenated
from skewgate.serving.capture.joining import Joiner
from skewgate.serving.capture.log.config import CaptureConfig
from skewgate.serving.capture.log.events import FEEDBACK
from skewgate.serving.capture.privacy import Privacy
from skewgate.serving.capture.spill import BUDGET, Spill, chosen, parts_of
from skewgate.serving.capture.tally import Tally
from skewgate.storage import s3
from skewgate.storage.whole_folder import whole_folder

Progress = Callable[[str, int], None]
"""Told the file and how many events of it were read further."""
_SIZE_OF_OBJECT = 1 << 30
_PACKED = 8
"""A compressed log is smaller by about that."""


def run(
    source: str,
    config: CaptureConfig,
    out: str,
    *,
    where: str = "capture.yaml",
    force: bool = False,
    progress: Progress = lambda path, events: None,
    budget: int = BUDGET,
) -> dict[str, Any]:
    """Reads a log, writes its rows, and returns the report.

    Args:
        source: a file, a folder or a pattern.
        config: what the log is like.
        out: the folder to write: a file a window, and capture_report.json.
        where: names the contract in messages.
        force: replace what an earlier capture wrote there.
        progress: told how far it is.
        budget: bytes of rows to hold in memory before temporary files are written beside `out`.

    Raises:
        InputError: the log or the contract cannot be used, more events are lost than may be, or
            the folder cannot be written. Nothing is written then.
    """
    _check_free(out, force=force)
    paths = sources.files(source)
    privacy = Privacy(config, where)
    tally = Tally(config.max_rejected)
    with whole_folder(out) as folder, _spill_folder(out) as aside:
        spill = Spill(aside, parts_of(sum(map(_size, paths))), source, budget)
        latest, told = NO_TIME, 0
        for path, chunks in reading.read(paths, config, tally):
            for chunk in chunks:
                latest = max(latest, int(chunk.times.max()))
                for some in _sampled(chunk, config, tally):
                    spill.add(privacy.apply(some))
            progress(path, tally.events - told)
            told = tally.events
        tally.check()
        privacy.check()
        windows = _write(folder, spill, Joiner(config, paths, tally, latest), config, where, tally)
        tally.check()
        if not windows:
            raise InputError(source, f"holds no rows to write: {tally.in_short()}", _NO_ROWS)
        report = {
            "version": 1,
            "skewgate": skewgate.__version__,
            "source": source,
            "format": config.format,
            "files": len(paths),
            "rows": sum(window["rows"] for window in windows),
            "windows": windows,
            "model_versions": dict(sorted(tally.versions.items())),
            **tally.to_json(),
        }
        publishing.write_report(folder, report)
    return report


_NO_ROWS = "check format, model and fields of capture.yaml"


def _sampled(chunk: Chunk, config: CaptureConfig, tally: Tally) -> Iterator[Chunk]:
    """Yields the rows of the events that are chosen."""
    if config.sample < 1:
        mask = np.asarray(chosen(chunk.ids, config.sample), np.bool_)
        tally.sampled_out += int((~mask & (chunk.index == 0)).sum())
        chunk = chunk.filter(mask)
    if len(chunk):
        yield chunk


def _write(
    folder: pathlib.Path,
    spill: Spill,
    joiner: Joiner,
    config: CaptureConfig,
    where: str,
    tally: Tally,
) -> list[dict[str, Any]]:
    features, predictions = spill.types["request"], spill.types["response"]
    files = publishing.WindowFiles(folder, config, features, predictions, where)
    labels = []
    try:
        for held in spill.parts():
            rows, columns = joiner.join(held.request, held.response)
            files.write(rows, columns)
            for version in rows.versions.value_counts().to_pylist():
                tally.versions[version["values"]] += version["counts"]
            if len(held.feedback):
                labels.append(joiner.once(held.feedback))
    finally:
        files.close()
    if labels:
        together = concatenated(FEEDBACK, labels, spill.types[FEEDBACK])
        publishing.write_labels(folder, config, together)
    return files.described()


@contextlib.contextmanager
def _spill_folder(out: str) -> Iterator[pathlib.Path]:
    """Makes a folder for rows that wait, beside `out`, where there is room.

    Raises:
        InputError: it cannot be written.
    """
    path = temporary.path_in(os.path.dirname(os.path.realpath(out)))
    try:
        path.mkdir(mode=0o700)
    except OSError as error:
        raise InputError(out, f"cannot be written: {error.strerror}", "change --out") from error
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _check_free(out: str, *, force: bool) -> None:
    """Makes sure that a folder can be written.

    Raises:
        InputError: it has files and may not be replaced, or is none that a capture has made.
    """
    if not os.path.exists(out):
        return
    if not os.path.isdir(out):
        raise InputError(out, "is a file, but must be a folder", "give another --out")
    names = set(os.listdir(out))
    if not names:
        return
    if not force:
        raise InputError(out, "is not empty", "give another --out, or --force to replace a capture")
    others = sorted(n for n in names if not n.endswith(".parquet") and n != publishing.REPORT)
    if others or publishing.REPORT not in names:
        raise InputError(
            out,
            f"holds {(others or sorted(names))[0]}, which does not belong to a capture and would "
            "be lost",
            "give another --out",
        )


def _size(path: str) -> int:
    """Returns the bytes of a file; of an object in a store, which says it late, a large number."""
    if s3.is_remote(path):
        return _SIZE_OF_OBJECT
    packed = path.lower().endswith(tuple(PACKED))
    return os.path.getsize(path) * (_PACKED if packed else 1)
