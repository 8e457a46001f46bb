"""How long skewgate and its peers take on the same files: `.venv/bin/python -m benchmarks.speed`.

Every tool runs as a process of its own, the tools in turn, and is measured whole: start, imports,
reading, comparing. Prints Markdown.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import itertools
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks import markdown, measure, tools
from benchmarks.measure import Measured
from benchmarks.tools import Distance, Tool

_VERSIONS = {
    tools.PROJECT: ("skewgate", "tensorflow-data-validation", "pyarrow", "numpy"),
    tools.PEERS: ("evidently", "nannyml", "whylogs", "datasketches", "scipy", "pandas", "pyarrow"),
}
_SHOWN_COLUMNS = ("normal", "heavy_tail", "trip_miles")


@dataclasses.dataclass(frozen=True)
class Data:
    """Two files of the same table."""

    title: str
    baseline: pathlib.Path
    current: pathlib.Path
    rows: int | None = None


def generate(folder: pathlib.Path, rows: int | None) -> None:
    """Writes the files of a size, or the taxi files, in a process of its own."""
    size = [] if rows is None else ["--rows", str(rows)]
    command = [tools.PROJECT, "-m", "benchmarks.dataset", str(folder), *size]
    subprocess.run(command, check=True, cwd=tools.ROOT)


def data_sets(folder: pathlib.Path, sizes: Sequence[int], taxi: bool) -> list[Data]:
    """Makes the files that are missing and lists the pairs to compare."""
    found = []
    for rows in sizes:
        place = folder / str(rows)
        generate(place, rows)
        sides = (place / "baseline.parquet", place / "current.parquet")
        found.append(Data(f"{rows:,} generated rows x 15 a side, Parquet", *sides, rows))
    if taxi:
        generate(folder / "taxi", None)
        for kind, suffix in (("Parquet", "parquet"), ("CSV", "csv")):
            sides = (folder / f"taxi/baseline.{suffix}", folder / f"taxi/current.{suffix}")
            found.append(Data(f"Chicago taxi, 2013-14 against 2016, {kind}", *sides))
    return found


def measure_all(
    data: Data, candidates: Sequence[Tool], options: argparse.Namespace
) -> dict[str, list[Measured]]:
    """Runs every tool in turn, as often as asked; one that fails is not run again."""
    results: dict[str, list[Measured]] = collections.defaultdict(list)
    for number in range(options.runs):
        for tool in candidates:
            if any(run.error for run in results[tool.name]):
                continue
            run = measure.run(
                tool.command(data.baseline, data.current),
                folder=tools.ROOT,
                environment=tools.ENVIRONMENT,
                good_codes=tool.good_codes,
                timeout=options.timeout,
                memory_limit=options.memory_limit,
            )
            results[tool.name].append(run)
            progress = run.error or f"{run.wall:.1f} s"
            print(f"{data.title}, run {number + 1}, {tool.name}: {progress}", file=sys.stderr)
    return results


def _median(runs: Sequence[Measured], field: str) -> float:
    return statistics.median(getattr(run, field) for run in runs)


def _row(tool: Tool, runs: Sequence[Measured], ours: Sequence[Measured]) -> list[str]:
    failed = next((run for run in runs if run.error), None)
    if failed:
        reason = " ".join(failed.error.split()).replace("|", "/")[:160]
        measured = [f"{failed.wall:.1f}", "", f"{failed.cpu:.1f}", "", f"{failed.peak / 1e9:.2f}"]
        return [tool.name, *measured, "", str(len(runs)), f"**{reason}**"]
    row = [tool.name]
    for field, unit, digits in (("wall", 1.0, 1), ("cpu", 1.0, 1), ("peak", 1e9, 2)):
        value = _median(runs, field)
        text = f"{value / unit:.{digits}f}"
        if field == "wall" and len(runs) > 1:
            walls = [run.wall for run in runs]
            text += f" ({min(walls):.1f}-{max(walls):.1f})"
        ratio = f"{value / _median(ours, field):.1f}" if ours else ""
        row += [text, ratio]
    return [*row, str(len(runs)), tool.compares]


def speed_table(candidates: Sequence[Tool], results: dict[str, list[Measured]]) -> str:
    """Returns medians and their ratios to skewgate's."""
    ours = [run for run in results.get(tools.SKEWGATE, []) if not run.error]
    head = ["tool", "wall s", "x", "CPU s", "x", "peak GB", "x", "runs", "compares"]
    return markdown.table(head, [_row(tool, results[tool.name], ours) for tool in candidates])


