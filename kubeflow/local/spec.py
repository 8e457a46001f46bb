"""Reads a compiled pipeline file and checks that it can be run here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import skewgate
from skewgate.core import json_text, yaml_model, yaml_text
from skewgate.core.errors import InputError
from skewgate.kubeflow import conditions
from skewgate.kubeflow.compile import edits, runnable
from skewgate.kubeflow.compile.options import check_uri, is_local
from skewgate.kubeflow.conditions import Inputs
from skewgate.kubeflow.image import command
from skewgate.kubeflow.parameters import Parameter

SCHEMA_VERSION = "2.1.0"

Tree = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Task:
    """One task.

    Attributes:
        name: unique in its pipeline.
        content: the task's own part of the spec: inputs, retries, caching.
        component: the types of its inputs and outputs.
        executor: its container or importer.
        upstream: the tasks that must have gone through before.
        condition: says from the task's inputs whether it runs; None if it always does.
    """

    name: str
    content: Tree
    component: Tree
    executor: Tree
    upstream: frozenset[str]
    condition: Callable[[Inputs], bool] | None


@dataclasses.dataclass(frozen=True)
class Spec:
    """A compiled pipeline.

    Attributes:
        name: of the pipeline.
        root: where its artifacts go, a URI or a path.
        parameters: what a run may choose.
        tasks: in an order in which they can run.
        target: "kubeflow" or "vertex".
    """

    name: str
    root: str
    parameters: tuple[Parameter, ...]
    tasks: tuple[Task, ...]
    target: str


def load(path: str) -> Spec:
    """Reads a file that `skewgate compile` wrote.

    Raises:
        InputError: it is missing, no pipeline, of another schema, compiled by another skewgate,
            or holds what the local launcher cannot run.
    """
    content = _parse(yaml_model.read_text(path), path)
    job = content if "pipelineSpec" in content else {}
    spec = content.get("pipelineSpec", content)
    found = spec.get("schemaVersion") if isinstance(spec, dict) else None
    if found != SCHEMA_VERSION:
        raise InputError(
            path,
            f"must be a pipeline of schema version {SCHEMA_VERSION}, found {found}",
            "compile it with `skewgate compile`",
        )
    _check_fields(spec, path)
    _check_versions(spec, path)
    target = "vertex" if job else "kubeflow"
    root = spec.get("defaultPipelineRoot") or job.get("runtimeConfig", {}).get(
        "gcsOutputDirectory", ""
    )
    tasks = {name: _task(spec, name, path) for name in sorted(edits.tasks(spec))}
    ordered = _in_order(tasks, path)
    try:
        runnable.check(spec, target, root, {})
        if not is_local(root):
            check_uri(root, target, "its root")
    except InputError as error:
        raise InputError(f"{path}: {error.where}", error.problem, error.fix) from error
    except ValueError as error:
        raise InputError(path, str(error), "compile it with another root") from error
    return Spec(
        name=spec["pipelineInfo"]["name"],
        root=root,
        parameters=_parameters(spec),
        tasks=ordered,
        target=target,
    )


def _parse(text: str, path: str) -> Tree:
    """Returns the mapping in a YAML or JSON text; of several documents the first."""
    fix = "compile it again"
    if path.endswith(".json"):
        content = json_text.parse(text, path, fix)
    else:
        content = yaml_text.load_first(text, path, fix)
    if not isinstance(content, dict):
        raise InputError(path, f"must be a pipeline, got {type(content).__name__}")
    return content


def _check_fields(spec: Tree, path: str) -> None:
    """Raises InputError if a field is unknown or holds what it must not."""
    from google.protobuf import json_format
    from kfp.pipeline_spec import pipeline_spec_pb2

    try:
        json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
        deployment = pipeline_spec_pb2.PipelineDeploymentConfig()
        json_format.ParseDict(spec.get("deploymentSpec", {}), deployment)
    except json_format.ParseError as error:
        problem = str(error).splitlines()[0].rstrip(".")
        raise InputError(path, f"is not a pipeline spec: {problem}", "compile it again") from error
    if not edits.tasks(spec) or "name" not in spec.get("pipelineInfo", {}):
        raise InputError(path, "is a pipeline without tasks or without a name", "compile it again")


def _check_versions(spec: Tree, path: str) -> None:
    """Raises InputError if another skewgate compiled the spec."""
    for executor in spec["deploymentSpec"]["executors"].values():
        for variable in executor.get("container", {}).get("env", []):
            if variable["name"] != command.VERSION_VARIABLE:
                continue
            if variable.get("value") != skewgate.__version__:
                raise InputError(
                    path,
                    f"was compiled by skewgate {variable.get('value')}, but this is "
                    f"{skewgate.__version__}",
                    "compile it again",
                )


def _task(spec: Tree, name: str, path: str) -> Task:
    where = f"{path}: task {name}"
    content = edits.tasks(spec)[name]
    component = spec.get("components", {}).get(content.get("componentRef", {}).get("name"))
    if component is None:
        raise InputError(where, "names a component that does not exist", "compile it again")
    executor = spec["deploymentSpec"]["executors"].get(component.get("executorLabel"), {})
    unknown = [
        what
        for what, present in (
            ("a nested pipeline", "dag" in component),
            ("a loop", "parameterIterator" in content or "artifactIterator" in content),
            ("a resolver", "resolver" in executor),
            ("an exit handler", "strategy" in content.get("triggerPolicy", {})),
        )
        if present
    ]
    if not unknown and not {"container", "importer"} & set(executor):
        unknown = ["an executor that is neither a container nor an importer"]
    if unknown:
        raise InputError(
            where,
            f"is {unknown[0]}, which the local launcher cannot run",
            "run it on the cluster",
        )
    condition = content.get("triggerPolicy", {}).get("condition")
    return Task(
        name=name,
        content=content,
        component=component,
        executor=executor,
        upstream=frozenset(content.get("dependentTasks", [])) | edits.producers(content),
        condition=conditions.parse(condition, where) if condition else None,
    )


def _parameters(spec: Tree) -> tuple[Parameter, ...]:
    declared = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    return tuple(
        Parameter(name, each.get("parameterType", "none"), each.get("defaultValue"))
        for name, each in sorted(declared.items())
    )


def _in_order(tasks: Mapping[str, Task], path: str) -> tuple[Task, ...]:
    """Orders tasks so that each comes after those it depends on; otherwise by name.

    Raises:
        InputError: a task depends on one that is not there, or on itself.
    """
    for task in tasks.values():
        missing = sorted(task.upstream - tasks.keys())
        if missing:
            raise InputError(
                f"{path}: task {task.name}",
                f"depends on {missing[0]!r}, which does not exist",
                "compile it again",
            )
    ordered: list[Task] = []
    done: set[str] = set()
    while len(ordered) < len(tasks):
        ready = [task for name, task in tasks.items() if name not in done and task.upstream <= done]
        if not ready:
            stuck = ", ".join(sorted(tasks.keys() - done))
            raise InputError(path, f"has tasks that wait for each other: {stuck}")
        ordered.append(ready[0])
        done.add(ready[0].name)
    return tuple(ordered)
