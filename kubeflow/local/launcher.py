"""Runs a compiled pipeline without a cluster: plays the part of its driver and its launcher."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from skewgate.core import unexpected
from skewgate.core.errors import EXIT_PASS, EXIT_USAGE, InputError
from skewgate.kubeflow import parameters
from skewgate.kubeflow.compile import choices, runnable, sizes
from skewgate.kubeflow.compile.options import is_local
from skewgate.kubeflow.local import artifacts, folders, stores, task_inputs, tasks
from skewgate.kubeflow.local.artifacts import Lists
from skewgate.kubeflow.local.results import CACHED, COMPLETE, FAILED, SHUT, SKIPPED, Cache, Result
from skewgate.kubeflow.local.spec import Spec, Task
from skewgate.kubeflow.local.stopping import Stop, StoppedError
from skewgate.kubeflow.local.tasks import Ended, TaskEnvironment
from skewgate.storage import patterns
from skewgate.storage.atomic import write_atomically
from skewgate.storage.mounts import Mounts

Progress = Callable[[str, str, float], None]
"""Called with a task's name, "started" or the state it ended in, and the seconds it took."""

Tree = dict[str, Any]


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
        arguments: Mapping[str, Any],
        *,
        command_prefix: tuple[str, ...] = (),
        object_store: str | None = None,
        use_cache: bool = False,
        progress: Progress,
    ) -> None:
        """Makes the folder of the run.

        Args:
            spec: what to run.
            folder: for everything that is written, object stores included. Only where the root
                of the pipeline is a local path its artifacts go to that path.
            arguments: values of runtime parameters.
            command_prefix: see `tasks.TaskEnvironment`.
            object_store: URL of a server that speaks S3, for `minio://` and `s3://`; folders
                stand for them without.
            use_cache: takes up results of earlier runs in this folder, of tasks whose caching is
                on and whose command, code, parameters and inputs are the same.
            progress: told of each task.

        Raises:
            InputError: a parameter is unknown, misses a value or does not fit, the folder or the
                root cannot be written or is a pattern, the server has no such root, or the cache is
                asked for beside a command prefix.
        """
        self._spec, self._progress = spec, progress
        self._values = parameters.resolve(spec.parameters, arguments)
        missing = [each.name for each in spec.parameters if each.name not in self._values]
        if missing:
            raise InputError(
                f"parameter {missing[0]}", "has no value", f"give --parameter {missing[0]}=VALUE"
            )
        choices.check([(task.content, task.executor) for task in spec.tasks], self._values)
        contained = [task for task in spec.tasks if "container" in task.executor]
        sizes.check([(task.name, task.content) for task in contained], self._values)
        self._folder = pathlib.Path(os.path.realpath(folder))
        for path in (str(self._folder), *([spec.root] if is_local(spec.root) else [])):
            patterns.check_folder(path, "folder of the run", "choose another folder")
        self._stores = stores.create(object_store, self._folder / "objects")
        self._stores.check(spec.root)
        if use_cache and command_prefix:
            raise InputError(
                "--cache",
                "cannot be given with --command-prefix: there is no telling whether the earlier "
                "results came from the same code",
                "leave one of them out",
            )
        self._command_prefix = command_prefix
        self._cache = Cache(self._folder / "cache", spec.name, self._stores) if use_cache else None
        self.run_folder = folders.make_run(self._folder / "runs")
        root = spec.root.rstrip("/") or str(self._folder / "artifacts")
        self._root_uri = f"{root}/{spec.name}/{self.run_folder.name}"
        if is_local(root):
            folders.make(pathlib.Path(self._root_uri))
        self._results: dict[str, Result] = {}
        self._stop = Stop()

    def mounts(self, task: str) -> Mounts:
        """Returns the folders in which a task found its artifacts, and left its own."""
        return self._stores.mounts(self.run_folder / task)

    def located(self, text: str) -> str:
        """Returns a text in which URIs of folders here are paths."""
        return self._stores.parameters().located(text)

    def run(self) -> dict[str, Result]:
        """Runs each task whose upstream tasks went through, and returns what became of all.

        Raises:
            StoppedError: a signal came; the task that was running is ended, and run.json says so.
        """
        with self._stop.listening():
            for task in self._spec.tasks:
                started = time.monotonic()
                try:
                    self._stop.check()
                    self._progress(task.name, "started", 0.0)
                    result = self._settle(task)
                except StoppedError as error:
                    self._give_up(task, error)
                    raise
                seconds = time.monotonic() - started
                self._results[task.name] = result
                self._record()
                self._progress(task.name, result.state, seconds)
        return self._results

    def _give_up(self, task: Task, error: StoppedError) -> None:
        """Records a run that a signal stopped while a task was running, or about to."""
        self._results[task.name] = Result(FAILED, error.exit_code, str(error))
        for each in self._spec.tasks:
            self._results.setdefault(each.name, Result(SKIPPED, message=str(error)))
        self._record()

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
            values, inputs = task_inputs.of(task, self._values, self._results)
            seen = {key: {"artifacts": found} for key, found in inputs.items()}
            if task.condition and not task.condition(
                {"parameterValues": values, "artifacts": seen}
            ):
                return Result(SKIPPED, message="its condition does not hold")
            if "importer" in task.executor:
                return self._import(task, values)
            return self._run(task, values, inputs)
        except InputError as error:
            return Result(FAILED, error.exit_code, str(error))
        except OSError as error:  # of this machine: a full disk, a folder that is gone
            said = f"{error.filename or 'this machine'}: {error.strerror or error}"
            return Result(FAILED, EXIT_USAGE, said)

    def _import(self, task: Task, values: dict[str, Any]) -> Result:
        outputs = artifacts.imported(task, values, self.run_folder.name)
        if self._spec.target == "kubeflow" and not is_local(self._root_uri):
            for uri in _uris(outputs):
                runnable.check_imported(task.name, uri)
        return Result(COMPLETE, outputs=outputs)

    def _run(self, task: Task, values: dict[str, Any], inputs: Lists) -> Result:
        """Runs the container of a task, again if it fails and the task's policy says so."""
        folder = self.run_folder / task.name
        folder.mkdir()
        environment = TaskEnvironment(
            self._command_prefix,
            self._stores.mounts(folder),
            self._stores.parameters(),
            self._stores.variables(),
            self._spec.target,
        )
        output_file = folder / "executor_output.json"
        folder_uri = f"{self._root_uri}/{task.name}"
        content = tasks.executor_input(task, values, inputs, folder_uri, output_file, environment)
        brought = _uris(inputs)
        policy = task.content.get("retryPolicy", {})
        result = self._attempt(task, content, folder, environment, brought)
        for count in range(int(policy.get("maxRetryCount", 0))):
            if result.state in (COMPLETE, CACHED):
                break
            self._stop.sleep(tasks.wait_after(policy, count))
            output_file.unlink(missing_ok=True)
            folders.remove(tasks.output_paths(content, environment))
            result = self._attempt(task, content, folder, environment, brought)
        return result

    def _attempt(
        self,
        task: Task,
        content: Tree,
        folder: pathlib.Path,
        environment: TaskEnvironment,
        brought: list[str],
    ) -> Result:
        """Runs the hook of a container if it has one, looks into the cache, runs the container."""
        container = task.executor["container"]
        driven: Tree = {}
        hook = container.get("lifecycle", {}).get("preCacheCheck")
        if hook:
            ended = tasks.run(hook, container, content, folder, environment, self._stop)
            if ended.exit_code != EXIT_PASS:
                return self._stopped(task, ended)
            driven = ended.output
        cached = task.content.get("cachingOptions", {}).get("enableCache", False)
        key = self._cache.key(task, content, driven) if self._cache and cached else None
        found = self._cache.find(key) if self._cache and key else None
        if found is not None:  # brought for whoever reads reports here
            self._stores.bring(_uris(found.outputs), environment.mounts)
            return found
        self._stores.bring(brought, environment.mounts)
        try:
            ended = tasks.run(container, container, content, folder, environment, self._stop)
        finally:
            self._stores.clear(brought, environment.mounts)
        if ended.exit_code != EXIT_PASS:
            return self._stopped(task, ended)
        declared = artifacts.declared(task, f"{self._root_uri}/{task.name}")
        outputs = artifacts.taken_up(declared, ended.output)
        self._check_outputs(task, outputs)
        self._stores.take(_uris(outputs), environment.mounts)
        parameters = ended.output.get("parameterValues", {})
        result = Result(COMPLETE, outputs=outputs, parameters=parameters)
        if self._cache and key:
            self._cache.keep(key, result)
        return result

    def _check_outputs(self, task: Task, outputs: Lists) -> None:
        """Refuses what Kubeflow's launcher refuses: an output outside the root of its run.

        Raises:
            InputError: there is one.
        """
        root = f"{self._root_uri}/"
        moved = [u for u in _uris(outputs) if not is_local(u) and not u.startswith(root)]
        if moved and self._spec.target == "kubeflow":
            raise InputError(
                f"task {task.name}",
                f"moved an output to {moved[0]}; Kubeflow fails a task whose outputs are not below "
                f"{root}",
                "copy it, or put its URI into a property",
            )

    def _stopped(self, task: Task, ended: Ended) -> Result:
        log = self.log(task.name)
        said = ended.message.replace(unexpected.IN_LOG, f"Its traceback is in {log}")
        said = said or f"ended with exit code {ended.exit_code}, see {log}"
        return Result(SHUT if ended.is_shut else FAILED, ended.exit_code, said)

    def _record(self) -> None:
        content = {
            "pipeline": self._spec.name,
            "target": self._spec.target,
            "parameters": self._values,
            "tasks": {name: dataclasses.asdict(each) for name, each in self._results.items()},
        }
        text = json.dumps(content, indent=2, sort_keys=True) + "\n"
        path = self.run_folder / "run.json"
        try:
            write_atomically(path, text)
        except OSError as error:
            raise InputError(str(path), f"cannot be written: {error.strerror}") from error


def _uris(outputs: Lists) -> list[str]:
    return [each["uri"] for found in outputs.values() for each in found]
