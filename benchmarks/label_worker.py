"""Writes the rows that labels.py joins, or joins them: `python -m benchmarks.label_worker STEP`.

Each step is a process of its own, so that the memory of one is not taken for that of the other.
Files that are there already stay as they are.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import tempfile
from typing import Any

import numpy as np
import numpy.typing as npt

CHUNK = 100_000
FIRST_SECOND = 1_456_790_400
DAYS = 30
FLOATS = tuple(f"float_{number}" for number in range(9))
TEXTS = tuple(f"text_{number}" for number in range(3))
CATEGORIES = ("Cash", "Credit Card", "Mobile", "Prcard", "Unknown")
CONFIG = {
    "key": ["trip_id"],
    "labels": ["big_tipper"],
    "prediction_time": "start",
    "label_time": "arrived_at",
    "horizon": "3d",
}

Columns = dict[str, npt.NDArray[np.generic]]


def shard(folder: pathlib.Path, side: str) -> pathlib.Path:
    """Returns the file of a side, laid out as an Examples artifact with one split."""
    return folder / side / "Split-all" / "data_tfrecord-00000-of-00001.gz"


def _times(numbers: npt.NDArray[np.int64], rows: int) -> npt.NDArray[np.int64]:
    return FIRST_SECOND + numbers * (DAYS * 86_400) // rows


def _keys(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.bytes_]:
    return np.char.add("trip-", (numbers * 7919).astype(str)).astype("S")


def predictions(numbers: npt.NDArray[np.int64], rows: int) -> Columns:
    """Returns 15 features of the rows with some numbers, in order of their time."""
    generator = np.random.default_rng(int(numbers[0]))
    columns: Columns = {"trip_id": _keys(numbers), "start": _times(numbers, rows)}
    for name in FLOATS:
        columns[name] = generator.gamma(2.0, 5.0, len(numbers)).astype(np.float32)
    for name in TEXTS:
        columns[name] = np.array(CATEGORIES, "S")[generator.integers(0, 5, len(numbers))]
    columns["probability"] = generator.random(len(numbers)).astype(np.float32)
    return columns


def labels(numbers: npt.NDArray[np.int64], rows: int) -> Columns:
    """Returns labels in another order, 2% of them late, 1% orphans and 1% a second one."""
    generator = np.random.default_rng(int(numbers[0]) + 1)
    numbers = generator.permutation(numbers)
    delay = np.where(
        generator.random(len(numbers)) < 0.02, 73, generator.integers(0, 72, len(numbers))
    )
    numbers = np.where(generator.random(len(numbers)) < 0.01, numbers + rows, numbers)
    again = generator.random(len(numbers)) < 0.01
    numbers = np.where(again, np.roll(numbers, 1), numbers)
    return {
        "trip_id": _keys(numbers),
        "arrived_at": _times(numbers, rows) + delay * 3_600,
        "big_tipper": generator.integers(0, 2, len(numbers)),
    }


def write(folder: pathlib.Path, rows: int) -> None:
    """Writes as many predictions as labels."""
    import pyarrow as pa
    import tensorflow as tf

    from skewgate import tables

    options = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)
    for side, make in (("predictions", predictions), ("labels", labels)):
        path = shard(folder, side)
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        with tf.io.TFRecordWriter(str(partial), options) as writer:
            for start in range(0, rows, CHUNK):
                columns = make(np.arange(start, min(start + CHUNK, rows)), rows)
                table = pa.table({name: pa.array(values) for name, values in columns.items()})
                for record in tables.encode(table, side):
                    writer.write(record)
        partial.rename(path)


def join(folder: pathlib.Path, rows: int) -> dict[str, Any]:
    """Joins by the executor of LabelJoiner, and returns what it counted."""
    from tfx.dsl.components.base import base_beam_executor
    from tfx.types import artifact_utils, standard_artifacts

    from skewgate.components import artifact_types
    from skewgate.components.label_joiner.executor import Executor
    from skewgate.report import report

    inputs = {}
    for side in ("predictions", "labels"):
        artifact = standard_artifacts.Examples()
        artifact.uri = str(folder / side)
        artifact.split_names = artifact_utils.encode_split_names(["all"])
        artifact.set_int_custom_property("rows_all", rows)
        inputs[side] = [artifact]
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        examples, told = standard_artifacts.Examples(), artifact_types.LabelReport()
        examples.uri, told.uri = f"{temporary}/examples", f"{temporary}/report"
        context = base_beam_executor.BaseBeamExecutor.Context(
            beam_pipeline_args=[
                "--runner=DirectRunner",
                "--direct_num_workers=1",
                "--sdk_container_image=none",
            ],
            tmp_dir=f"{temporary}/tmp",
            unique_id="1",
        )
        Executor(context).Do(
            inputs,
            {"examples": [examples], "label_report": [told]},
            {"config": json.dumps(CONFIG)},
        )
        return {
            name: count
            for name, count in report.read(told.uri).details["labels"].items()
            if name in ("predictions", "labels", "joined", "late", "duplicates", "orphans", "used")
        }


def main() -> None:
    """Runs one step; `join` prints its counts as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=("write", "join"))
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rows", type=int, required=True)
    options = parser.parse_args()
    if options.step == "write":
        write(options.folder, options.rows)
    else:
        print(json.dumps(join(options.folder, options.rows), sort_keys=True))


if __name__ == "__main__":
    main()
