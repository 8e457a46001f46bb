"""Ingest and statistics beside stock TFX and the limit: `.venv/bin/python -m benchmarks.ingest`.

Generated rows of 15 columns, as CSV and as Parquet, are ingested by stock ExampleGen, by
TabularExampleGen and by a pyarrow scan that writes nothing; the Examples that skewgate wrote are
profiled by stock StatisticsGen, by SkewStatisticsGen, and by a loop that only reads and decodes.
Every run is a process of its own; the tools take turns. Seconds are those of the executors, without
imports. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

import pyarrow.csv
import pyarrow.parquet

from benchmarks import dataset, markdown, measure, tools

STOCK, OURS, LIMIT = "stock", "skewgate", "scan"
INGEST = {
    STOCK: "stock ExampleGen",
    OURS: "TabularExampleGen",
    LIMIT: "pyarrow scan, nothing written",
}
PROFILE = {
    STOCK: "stock StatisticsGen, 10 buckets",
    f"{OURS} --resolution 10": "SkewStatisticsGen, 10 buckets",
    OURS: "SkewStatisticsGen, 500 buckets",
    LIMIT: "tfx_bsl reads and decodes, one thread",
}
PARTS = ("ingest", "profile")
_SLICE = "category_0"


def main() -> None:
    """Measures and prints two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3, help="runs of every tool")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--timeout", type=float, default=3_600, help="seconds a run may take")
    options = parser.parse_args()
    folder = tools.ROOT / f"benchmarks/.data/{options.rows}"
    folder.mkdir(parents=True, exist_ok=True)
    dataset.write_generated(folder, options.rows)
    parquet = folder / f"{dataset.SIDES[0]}.parquet"
    csv = parquet.with_suffix(".csv")
    pyarrow.csv.write_csv(pyarrow.parquet.read_table(parquet), csv)
    bench = _Bench(options.rows, options.runs, options.timeout)
    with tempfile.TemporaryDirectory(prefix="skewgate-ingest-") as temporary:
        written = pathlib.Path(temporary)
        if "ingest" in options.parts:
            for file in (csv, parquet):
                bench.compare(file.suffix[1:], _ingest(INGEST, file, written))
        if "profile" in options.parts:
            (command,) = _ingest({OURS: OURS}, parquet, written).values()
            bench.run(command)
            examples = str(written / OURS / "examples")
            for what, slices in (("", []), (f", by {_SLICE}", ["--slices", _SLICE])):
                commands = {
                    name: ["benchmarks.statistics_worker", *_call(tool, examples), *slices]
                    for tool, name in PROFILE.items()
                }
                bench.compare(f"profile{what}", commands)
    head = ["tool", "seconds", "rows/s", "times as fast as stock", "peak GB"]
    print(markdown.table(head, bench.lines))


def _ingest(
    names: dict[str, str], file: pathlib.Path, folder: pathlib.Path
) -> dict[str, list[str]]:
    """Returns the command of each tool, which writes below a folder."""
    return {
        name: ["benchmarks.ingest_worker", tool, str(file), str(folder / tool)]
        for tool, name in names.items()
    }


def _call(tool: str, examples: str) -> list[str]:
    name, *options = tool.split()
    return [name, examples, *options]


class _Bench:
    """Runs workers and keeps the lines of the table."""

    def __init__(self, rows: int, runs: int, timeout: float) -> None:
        self.lines: list[list[str]] = []
        self._rows, self._runs, self._timeout = rows, runs, timeout

    def compare(self, what: str, commands: dict[str, list[str]]) -> None:
        """Runs each command a few times, in turns.

        Args:
            what: is compared, for the names of the lines.
            commands: name to module and arguments; the first is stock TFX.
        """
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in commands}
        for _ in range(self._runs):
            for name, command in commands.items():
                found[name].append(self.run(command))
        (stock, *_) = (_median(runs, "seconds") for runs in found.values())
        for name, runs in found.items():
            seconds = _median(runs, "seconds")
            line = [f"{what}: {name}", f"{seconds:.2f}", f"{self._rows / seconds:,.0f}"]
            line += [f"{stock / seconds:.1f}", f"{_median(runs, 'peak_gb'):.2f}"]
            self.lines.append(line)
            print(line, file=sys.stderr, flush=True)

    def run(self, command: Sequence[str]) -> dict[str, Any]:
        """Runs a worker, for which what an earlier one wrote makes room."""
        if command[0] == "benchmarks.ingest_worker":
            shutil.rmtree(command[-1], ignore_errors=True)
        run = measure.run(
            [tools.PROJECT, "-m", *command],
            folder=tools.ROOT,
            environment=tools.ENVIRONMENT,
            good_codes=frozenset({0}),
            timeout=self._timeout,
            memory_limit=12 << 30,
        )
        if run.error:
            sys.exit(f"{' '.join(command)}: {run.error}")
        found: dict[str, Any] = json.loads(run.output.splitlines()[-1])
        if found["rows"] != self._rows:
            sys.exit(f"{' '.join(command)}: {found['rows']} rows of {self._rows}")
        return found


def _median(runs: Sequence[dict[str, Any]], field: str) -> float:
    return statistics.median(float(run[field]) for run in runs)


if __name__ == "__main__":
    main()
