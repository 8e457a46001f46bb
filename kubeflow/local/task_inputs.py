"""What a task of a local run is given: values of its parameters, and artifacts of other tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skewgate.core.errors import InputError
from skewgate.kubeflow.local.artifacts import Lists
from skewgate.kubeflow.local.results import Result
from skewgate.kubeflow.local.spec import Task


def of(
    task: Task, chosen: Mapping[str, Any], results: Mapping[str, Result]
) -> tuple[dict[str, Any], Lists]:
    """Returns the values of a task's parameters and its input artifacts.

    Args:
        task: the task.
        chosen: values of the runtime parameters of the pipeline.
        results: of the tasks before it.

    Raises:
        InputError: an upstream task did not publish one of them.
    """
    given = task.content.get("inputs", {})
    values = {
        name: each["defaultValue"]
        for name, each in task.component.get("inputDefinitions", {}).get("parameters", {}).items()
        if "defaultValue" in each
    }
    found: Lists = {}
    try:
        for name, source in given.get("parameters", {}).items():
            if "componentInputParameter" in source:
                values[name] = chosen[source["componentInputParameter"]]
            elif "taskOutputParameter" in source:
                producer = source["taskOutputParameter"]
                produced = results[producer["producerTask"]].parameters
                values[name] = produced[producer["outputParameterKey"]]
            else:
                values[name] = source["runtimeValue"]["constant"]
        for name, source in given.get("artifacts", {}).items():
            producer = source["taskOutputArtifact"]
            outputs = results[producer["producerTask"]].outputs
            found[name] = outputs[producer["outputArtifactKey"]]
    except KeyError as error:
        raise InputError(
            f"task {task.name}", f"its input {name} comes from {error}, which does not exist"
        ) from error
    return values, found
