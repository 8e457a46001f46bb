"""How often the tools' defaults are right: `.venv/bin/python -m benchmarks.quality`.

Counts false alarms where nothing changed, and detections of planted shifts, by sample size. Every
tool judges the same samples, drawn from fixed seeds, in a worker of its own environment. Prints
Markdown: shares with Wilson's 95% interval and the number of runs.
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks import dataset, judges, markdown, samples, tools

SIZES = (50, 200, 1000, 10_000, 100_000, 1_000_000)
_PYTHON = {"skewgate": tools.PROJECT, "evidently": tools.PEERS, "nannyml": tools.PEERS}
_VERDICTS = {
    "skewgate": (judges.FAIL, judges.UNSURE),
    "evidently": (judges.COLUMN, judges.WHOLE),
    "nannyml": (judges.ONE_CHUNK, judges.TEN_CHUNKS),
}
_ALARMS = [verdict for verdicts in _VERDICTS.values() for verdict in verdicts]
_EQUAL_RUNS = {
    "skewgate": (1000, 1000, 1000, 500, 100, 20),
    "evidently": (120, 120, 120, 50, 15, 3),
    "nannyml": (300, 300, 300, 100, 20, 4),
}
_SHIFT_RUNS = {
    "skewgate": (400, 400, 400, 200, 40, 6),
    "evidently": (150, 150, 100, 40, 15, 2),
    "nannyml": (200, 200, 100, 50, 20, 3),
}
"""Runs by size, as many as fit into half an hour on two cores."""


@dataclasses.dataclass(frozen=True)
class Case:
    """Comparisons of one kind: `shift` "" is for equal sides."""

    tool: str
    shift: str
    n: int


Answers = dict[Case, list[dict[str, Any]]]


class Worker:
    """A process that judges samples; it is started anew if it dies."""

    def __init__(self, tool: str, taxi: pathlib.Path) -> None:
        python = _PYTHON[tool]
        self._command = [python, "-m", "benchmarks.quality_worker", tool, str(taxi)]
        self._process: subprocess.Popen[str] | None = None

    def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        """Returns the worker's answer: "verdicts", or the "error" that it met."""
        if self._process is None:
            self._process = subprocess.Popen(
                self._command,
                cwd=tools.ROOT,
                env={**os.environ, **tools.ENVIRONMENT},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if line:
            return json.loads(line)
        code, self._process = self._process.wait(), None
        return {"error": f"the worker ended with {code}"}

    def close(self) -> None:
        """Lets the worker end."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait()


def _features(case: Case) -> list[str]:
    """Names the features to judge.

    The peers judge every column by itself, so that of a planted shift they get its column alone,
    which saves their time; skewgate corrects for all checks and gets all.
    """
    if case.shift and case.tool != "skewgate":
        return [shift.feature for shift in samples.SHIFTS if shift.name == case.shift]
    return list(samples.FEATURES)


def judge_all(tool: str, runs: dict[Case, int], taxi: pathlib.Path) -> Answers:
    """Runs all cases of a tool; reports progress on stderr."""
    worker = Worker(tool, taxi)
    answers: Answers = {}
    for case, count in runs.items():
        start = time.perf_counter()
        job = {"n": case.n, "shift": case.shift, "features": _features(case)}
        answers[case] = [worker.ask({**job, "run": run}) for run in range(count)]
        seconds = time.perf_counter() - start
        what = case.shift or "equal"
        print(f"{tool}, {what}, n = {case.n}: {count} runs, {seconds:.0f} s", file=sys.stderr)
    worker.close()
    return answers


def plan(tool: str, sizes: Iterable[int], factor: float) -> dict[Case, int]:
    """Returns how often to run each case of a tool."""
    found = {}
    for shift in ("", *(shift.name for shift in samples.SHIFTS)):
        counts = dict(zip(SIZES, (_SHIFT_RUNS if shift else _EQUAL_RUNS)[tool], strict=True))
        for n in sizes:
            found[Case(tool, shift, n)] = max(1, round(counts[n] * factor))
    return found


def _cell(answers: Sequence[dict[str, Any]], verdict: str, feature: str | None) -> str:
    """Returns the share of runs with a verdict, on a feature or on any."""
    named = [answer["verdicts"][verdict] for answer in answers if "verdicts" in answer]
    hits = sum(bool(names) if feature is None else feature in names for names in named)
    crashed = len(answers) - len(named)
    return markdown.share(hits, len(named)) + (f", {crashed} crashed" if crashed else "")


def shares_table(answers: Answers, sizes: Sequence[int], shift: samples.Shift | None) -> str:
    """Returns the shares of runs with each verdict, by size."""
    rows = []
    for tool, verdicts in _VERDICTS.items():
        for verdict in verdicts:
            if shift is not None and verdict == judges.WHOLE:
                continue  # one shifted column of 15 is never half of them
            cases = [Case(tool, shift.name if shift else "", n) for n in sizes]
            if cases[0] in answers:
                feature = shift.feature if shift else None
                rows.append([verdict, *(_cell(answers[c], verdict, feature) for c in cases)])
    return markdown.table(["verdict", *(f"n = {n:,}" for n in sizes)], rows)


def features_table(answers: Answers) -> str:
    """Returns the features that were named most where nothing changed, over all sizes."""
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for case, found in answers.items():
        for answer in found if not case.shift else ():
            for verdict, names in answer.get("verdicts", {}).items():
                counts[verdict].update(names)
    rows = [
        [verdict, ", ".join(f"{name} {times}" for name, times in counts[verdict].most_common(5))]
        for verdict in _ALARMS
        if verdict != judges.WHOLE and counts[verdict]
    ]
    return markdown.table(["verdict", "features named, and how often"], rows)


def errors_table(answers: Answers) -> str:
    """Returns what the tools crashed with."""
    counts = collections.Counter(
        (case.tool, case.n, " ".join(answer["error"].split()).replace("|", "/")[:160])
        for case, found in answers.items()
        for answer in found
        if "error" in answer
    )
    rows = [[tool, str(n), str(times), error] for (tool, n, error), times in counts.items()]
    return markdown.table(["tool", "n", "times", "error"], rows) if rows else ""


def render(answers: Answers, sizes: Sequence[int], unit_distance: float) -> str:
    """Returns the tables."""
    parts = [
        "# Quality of the decisions\n",
        f"{len(samples.FEATURES)} features, n rows a side. Cells: share of runs (Wilson's 95% "
        "interval; runs).\n",
        "## Nothing changed: runs with the verdict on any feature\n",
        shares_table(answers, sizes, None),
        features_table(answers),
    ]
    for shift in samples.SHIFTS:
        size = f": KS {unit_distance:.3f}" if shift.name == "unit" else ""
        parts += [f"## Planted on `{shift.feature}`: {shift.title}{size}\n"]
        parts += [shares_table(answers, sizes, shift)]
    if errors := errors_table(answers):
        parts += ["## Crashes\n", errors]
    return "\n".join(parts)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parses the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--tools", nargs="+", choices=sorted(_VERDICTS), default=list(_VERDICTS))
    parser.add_argument("--factor", type=float, default=1.0, help="multiplies the numbers of runs")
    parser.add_argument("--jobs", type=int, default=2, help="tools that run at once")
    parser.add_argument("--out", type=pathlib.Path, help="write the Markdown here too")
    return parser.parse_args(arguments)


def main() -> None:
    """Judges everything and prints the tables."""
    options = parse()
    taxi = tools.ROOT / "benchmarks/.data/taxi.npz"
    dataset.write_taxi_columns(taxi)
    answers: Answers = {}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        work = [
            pool.submit(judge_all, tool, plan(tool, options.sizes, options.factor), taxi)
            for tool in options.tools
        ]
        for done in work:
            answers |= done.result()
    text = render(answers, options.sizes, samples.unit_distance(samples.load_taxi(taxi)))
    print(text)
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