def distance_table(candidates: Sequence[Tool], results: dict[str, list[Measured]]) -> str:
    """Returns the KS distances that the tools report, beside SciPy's exact ones.

    Bounds stand beside a distance if the tool tells them: they are to hold the exact one.
    """
    found = {
        tool.name: tools.distances(results[tool.name][0].output)
        for tool in candidates
        if not results[tool.name][0].error
    }
    exact = found.get(tools.EXACT)
    if exact is None:
        return "SciPy gave no exact distances to compare with.\n"
    columns = [name for name in _SHOWN_COLUMNS if name in exact]
    rows = [
        [name, *itertools.chain(*(_distance(values.get(c), exact[c].value) for c in columns))]
        for name, values in found.items()
    ]
    head = [text for column in columns for text in (f"D of `{column}`", "off by")]
    return markdown.table(["tool", *head], rows)


def _distance(found: Distance | None, exact: float) -> tuple[str, str]:
    if found is None:
        return "not told", ""
    bounds = "" if found.bounds is None else " in [{:.6f}, {:.6f}]".format(*found.bounds)
    return f"{found.value:.6f}{bounds}", f"{found.value - exact:+.1e}"


def growth_table(measured: Sequence[tuple[Data, dict[str, list[Measured]]]]) -> str:
    """Returns by what factors time and memory grow from one generated size to the next."""
    sized = sorted(
        ((data.rows, results) for data, results in measured if data.rows), key=lambda p: p[0]
    )
    rows = []
    for (small, before), (large, after) in itertools.pairwise(sized):
        for name, runs in after.items():
            if any(run.error for run in [*before[name], *runs]):
                continue
            factors = [
                f"{_median(runs, field) / _median(before[name], field):.1f}"
                for field in ("wall", "cpu", "peak")
            ]
            rows.append([name, f"{small:,} to {large:,}", *factors])
    return markdown.table(["tool", "rows", "wall x", "CPU x", "peak x"], rows) if rows else ""


def machine() -> str:
    """Says where and with which versions this ran."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    lines = [
        f"{time.strftime('%Y-%m-%d')}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, {memory:.0f} GB of memory."
    ]
    for python, names in _VERSIONS.items():
        script = (
            "import importlib.metadata as m, platform, sys; print('Python', "
            "platform.python_version(), *(f', {n} {m.version(n)}' for n in sys.argv[1:]), sep=' ')"
        )
        answer = subprocess.run(
            [python, "-c", script, *names], check=True, capture_output=True, text=True
        )
        lines.append(answer.stdout.strip().replace(" ,", ",") + ".")
    return "  \n".join(lines) + "\n"


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parses the command line."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--timeout", type=float, default=1800, help="seconds for one run")
    parser.add_argument(
        "--memory-limit",
        type=lambda text: int(float(text) * 1e9),
        default=int(0.8 * total),
        metavar="GB",
        help="stop a tool that takes more (default: 80%% of the machine's)",
    )
    parser.add_argument("--only", nargs="+", metavar="WORD", help="tools whose name has a word")
    parser.add_argument("--no-taxi", action="store_true", help="leave the real files out")
    parser.add_argument("--out", type=pathlib.Path, help="write the Markdown here too")
    parser.add_argument(
        "--data", type=pathlib.Path, default=tools.ROOT / "benchmarks/.data", metavar="FOLDER"
    )
    return parser.parse_args(arguments)


def main() -> None:
    """Measures everything and prints the tables."""
    options = parse()
    parts = ["# Speed\n", machine()]
    measured = []
    for data in data_sets(options.data.resolve(), options.rows, not options.no_taxi):
        candidates = [
            tool
            for tool in (*tools.TOOLS, *(tools.WITHOUT_EMPTY if data.rows is None else ()))
            if not options.only or any(word.lower() in tool.name.lower() for word in options.only)
        ]
        results = measure_all(data, candidates, options)
        measured.append((data, results))
        parts += [f"## {data.title}\n", speed_table(candidates, results)]
        parts.append(distance_table(candidates, results))
    if growth := growth_table(measured):
        parts += ["## Growth with the rows\n", growth]
    text = "\n".join(parts)
    print(text)
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
