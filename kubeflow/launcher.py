"""Runs a compiled pipeline without a cluster: plays the part of its driver and its launcher."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pathlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from skewgate.errors import EXIT_PASS, InputError
from skewgate.files import write_atomically
from skewgate.kubeflow import artifacts, parameters, tasks
from skewgate.kubeflow.artifacts import Lists
from skewgate.kubeflow.options import is_local
from skewgate.kubeflow.spec import Spec, Task
from skewgate.kubeflow.tasks import Ended, Place
from skewgate.mounts import Mounts

COMPLETE, CACHED, FAILED, SHUT, SKIPPED = "COMPLETE", "CACHED", "FAILED", "SHUT", "SKIPPED"
Progress = Callable[[str, str, float], None]
"""Called with a task's name, "started" or the state it ended in, and the seconds it took."""

_SCHEMES = ("gs", "minio", "s3")

Tree = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Result:
    """What became of a task.

    Attributes:
        state: COMPLETE, CACHED, FAILED, SHUT (a gate) or SKIPPED.
        exit_code: of the task; EXIT_USAGE for one that failed before it ran.
        message: why, if the state is none of the first two.
        outputs: artifacts that it published.
        parameters: output parameters that it published.
    """

    state: str
    exit_code: int = EXIT_PASS
    message: str = ""
    outputs: Lists = dataclasses.field(default_factory=dict)
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)


