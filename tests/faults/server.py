"""Forks a process for each job, from one that has loaded the libraries and used nothing of them.

`python -m tests.faults.server light|heavy ROOT SEED SHARE KINDS` reads the ids of jobs from its
standard input, a line each, and writes each again when its result is in ROOT/results. It builds
its part of the corpus first, in a process of its own, and ends with its input.
"""

from __future__ import annotations

import codecs
import hashlib
import importlib
import json
import os
import pathlib
import pkgutil
import signal
import sys
import traceback

from tests.faults import jobs, plans

LIBRARIES = {
    "light": (
        "numpy",
        "pyarrow.csv",
        "pyarrow.feather",
        "pyarrow.json",
        "pyarrow.parquet",
        "pyarrow.dataset",
        "jinja2",
        "kfp.pipeline_spec",
        "tensorflow_metadata.proto.v0.schema_pb2",
    ),
    "heavy": (
        "pyarrow.parquet",
        "apache_beam",
        "tensorflow_data_validation",
        "tensorflow_model_analysis",
        "tfx.orchestration.local.local_dag_runner",
        "tfx.orchestration.kubeflow.v2.kubeflow_v2_dag_runner",
        "tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor",
        "tfx.components",
    ),
}
ENCODINGS = ("ascii", "latin-1", "cp1252", "utf-16", "utf-8-sig", "idna")
OURS = ("core", "storage", "data", "metrics", "statistics", "checks", "report", "simulation", "cli")
"""Packages of skewgate whose modules are loaded, too."""


def load(weight: str) -> None:
    """Loads the libraries, and the modules of skewgate that need nothing heavy."""
    for name in LIBRARIES[weight]:
        importlib.import_module(name)
    for name in ENCODINGS:  # which another user may not read from the disk
        codecs.lookup(name)
    for package in OURS:
        found = importlib.import_module(f"skewgate.{package}")
        for module in pkgutil.walk_packages(found.__path__, f"{found.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def result_path(root: pathlib.Path, job: str) -> pathlib.Path:
    """Returns where the result of a job is written."""
    return root / "results" / f"{hashlib.sha1(job.encode()).hexdigest()}.json"


def _build(weight: str, corpus: pathlib.Path, kinds: set[str]) -> None:
    """Builds this server's part of the corpus, in a process that uses the libraries."""
    child = os.fork()
    if not child:
        code = 1
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            if weight == "light":
                from tests.faults import corpus as corpus_lib

                corpus_lib.build(corpus)
            else:
                from tests.faults import roots

                roots.build(corpus, kinds)
            code = 0
        except BaseException:  # noqa: BLE001 (whatever it is, the parent must know)
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError(f"the {weight} part of the corpus cannot be built")


def serve(weight: str, root: pathlib.Path, seed: int, share: float, kinds: list[str]) -> None:
    """Runs jobs until the input ends."""
    load(weight)
    corpus = root / "corpus"
    _build(weight, corpus, set(kinds))
    found = {job.id: job for job in plans.plan(kinds, share, seed)}
    os.write(1, b"ready\n")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        job = found[line.strip()]
        if os.fork():
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        result = jobs.run(job, root / "jobs", corpus, seed)
        path = result_path(root, job.id)
        path.with_suffix(".part").write_text(json.dumps(result))
        path.with_suffix(".part").replace(path)
        os.write(1, f"{job.id}\n".encode())
        os._exit(0)


if __name__ == "__main__":
    which, place, number, part, names = sys.argv[1:]
    serve(which, pathlib.Path(place), int(number), float(part), names.split(","))
