"""Runs one task as a cluster would: renders its executor input and runs its container's command."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from skewgate.core import json_text, yaml_model
from skewgate.core.errors import EXIT_FAIL, EXIT_INCONCLUSIVE, InputError
from skewgate.kubeflow.compile import edits
from skewgate.kubeflow.image.executor_io import LOGS_KEY, artifacts
from skewgate.kubeflow.local.artifacts import Lists, declared, handed_on, logs
from skewgate.kubeflow.local.spec import Task
from skewgate.kubeflow.local.stopping import Stop
from skewgate.storage.atomic import write_atomically
from skewgate.storage.mounts import VARIABLE, Mounts, mapped

_PLACEHOLDER = re.compile(
    r"\{\{\$(?:\.(?P<side>inputs|outputs)\.(?P<kind>artifacts|parameters)\['(?P<key>[^']+)'\]"
    r"(?P<field>\.uri|\.path|\.output_file)?)?\}\}"
)
_SENTENCE = "skewgate: "

Tree = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class TaskEnvironment:
    """Where commands run, and with what.

    Attributes:
        command_prefix: words before each command, such as ("chroot", "/image"); the variables of
            the container are then set by `env`. Without it the Python of this process stands for
            the image's `python`.
        mounts: folders in which a task finds its artifacts.
        parameters: URIs in parameters that are paths here.
        variables: count more than those of a container.
        target: "kubeflow" or "vertex": what the tasks are handed differs a little.
    """

    command_prefix: tuple[str, ...]
    mounts: Mounts
    parameters: Mounts
    variables: Mapping[str, str]
    target: str


@dataclasses.dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        exit_code: 0 if all is well.
        message: what it said last on purpose; empty if it said nothing.
        output: the executor output that it wrote.
    """

    exit_code: int
    message: str
    output: Tree

    @property
    def is_shut(self) -> bool:
        """Whether a gate is shut, rather than something broken."""
        return self.exit_code in (EXIT_FAIL, EXIT_INCONCLUSIVE) and bool(self.message)


def executor_input(
    task: Task,
    parameters: Mapping[str, Any],
    inputs: Lists,
    folder_uri: str,
    output_file: pathlib.Path,
    environment: TaskEnvironment,
) -> Tree:
    """Returns what a task's container is handed in place of `{{$}}`.

    Args:
        task: the task.
        parameters: values of its parameters.
        inputs: its input artifacts.
        folder_uri: where its outputs go.
        output_file: where it is to write its executor output.
        environment: where it runs.
    """
    outputs = {key: {"artifacts": found} for key, found in declared(task, folder_uri).items()}
    if environment.target == "kubeflow":
        outputs[LOGS_KEY] = {"artifacts": [logs(folder_uri)]}
        inputs = handed_on(inputs)
    named = task.component.get("outputDefinitions", {}).get("parameters", {})
    return {
        "inputs": {
            "parameterValues": mapped(dict(parameters), environment.parameters.located),
            "artifacts": {key: {"artifacts": found} for key, found in sorted(inputs.items())},
        },
        "outputs": {
            "artifacts": outputs,
            "parameters": {
                key: {"outputFile": str(output_file.with_name(f"parameter-{key}"))} for key in named
            },
            "outputFile": str(output_file),
        },
    }


