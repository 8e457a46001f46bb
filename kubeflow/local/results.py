"""What became of the tasks of a local run, and what an earlier run knows of a task."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pathlib
from typing import Any

from skewgate.core import fresh_imports, json_text, source_code, yaml_model
from skewgate.core.errors import EXIT_PASS, InputError
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

        Raises:
            InputError: what was kept is no result.
        """
        path = self._folder / f"{key}.json"
        if not path.exists():
            return None
        fix = "delete it: the task then runs again"
        kept = json_text.parse(yaml_model.read_text(path), str(path), fix)
        try:
            uris = [each["uri"] for found in kept["outputs"].values() for each in found]
            parameters = dict(kept["parameters"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(str(path), "is no result of a task", fix) from error
        if not all(map(self._stores.has, uris)):
            return None
        return Result(CACHED, outputs=kept["outputs"], parameters=parameters)

    def keep(self, key: str, result: Result) -> None:
        """Keeps a result."""
        kept = {"outputs": result.outputs, "parameters": result.parameters}
        text = json.dumps(kept, indent=2, sort_keys=True)
        write_atomically(self._folder / f"{key}.json", text)
