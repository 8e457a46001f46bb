"""Runs the campaign: `python -m tests.faults [--kind KIND] [--share S] [--seed N] [--jobs N]`."""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import re
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from tests.faults import jobs, plans, table
from tests.faults.jobs import Job

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
LONGEST = 900.0
"""Seconds after which a job that does not answer has broken the instrument."""


class Server:
    """A process that forks jobs."""

    def __init__(self, weight: str, root: pathlib.Path, options: argparse.Namespace) -> None:
        words = [str(root), str(options.seed), str(options.share), ",".join(options.kinds)]
        self._process = subprocess.Popen(
            [*_PYTHON, "-m", "tests.faults.server", weight, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=root / "path",
            env={**os.environ, "PYTHONPATH": str(root / "path"), **_QUIET},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self.output = self._process.stdin, self._process.stdout
        self.ready = False
        self._rest = b""

    def give(self, job: Job) -> None:
        """Has a job run."""
        self._input.write(f"{job.id}\n".encode())
        self._input.flush()

    def answers(self) -> list[str]:
        """Returns the lines that have come.

        Raises:
            RuntimeError: the server has ended.
        """
        content = os.read(self.output.fileno(), 1 << 16)
        if not content:
            raise RuntimeError("a server of jobs has ended")
        *lines, self._rest = (self._rest + content).split(b"\n")
        return [line.decode() for line in lines]

    def end(self) -> None:
        """Ends the server, which ends with its input."""
        self._input.close()
        self._process.wait()
        self.output.close()


_PYTHON = (sys.executable, "-W", "ignore::DeprecationWarning", "-W", "ignore::FutureWarning")
_QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}


def run(
    found: Sequence[Job], root: pathlib.Path, options: argparse.Namespace
) -> list[dict[str, Any]]:
    """Runs jobs, a few at a time, and returns their results."""
    from tests.faults.server import result_path

    for name in ("corpus", "jobs", "results", "path"):
        (root / name).mkdir()
    for name in ("skewgate", "tests"):  # and nothing else: `kubeflow` is a package of others, too
        (root / "path" / name).symlink_to(CHECKOUT / name)
    results = []
    light = [job for job in found if not job.heavy]
    heavy = sorted((job for job in found if job.heavy), key=lambda job: -job.weight)
    # One after the other: who builds the corpus of pipelines reads that of files.
    for weight, waiting in (("light", light), ("heavy", heavy)):
        if not waiting and weight == "heavy":
            continue
        server = Server(weight, root, options)
        try:
            results += _serve(server, waiting, options, lambda job: result_path(root, job))
        finally:
            server.end()
    return results


def _serve(
    server: Server, waiting: Sequence[Job], options: argparse.Namespace, path: Any
) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    left, running = list(reversed(waiting)), {}
    by_id = {job.id: job for job in waiting}
    with selectors.DefaultSelector() as selector:
        selector.register(server.output, selectors.EVENT_READ)
        while left or running or not server.ready:
            for answer in server.answers() if selector.select(timeout=5.0) else ():
                if answer == "ready":
                    server.ready = True
                    continue
                running.pop(answer)
                results.append(json.loads(path(answer).read_text()))
                _tell(results, len(waiting))
            for job, started in list(running.items()):
                if time.monotonic() - started > LONGEST:
                    running.pop(job)
                    results.append(jobs.unanswered(by_id[job]))
            while server.ready and left and len(running) < options.jobs:
                job = left.pop()
                running[job.id] = time.monotonic()
                server.give(job)
    return results


def _tell(results: Sequence[dict[str, Any]], total: int) -> None:
    """Says how far the campaign is, and what it has just found."""
    last = results[-1]
    for fault in last["faults"]:
        print(f"FAULT {last['id']}: {fault}", flush=True)
    if len(results) % 100 == 0:
        print(f"{len(results)} of {total} jobs", flush=True)


def main() -> int:
    """Runs the campaign and returns 0 if nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kind", dest="kinds", action="append", choices=plans.KINDS, default=[])
    parser.add_argument("--share", type=float, default=float(os.environ.get("SKEWGATE_FAULTS", 1)))
    parser.add_argument("--seed", type=int, default=18)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=pathlib.Path, help="file for all results")
    parser.add_argument("--only", default="", help="run only jobs whose id this pattern finds")
    parser.add_argument("--light", action="store_true", help="run no job that needs TensorFlow")
    parser.add_argument("--keep", action="store_true", help="keep the folders of jobs with faults")
    parser.add_argument("--list", action="store_true", help="list the jobs and run none")
    options = parser.parse_args()
    options.kinds = options.kinds or list(plans.KINDS)
    found = [
        job
        for job in plans.plan(options.kinds, options.share, options.seed)
        if re.search(options.only, job.id) and not (options.light and job.heavy)
    ]
    if options.list:
        print("\n".join(job.id for job in found))
        return 0
    started = time.monotonic()
    root = pathlib.Path(tempfile.mkdtemp(prefix="skewgate-faults-"))
    root.chmod(0o755)
    try:
        results = run(found, root, options)
    finally:
        if not options.keep:
            shutil.rmtree(root, ignore_errors=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    print(
        table.render(
            results,
            seed=options.seed,
            share=options.share,
            at_once=options.jobs,
            seconds=time.monotonic() - started,
        )
    )
    return int(any(result["faults"] for result in results))


if __name__ == "__main__":
    sys.exit(main())
