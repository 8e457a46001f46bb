"""Which command needs which modules, and whether they work."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import subprocess
import sys

from skewgate.cli.health.problems import Problem

_COMPARE = """
import pyarrow, skewgate
table = pyarrow.table({"x": list(range(900))})
assert skewgate.compare(table, table).blessed
"""
_LONGEST_SECONDS = 300
_LONGEST_MESSAGE = 300


@dataclasses.dataclass(frozen=True)
class Command:
    """A command, or commands that need the same.

    Attributes:
        names: as they are typed.
        modules: that they import beside those of every command.
        extra: that brings these; "" for none.
    """

    names: tuple[str, ...]
    modules: tuple[str, ...] = ()
    extra: str = ""

    @property
    def missing(self) -> list[str]:
        """The modules that are not installed; nothing is imported but the packages they lie in."""
        return [name for name in self.modules if not _is_there(name)]


TFX = (
    "tfx",
    "tensorflow",
    "tensorflow_data_validation",
    "tensorflow_model_analysis",
    "apache_beam",
)
KFP = ("kfp", "kfp_server_api")
COMMANDS = (
    Command(("drift", "profile", "merge", "report", "simulate", "rehearse", "schema infer")),
    Command(("init", "capture")),
    Command(("collect",), ("httptools", "uvicorn"), "serve"),
    Command(("schema diff", "schema update"), ("tensorflow_data_validation",), "tfx"),
    Command(("run", "clean"), TFX, "tfx"),
    Command(("compile",), (*TFX, "kfp"), "kubeflow"),
    Command(("schedule kubeflow",), KFP, "kubeflow"),
    Command(("schedule vertex",), ("google.cloud.aiplatform_v1",), "tfx"),
)
"""`schema diff` of two schemas needs nothing, `schedule window` neither."""


def core_works() -> Problem | None:
    """Compares two small tables in a process of its own; returns what is wrong."""
    return _run("skewgate", _COMPARE, "pip install --force-reinstall skewgate")


def imports(command: Command) -> Problem | None:
    """Imports all that a command needs, in a process of its own; returns what is wrong."""
    code = "".join(f"import {name}\n" for name in command.modules)
    return _run(f"skewgate {command.names[0]}", code, "install what it names again")


def _run(where: str, code: str, fix: str) -> Problem | None:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_LONGEST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Problem(where, f"does not load within {_LONGEST_SECONDS} s", "check the machine")
    if done.returncode == 0:
        return None
    if done.returncode < 0:
        return Problem(where, f"crashes while it loads (signal {-done.returncode})", fix)
    said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["without a word"]
    return Problem(where, f"does not load: {said[-1][:_LONGEST_MESSAGE].rstrip('.')}", fix)


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
