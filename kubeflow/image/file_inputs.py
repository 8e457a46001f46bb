"""Runs TFX's file driver on what a run chose: a pattern and a span that are parameters."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from skewgate.core.errors import InputError
from skewgate.kubeflow.image import executor_io

PATTERN, SPAN = "pattern", "wanted_span"
"""Parameters of TabularExampleGen. The driver itself publishes one that is called `span`."""
_FINGERPRINT = "input_fingerprint"

Tree = dict[str, Any]


def drive(executor_input: Tree, driver: Callable[[Tree], Tree]) -> Tree:
    """Runs the driver and returns what it found; files are known by what they hold.

    Args:
        executor_input: what the task was handed.
        driver: TFX's own, which reads `input_config` and `range_config`.

    Raises:
        InputError: pattern or span cannot be used, or stand for no file.
    """
    content = composed(executor_input)
    try:
        return _with_content(driver(content), content["inputs"].get("parameterValues", {}))
    except (ValueError, re.error) as error:
        given = content["inputs"].get("parameterValues", {})
        where = os.path.join(str(given.get("input_base", "")), str(given.get(PATTERN, "")))
        span = str(given.get(SPAN, "")).strip()
        if span and "Cannot find matching" in str(error):
            raise InputError(where, f"no file of span {span}", "choose one that exists") from error
        raise InputError(
            where, f"matches no files: {error}", "correct the folder or the pattern"
        ) from error


def _with_content(found: Tree, given: Tree) -> Tree:
    """Puts what files hold in place of their sizes and times, which Vertex AI's cache would know.

    Args:
        found: what the driver found.
        given: the parameters that it was given.
    """
    values = found.get("parameterValues", {})
    if _FINGERPRINT not in values:
        return found
    from skewgate.components.tabular_example_gen.driver import content_of

    fingerprint = content_of({**given, **values})
    result = {**found, "parameterValues": {**values, _FINGERPRINT: fingerprint}}
    for each in executor_io.artifacts(result):
        if _FINGERPRINT in each.get("metadata", {}):
            each["metadata"] = {**each["metadata"], _FINGERPRINT: fingerprint}
    return result


def composed(executor_input: Tree) -> Tree:
    """Returns the executor input with the configurations that pattern and span ask for.

    Raises:
        InputError: pattern or span cannot be used.
    """
    given = executor_input["inputs"].get("parameterValues", {})
    if PATTERN not in given:
        return executor_input
    from skewgate.components.tabular_example_gen import inputs

    pattern = str(given[PATTERN])
    inputs.check_pattern(pattern)
    span = inputs.parse_span(str(given.get(SPAN, "")), pattern)
    values = {**given, "input_config": inputs.input_config(pattern)}
    if span is not None:
        values["range_config"] = inputs.range_config(span)
    return {**executor_input, "inputs": {**executor_input["inputs"], "parameterValues": values}}
