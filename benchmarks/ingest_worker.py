"""Ingests one file with one tool: `python -m benchmarks.ingest_worker TOOL FILE FOLDER`.

Prints rows, seconds without imports and the peak memory of the process in GB, as JSON. `stock` is
CsvExampleGen or the Parquet executor of TFX, `skewgate` TabularExampleGen, each its executor on one
worker of Beam's DirectRunner; `scan` reads the file by pyarrow and keeps nothing: the limit.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import resource
import sys
import time
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

TOOLS = ("stock", "skewgate", "scan")
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
_SPLIT = "all"


def main() -> None:
    """Runs one tool and prints what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool", choices=TOOLS)
    parser.add_argument("file", type=pathlib.Path, help="CSV or Parquet")
    parser.add_argument("folder", type=pathlib.Path, help="for what is written, which stays there")
    options = parser.parse_args()
    file = options.file.resolve()
    job = _Scan(file) if options.tool == "scan" else _Ingest(options.tool, file, options.folder)
    started = time.perf_counter()
    job.run()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT / 1e9
    found = {"tool": options.tool, "rows": job.rows(), "seconds": seconds, "peak_gb": peak}
    print(json.dumps(found, sort_keys=True))


class _Scan:
    """Reads a file by pyarrow, batch by batch."""

    def __init__(self, file: pathlib.Path) -> None:
        self._file, self._rows = str(file), 0

    def run(self) -> None:
        """Reads."""
        batches = (
            pa.csv.open_csv(self._file)
            if self._file.endswith(".csv")
            else pa.parquet.ParquetFile(self._file).iter_batches()
        )
        self._rows = sum(batch.num_rows for batch in batches)

    def rows(self) -> int:
        """Returns the rows read."""
        return self._rows


class _Ingest:
    """Runs an executor as TFX does."""

    def __init__(self, tool: str, file: pathlib.Path, folder: pathlib.Path) -> None:
        from tfx.dsl.components.base import base_beam_executor
        from tfx.proto import example_gen_pb2
        from tfx.types import standard_artifacts

        from skewgate.pipeline.settings import LOCAL_BEAM

        self._examples = standard_artifacts.Examples()
        self._examples.uri = str(folder.resolve() / "examples")
        os.makedirs(self._examples.uri)
        context = base_beam_executor.BaseBeamExecutor.Context(
            beam_pipeline_args=[*LOCAL_BEAM],
            tmp_dir=str(folder.resolve() / "tmp"),
            unique_id="1",
        )
        self._executor = _executor_class(tool, file)(context)
        self._properties: dict[str, Any] = {
            "input_base": str(file.parent),
            "input_config": json.dumps({"splits": [{"name": _SPLIT, "pattern": file.name}]}),
            "splits": json.dumps({"by": "all", "name": _SPLIT}),
            "output_config": "{}",
            "output_data_format": example_gen_pb2.FORMAT_TF_EXAMPLE,
            "output_file_format": example_gen_pb2.FORMAT_TFRECORDS_GZIP,
        }

    def run(self) -> None:
        """Writes the examples."""
        self._executor.Do({}, {"examples": [self._examples]}, self._properties)

    def rows(self) -> int:
        """Returns the records in the files."""
        from tfx.types import artifact_utils

        from skewgate.data.sources import records

        split = artifact_utils.get_split_uri([self._examples], _SPLIT)
        paths = sorted(pathlib.Path(split).iterdir())
        return sum(1 for path in paths for _ in records.read_file(str(path)))


def _executor_class(tool: str, file: pathlib.Path) -> Any:
    if tool == "skewgate":
        from skewgate.components.tabular_example_gen import executor as ours

        return ours.Executor
    if file.suffix == ".parquet":
        from tfx.components.example_gen.custom_executors import parquet_executor

        return parquet_executor.Executor
    from tfx.components.example_gen.csv_example_gen import executor as stock

    return stock.Executor


if __name__ == "__main__":
    main()
