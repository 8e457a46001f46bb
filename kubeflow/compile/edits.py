"""Changes to a compiled pipeline spec, as plain dictionaries: what TFX leaves out or leaves in."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from skewgate.core.errors import InputError
from skewgate.kubeflow.compile.options import EVERY, CompileOptions, Resources, Retries
from skewgate.kubeflow.compile.storage import ObjectStore
from skewgate.kubeflow.image import command
from skewgate.kubeflow.parameters import Parameter
from skewgate.storage import s3_connection
from skewgate.storage.mounts import NONE, VARIABLE

_RUNNERS_HERE = {"direct", "bundlebaseddirect", "prism", "switchingdirect"}
"""Runners of Beam whose workers are in the pod of the task."""

Tree = dict[str, Any]


def tasks(spec: Tree) -> dict[str, Tree]:
    """Returns the tasks of a pipeline spec by name."""
    found: dict[str, Tree] = spec.get("root", {}).get("dag", {}).get("tasks", {})
    return found


def producers(task: Tree) -> set[str]:
    """Returns the names of the tasks whose outputs a task reads."""
    kinds = (("artifacts", "taskOutputArtifact"), ("parameters", "taskOutputParameter"))
    return {
        source[key]["producerTask"]
        for kind, key in kinds
        for source in task.get("inputs", {}).get(kind, {}).values()
        if key in source
    }


def executor_label(spec: Tree, task: str) -> str:
    """Returns the name of the executor of a task; empty if its component has none."""
    component = spec["components"][tasks(spec)[task]["componentRef"]["name"]]
    return str(component.get("executorLabel", ""))


def executor(spec: Tree, task: str) -> Tree:
    """Returns the executor of a task; empty if its component has none."""
    found: Tree = spec["deploymentSpec"]["executors"].get(executor_label(spec, task), {})
    return found


def containers(spec: Tree) -> Iterator[tuple[str, Tree]]:
    """Yields each task that runs a container, and the container."""
    for name in sorted(tasks(spec)):
        container = executor(spec, name).get("container")
        if container is not None:
            yield name, container


def is_ours(container: Tree) -> bool:
    """Says whether a container runs our entry point."""
    return tuple(container.get("command", ())) == command.ENTRY


def set_defaults(spec: Tree, parameters: Iterable[Parameter]) -> None:
    """Gives runtime parameters the defaults that TFX drops."""
    definitions = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    for parameter in parameters:
        if parameter.default is not None and parameter.name in definitions:
            definitions[parameter.name]["defaultValue"] = parameter.default
            definitions[parameter.name]["isOptional"] = True


def set_caching(spec: Tree, enabled: bool, never: Collection[str]) -> None:
    """Says of each task whether its result may be used again."""
    for name, task in tasks(spec).items():
        if enabled and name not in never:
            task["cachingOptions"] = {"enableCache": True}
        else:
            task["cachingOptions"] = {}  # false is how the field reads when it is not there


def set_retries(spec: Tree, retries: dict[str, Retries], never: Collection[str]) -> None:
    """Gives tasks that run a container their retry policy, but for those whose verdict stands."""
    for name, _ in containers(spec):
        policy = retries.get(name, retries.get(EVERY))
        if policy is None or policy.count == 0 or name in never:
            continue
        tasks(spec)[name]["retryPolicy"] = {
            "maxRetryCount": policy.count,
            "backoffDuration": f"{policy.wait}s",
            "backoffFactor": policy.factor,
            "backoffMaxDuration": f"{policy.longest_wait}s",
        }


def set_resources(spec: Tree, resources: dict[str, Resources]) -> None:
    """Gives containers the limits that were asked for."""
    for name, container in containers(spec):
        request = resources.get(name, resources.get(EVERY))
        if request is None:
            continue
        limits: Tree = container.setdefault("resources", {})
        if request.cpu is not None:
            limits["cpuLimit"] = request.cpu
        if request.memory is not None:
            limits["memoryLimit"] = request.memory_gigabytes()
        if request.accelerators is not None:
            limits["accelerator"] = {
                "type": request.accelerators.type,
                "count": str(request.accelerators.count),  # 64 bits are text in protobuf's JSON
            }


def set_environment(spec: Tree, version: str, mounts: str, store: ObjectStore | None) -> None:
    """Tells our entry point which skewgate compiled it, and where object stores are.

    Args:
        spec: the pipeline spec.
        version: of skewgate.
        mounts: which object stores are folders, see `skewgate.storage.mounts.parse`.
        store: the server for what is no artifact; None if there is none to ask.
    """
    variables = {VARIABLE: mounts, command.VERSION_VARIABLE: version}
    if store is not None:
        given = {
            s3_connection.REGION_VARIABLES[0]: store.region,
            s3_connection.ENDPOINT_VARIABLES[0]: store.endpoint,
        }
        variables |= {name: value for name, value in given.items() if value is not None}
    for _, container in containers(spec):
        if is_ours(container):
            container["env"] = [
                {"name": name, "value": value} for name, value in sorted(variables.items())
            ]


def set_drivers(spec: Tree, nodes: Collection[str], *, hook: bool) -> None:
    """Lets the entry point run TFX's file driver for the nodes that have it.

    Args:
        spec: the pipeline spec.
        nodes: ids of nodes whose driver looks for files.
        hook: whether the target runs a hook before it looks into its cache; without, the driver
            runs just before the executor.
    """
    for name, container in containers(spec):
        container.pop("lifecycle", None)
        if name not in nodes or not is_ours(container):
            continue
        if hook:
            container["lifecycle"] = {
                "preCacheCheck": {
                    "command": list(command.ENTRY),
                    "args": [command.DRIVER_ONLY, *container["args"]],
                }
            }
        container["args"] = [command.FILE_DRIVER, *container["args"]]


def compact_arguments(spec: Tree) -> None:
    """Writes the JSON within arguments in one line, whatever protobuf made of it."""
    for _, container in containers(spec):
        arguments = container.get("args", [])
        for place, argument in enumerate(arguments[:-1]):
            if argument == command.INPUTS_SPEC:
                content = json.loads(arguments[place + 1])
                arguments[place + 1] = json.dumps(content, sort_keys=True, separators=(",", ":"))


def check_names(spec: Tree, options: CompileOptions) -> None:
    """Checks that options name nodes that there are.

    Raises:
        InputError: one does not exist.
    """
    known = set(tasks(spec))
    for field in ("never_cached", "resources", "retries"):
        for name in getattr(options, field):
            if name not in known | ({EVERY} if field != "never_cached" else set()):
                raise InputError(
                    f"options: {field}",
                    f"names the node {name!r}; the pipeline has {', '.join(sorted(known))}",
                    "correct the name",
                )


def check_workers(spec: Tree, mounts: str) -> None:
    """Checks that workers of Beam see the artifacts of their task.

    Args:
        spec: the pipeline spec.
        mounts: which object stores are folders, see `skewgate.storage.mounts.parse`; such a folder
            is in the pod of the task alone.

    Raises:
        InputError: workers may be in other pods.
    """
    if mounts == NONE:
        return
    for name, container in containers(spec):
        for argument in container.get("args", []):
            option, _, runner = argument.partition("=")
            if option == "--runner" and runner.lower().removesuffix("runner") not in _RUNNERS_HERE:
                raise InputError(
                    f"{name}: beam_args",
                    f"runs on {runner}, whose workers cannot see the folders that stand for the "
                    "object store of the pipeline root",
                    "give a gs:// root, which workers read themselves, or use DirectRunner",
                )