def _json(content: Any) -> str:
    """Returns JSON as Kubeflow writes it, letters as they are: an argument has a longest length."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False)


def filled(argument: str, content: Tree, mounts: Mounts) -> str:
    """Returns an argument with its placeholders filled in.

    Raises:
        InputError: a placeholder is unknown, or names what is not there.
    """

    def value(match: re.Match[str]) -> str:
        if match["side"] is None:
            return _json(content)
        side, key, field = content[match["side"]], match["key"], match["field"]
        try:
            if match["kind"] == "parameters":
                if match["side"] == "outputs":
                    return str(side["parameters"][key]["outputFile"])
                given = side["parameterValues"][key]
                return given if isinstance(given, str) else _json(given)
            uri = side["artifacts"][key]["artifacts"][0]["uri"]
        except (KeyError, IndexError) as error:
            raise InputError(
                "pipeline file", f"asks for {match[0]}, which does not exist"
            ) from error
        return mounts.local(uri) if field == ".path" else str(uri)

    text = _PLACEHOLDER.sub(value, argument)
    if "{{$" in _PLACEHOLDER.sub("", argument):
        raise InputError("pipeline file", f"has an unknown placeholder in {argument!r}")
    return text


def run(
    command: Tree,
    container: Tree,
    content: Tree,
    folder: pathlib.Path,
    environment: TaskEnvironment,
    stop: Stop,
) -> Ended:
    """Runs a command of a container and waits for it; what it leaves running ends with it.

    Args:
        command: "command" and "args", of the container or of its hook.
        container: its environment.
        content: the executor input.
        folder: of this task in this run; the command starts there and its output goes to log.txt.
        environment: where to run.
        stop: told of signals.

    Raises:
        StoppedError: a signal came, and the command was ended.
        InputError: the command cannot be started, or what it writes cannot be read.
    """
    words = [
        filled(word, content, environment.mounts)
        for word in [*command.get("command", []), *command.get("args", [])]
    ]
    variables = {each["name"]: each.get("value", "") for each in container.get("env", [])}
    if edits.is_ours(container):
        variables |= {VARIABLE: environment.mounts.describe(), **environment.variables}
    if environment.command_prefix:
        words = [
            *environment.command_prefix,
            "env",
            *(f"{k}={v}" for k, v in variables.items()),
            *words,
        ]
    elif words and words[0] in ("python", "python3"):
        words[0] = sys.executable
    output_file = pathlib.Path(content["outputs"]["outputFile"])
    write_atomically(folder / "executor_input.json", json.dumps(content, indent=2, sort_keys=True))
    for path in output_paths(content, environment):
        path.parent.mkdir(parents=True, exist_ok=True)
    log = folder / "log.txt"
    with open(log, "ab") as stream:
        start = stream.tell()
        try:
            process = subprocess.Popen(
                words,
                cwd=folder,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise InputError(
                "container", f"the command {words[0]!r} cannot be run: {error.strerror}"
            ) from error
        code = stop.wait(process)
    return Ended(code, _sentence(log, start), _output(output_file))


def wait_after(policy: Tree, count: int) -> float:
    """Returns the seconds to wait after the first failure (count 0) and those that follow."""
    seconds = float(policy.get("backoffDuration", "0s").rstrip("s"))
    longest = float(policy.get("backoffMaxDuration", "3600s").rstrip("s"))
    return min(seconds * float(policy.get("backoffFactor", 2.0)) ** count, longest)


def output_paths(content: Tree, environment: TaskEnvironment) -> list[pathlib.Path]:
    """Returns where a task leaves its outputs: a folder each, or a file that is a value."""
    return [
        pathlib.Path(environment.mounts.local(artifact["uri"]))
        for artifact in artifacts(content["outputs"])
    ]


def _output(path: pathlib.Path) -> Tree:
    """Returns the executor output that a command wrote; it may write none.

    Raises:
        InputError: it is not one.
    """
    from google.protobuf import json_format
    from kfp.pipeline_spec import pipeline_spec_pb2

    if not path.exists():
        return {}
    content = json_text.parse(yaml_model.read_text(path), str(path), "mend the container")
    if not isinstance(content, dict):
        raise InputError(str(path), f"must be a mapping, got {content!r}", "mend the container")
    try:  # as a cluster does, which takes no field that it does not know
        json_format.ParseDict(content, pipeline_spec_pb2.ExecutorOutput())
    except json_format.ParseError as error:
        problem = str(error).splitlines()[0].rstrip(".")
        raise InputError(
            str(path), f"is not an executor output: {problem}", "mend the container"
        ) from error
    return content


def _sentence(log: pathlib.Path, start: int) -> str:
    """Returns what a command said last on purpose, with the indented lines below it."""
    with open(log, "rb") as stream:
        stream.seek(start)
        lines = stream.read().decode("utf-8", "replace").splitlines()
    places = [place for place, line in enumerate(lines) if line.startswith(_SENTENCE)]
    if not places:
        return ""
    said = [lines[places[-1]].removeprefix(_SENTENCE)]
    for line in lines[places[-1] + 1 :]:
        if not line.startswith("  "):
            break
        said.append(line)
    return "\n".join(said)
