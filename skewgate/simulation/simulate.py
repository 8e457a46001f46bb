"""Simulates windows of a data set with planted drift: two passes, in bounded memory."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

import skewgate
from skewgate.core.hidden import visible_json
from skewgate.data.arrow.values import mask_array
from skewgate.data.sources.reading_options import RECOGNISED, ReadingOptions
from skewgate.simulation import planting, writing
from skewgate.simulation.planting import Settled, WindowTally
from skewgate.simulation.reading import Progress, Rows, join
from skewgate.simulation.spec import Spec, check_windows
from skewgate.simulation.survey import survey
from skewgate.simulation.windows import Windows
from skewgate.storage.whole_folder import whole_folder

_HELD = 1 << 20
_SMALLEST, _LARGEST = 2048, 1 << 16


def block_rows(windows: int) -> int:
    """Returns the rows of a block of a window.

    Rows of all windows may come mixed, and each window waits until it has a block: together they
    hold about a million rows at most. A block never depends on how the files were read.

    >>> block_rows(4), block_rows(400)
    (65536, 2621)
    """
    return min(max(_HELD // windows, _SMALLEST), _LARGEST)


def window_blocks(
    rows: Rows, windows: Windows, progress: Progress = lambda place, rows: None
) -> Iterator[tuple[int, int, pa.RecordBatch, bool]]:
    """Yields the rows of windows in blocks: window, number of the first row, rows, whether last.

    The number of a row counts within its window; both count from 0. Rows of a window keep the
    order of the data, and its blocks are the same however the files are read.

    Raises:
        InputError: the data have changed since the first pass.
    """
    size = block_rows(len(windows.sizes))
    waiting: dict[int, list[pa.RecordBatch]] = {}
    given = np.zeros(len(windows.sizes), np.int64)
    held = np.zeros(len(windows.sizes), np.int64)
    first = 0
    for batch in rows.blocks(size, progress):
        places = windows.of(batch, first)
        if places.min() < 0 or places.max() >= len(windows.sizes):
            raise rows.changed()
        first += batch.num_rows
        for window in np.unique(places).tolist():
            inside = places == window
            part = batch if inside.all() else batch.filter(mask_array(inside))
            waiting.setdefault(window, []).append(part)
            held[window] += part.num_rows
            while held[window] >= size or given[window] + held[window] == windows.sizes[window]:
                whole = join(waiting.pop(window), rows.schema)
                block = whole.slice(0, size)
                rest = whole.slice(size)
                last = given[window] + block.num_rows == windows.sizes[window]
                yield window, int(given[window]), block, bool(last)
                given[window] += block.num_rows
                held[window] = rest.num_rows
                if last:
                    break
                waiting[window] = [rest]
    if (given != windows.sizes).any():
        raise rows.changed()


def run(
    data: str,
    spec: Spec,
    spec_text: str,
    out: str,
    types: Mapping[str, pa.DataType] | None = None,
    *,
    force: bool = False,
    progress: Progress = lambda place, rows: None,
    between: Callable[[], None] = lambda: None,
    csv: ReadingOptions = RECOGNISED,
    tell: Callable[[dict[str, list[str]]], None] = lambda notes: None,
) -> dict[str, Any]:
    """Writes the windows, the truth and the spec, and returns the truth.

    Args:
        data: a file, folder or pattern.
        spec: what to plant.
        spec_text: the spec as it was written.
        out: the folder to write.
        types: types that a schema gives to columns.
        force: replace a simulation that is there.
        progress: told the place and the rows of every batch; rows below 0 are read again.
        between: called between the two passes.
        csv: how CSV files are written.
        tell: told by path what is read otherwise than it stands in a file.

    Raises:
        InputError: data or spec cannot be used, or the folder cannot be written.
    """
    writing.check_free(out, force=force)
    rows = Rows(data, spec.windows.types_to_read(types), csv)
    found, windows = survey(rows, spec.plants, spec.windows, spec.where, progress)
    tell(rows.notes())
    check_windows(spec, len(windows.sizes))
    writing.check_format(rows.schema, spec.format, spec.where)
    settled = planting.settle(spec.plants, found, rows.schema, spec.where)
    between()
    with whole_folder(out) as folder:
        tallies = _write(rows, windows, settled, spec, folder, progress)
        truth = _truth(data, rows, windows, settled, spec, tallies)
        text = visible_json(json.dumps(truth, indent=1, ensure_ascii=False, default=str)) + "\n"
        (folder / writing.TRUTH).write_text(text, encoding="utf-8")
        (folder / writing.SPEC).write_text(spec_text, encoding="utf-8", errors="backslashreplace")
    return truth


def _write(
    rows: Rows,
    windows: Windows,
    settled: Sequence[Settled],
    spec: Spec,
    folder: pathlib.Path,
    progress: Progress,
) -> list[WindowTally]:
    tallies = [WindowTally() for _ in windows.sizes]
    writers: dict[int, writing.WindowWriter] = {}
    try:
        for window, first, block, last in window_blocks(rows, windows, progress):
            if window not in writers:
                path = folder / _file(window, windows, spec)
                writers[window] = writing.WindowWriter(path, rows.schema)
            planted = planting.apply(settled, block, window + 1, first, spec.seed, tallies[window])
            writers[window].write(planted)
            if last:
                writers.pop(window).close()
    finally:
        for writer in writers.values():
            writer.close()
    return tallies


def _file(window: int, windows: Windows, spec: Spec) -> str:
    digits = max(len(str(len(windows.sizes))), 3)
    return f"window-{window + 1:0{digits}d}.{spec.format}"


def _truth(
    data: str,
    rows: Rows,
    windows: Windows,
    settled: Sequence[Settled],
    spec: Spec,
    tallies: Sequence[WindowTally],
) -> dict[str, Any]:
    listed = []
    for window, tally in enumerate(tallies):
        listed.append(
            {
                "window": window + 1,
                "file": _file(window, windows, spec) if windows.sizes[window] else None,
                **windows.described(window),
                "rows_in": tally.rows_in,
                "rows": tally.rows_out,
                "rows_changed": tally.changed,
                "plants": sorted(tally.plants),
            }
        )
    return {
        "version": 1,
        "skewgate": skewgate.__version__,
        "data": data,
        "rows": rows.rows,
        "seed": spec.seed,
        "windows": listed,
        "plants": [_plant_truth(each, tallies) for each in settled],
    }


def _plant_truth(settled: Settled, tallies: Sequence[WindowTally]) -> dict[str, Any]:
    plant = settled.plant
    acts = [
        {
            "window": window,
            "level": plant.onset.level(window),
            "rows_in_slice": tally.plants[plant.label].slice,
            "rows_changed": tally.plants[plant.label].changed,
            "rows_dropped": tally.plants[plant.label].dropped,
        }
        for window, tally in enumerate(tallies, 1)
        if plant.label in tally.plants
    ]
    return {
        "name": plant.label,
        "kind": plant.kind,
        "columns": list(plant.touched),
        "where": plant.where,
        "share": plant.share,
        "onset": plant.onset.to_json(),
        "size": plant.size,
        "sizes": dict(settled.sizes),
        "rows_changed": sum(act["rows_changed"] for act in acts),
        "rows_dropped": sum(act["rows_dropped"] for act in acts),
        "windows": acts,
    }
