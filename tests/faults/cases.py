"""A case of every command: how it is called, what it reads and what it writes.

A command of `skewgate.cli.parser` without a case fails `test_cases.py`.
"""

from __future__ import annotations

import argparse
import dataclasses
import pathlib
import shlex
from collections.abc import Iterator, Mapping

from skewgate.cli.parser import build_parser
from tests.faults.corpus import STATISTICS, TABLES


@dataclasses.dataclass(frozen=True)
class Case:
    """A way to call a command.

    Attributes:
        command: its words, such as "schema infer".
        name: of the case among those of the command.
        words: all words; {role} stands for a file, and {role_folder} for the folder it is in.
        reads: the files that it reads, by role: the first is the good one, the others are the same
            in other formats.
        takes: files and folders of the corpus that must be there beside.
        writes: what it may leave in its folder.
        codes: the exit codes of good files.
        heavy: whether it needs TensorFlow or TFX.
        seconds: it takes about.
        other: the files of another run, by role, which must not be influenced by an earlier one.
        other_codes: its exit codes.
        again: words that a run needs whose results are there already.
    """

    command: str
    name: str
    words: tuple[str, ...]
    reads: Mapping[str, tuple[str, ...]]
    takes: tuple[str, ...] = ()
    writes: tuple[str, ...] = ("out",)
    codes: tuple[int, ...] = (0,)
    heavy: bool = False
    seconds: float = 0.2
    other: Mapping[str, str] = dataclasses.field(default_factory=dict)
    other_codes: tuple[int, ...] = (0,)
    again: tuple[str, ...] = ()

    def line(self, files: Mapping[str, str] = {}) -> list[str]:
        """Returns the words with files in the place of roles; good ones unless others are given."""
        good = {role: names[0] for role, names in self.reads.items()}
        chosen = {**good, **files}
        folders = {
            f"{role}_folder": str(pathlib.Path(name).parent) for role, name in chosen.items()
        }
        return [word.format(**chosen, **folders) for word in self.words]


def _case(
    command: str, name: str, line: str, reads: dict[str, tuple[str, ...]], **more: object
) -> Case:
    return Case(command, name, (*command.split(), *shlex.split(line)), reads, **more)  # type: ignore[arg-type]


