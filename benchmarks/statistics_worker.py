"""Profiles one Examples folder: `python -m benchmarks.statistics_worker TOOL FOLDER`.

Each tool is a process of its own, so that its peak of memory is its own. Prints `tool`, `rows`,
`seconds` (without imports) and `peak_gb` as JSON.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

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

    from skewgate.components.support import artifact_io
    from skewgate.pipeline.settings import LOCAL_BEAM

    splits = list(splits_of(folder))
    examples, statistics = standard_artifacts.Examples(), standard_artifacts.ExampleStatistics()
    examples.uri = str(folder)
    examples.split_names = artifact_utils.encode_split_names(splits)
    with tempfile.TemporaryDirectory() as temporary:
        statistics.uri = f"{temporary}/statistics"
        context = base_beam_executor.BaseBeamExecutor.Context(
            beam_pipeline_args=[*LOCAL_BEAM], tmp_dir=f"{temporary}/tmp", unique_id="1"
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


def stock(folder: pathlib.Path, slices: Sequence[str], resolution: int) -> tuple[int, float]:
    """Returns the rows and seconds of stock StatisticsGen, which has buckets of its own number."""
    import tensorflow_data_validation as tfdv
    from tfx.components.statistics_gen.executor import Executor
    from tfx_bsl.public.proto import slicing_spec_pb2

    parameters: dict[str, Any] = {}
    if slices:
        specs = [slicing_spec_pb2.SlicingSpec(feature_keys=[name]) for name in slices]
        config = slicing_spec_pb2.SlicingConfig(slicing_specs=specs)
        parameters["stats_options_json"] = tfdv.StatsOptions(slicing_config=config).to_json()
    return _do(Executor, folder, parameters)


def skewgate(folder: pathlib.Path, slices: Sequence[str], resolution: int) -> tuple[int, float]:
    """Returns the rows and seconds of SkewStatisticsGen."""
    import tensorflow_data_validation  # noqa: F401  the executor imports it

    from skewgate.components.skew_statistics_gen.executor import Executor

    parameters = {"slices": json.dumps([[name] for name in slices]), "resolution": resolution}
    return _do(Executor, folder, parameters)


def scan(folder: pathlib.Path, slices: Sequence[str], resolution: int) -> tuple[int, float]:
    """Returns the rows and seconds of reading and decoding alone, in one thread."""
    from skewgate.components.support import tfrecords
    from skewgate.data.tf_example import coder

    start, rows = time.perf_counter(), 0
    for paths in splits_of(folder).values():
        records = [record for path in paths for record in tfrecords.read_records(path)]
        for first in range(0, len(records), _DECODED_ROWS):
            rows += coder.decode_batch(records[first : first + _DECODED_ROWS]).num_rows
    return rows, time.perf_counter() - start


TOOLS = {"stock": stock, "skewgate": skewgate, "scan": scan}


def main() -> None:
    """Runs one tool and prints what it measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool", choices=TOOLS)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--slices", nargs="*", default=[], help="features that make slices")
    parser.add_argument("--resolution", type=int, default=RESOLUTION, help="quantile buckets")
    options = parser.parse_args()
    rows, seconds = TOOLS[options.tool](options.folder, options.slices, options.resolution)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT / 1e9
    found = {"tool": options.tool, "rows": rows, "seconds": seconds, "peak_gb": peak}
    print(json.dumps(found, sort_keys=True))


if __name__ == "__main__":
    main()
