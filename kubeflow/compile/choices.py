"""What a run may choose, looked at before anything is compiled or run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from skewgate.kubeflow.image.file_inputs import PATTERN, SPAN
from skewgate.storage import model_names, patterns

MODEL_NAME = "model_name"
_OURS = "skewgate.components."
_CHECKS: dict[str, Callable[[str], Any]] = {
    PATTERN: patterns.check_pattern,
    SPAN: patterns.parse_span,
    MODEL_NAME: model_names.check,
}
"""By the name of a parameter of our components. What depends on files is seen by their reader."""

Tree = dict[str, Any]


def check(tasks: Iterable[tuple[Tree, Tree]], values: Mapping[str, Any]) -> None:
    """Checks the values that tasks of our components are given.

    Args:
        tasks: each task of a pipeline spec and its executor.
        values: of the runtime parameters of the pipeline, as far as they are known.

    Raises:
        InputError: a pattern, a span or a model's name cannot be one.
    """
    for task, executor in tasks:
        arguments = executor.get("container", {}).get("args", [])
        if not any(str(each).startswith(_OURS) for each in arguments):
            continue
        for key, source in task.get("inputs", {}).get("parameters", {}).items():
            name = source.get("componentInputParameter")
            if key in _CHECKS and name in values:
                _CHECKS[key](str(values[name]))
