"""Profiles one Examples folder: `python -m benchmarks.statistics_worker TOOL FOLDER`.

Each tool is a process of its own, so that its peak of memory is its own. Prints lines of JSON with
`tool`, `rows`, `seconds` (without imports) and `peak_gb` (of the process so far).
"""

from __future__ import annotations

import argparse
import json
import pathlib
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import Any

BEAM = ("--runner=DirectRunner", "--direct_num_workers=1", "--sdk_container_image=none")
STOCK_RESOLUTION = 10
RESOLUTION = 500
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
_DECODED_ROWS = 1_000


def splits_of(folder: pathlib.Path) -> dict[str, list[str]]:
    """Returns the paths of the shards by split."""
    return {
        split.name.removeprefix("Split-"): sorted(str(path) for path in split.iterdir())
        for split in sorted(folder.glob("Split-*"))
    }


def _do(executor: Any, folder: pathlib.Path, parameters: dict[str, Any]) -> tuple[int, float]:
    """Runs an executor, and returns the rows that it profiled and the seconds that it took."""
    from tfx.dsl.components.base import base_beam_executor
    from tfx.types import artifact_utils, standard_artifacts

    from skewgate.components import artifact_io

    splits = list(splits_of(folder))
    examples, statistics = standard_artifacts.Examples(), standard_artifacts.ExampleStatistics()
    examples.uri = str(folder)
    examples.split_names = artifact_utils.encode_split_names(splits)
    with tempfile.TemporaryDirectory() as temporary:
        statistics.uri = f"{temporary}/statistics"
        context = base_beam_executor.BaseBeamExecutor.Context(
            beam_pipeline_args=[*BEAM], tmp_dir=f"{temporary}/tmp", unique_id="1"
        )
        runnable = executor(context)
        start = time.perf_counter()
        runnable.Do(
            {"examples": [examples]},
            {"statistics": [statistics]},
            {"exclude_splits": "[]", **parameters},
        )
        seconds = time.perf_counter() - start
        rows = sum(
            max(d.num_examples for d in artifact_io.read_statistics(statistics, split).datasets)
            for split in splits
        )
    return int(rows), seconds


def stock(folder: pathlib.Path, slices: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Measures stock StatisticsGen, by slices if there are any."""
    import tensorflow_data_validation as tfdv
    from tfx.components.statistics_gen.executor import Executor
    from tfx_bsl.public.proto import slicing_spec_pb2

    parameters: dict[str, Any] = {}
    if slices:
        specs = [slicing_spec_pb2.SlicingSpec(feature_keys=[name]) for name in slices]
        config = slicing_spec_pb2.SlicingConfig(slicing_specs=specs)
        parameters["stats_options_json"] = tfdv.StatsOptions(slicing_config=config).to_json()
    rows, seconds = _do(Executor, folder, parameters)
    yield {"tool": "stock", "rows": rows, "seconds": seconds}


def skewgate(folder: pathlib.Path, slices: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Measures SkewStatisticsGen at the resolution of stock, and at its own."""
    import tensorflow_data_validation  # noqa: F401  the executor imports it

    from skewgate.components.skew_statistics_gen.executor import Executor

    for resolution in (STOCK_RESOLUTION, RESOLUTION):
        parameters = {
            "slices": json.dumps([[name] for name in slices]),
            "resolution": resolution,
        }
        rows, seconds = _do(Executor, folder, parameters)
        yield {"tool": f"skewgate {resolution}", "rows": rows, "seconds": seconds}


def scan(folder: pathlib.Path, slices: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Measures reading and decoding alone, in one thread; slices are nothing to it."""
    from tfx_bsl.coders import example_coder

    from skewgate.components import tfrecords

    decoder = example_coder.ExamplesToRecordBatchDecoder()
    start, rows = time.perf_counter(), 0
    for paths in splits_of(folder).values():
        records = [record for path in paths for record in tfrecords.read_records(path)]
        for first in range(0, len(records), _DECODED_ROWS):
            rows += decoder.DecodeBatch(records[first : first + _DECODED_ROWS]).num_rows
    yield {"tool": "scan", "rows": rows, "seconds": time.perf_counter() - start}


TOOLS = {"stock": stock, "skewgate": skewgate, "scan": scan}


def main() -> None:
    """Runs one tool and prints what it measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool", choices=TOOLS)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--slices", nargs="*", default=[], help="features that make slices")
    options = parser.parse_args()
    for measured in TOOLS[options.tool](options.folder, options.slices):
        measured["seconds"] = round(measured["seconds"], 3)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT
        print(json.dumps({**measured, "peak_gb": round(peak / 1e9, 3)}), flush=True)


if __name__ == "__main__":
    main()
