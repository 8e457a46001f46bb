"""A compiled pipeline that `skewgate run --from-spec` runs task by task, killed and run again."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.faults.jobs import Job, Place
from tests.long import preloaded

FOLDER = "spec"
BUCKET = "gs://bucket"
COMMAND = "run --from-spec"
CODES = {"quiet": 0, "planted": 1}
ROWS = 800


def build(corpus: pathlib.Path, rows: dict[str, pathlib.Path]) -> None:
    """Compiles the pipeline, and puts its schema and rows where it finds them.

    Args:
        corpus: folder for it.
        rows: files of CSV, by kind.
    """
    from skewgate.kubeflow.compile import compiler, options

    folder = corpus / FOLDER
    store = folder / "objects" / "gs" / "bucket"
    (store / "schema").mkdir(parents=True)
    shutil.copy(corpus / "taxi" / "schema.pbtxt", store / "schema")
    for kind, path in rows.items():
        (store / kind).mkdir()
        lines = path.read_bytes().splitlines(keepends=True)
        (store / kind / "rows.csv").write_bytes(b"".join(lines[: ROWS + 1]))
    how = options.load(None, target="vertex", image="a/b:1", pipeline_root=f"{BUCKET}/taxi")
    compiled = compiler.compile_pipeline(_gate(), how)
    compiler.write(compiled, how, str(folder / "gate.json"))


def _gate() -> Any:
    from tfx.orchestration import pipeline

    from skewgate.components.quality_gate.component import QualityGate
    from skewgate.pipeline import settings
    from tests import validated_rows

    validating = validated_rows.nodes(BUCKET)
    return pipeline.Pipeline(
        pipeline_name="gate",
        pipeline_root="/nowhere",
        components=[*validating, QualityGate([validating[-1].outputs["skew_report"]])],
        beam_pipeline_args=list(settings.LOCAL_BEAM),
    )


def kills(moments: int) -> list[Job]:
    """Returns jobs that kill a run of the compiled pipeline."""
    return [
        Job("kills", COMMAND, f"time/{moment}", _kill(moment), True, 40.0)
        for moment in range(moments)
    ]


@contextlib.contextmanager
def _commands(place: Place) -> Iterator[str]:
    """Yields the command prefix that lets forked processes run the commands of containers."""
    path = place.folder.parent / "socket"
    reader, writer = os.pipe()
    server = os.fork()
    if not server:
        os.close(writer)
        os.dup2(reader, 0)
        sys.stdin = open(0)  # noqa: SIM115 (as long as the process)
        preloaded.serve(str(path))
        os._exit(0)
    os.close(reader)
    try:
        while not path.exists():
            time.sleep(0.01)
        yield shlex.join([sys.executable, str(pathlib.Path(preloaded.__file__)), "run", str(path)])
    finally:
        os.close(writer)
        if os.waitpid(server, os.WNOHANG) == (0, 0):
            time.sleep(0.2)
            os.kill(server, signal.SIGKILL)
            os.waitpid(server, 0)


def _kill(moment: int) -> Callable[[Place], None]:
    def work(place: Place) -> None:
        place.take(FOLDER)
        with _commands(place) as prefix:

            def words(kind: str) -> list[str]:
                data = f"data={BUCKET}/{kind}"
                given = ["--from-spec", f"{FOLDER}/gate.json", "--root", FOLDER]
                return ["run", *given, "--parameter", data, "--command-prefix", prefix]

            undisturbed = place.run(*words("quiet"))
            place.judge(undisturbed, (0,), memory=None)
            ended = place.kill_within(undisturbed.seconds, *words("quiet"))
            if not ended.killed:
                place.judge(ended, (0,), memory=None)
            _check_visible(place)
            kind = ("planted", "quiet")[moment % 2]
            ended = place.run(*words(kind))
            place.judge(ended, (CODES[kind],), memory=None)
            if ended.code == 1 and "payment_type" not in ended.err:
                place.fault("verdict: what was planted is not what failed")
            _check_visible(place)
        place.look([FOLDER])

    return work


def _check_visible(place: Place) -> None:
    for path in (place.folder / FOLDER).rglob("*.json"):
        if not any(part.startswith(".") for part in path.parts):
            try:
                json.loads(path.read_bytes())
            except ValueError:
                place.fault(f"half-written: {path.name} is visible")
