"""Rows joined by key, beside TFDV's DetectFeatureSkew: `.venv/bin/python -m benchmarks.rows`.

Both read the same gzip TFRecord files of tf.Example (15 features, one of them the key; serving has
the rows in another order) and run as a whole process on the DirectRunner with one worker. Prints
Markdown, and whether the counts are equal.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from benchmarks import markdown, measure, tools

NAMES = {"skewgate": "skewgate, rows", "tfdv": "TFDV DetectFeatureSkew"}


def main() -> None:
    """Writes the files that are missing, measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[250_000, 1_000_000, 3_000_000])
    parser.add_argument(
        "--peer-rows", type=int, nargs="*", default=[250_000, 1_000_000], help="TFDV's numbers"
    )
    parser.add_argument("--timeout", type=float, default=3_600, help="seconds a run may take")
    parser.add_argument("--memory-limit", type=float, default=12, help="GB a run may take")
    options = parser.parse_args()
    lines, verdicts = [], []
    for rows in sorted({*options.rows, *options.peer_rows}):
        runs = _measure(rows, options)
        for tool, run in runs.items():
            slower = run.wall / runs["skewgate"].wall if "skewgate" in runs else 1.0
            lines.append(
                [
                    f"{NAMES[tool]}, {rows:,} a side",
                    f"{run.wall:.1f}",
                    f"{run.cpu:.1f}",
                    f"{(2 * rows - rows // 100) / run.wall:,.0f}",
                    f"{run.peak / 1e9:.2f}",
                    run.error or f"{slower:.1f}",
                ]
            )
        outputs = [json.loads(run.output) for run in runs.values() if not run.error]
        if len(outputs) == len(NAMES):
            same = outputs[0] == outputs[1]
            verdicts.append(f"{rows:,} rows: the counts {'are equal' if same else 'DIFFER'}.")
    head = ["tool", "wall s", "CPU s", "rows/s", "peak GB", "times skewgate's wall time"]
    print(markdown.table(head, lines))
    print("\n".join(verdicts))
    sys.exit(any("DIFFER" in verdict for verdict in verdicts))


def _measure(rows: int, options: Any) -> dict[str, measure.Measured]:
    folder = tools.ROOT / f"benchmarks/.data/rows-{rows}"
    wanted = {"skewgate": options.rows, "tfdv": options.peer_rows}
    commands = {"write": ["benchmarks.row_data", str(folder), "--rows", str(rows)]}
    commands |= {
        tool: ["benchmarks.row_worker", tool, str(folder)]
        for tool, sizes in wanted.items()
        if rows in sizes
    }
    runs = {
        name: measure.run(
            [tools.PROJECT, "-m", *command],
            folder=tools.ROOT,
            environment=tools.ENVIRONMENT,
            good_codes=frozenset({0}),
            timeout=options.timeout,
            memory_limit=int(options.memory_limit * (1 << 30)),
        )
        for name, command in commands.items()
    }
    if error := runs.pop("write").error:
        sys.exit(f"the rows could not be written: {error}")
    return runs


if __name__ == "__main__":
    main()
