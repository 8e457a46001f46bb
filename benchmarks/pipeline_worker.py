"""Runs one TFX pipeline over two Parquet files: `python -m benchmarks.pipeline_worker FOLDER ROOT`.

TabularExampleGen and SkewStatisticsGen for each side, then DriftEvaluator with both sides'
examples connected, by LocalDagRunner. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import time
from typing import Any

from tfx.orchestration import metadata, pipeline

from benchmarks import dataset, tools
from skewgate.components.drift_evaluator.component import DriftEvaluator
from skewgate.components.skew_statistics_gen.component import SkewStatisticsGen
from skewgate.components.tabular_example_gen.component import TabularExampleGen
from skewgate.pipeline import local_runner
from skewgate.pipeline.settings import LOCAL_BEAM
from skewgate.report import report

SPLIT = "rows"


def nodes(folder: pathlib.Path) -> list[Any]:
    """Returns the nodes of a pipeline that compares the files of `dataset.SIDES`."""
    examples, statistics = {}, {}
    for side in dataset.SIDES:
        examples[side] = TabularExampleGen(
            input_base=str(folder),
            pattern=f"{side}.parquet",
            splits={"by": "all", "name": SPLIT},
        ).with_id(f"{side.title()}ExampleGen")
        statistics[side] = SkewStatisticsGen(examples=examples[side].outputs["examples"]).with_id(
            f"{side.title()}StatisticsGen"
        )
    baseline, current = dataset.SIDES
    drift = DriftEvaluator(
        statistics=statistics[current].outputs["statistics"],
        baseline_statistics=statistics[baseline].outputs["statistics"],
        examples=examples[current].outputs["examples"],
        baseline_examples=examples[baseline].outputs["examples"],
        config=(tools.ROOT / "benchmarks/drift.yaml").read_text(),
    )
    return [*examples.values(), *statistics.values(), drift]


def artifacts(database: str) -> list[Any]:
    """Returns every artifact of a metadata store, the oldest first."""
    from ml_metadata.metadata_store import metadata_store
    from ml_metadata.proto import metadata_store_pb2

    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = database
    found = metadata_store.MetadataStore(config).get_artifacts()
    return sorted(found, key=lambda artifact: int(artifact.id))


def main() -> None:
    """Runs the pipeline and prints what it took, what it counted and what it said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("root", type=pathlib.Path)
    options = parser.parse_args()
    root = options.root.resolve()
    root.mkdir(parents=True)
    database = str(root / "metadata.sqlite")
    made = pipeline.Pipeline(
        pipeline_name="pipeline-benchmark",
        pipeline_root=str(root / "artifacts"),
        components=nodes(options.folder.resolve()),
        enable_cache=False,
        metadata_connection_config=metadata.sqlite_metadata_connection_config(database),
        beam_pipeline_args=[*LOCAL_BEAM],
    )
    seconds: dict[str, float] = {}

    def progress(node: str, state: str, took: float) -> None:
        if state in local_runner.DONE:
            seconds[node] = took

    started = time.monotonic()
    local_runner.run(made, database, progress)
    total = time.monotonic() - started
    counted = [
        {name: value.int_value for name, value in artifact.custom_properties.items()}
        for artifact in artifacts(database)
        if artifact.type in ("Examples", "ExampleStatistics")
    ]
    (verdict,) = [a for a in artifacts(database) if a.type == "skewgate.DriftReport"]
    decided = report.read(verdict.uri)
    print(
        json.dumps(
            {
                "seconds": total,
                "nodes": seconds,
                "read": [counts["rows_read"] for counts in counted if "rows_read" in counts],
                "written_and_profiled": [counts[f"rows_{SPLIT}"] for counts in counted],
                "compared": [decided.baseline, decided.current],
                "status": decided.decision.status.value,
                "failed": sorted({result.feature for result in decided.decision.failures}),
            }
        )
    )


if __name__ == "__main__":
    main()