_DATA = (*TABLES, *STATISTICS)
_RUN = {"root", "pipeline.json", "pipeline.yaml", "out"}
_TAXI = ("taxi",)
_CONTRACTS = {
    "settings": ("taxi/pipeline.yaml",),
    "skew": ("taxi/skew.yaml",),
    "performance": ("taxi/performance.yaml",),
    "evaluation": ("taxi/monitoring_eval_config.pbtxt",),
    "drift": ("taxi/drift.yaml",),
    "schema": ("taxi/schema.pbtxt",),
}
CASES = (
    _case(
        "drift",
        "files",
        "{current} {baseline} --config {config} --schema {schema} --out out --quiet",
        {
            "current": _DATA,
            "baseline": ("same.parquet",),
            "config": ("drift.yaml",),
            "schema": ("schema.pbtxt",),
        },
        other={"current": "many-drifted.parquet"},
        other_codes=(1,),
    ),
    _case(
        "drift",
        "json",
        "{baseline} {current} --json --quiet",
        {"baseline": ("same.csv",), "current": _DATA},
        codes=(3,),
    ),
    _case(
        "drift",
        "markdown",
        "{current} {baseline} --format markdown --quiet",
        {"current": _DATA, "baseline": ("same.parquet",)},
        codes=(3,),
    ),
    _case(
        "profile",
        "slices",
        "{data} --schema {schema} --slices paid --out out.pb --quiet",
        {"data": TABLES, "schema": ("schema.pbtxt",)},
        writes=("out.pb",),
        other={"data": "many.parquet"},
    ),
    _case(
        "merge",
        "two",
        "{one} {other} --out out.pb",
        {"one": STATISTICS, "other": ("same.pb",)},
        writes=("out.pb",),
        other={"one": "same.pb"},
    ),
    _case(
        "report",
        "one",
        "{report_folder} --out out.html",
        {"report": ("reports/report-1/report.json",)},
        takes=("reports",),
        writes=("out.html", "reports"),
        other={"report": "reports/report-0/report.json"},
    ),
    _case(
        "report",
        "many",
        "reports {report_folder} --out out.html --json",
        {"report": ("reports/report-0/report.json",)},
        takes=("reports",),
        writes=("out.html", "reports"),
    ),
    _case(
        "schema infer",
        "data",
        "{data} --out out.pbtxt --label paid --quiet",
        {"data": _DATA},
        writes=("out.pbtxt",),
        heavy=True,
        other={"data": "many.parquet"},
        again=("--force",),
    ),
    _case(
        "schema diff",
        "schemas",
        "{one} {other}",
        {"one": ("schema.pbtxt",), "other": ("other.pbtxt",)},
        codes=(1,),
    ),
    _case(
        "schema diff",
        "data",
        "{schema} {data} --quiet --unified",
        {"schema": ("schema.pbtxt",), "data": _DATA},
        codes=(0, 1),
        heavy=True,
    ),
    _case(
        "schema update",
        "data",
        "{schema} {data} --all --out out.pbtxt --quiet",
        {"schema": ("other.pbtxt",), "data": _DATA},
        writes=("out.pbtxt",),
        heavy=True,
        other={"data": "many.parquet"},
        again=("--force",),
    ),
    _case(
        "simulate",
        "spec",
        "{data} --spec {spec} --schema {schema} --out out --quiet",
        {"data": TABLES, "spec": ("simulation.yaml",), "schema": ("schema.pbtxt",)},
        other={"data": "many.parquet"},
        again=("--force",),
    ),
    _case(
        "rehearse",
        "spec",
        "{data} --spec {spec} --config {config} --schema {schema} --false-alarms 0.3 --out out "
        "--quiet",
        {
            "data": TABLES,
            "spec": ("rehearsal.yaml",),
            "config": ("drift.yaml",),
            "schema": ("schema.pbtxt",),
        },
        other={"data": "same.csv"},
        seconds=0.5,
    ),
    _case(
        "capture",
        "jsonl",
        "{source} --config {config} --out out --quiet",
        {"source": ("served.jsonl", "served.jsonl.gz"), "config": ("capture.yaml",)},
        other={"source": "many-served.jsonl"},
        again=("--force",),
    ),
    _case(
        "init",
        "data",
        "{data} --serving {serving} --label paid --out out --quiet",
        {"data": TABLES, "serving": ("same.csv",)},
        other={"data": "many.parquet"},
        again=("--force",),
        seconds=2.5,
    ),
    _case(
        "run",
        "from-spec",
        "--from-spec {spec} --root root --parameter unknown=1",
        {"spec": ("kubeflow.yaml", "vertex.json")},
        writes=("root",),
        codes=(2,),
    ),
    _case(
        "run",
        "monitoring",
        "monitoring --config {settings}",
        _CONTRACTS,
        takes=_TAXI,
        writes=("root", "taxi"),
        codes=(2,),  # no model has been pushed
        heavy=True,
        seconds=3,
    ),
    _case(
        "compile",
        "kubeflow",
        "monitoring --target kubeflow --image a/b:1 --pipeline-root minio://bucket/x "
        "--config {settings} --out out.yaml",
        _CONTRACTS,
        takes=_TAXI,
        writes=("out.yaml", "root", "taxi"),
        heavy=True,
        seconds=1,
        other={"settings": "taxi/late.yaml"},
    ),
    _case(
        "compile",
        "labels",
        "monitoring --options {options} --config {settings} --out out.json",
        {
            "options": ("options.yaml",),
            "settings": ("taxi/late.yaml",),
            "labels": ("taxi/labels.yaml",),
        },
        takes=_TAXI,
        writes=("out.json", "root", "taxi"),
        heavy=True,
        seconds=1,
    ),
    _case(
        "clean",
        "settings",
        "--config {settings}",
        {"settings": ("taxi/clean.yaml",), "drift": ("taxi/drift.yaml",)},
        takes=_TAXI,
        writes=("root", "taxi"),
        heavy=True,
        seconds=1,
    ),
    _case(
        "schedule kubeflow",
        "dry",
        "{spec} --host http://127.0.0.1:9 --name n --cron '0 6 * * *' --time-parameter data "
        "--dry-run",
        {"spec": ("kubeflow.yaml",)},
    ),
    _case(
        "schedule vertex",
        "dry",
        "{spec} --project p --location europe-west4 --name n --cron '0 6 * * *' "
        "--time-parameter data --dry-run",
        {"spec": ("vertex.json",)},
    ),
    _case(
        "collect",
        "files",
        # No address of this machine: it reads its files, and ends.
        "--out out --host 192.0.2.1 --token-file {token} --tls-cert {certificate} --tls-key {key} "
        "--tls-client-ca {authority}",
        {
            "token": ("collect/token",),
            "certificate": ("collect/server.pem",),
            "key": ("collect/server.key",),
            "authority": ("collect/authority.pem",),
        },
        codes=(2,),
    ),
    _case("schedule window", "time", "2026-11-25T06:00:00Z --every 1d --name", {}, writes=()),
    _case("doctor", "json", "--json", {}, writes=()),
    _case("completion", "bash", "bash", {}, writes=()),
)


def commands(parser: argparse.ArgumentParser | None = None, before: str = "") -> Iterator[str]:
    """Yields every command of the command line that does something, such as "schema infer"."""
    parser = parser or build_parser()
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield before
    for action in below:
        for name, each in action.choices.items():
            yield from commands(each, f"{before} {name}".strip())


def of(command: str) -> list[Case]:
    """Returns the cases of a command."""
    return [case for case in CASES if case.command == command]
