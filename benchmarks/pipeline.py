"""From Parquet to a drift verdict through TFX: `.venv/bin/python -m benchmarks.pipeline`.

Two files of so many rows by 15 columns go through a TFX pipeline on LocalDagRunner: ingest,
statistics and drift of each side, in one fresh process. Fails if a row is not counted at every
station. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import shutil
import sys
import tempfile

from benchmarks import markdown, measure, tools


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 5_000_000])
    parser.add_argument("--timeout", type=float, default=3_600, help="seconds a run may take")
    options = parser.parse_args()
    lines, steps = [], []
    for rows in options.rows:
        folder = tools.ROOT / f"benchmarks/.data/{rows}"
        _run(["-m", "benchmarks.dataset", str(folder), "--rows", str(rows)], options.timeout)
        root = pathlib.Path(tempfile.mkdtemp(prefix="skewgate-pipeline-"))
        try:
            worker = ["-m", "benchmarks.pipeline_worker", str(folder), str(root / "run")]
            run = _run(worker, options.timeout)
        finally:
            shutil.rmtree(root)
        found = json.loads(run.output.splitlines()[-1])
        if found["read"] != [rows] * 2 or found["written_and_profiled"] != [rows] * 4:
            sys.exit(f"rows were lost or duplicated: {found}")
        name = f"{rows:,} rows a side"
        numbers = [
            f"{run.wall:.1f}",
            f"{found['seconds']:.1f}",
            f"{2 * rows / found['seconds']:,.0f}",
        ]
        lines.append(
            [name, *numbers, f"{run.peak / 1e9:.2f}", found["status"], ", ".join(found["failed"])]
        )
        steps += [[f"{node}, {name}", f"{took:.1f}"] for node, took in found["nodes"].items()]
        print(lines[-1], steps[-5:], file=sys.stderr, flush=True)
    head = ["pipeline", "process s", "run s", "rows/s", "peak GB", "verdict", "features that fail"]
    print(markdown.table(head, lines))
    print(markdown.table(["node", "seconds"], steps))


def _run(command: list[str], timeout: float) -> measure.Measured:
    run = measure.run(
        [tools.PROJECT, *command],
        folder=tools.ROOT,
        environment=tools.ENVIRONMENT,
        good_codes=frozenset({0}),
        timeout=timeout,
        memory_limit=12 << 30,
    )
    if run.error:
        sys.exit(f"{' '.join(command)}: {run.error}")
    return run


if __name__ == "__main__":
    main()
