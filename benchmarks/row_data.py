"""Writes the rows that rows.py compares: `python -m benchmarks.row_data FOLDER --rows N`.

Runs in a process of its own, so that its memory is not taken for that of a tool. Files that are
there already stay as they are.
"""

from __future__ import annotations

import argparse
import pathlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa

CHUNK = 100_000
SIDES = ("training", "serving")
KEY, CATEGORIES = "trip_id", ("Cash", "Credit Card", "Mobile", "Prcard", "Unknown")
FLOATS = tuple(f"float_{number}" for number in range(8))
INTEGERS = tuple(f"integer_{number}" for number in range(3))
TEXTS = tuple(f"text_{number}" for number in range(3))


def shard(folder: pathlib.Path, side: str) -> pathlib.Path:
    """Returns the file of a side, laid out as an Examples artifact with one split."""
    return folder / side / "Split-all" / "data_tfrecord-00000-of-00001.gz"


def _rows(first: int, count: int, serving: bool) -> dict[str, npt.NDArray[np.generic]]:
    """Returns columns of values that depend on the row's number alone, but for what is planted.

    One row in 50 has a partner on neither side, and every serving column but one in three differs
    in about 1% of the rows.
    """
    numbers = np.arange(first, first + count)
    generator = np.random.default_rng(first)
    planted = np.random.default_rng(first + 1)
    columns: dict[str, npt.NDArray[np.generic]] = {}
    lonely = numbers % 50 == 0
    prefix = np.where(lonely, SIDES[serving], "trip")
    columns[KEY] = np.char.add(np.char.add(prefix, "-"), (numbers * 7919).astype(str)).astype("S")
    for name in FLOATS:
        columns[name] = generator.gamma(2.0, 5.0, count).astype(np.float32)
    for name in INTEGERS:
        columns[name] = generator.integers(0, 10_000, count)
    for name in TEXTS:
        columns[name] = np.array(CATEGORIES, "S")[generator.integers(0, len(CATEGORIES), count)]
    if serving:
        for index, name in enumerate((*FLOATS, *INTEGERS, *TEXTS)):
            chosen = planted.random(count) < (0.01 if index % 3 else 0.0)
            values = columns[name]
            if name in TEXTS:
                columns[name] = np.where(chosen, b"Other", values)
            else:
                columns[name] = np.where(chosen, values * 2 + 1, values).astype(values.dtype)
    return columns


def _batch(columns: dict[str, npt.NDArray[np.generic]], order: npt.NDArray[np.int64]) -> pa.Table:
    offsets = pa.array(np.arange(len(order) + 1), pa.int64())
    arrays = []
    for name, values in columns.items():
        kind = pa.large_binary() if values.dtype.kind == "S" else None
        flat = pa.array(values[order].tolist() if kind else values[order], kind)
        if name in FLOATS[:2]:  # one value in 20 is missing
            present = np.asarray(flat) % 1.0 > 0.05
            starts = np.concatenate([[0], np.cumsum(present)])
            lists = pa.array(starts, pa.int64(), mask=np.append(~present, False))
            arrays.append(pa.LargeListArray.from_arrays(lists, flat.filter(pa.array(present))))
        else:
            arrays.append(pa.LargeListArray.from_arrays(offsets, flat))
    return pa.RecordBatch.from_arrays(arrays, list(columns))


def write(folder: pathlib.Path, rows: int) -> None:
    """Writes both sides; the serving rows come in another order, and 1% of them are left out."""
    import tensorflow as tf
    from tfx_bsl.coders import example_coder

    encoder = example_coder.RecordBatchToExamplesEncoder()
    options = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=1)
    for side in SIDES:
        path = shard(folder, side)
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        starts = list(range(0, rows, CHUNK))
        partial = path.with_suffix(".partial")
        with tf.io.TFRecordWriter(str(partial), options) as writer:
            for start in starts if side == "training" else reversed(starts):
                count = min(CHUNK, rows - start)
                order = np.arange(count)
                if side == "serving":
                    order = np.random.default_rng(start + 2).permutation(count)[count // 100 :]
                columns = _rows(start, count, side == "serving")
                for record in encoder.encode(_batch(columns, order)):
                    writer.write(record)
        partial.rename(path)


def main() -> None:
    """Writes what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rows", type=int, required=True)
    options = parser.parse_args()
    write(options.folder, options.rows)


if __name__ == "__main__":
    main()
