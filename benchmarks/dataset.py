"""Writes the files that speed.py compares: `python -m benchmarks.dataset FOLDER --rows N`.

Runs in the project's environment, in a process of its own, so that its memory is not taken for
that of a tool. Files that are there already stay as they are.
"""

from __future__ import annotations

import argparse
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks import samples, shapes
from skewgate.pipeline.taxi import data as taxi

ROW_GROUP = 1_000_000
SIDES = ("baseline", "current")
_SECONDS_2015, _SECONDS_2016 = 1_420_070_400, 1_451_606_400


def _group(rng: np.random.Generator, n: int, moved: bool) -> pa.Table:
    columns: dict[str, pa.Array] = {
        name: pa.array(draw(rng, n, moved)) for name, draw in shapes.NUMERIC.items()
    }
    for index, name in enumerate(shapes.CATEGORICAL):
        codes = shapes.category_codes(rng, n, index, moved).astype(np.int32)
        coded = pa.DictionaryArray.from_arrays(codes, shapes.CATEGORIES)
        columns[name] = coded.cast(pa.string())
    return pa.table(columns)


def write_generated(folder: pathlib.Path, rows: int) -> None:
    """Writes {baseline,current}.parquet of so many rows, in row groups of a million."""
    for seed, side in enumerate(SIDES):
        path = folder / f"{side}.parquet"
        if path.exists():
            continue
        rng = np.random.default_rng(seed)
        partial = path.with_suffix(".partial")
        schema = _group(np.random.default_rng(0), 1, False).schema
        with pq.ParquetWriter(partial, schema) as writer:
            for start in range(0, rows, ROW_GROUP):
                writer.write_table(_group(rng, min(ROW_GROUP, rows - start), side == "current"))
        partial.rename(path)


def taxi_table() -> pa.Table:
    """Reads the taxi rows of the tfx wheel."""
    return pa.csv.read_csv(
        taxi.source(),
        read_options=pa.csv.ReadOptions(block_size=1 << 26),
        convert_options=pa.csv.ConvertOptions(strings_can_be_null=True),
    )


def write_taxi(folder: pathlib.Path) -> None:
    """Writes the trips of 2013 and 2014 as baseline and those of 2016 as current."""
    table = taxi_table()
    time = table["trip_start_timestamp"]
    table = table.drop(["trip_start_timestamp"])  # differs by design
    sides = (pc.less(time, _SECONDS_2015), pc.greater_equal(time, _SECONDS_2016))
    for side, rows in zip(SIDES, sides, strict=True):
        pq.write_table(table.filter(rows), folder / f"{side}.parquet")
        pa.csv.write_csv(table.filter(rows), folder / f"{side}.csv")


def write_taxi_columns(path: pathlib.Path) -> None:
    """Writes the taxi columns that `samples` draws from, as plain NumPy arrays."""
    table = taxi_table()
    arrays = {name: table[name].to_pandas().to_numpy(copy=True) for name in samples.TAXI_NUMERIC}
    for name in samples.TAXI_CATEGORICAL:
        coded = table[name].combine_chunks().dictionary_encode()
        arrays[name] = coded.indices.fill_null(-1).to_numpy().astype(np.int64)
        arrays[f"{name}_names"] = np.array(coded.dictionary.to_pylist(), dtype=np.str_)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)


def main() -> None:
    """Writes a folder of files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rows", type=int, help="generated rows a side; without it the taxi rows")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.rows is None:
        write_taxi(options.folder)
    else:
        write_generated(options.folder, options.rows)


if __name__ == "__main__":
    main()
