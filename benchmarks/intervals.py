"""What confidence intervals cost: `.venv/bin/python -m benchmarks.intervals`.

The same logged predictions are evaluated by TFMA without intervals, with the jackknife of
PerformanceGate, and with both methods of TFMA: AUC and accuracy of all rows and five slices, on
the DirectRunner with one worker. Seconds are those of the run, without imports. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import sys

from benchmarks import intervals_worker, markdown, measure, tools

NAMES = {
    intervals_worker.NONE: "TFMA, no intervals",
    intervals_worker.OURS: "PerformanceGate's jackknife",
    intervals_worker.JACKKNIFE: "TFMA's jackknife",
    intervals_worker.BOOTSTRAP: "TFMA's Poisson bootstrap",
}


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[2_000, 20_000])
    parser.add_argument("--timeout", type=float, default=3_600, help="seconds a run may take")
    options = parser.parse_args()
    lines = []
    for rows in options.rows:
        seconds = {}
        for method, name in NAMES.items():
            run = measure.run(
                [tools.PROJECT, "-m", "benchmarks.intervals_worker", method, str(rows)],
                folder=tools.ROOT,
                environment=tools.ENVIRONMENT,
                good_codes=frozenset({0}),
                timeout=options.timeout,
                memory_limit=12 << 30,
            )
            if run.error:
                sys.exit(f"{name}: {run.error}")
            found = json.loads(run.output.splitlines()[-1])
            seconds[method] = found["seconds"]
            error = "" if found["error"] is None else f"{found['error']:.5f}"
            ratio = f"{found['seconds'] / seconds[intervals_worker.NONE]:.1f}"
            line = [f"{name}, {rows:,} rows", f"{found['seconds']:.1f}", ratio, error]
            lines.append([*line, f"{run.peak / 1e9:.2f}"])
            print(lines[-1], file=sys.stderr, flush=True)
    head = ["intervals", "seconds", "times no intervals", "standard error of AUC", "peak GB"]
    print(markdown.table(head, lines))


if __name__ == "__main__":
    main()
