"""Logged events to rows by `skewgate capture`: `.venv/bin/python -m benchmarks.capture`.

Events of KServe's logger, requests of one taxi trip of 8 features and their responses, against a
loop over json.loads that joins them in a dictionary and writes one Parquet file, and checks
nothing. Seconds are those of the reading, without imports. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import sys

from benchmarks import markdown, measure, tools


def main() -> None:
    """Writes the logs that are missing, measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=3, help="runs, of which the fastest counts")
    parser.add_argument("--timeout", type=float, default=600, help="seconds a run may take")
    parser.add_argument("--memory-limit", type=float, default=8, help="GB a run may take")
    options = parser.parse_args()
    lines = []
    for events in options.events:
        log = tools.ROOT / f"benchmarks/.data/capture-{events}.jsonl"
        steps = ["loop", "capture"] * options.repeat
        best: dict[str, dict[str, float]] = {}
        for step in steps if log.exists() else ["write", *steps]:
            run = measure.run(
                [
                    *(sys.executable, "-m", "benchmarks.capture_worker"),
                    *(step, str(log), f"--events={events}"),
                ],
                folder=tools.ROOT,
                environment=tools.ENVIRONMENT,
                good_codes=frozenset({0}),
                timeout=options.timeout,
                memory_limit=int(options.memory_limit * (1 << 30)),
            )
            if run.error:
                sys.exit(f"{step} of {events:,} events: {run.error}")
            found = {**json.loads(run.output), "peak": run.peak}
            if step not in best or found["wall"] < best[step]["wall"]:
                best[step] = found
        if best["loop"]["rows"] != best["capture"]["rows"]:
            sys.exit(f"{events:,} events: the rows differ")
        for step in ("loop", "capture"):
            one = best[step]
            lines.append(
                [
                    f"{events:,} events, {step}",
                    f"{one['wall']:.2f}",
                    f"{one['cpu']:.2f}",
                    f"{events / one['wall']:,.0f}",
                    f"{one['peak'] / 1e9:.2f}",
                    f"{best['loop']['wall'] / one['wall']:.1f}",
                    f"{best['loop']['cpu'] / one['cpu']:.1f}",
                ]
            )
    head = ["log of KServe", "wall s", "CPU s", "events/s", "peak GB", "times loop", "by CPU"]
    print(markdown.table(head, lines))


if __name__ == "__main__":
    main()
