"""What the backend hands to a container and what it takes back, as plain dictionaries."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from skewgate.core import yaml_text
from skewgate.storage.mounts import Mounts, mapped

LOGS_KEY = "executor-logs"
"""The output that Kubeflow's driver adds for the log of a task."""
STANDS_FOR = "stands_for"
"""What an output says of itself that stands for an artifact of another run: where that is.

A task may not move an output: open-source Kubeflow fails one whose artifact is not below the root
of its own run.
"""
_PART = re.compile(r"(?P<key>.+)\.\d+")
_BLESSING = "tfx.ModelBlessing"
_MODEL_IDS = ("current_model_id", "baseline_model_id")
_ID_LIMIT = 1 << 63

Tree = dict[str, Any]


def part(key: str, place: int) -> str:
    """Returns the key of one channel of an input that joins several.

    >>> part("reports", 0), part("reports", 1)
    ('reports', 'reports.2')
    """
    return f"{key}.{place + 1}" if place else key


def joined(found: Tree) -> Tree:
    """Returns inputs in which those that are parts of one are that one, each artifact once."""
    result: Tree = {}
    for key, each in found.items():
        match = _PART.fullmatch(key)
        whole = match["key"] if match and match["key"] in found else key
        known = result.setdefault(whole, {"artifacts": []})["artifacts"]
        known.extend(artifact for artifact in each["artifacts"] if artifact not in known)
    return result


def type_title(artifact: Tree) -> str:
    """Returns the title of an artifact's type, such as "tfx.Model"; empty if it has none."""
    kind = artifact.get("type") or artifact.get("artifactType") or {}
    if "schemaTitle" in kind:
        return str(kind["schemaTitle"])
    schema = yaml_text.load(kind.get("instanceSchema", ""), "instanceSchema") or {}
    return str(schema.get("title", ""))


def artifacts(side: Tree) -> list[Tree]:
    """Returns all artifacts of the inputs or outputs of an execution."""
    return [each for found in side.get("artifacts", {}).values() for each in found["artifacts"]]


def stood_for(executor_input: Tree) -> list[str]:
    """Returns the URIs that inputs stand for, each once, in order."""
    found = {
        str(each["metadata"][STANDS_FOR])
        for each in artifacts(executor_input.get("inputs", {}))
        if STANDS_FOR in each.get("metadata", {})
    }
    return sorted(found)


def _resolved(artifact: Tree) -> Tree:
    """Returns an input artifact that is where the one is that it stands for."""
    metadata = dict(artifact.get("metadata", {}))
    uri = metadata.pop(STANDS_FOR, None)
    return artifact if uri is None else {**artifact, "uri": uri, "metadata": metadata}


def prepare(executor_input: Tree, driven: Tree | None, mounts: Mounts) -> Tree:
    """Makes the backend's executor input one that TFX can work on.

    Drops the output for logs that Kubeflow adds, whose type TFX cannot import; joins inputs that
    were one before they were compiled; puts what inputs stand for in their place; names folders in
    place of object stores; takes over what a driver found.

    Args:
        executor_input: as the backend wrote it.
        driven: the executor output of the driver, None if there was none.
        mounts: which URIs are folders here.

    Returns:
        A changed copy.
    """
    inputs = dict(executor_input.get("inputs", {}))
    outputs = dict(executor_input.get("outputs", {}))
    changed = {
        key: mapped(found, mounts.local)
        for key, found in outputs.get("artifacts", {}).items()
        if key != LOGS_KEY
    }
    inputs["artifacts"] = {
        key: {"artifacts": mapped([*map(_resolved, found["artifacts"])], mounts.local)}
        for key, found in joined(inputs.get("artifacts", {})).items()
    }
    if driven is not None:
        inputs["parameterValues"] = {
            **inputs.get("parameterValues", {}),
            **driven.get("parameterValues", {}),
        }
        for key, found in driven.get("artifacts", {}).items():
            for artifact, news in zip(
                changed.get(key, {}).get("artifacts", []), found["artifacts"], strict=False
            ):
                artifact["metadata"] = {
                    **artifact.get("metadata", {}),
                    **mapped(news.get("metadata", {}), mounts.local),
                }
    outputs["artifacts"] = changed
    outputs["outputFile"] = mounts.local(outputs.get("outputFile", ""))
    return {**executor_input, "inputs": inputs, "outputs": outputs}


def finish(executor_output: Tree, executor_input: Tree, mounts: Mounts) -> Tree:
    """Makes what TFX wrote what the backend expects.

    Names object stores in place of folders, and models by their names in a blessing, as Vertex
    looks them up: TFX does that for its own Evaluator alone. An output that the executor moved to
    an artifact of another run is where it was declared, and says what it stands for.

    Args:
        executor_output: as TFX wrote it.
        executor_input: as `prepare` returned it.
        mounts: which URIs are folders here.

    Returns:
        A changed copy.
    """
    result: Tree = {**executor_output}
    result["artifacts"] = mapped(executor_output.get("artifacts", {}), mounts.remote)
    names = {
        _numeric_id(each["name"]): each["name"]
        for each in artifacts(executor_input["inputs"])
        if each.get("name")
    }
    declared = executor_input["outputs"]["artifacts"]
    for key, found in result["artifacts"].items():
        for artifact, own in zip(found["artifacts"], declared[key]["artifacts"], strict=False):
            uri = mounts.remote(own["uri"])
            if artifact.get("uri", uri) != uri:
                artifact["metadata"] = {**artifact.get("metadata", {}), STANDS_FOR: artifact["uri"]}
                artifact["uri"] = uri
        if type_title(declared[key]["artifacts"][0]) != _BLESSING:
            continue
        for artifact in found["artifacts"]:
            metadata = artifact.get("metadata", {})
            for field in _MODEL_IDS:
                if isinstance(metadata.get(field), int | float):
                    name = names.get(float(metadata.pop(field)))
                    if name:
                        metadata[field] = name
    return result


def _numeric_id(name: str) -> float:
    """Returns the number that TFX makes of an artifact's name, as it comes out of JSON."""
    digest = hashlib.sha256(name.encode("utf-8")).hexdigest()
    return float(int(digest, 16) % _ID_LIMIT)
