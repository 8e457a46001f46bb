"""Predictions joined with late labels by LabelJoiner: `.venv/bin/python -m benchmarks.labels`.

As many labels as predictions, in gzip TFRecord files of tf.Example (15 features of a prediction, 3
of a label), as a whole process on the DirectRunner with one worker. Prints Markdown.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks import markdown, measure, tools


def main() -> None:
    """Writes the files that are missing, measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[250_000, 1_000_000, 3_000_000])
    parser.add_argument("--timeout", type=float, default=3_600, help="seconds a run may take")
    parser.add_argument("--memory-limit", type=float, default=12, help="GB a run may take")
    options = parser.parse_args()
    lines, counts = [], []
    for rows in options.rows:
        for step in ("write", "join"):
            folder = tools.ROOT / f"benchmarks/.data/labels-{rows}"
            run = measure.run(
                [tools.PROJECT, "-m", "benchmarks.label_worker", step, folder, f"--rows={rows}"],
                folder=tools.ROOT,
                environment=tools.ENVIRONMENT,
                good_codes=frozenset({0}),
                timeout=options.timeout,
                memory_limit=int(options.memory_limit * (1 << 30)),
            )
            if run.error:
                sys.exit(f"{step} of {rows:,} rows: {run.error}")
        lines.append(
            [
                f"{rows:,} predictions, {rows:,} labels",
                f"{run.wall:.1f}",
                f"{run.cpu:.1f}",
                f"{2 * rows / run.wall:,.0f}",
                f"{run.peak / 1e9:.2f}",
            ]
        )
        counts.append(f"{rows:,} rows: {run.output.strip()}")
    print(markdown.table(["LabelJoiner", "wall s", "CPU s", "rows/s", "peak GB"], lines))
    print("\n".join(counts))


if __name__ == "__main__":
    main()