class Launcher:
    """Runs a pipeline once.

    A task that fails stops what depends on it, and nothing else, as on a cluster. What is known of
    the run is in `folder`/runs/<run id>: run.json with the state of each task, and for each task
    a folder with its executor input, its executor output and its log.
    """

    def __init__(
        self,
        spec: Spec,
        folder: pathlib.Path,
        given: Mapping[str, Any],
        *,
        command_prefix: tuple[str, ...] = (),
        use_cache: bool = False,
        progress: Progress,
    ) -> None:
        """Makes the folder of the run.

        Args:
            spec: what to run.
            folder: for everything that is written, object stores included. Only where the root
                of the pipeline is a local path its artifacts go to that path.
            given: values of runtime parameters.
            command_prefix: see `tasks.Place`.
            use_cache: takes up results of earlier runs in this folder, of tasks whose caching is
                on and whose command, parameters and inputs are the same.
            progress: told of each task.

        Raises:
            InputError: a parameter is unknown, misses a value or does not fit, or the folder or
                the root cannot be written.
        """
        self._spec, self._progress, self._use_cache = spec, progress, use_cache
        self._values = parameters.resolve(spec.parameters, given)
        missing = [each.name for each in spec.parameters if each.name not in self._values]
        if missing:
            raise InputError(
                f"parameter {missing[0]}", "has no value", f"give --parameter {missing[0]}=VALUE"
            )
        self._folder = folder.resolve()
        mounts = Mounts({f"{each}://": f"{self._folder}/objects/{each}/" for each in _SCHEMES})
        self._place = Place(command_prefix, mounts, spec.target)
        self.run_folder = self._make_run_folder()
        root = spec.root.rstrip("/") or str(self._folder / "artifacts")
        self._root_uri = f"{root}/{spec.name}/{self.run_folder.name}"
        if is_local(root):
            _make(pathlib.Path(self._root_uri))
        self._results: dict[str, Result] = {}

    def _make_run_folder(self) -> pathlib.Path:
        """Makes the folder of this run under a name that no other has."""
        runs, name = self._folder / "runs", time.strftime("%Y%m%dT%H%M%S")
        _make(runs)
        count = 1
        while True:
            found = runs / (name if count == 1 else f"{name}-{count}")
            try:
                found.mkdir()
            except FileExistsError:
                count += 1
            else:
                return found

    @property
    def mounts(self) -> Mounts:
        """The folders that stand for object stores."""
        return self._place.mounts

    def run(self) -> dict[str, Result]:
        """Runs each task whose upstream tasks went through, and returns what became of all."""
        for task in self._spec.tasks:
            self._progress(task.name, "started", 0.0)
            started = time.monotonic()
            result = self._settle(task)
            seconds = time.monotonic() - started
            self._results[task.name] = result
            self._record()
            self._progress(task.name, result.state, seconds)
        return self._results

    def log(self, task: str) -> pathlib.Path:
        """Returns where a task's log is."""
        return self.run_folder / task / "log.txt"

    def _settle(self, task: Task) -> Result:
        stopped = sorted(
            name for name in task.upstream if self._results[name].state not in (COMPLETE, CACHED)
        )
        if stopped:
            state = self._results[stopped[0]].state.lower()
            return Result(SKIPPED, message=f"{stopped[0]} is {state}")
        try:
            values, inputs = self._inputs(task)
            seen = {key: {"artifacts": found} for key, found in inputs.items()}
            if task.condition and not task.condition(
                {"parameterValues": values, "artifacts": seen}
            ):
                return Result(SKIPPED, message="its condition does not hold")
            if "importer" in task.executor:
                outputs = artifacts.imported(task, values, self.run_folder.name)
                return Result(COMPLETE, outputs=outputs)
            return self._run(task, values, inputs)
        except InputError as error:
            return Result(FAILED, error.exit_code, str(error))

    def _inputs(self, task: Task) -> tuple[dict[str, Any], Lists]:
        """Returns the values of a task's parameters and its input artifacts.

        Raises:
            InputError: an upstream task did not publish one of them.
        """
        given = task.content.get("inputs", {})
        values = {
            name: each["defaultValue"]
            for name, each in task.component.get("inputDefinitions", {})
            .get("parameters", {})
            .items()
            if "defaultValue" in each
        }
        inputs: Lists = {}
        try:
            for name, source in given.get("parameters", {}).items():
                if "componentInputParameter" in source:
                    values[name] = self._values[source["componentInputParameter"]]
                elif "taskOutputParameter" in source:
                    wanted = source["taskOutputParameter"]
                    produced = self._results[wanted["producerTask"]].parameters
                    values[name] = produced[wanted["outputParameterKey"]]
                else:
                    values[name] = source["runtimeValue"]["constant"]
            for name, source in given.get("artifacts", {}).items():
                wanted = source["taskOutputArtifact"]
                inputs[name] = self._results[wanted["producerTask"]].outputs[
                    wanted["outputArtifactKey"]
                ]
        except KeyError as error:
            raise InputError(
                f"task {task.name}", f"its input {name} comes from {error}, which is not there"
            ) from error
        return values, inputs

    def _run(self, task: Task, values: dict[str, Any], inputs: Lists) -> Result:
        """Runs the container of a task, again if it fails and the task's policy says so."""
        folder = self.run_folder / task.name
        folder.mkdir()
        folder_uri = f"{self._root_uri}/{task.name}"
        output_file = folder / "executor_output.json"
        content = tasks.executor_input(task, values, inputs, folder_uri, output_file, self._place)
        policy = task.content.get("retryPolicy", {})
        result = self._attempt(task, content, folder_uri, folder)
        for count in range(int(policy.get("maxRetryCount", 0))):
            if result.state in (COMPLETE, CACHED):
                break
            time.sleep(_wait(policy, count))
            output_file.unlink(missing_ok=True)
            result = self._attempt(task, content, folder_uri, folder)
        return result

    def _attempt(self, task: Task, content: Tree, folder_uri: str, folder: pathlib.Path) -> Result:
        """Runs the hook of a container if it has one, looks into the cache, runs the container."""
        container = task.executor["container"]
        driven: Tree = {}
        hook = container.get("lifecycle", {}).get("preCacheCheck")
        if hook:
            ended = tasks.run(hook, container, content, folder, self._place)
            if ended.exit_code != EXIT_PASS:
                return self._stopped(task, ended)
            driven = ended.output
        found = self._look_up(task, content, driven)
        if isinstance(found, Result):
            return found
        ended = tasks.run(container, container, content, folder, self._place)
        if ended.exit_code != EXIT_PASS:
            return self._stopped(task, ended)
        result = Result(
            COMPLETE,
            outputs=artifacts.taken_up(artifacts.declared(task, folder_uri), ended.output),
            parameters=ended.output.get("parameterValues", {}),
        )
        self._remember(found, result)
        return result

    def _stopped(self, task: Task, ended: Ended) -> Result:
        said = f"ended with exit code {ended.exit_code}, see {self.log(task.name)}"
        return Result(SHUT if ended.is_shut else FAILED, ended.exit_code, ended.message or said)

    def _look_up(self, task: Task, content: Tree, driven: Tree) -> Result | pathlib.Path | None:
        """Returns a result of an earlier run, or where this one is to be kept, or None."""
        if not self._use_cache or not task.content.get("cachingOptions", {}).get("enableCache"):
            return None
        container = task.executor["container"]
        identity = {
            "pipeline": self._spec.name,  # as on a cluster, where no pipeline takes from another
            "container": {
                name: container.get(name) for name in ("image", "command", "args", "env")
            },
            "parameters": content["inputs"]["parameterValues"] | driven.get("parameterValues", {}),
            "inputs": content["inputs"]["artifacts"],
            "outputs": task.component.get("outputDefinitions", {}),
        }
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode("utf-8")).hexdigest()
        path = self._folder / "cache" / f"{digest[:32]}.json"
        if not path.exists():
            return path
        kept = json.loads(path.read_text("utf-8"))
        uris = [each["uri"] for found in kept["outputs"].values() for each in found]
        if not all(pathlib.Path(self.mounts.local(uri)).exists() for uri in uris):
            return path
        return Result(CACHED, outputs=kept["outputs"], parameters=kept["parameters"])

    def _remember(self, path: pathlib.Path | None, result: Result) -> None:
        if path is not None:
            kept = {"outputs": result.outputs, "parameters": result.parameters}
            write_atomically(path, json.dumps(kept, indent=2, sort_keys=True))

    def _record(self) -> None:
        content = {
            "pipeline": self._spec.name,
            "target": self._spec.target,
            "parameters": self._values,
            "tasks": {name: dataclasses.asdict(each) for name, each in self._results.items()},
        }
        text = json.dumps(content, indent=2, sort_keys=True) + "\n"
        write_atomically(self.run_folder / "run.json", text)


def _make(folder: pathlib.Path) -> None:
    """Makes a folder.

    Raises:
        InputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            str(folder), f"cannot be made: {error.strerror}", "choose another folder"
        ) from error


def _wait(policy: Tree, count: int) -> float:
    """Returns the seconds to wait after the first failure (count 0) and those that follow."""
    seconds = float(policy.get("backoffDuration", "0s").rstrip("s"))
    longest = float(policy.get("backoffMaxDuration", "3600s").rstrip("s"))
    return min(seconds * float(policy.get("backoffFactor", 2.0)) ** count, longest)
