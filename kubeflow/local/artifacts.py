"""Artifacts of a local run, as the dictionaries that stand in an executor input."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from skewgate.kubeflow.image import executor_io
from skewgate.kubeflow.image.executor_io import LOGS_KEY
from skewgate.kubeflow.local.spec import Task
from skewgate.pipeline.records import ReportRecord
from skewgate.storage.mounts import Mounts

_REPORT_PREFIX = "skewgate."

Tree = dict[str, Any]
Lists = dict[str, list[Tree]]
"""Artifacts by the key of an input or output."""


def declared(task: Task, folder_uri: str) -> Lists:
    """Returns the outputs that a task is to write: one artifact for each key.

    Args:
        task: the task.
        folder_uri: where its outputs go, each in a folder of its own.
    """
    definitions = task.component.get("outputDefinitions", {}).get("artifacts", {})
    return {
        key: [
            {
                "name": f"{folder_uri.rpartition('://')[2]}/{key}",
                "type": definition["artifactType"],
                "uri": f"{folder_uri}/{key}",
                "metadata": copy.deepcopy(definition.get("metadata", {})),
            }
        ]
        for key, definition in sorted(definitions.items())
    }


def logs(folder_uri: str) -> Tree:
    """Returns the output that Kubeflow's driver adds for the log of a task."""
    return {
        "name": LOGS_KEY,
        "type": {"schemaTitle": "system.Artifact", "schemaVersion": "0.0.1"},
        "uri": f"{folder_uri}/{LOGS_KEY}",
    }


def imported(task: Task, parameters: Mapping[str, Any], run_id: str) -> Lists:
    """Returns what an importer brings in.

    Without `reimport` the same uri, type and metadata are the same artifact in every run, with it
    each run has one of its own.
    """
    importer = task.executor["importer"]
    source = importer["artifactUri"]
    uri = source.get("constant")
    if uri is None:
        uri = parameters[source["runtimeParameter"]]
    artifact = {
        "type": importer["typeSchema"],
        "uri": uri,
        "metadata": copy.deepcopy(importer.get("metadata", {})),
    }
    identity = json.dumps(artifact, sort_keys=True)
    if importer.get("reimport"):
        identity += run_id
    artifact["name"] = f"imported-{hashlib.sha256(identity.encode('utf-8')).hexdigest()[:16]}"
    (key,) = task.component["outputDefinitions"]["artifacts"]
    return {key: [artifact]}


def taken_up(outputs: Lists, executor_output: Tree) -> Lists:
    """Returns the declared outputs with the uri and metadata that the executor wrote of them."""
    result = copy.deepcopy(outputs)
    for key, found in executor_output.get("artifacts", {}).items():
        for artifact, news in zip(result.get(key, []), found.get("artifacts", []), strict=False):
            artifact["uri"] = news.get("uri") or artifact["uri"]
            artifact["metadata"] = {**artifact["metadata"], **news.get("metadata", {})}
    return result


def handed_on(artifacts: Lists) -> Lists:
    """Returns inputs as Kubeflow hands them on: types by title alone, and notes of its launcher."""
    notes = {"display_name": "an output", "store_session_info": "{}"}
    return {
        key: [
            {
                **each,
                "type": {"schemaTitle": executor_io.type_title(each)},
                "metadata": {**notes, **each.get("metadata", {})},
            }
            for each in found
        ]
        for key, found in artifacts.items()
    }


def reports(outputs: Lists, mounts: Mounts) -> list[ReportRecord]:
    """Returns the reports among outputs; where they are is a path."""
    found = []
    for artifact in (each for key in sorted(outputs) for each in outputs[key]):
        title, metadata = executor_io.type_title(artifact), artifact.get("metadata", {})
        if title.startswith(_REPORT_PREFIX) and "status" in metadata:
            found.append(
                ReportRecord(
                    kind=title.removeprefix(_REPORT_PREFIX),
                    uri=mounts.local(artifact["uri"]),
                    status=metadata["status"],
                    blessed=metadata.get("blessed") == 1,
                    failed=int(metadata.get("failed", 0)),
                    inconclusive=int(metadata.get("inconclusive", 0)),
                )
            )
    return found
