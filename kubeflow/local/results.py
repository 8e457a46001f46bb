"""What became of the tasks of a local run, and what an earlier run knows of a task."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import pathlib
from typing import Any

from skewgate.core import fresh_imports, json_text, sealing, source_code
from skewgate.core.errors import EXIT_PASS
from skewgate.kubeflow.local.artifacts import Lists
from skewgate.kubeflow.local.spec import Task
from skewgate.kubeflow.local.stores import Stores
from skewgate.metrics import plugins
from skewgate.storage.atomic import write_atomically

COMPLETE, CACHED, FAILED, SHUT, SKIPPED = "COMPLETE", "CACHED", "FAILED", "SHUT", "SKIPPED"

Tree = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Result:
    """What became of a task.

    Attributes:
        state: COMPLETE, CACHED, FAILED, SHUT (a gate) or SKIPPED.
        exit_code: of the task; EXIT_USAGE for one that failed before it ran.
        message: why, unless the state is one of the first two.
        outputs: artifacts that it published.
        parameters: output parameters that it published.
    """

    state: str
    exit_code: int = EXIT_PASS
    message: str = ""
    outputs: Lists = dataclasses.field(default_factory=dict)
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)


class Cache:
    """Results of earlier runs, by what their tasks were given."""

    def __init__(self, folder: pathlib.Path, pipeline: str, stores: Stores) -> None:
        """Keeps results in a folder.

        Args:
            folder: of the results.
            pipeline: its name; as on a cluster no pipeline takes a result from another.
            stores: where artifacts are.
        """
        self._folder, self._pipeline, self._stores = folder, pipeline, stores

    def key(self, task: Task, content: Tree, driven: Tree) -> str:
        """Returns what a result is kept under.

        The code is that of this machine, which stands for the image.

        Args:
            task: the task.
            content: its executor input.
            driven: the executor output of its hook.
        """
        container = task.executor["container"]
        given = content["inputs"]["parameterValues"]
        fresh_imports.prepare(source_code.named(given))
        identity = {
            "pipeline": self._pipeline,
            "code": source_code.of_parameters(given, plugins.modules()),
            "container": {
                name: container.get(name) for name in ("image", "command", "args", "env")
            },
            "parameters": given | driven.get("parameterValues", {}),
            "inputs": content["inputs"]["artifacts"],
            "outputs": task.component.get("outputDefinitions", {}),
        }
        text = json.dumps(identity, sort_keys=True)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]

    def find(self, key: str) -> Result | None:
        """Returns a result of an earlier run all of whose artifacts are still there, or None.

        A result that is damaged is none: its task runs again.
        """
        path = self._folder / f"{key}.json"
        if not path.exists():
            return None
        kept = _read(path)
        if kept is None:
            return None
        uris = [each["uri"] for found in kept["outputs"].values() for each in found]
        if not all(map(self._stores.has, uris)):
            return None
        return Result(CACHED, outputs=kept["outputs"], parameters=kept["parameters"])

    def keep(self, key: str, result: Result) -> None:
        """Keeps a result."""
        kept = {"outputs": result.outputs, "parameters": result.parameters}
        text = json.dumps(sealing.seal_json(kept), indent=2, sort_keys=True)
        write_atomically(self._folder / f"{key}.json", text)


def _read(path: pathlib.Path) -> Tree | None:
    """Reads a result that was kept; None if it is damaged, which is told in the log."""
    try:
        content = json_text.load(path.read_bytes())
        if isinstance(content, dict):
            kept = sealing.unseal_json(content, str(path), "")
            if kept.keys() == {"outputs", "parameters"}:
                return kept
        problem = f"{path}: is not the result of a task"
    except sealing.DamagedError as error:
        problem = str(error)
    except ValueError as error:
        problem = f"{path}: is not JSON ({error})"
    logging.warning("The task runs again, because its stored result cannot be used: %s", problem)
    return None
