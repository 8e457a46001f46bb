"""What was wired to a component: an input that is connected and brings nothing is not left out.

TFX runs a component whose optional input brings nothing, because its producer was skipped by `Cond`
or failed, as if nothing had been connected: a model would be pushed without the blessing that it
waits for. So each spec here notes which inputs were connected, as the parameter `expected`, and
each executor asks `receive` what they brought.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tfx import types
from tfx.dsl.components.common import resolver
from tfx.dsl.io import fileio
from tfx.types import channel as channel_types
from tfx.types import component_spec

from skewgate import decision
from skewgate.components.support import artifact_io
from skewgate.core import json_text, results
from skewgate.core.errors import InputError
from skewgate.core.wording import listed
from skewgate.decision.policy import BasicPolicy
from skewgate.report.report import Report

PARAMETER = "expected"
FIX = "run the component that writes it, or leave the input out"
MISSING_CHECK = "input"
"""Metric name of the result that stands for an input that is connected and brings nothing."""


class WiredSpec(component_spec.ComponentSpec):
    """A spec that notes by itself what was connected, as the parameter `expected`.

    It is a JSON mapping of each connected input to the number of artifacts that it owes: 1 of each
    node of the pipeline that it joins, 0 of a Resolver, which may find nothing.
    """

    PARAMETERS: dict[str, component_spec.ExecutionParameter] = {}
    INPUTS: dict[str, component_spec.ChannelParameter] = {}
    OUTPUTS: dict[str, component_spec.ChannelParameter] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        cls.PARAMETERS = {
            **cls.PARAMETERS,
            PARAMETER: component_spec.ExecutionParameter(type=str),
        }
        super().__init_subclass__(**options)

    def __init__(self, **given: Any) -> None:
        owed = {name: _owed(given[name]) for name in self.INPUTS if given.get(name) is not None}
        super().__init__(**given, **{PARAMETER: json.dumps(owed)})


def _owed(given: types.BaseChannel) -> int:
    if isinstance(given, channel_types.UnionChannel):
        return sum(map(_owed, given.channels))
    producer = getattr(given, "producer_component", None)
    return 0 if isinstance(producer, resolver.Resolver) else 1


@dataclasses.dataclass(frozen=True)
class Received:
    """What the inputs of an execution brought.

    Attributes:
        connected: the inputs that are connected.
        artifacts: by input, without those that stand for nothing.
        missing: connected inputs that brought less than they owe, with the number that is missing.
    """

    connected: frozenset[str]
    artifacts: dict[str, list[types.Artifact]]
    missing: Mapping[str, int]

    def first(self, name: str) -> types.Artifact | None:
        """Returns the first artifact of an input, or None."""
        found = self.artifacts.get(name)
        return found[0] if found else None

    def require(self, component: str) -> None:
        """Stops a component that has no way to say that an input is missing.

        Raises:
            InputError: an input is connected but empty.
        """
        if self.missing:
            raise InputError(component, self.reason(), FIX)

    def report(self, kind: str) -> Report:
        """Returns the report of an evaluator that cannot evaluate, which no policy blesses."""
        shut = results.inconclusive(MISSING_CHECK, f"{self.reason()}; {FIX}")
        return Report(kind=kind, decision=decision.decide([shut], BasicPolicy()))

    def reason(self) -> str:
        """Says which inputs are missing."""
        verb = "is" if len(self.missing) == 1 else "are"
        return (
            f"{listed(list(self.missing))} {verb} connected but empty: what writes it was skipped, "
            "failed or found nothing"
        )


def receive(
    input_dict: Mapping[str, Sequence[types.Artifact]],
    exec_properties: Mapping[str, Any],
    judged: Collection[str] = (),
) -> Received:
    """Returns what the inputs brought.

    Args:
        input_dict: of `Do`.
        exec_properties: of `Do`, of a component whose spec is a `WiredSpec`; without the parameter
            `expected` what is named in `input_dict` is connected.
        judged: inputs of which a policy says what it means that there never was anything: that a
            Resolver or StateLookup found nothing is not missing there.

    Raises:
        InputError: an artifact is gone, or the parameter is not what `WiredSpec` writes.
    """
    expected = _parse(exec_properties.get(PARAMETER) or json.dumps(dict.fromkeys(input_dict, 0)))
    # What a condition looks at is brought too, as `_NODE.OUTPUT`.
    artifacts = artifact_io.without_absent(
        {name: found for name, found in input_dict.items() if not name.startswith("_")}
    )
    for name, found in artifacts.items():
        for artifact in found:
            if artifact.uri and not fileio.exists(artifact.uri):
                raise InputError(
                    artifact.uri,
                    f"was connected as {name}, but no longer exists",
                    "rerun the component that writes it",
                )
    missing: dict[str, int] = {}
    for name, owed in expected.items():
        if name in judged:
            lacking = owed - len(input_dict.get(name, ()))
        else:
            lacking = max(owed, 1) - len(artifacts.get(name, ()))
        if lacking > 0:
            missing[name] = lacking
    return Received(frozenset(expected), artifacts, missing)


def check_filled(folder: str, name: str) -> None:
    """Makes sure that what an input brought holds something.

    Args:
        folder: of the artifact, or the part of it that is needed.
        name: of the input.

    Raises:
        InputError: there is no file in the folder or below it.
    """
    if not any(files for _, _, files in fileio.walk(folder)):
        raise InputError(
            folder, f"was connected as {name}, but is empty", "rerun the component that writes it"
        )


def _parse(text: str) -> dict[str, int]:
    try:
        owed = json_text.load(text)
    except ValueError:
        owed = None
    if not (isinstance(owed, dict) and all(type(number) is int for number in owed.values())):
        raise InputError(
            f"parameter {PARAMETER}",
            f"must be a JSON mapping of inputs to numbers, got {text!r}",
            "compile the pipeline again",
        )
    return owed
