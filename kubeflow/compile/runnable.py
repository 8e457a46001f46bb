"""What a target cannot run, refused before anything is written or started.

Source: kubeflow/pipelines, backend/src/v2: compiler/argocompiler/dag.go and importer.go (tasks, and
what they wait for), objectstore/config.go and component/importer_launcher.go (URIs); Argo
Workflows, workflow/validate/validate.go (names).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from skewgate.core.errors import InputError
from skewgate.kubeflow import conditions
from skewgate.kubeflow.compile import edits
from skewgate.kubeflow.compile.options import SCHEMES, is_local

_NAME = re.compile(r"[A-Za-z][-A-Za-z0-9]{0,120}")
_DRIVER = "-driver"
"""Kubeflow puts a task of this ending before each container."""
_RESERVED = ("root", "entrypoint")
"""Names of Kubeflow's own templates."""

Tree = dict[str, Any]


def check(spec: Tree, target: str, root: str, values: Mapping[str, Any]) -> None:
    """Checks that `target` runs each task as it is meant.

    Args:
        spec: a compiled pipeline.
        target: "kubeflow" or "vertex".
        root: of the pipeline; with a path it runs on this machine alone.
        values: of its runtime parameters, as far as they are known.

    Raises:
        InputError: it would refuse one, fail it, or not hold it back.
    """
    tasks = edits.tasks(spec)
    for name, task in sorted(tasks.items()):
        missing = sorted(edits.producers(task) - tasks.keys())
        if missing:
            raise InputError(
                name,
                f"reads what a task {missing[0]!r} writes, which does not exist",
                "give the parameter its value, or pass it as an artifact",
            )
        condition = task.get("triggerPolicy", {}).get("condition")
        if condition:
            conditions.parse(condition, name)
        if target != "kubeflow":
            continue
        executor = edits.executor(spec, name)
        _check_name(name, tasks)
        if "resolver" in executor:
            raise InputError(
                name,
                "is a Resolver, which open-source Kubeflow does not run",
                "use a component that looks the artifact up, an Importer, or the target vertex",
            )
        if "importer" in executor:
            _check_importer(name, task)
            uri = _imported(executor["importer"], task, values)
            if uri is not None and not is_local(root):
                check_imported(name, uri)


def _check_name(name: str, tasks: Mapping[str, Tree]) -> None:
    taken = name in _RESERVED or (name.endswith(_DRIVER) and name.removesuffix(_DRIVER) in tasks)
    if taken or not _NAME.fullmatch(name):
        found = (
            "is a name that Kubeflow reserves"
            if taken
            else "is not a valid name of a Kubeflow task"
        )
        raise InputError(
            f"node {name!r}",
            f"{found}: up to 121 letters, digits and hyphens, the first one a letter",
            'give the component another id, with_id("...")',
        )


def _check_importer(name: str, task: Tree) -> None:
    """Raises InputError for what Kubeflow's importer does not look at: it imports at once."""
    if task.get("triggerPolicy", {}).get("condition"):
        raise InputError(
            name,
            "is an Importer under a condition, which open-source Kubeflow refuses",
            "import it outside of `Cond`; the components that read it stay inside",
        )
    before = sorted(edits.producers(task) | set(task.get("dependentTasks", [])))
    if before:
        raise InputError(
            name,
            f"is an Importer that should wait for {before[0]}, but open-source Kubeflow imports at "
            "once, so nothing after it would wait",
            f"make the components that read it wait for {before[0]} instead",
        )


def _imported(importer: Tree, task: Tree, values: Mapping[str, Any]) -> str | None:
    """Returns what an importer imports, None if a run is yet to say it."""
    source = importer.get("artifactUri", {})
    if "constant" in source:
        return str(source["constant"])
    given = task.get("inputs", {}).get("parameters", {}).get(source.get("runtimeParameter"), {})
    value = values.get(given.get("componentInputParameter"))
    return None if value is None else str(value)


def check_imported(name: str, uri: str) -> None:
    """Checks that open-source Kubeflow imports a URI; it looks at its beginning.

    Raises:
        InputError: it does not.
    """
    scheme, _, rest = uri.partition("://")
    if scheme not in SCHEMES["kubeflow"] or not rest.strip("/"):
        known = ", ".join(f"{each}://BUCKET/..." for each in SCHEMES["kubeflow"])
        raise InputError(
            name,
            f"imports {uri!r}, but open-source Kubeflow only imports {known}",
            "put it there, and import it from there",
        )
