"""Writes rows by window, and the report beside them."""

from __future__ import annotations

import collections
import json
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from skewgate.core.errors import InputError
from skewgate.core.hidden import visible_json
from skewgate.serving.capture.chunks import Chunk
from skewgate.serving.capture.log.config import VERSION, CaptureConfig
from skewgate.serving.capture.log.moments import SECOND, written

REPORT, LABELS = "capture_report.json", "labels.parquet"
MOST_WINDOWS = 500
"""Windows of a run: each has an open file."""
_STAMP = pa.timestamp("us", "UTC")


class WindowFiles:
    """A file a window, in a folder that gets its name when all are written.

    Args:
        folder: where to write.
        config: the contract.
        features: columns of requests and their types.
        predictions: columns of responses and their types.
        where: the contract's name, for messages.

    Raises:
        InputError: two columns would have one name.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        config: CaptureConfig,
        features: Mapping[str, pa.DataType],
        predictions: Mapping[str, pa.DataType],
        where: str,
    ) -> None:
        self._folder, self._config, self._where = folder, config, where
        own = {
            config.key.id: pa.string(),
            config.key.index: pa.int64(),
            config.time.column: _STAMP,
            VERSION: pa.string(),
        }
        replaced = {config.time.column} if config.time.feature == config.time.column else set()
        self._features = [name for name in features if name not in replaced]
        self._predictions = list(predictions)
        fields = dict(own)
        for kind, columns in (("feature", features), ("prediction", predictions)):
            for name, type_ in columns.items():
                if name in replaced and kind == "feature":
                    continue
                if name in fields:
                    raise InputError(
                        where,
                        f"the {kind} {name} has the name of another column",
                        "rename it with prediction.rename, prediction.column, key or time"
                        if kind == "prediction" or name in own
                        else "rename it",
                    )
                fields[name] = type_ if not pa.types.is_null(type_) else pa.string()
        self.schema = pa.schema(list(fields.items()))
        self._writers: dict[int, pa.parquet.ParquetWriter] = {}
        self._counts: collections.Counter[int] = collections.Counter()
        self._span: dict[int, tuple[int, int]] = {}

    def write(self, rows: Chunk, predictions: Mapping[str, pa.Array]) -> None:
        """Writes rows to the files of their windows.

        Raises:
            InputError: there are too many windows.
            OSError: the folder cannot be written.
        """
        if not len(rows):
            return
        held = {**{n: rows.columns[n] for n in self._features}, **predictions}
        own = [
            rows.ids,
            pa.array(rows.index),
            pa.array(rows.times, _STAMP),
            _or_null(rows.versions),
        ]
        arrays = [*own, *(held[name] for name in (*self._features, *self._predictions))]
        table = pa.Table.from_arrays(
            [array.cast(field.type) for array, field in zip(arrays, self.schema, strict=True)],
            schema=self.schema,
        )
        grid = self._config.windows.grid
        starts = grid.starts(grid.numbers(rows.times // SECOND))
        order = np.lexsort((rows.times, starts))
        different, firsts = np.unique(starts[order], return_index=True)
        table = table.take(pa.array(order))
        for at, start in enumerate(different.tolist()):
            end = firsts[at + 1] if at + 1 < len(firsts) else len(order)
            part = table.slice(int(firsts[at]), int(end - firsts[at]))
            self._writer(start).write_table(part)
            self._counts[start] += part.num_rows
            times = rows.times[order[firsts[at] : end]]
            low, high = self._span.get(start, (times[0], times[0]))
            self._span[start] = (min(low, int(times[0])), max(high, int(times[-1])))

    def _writer(self, start: int) -> pa.parquet.ParquetWriter:
        if start not in self._writers:
            if len(self._writers) == MOST_WINDOWS:
                raise InputError(
                    self._where,
                    f"the log has rows in more than {MOST_WINDOWS} windows of "
                    f"{self._config.windows.every}",
                    "raise windows.every, capture less at once, or check for clocks that jump",
                )
            self._writers[start] = pa.parquet.ParquetWriter(
                str(self._folder / file_of(self._config, start)), self.schema
            )
        return self._writers[start]

    def close(self) -> None:
        """Ends the files.

        Raises:
            OSError: the folder cannot be written.
        """
        for writer in self._writers.values():
            writer.close()

    def described(self) -> list[dict[str, Any]]:
        """Returns what each file holds, in the order of their windows."""
        grid = self._config.windows.grid
        return [
            {
                "window": grid.name(start),
                "file": file_of(self._config, start),
                "start": written(start * SECOND),
                "end": written(int(grid.ends(grid.numbers(np.array([start])))[0]) * SECOND),
                "rows": self._counts[start],
                "first": written(self._span[start][0]),
                "last": written(self._span[start][1]),
            }
            for start in sorted(self._writers)
        ]


def file_of(config: CaptureConfig, start: int) -> str:
    """Returns the name of the file of a window, in which no letter is that a file may not have."""
    return f"{config.windows.grid.name(start).replace(':', '')}.parquet"


def write_labels(folder: pathlib.Path, config: CaptureConfig, rows: Chunk) -> None:
    """Adds the labels of feedback to their file.

    Raises:
        OSError: the folder cannot be written.
    """
    columns = {
        config.key.id: rows.ids,
        config.key.index: pa.array(rows.index),
        f"label_{config.time.column}": pa.array(
            rows.times, _STAMP, mask=rows.times == np.iinfo(np.int64).min
        ),
        **rows.columns,
    }
    pa.parquet.write_table(pa.table(columns), str(folder / LABELS))


def write_report(folder: pathlib.Path, content: Mapping[str, Any]) -> None:
    """Writes the report.

    Raises:
        OSError: the folder cannot be written.
    """
    text = visible_json(json.dumps(content, indent=1, ensure_ascii=False)) + "\n"
    (folder / REPORT).write_text(text, encoding="utf-8", errors="backslashreplace")


def _or_null(versions: pa.Array) -> pa.Array:
    """Returns versions, of which one that nobody says is missing."""
    return pc.if_else(pc.equal(versions, ""), pa.scalar(None, pa.string()), versions)
